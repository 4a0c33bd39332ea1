
// Shows a list of ids as chips with a field for the next one. Blur must not change the layout: a button that moves between
// mousedown and mouseup loses the click.
const takes = [];
function pick(list) {
  const field = document.createElement("input");
  const chips = document.createElement("div");
  const label = document.querySelector(`label[for="${list.id}"]`);
  field.id = `${list.id}-next`;
  field.placeholder = list.dataset.picker;
  field.autocapitalize = "none";
  field.autocomplete = "off";
  field.spellcheck = false;
  field.setAttribute("list", list.dataset.seen);
  for (const name of ["aria-describedby", "aria-invalid"]) {
    if (list.hasAttribute(name)) field.setAttribute(name, list.getAttribute(name));
  }
  label.htmlFor = field.id;
  chips.className = "chips";
  const ids = () => list.value.split(/[\s,]+/).filter(Boolean);
  const draw = () => {
    const button = (id) => {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.textContent = id;
      chip.setAttribute("aria-label", `Remove ${id}`);
      chip.addEventListener("click", () => {
        list.value = ids().filter((other) => other !== id).join("\n");
        draw();
        field.focus();
      });
      return chip;
    };
    chips.replaceChildren(...ids().map(button));
    list.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const take = () => {
    list.value = [...new Set([...ids(), ...field.value.split(/[\s,]+/).filter(Boolean)])].join("\n");
    field.value = "";
    draw();
  };
  field.addEventListener("keydown", (event) => {
    // Enter in the empty field does not submit the form.
    if (event.key !== "Enter" && event.key !== ",") return;
    event.preventDefault();
    take();
  });
  // A suggestion is taken as it is chosen.
  field.addEventListener("input", (event) => {
    if (event.inputType === "insertReplacementText") take();
  });
  takes.push(take);
  // An id without Enter after it is submitted with the form.
  list.form?.addEventListener("submit", take);
  list.parentElement.querySelector(".how").textContent = " Press Enter after each.";
  for (const link of document.querySelectorAll(`a[href="#${list.id}"]`)) link.setAttribute("href", `#${field.id}`);
  list.hidden = true;
  list.before(chips, field);
  draw();
  if (list.autofocus) field.focus();
}
document.querySelectorAll("[data-picker]").forEach(pick);

// Shows the date field only for an expiry by date.
const expires = document.getElementById("expires");
const day = () => (document.getElementById("until-day").hidden = expires.value !== "date");
expires?.addEventListener("change", day);
if (expires) day();

// The day of an expiry is that of the browser's time zone, as in the sentence about the token.
for (const option of document.querySelectorAll("#expires [data-on]")) {
  option.textContent = `${option.dataset.on}, on ${localTime(Number(option.dataset.end)).split(",")[0]}`;
}

// The end of a day in UTC, which a date field means.
function endOfDay(field) {
  return Date.parse(`${field.value}T00:00:00Z`) + 86_400_000;
}

// Says when that is here, beside a date field.
document.addEventListener("input", ({ target }) => {
  const place = document.getElementById("until-here");
  if (!place || target.id !== "until") return;
  const end = endOfDay(target);
  place.textContent = end ? ` Here that is ${localTime(end)}.` : "";
});

// Says what a new token will be allowed to do while its form is filled, as page/words.rs says it once it is created.
function summarize(form) {
  const { read, write, components, expires, until } = form.elements;
  const split = (text) => text.split(/[\s,]+/).filter(Boolean);
  const isId = ({ dataset }) => (text) => new RegExp(`^(?:${dataset.pattern})$`).test(text);
  // What the service will reject is not counted.
  const typed = (list) => split(`${list.value} ${document.getElementById(`${list.id}-next`).value}`).filter(isId(list));
  const wrong = [read, write, components].flatMap((list) => split(list.value).filter((text) => !isId(list)(text)));
  const some = (act, ids, many) => {
    if (ids.size === 0) return [];
    return [`${act} ${ids.size === 1 ? [...ids][0] : `${ids.size} ${many}`}`];
  };
  const [written, run] = [new Set(typed(write)), new Set(typed(components))];
  const readOnly = new Set(typed(read).filter((id) => !written.has(id)));
  const single = [...some("read", readOnly, "buckets"), ...some("write", written, "buckets"), ...some("run", run, "components")];
  const checked = [...form.querySelectorAll("[data-phrases]:checked")];
  const may = form.querySelector("[data-all]").checked ? [] : single;
  may.push(...checked.flatMap((control) => control.dataset.phrases.split("|")));
  const last = may.pop() ?? "only verify itself";
  const rights = may.length === 0 ? last : `${may.join(", ")} and ${last}`;
  let end = Number(expires.selectedOptions[0].dataset.end);
  if (expires.value === "date") end = endOfDay(until);
  const ends = end ? `Expires on ${localTime(end)}.` : expires.value === "date" ? "Choose an expiry date." : "Never expires.";
  const not = wrong.length > 0 && !form.querySelector("[data-all]").checked ? ` Not an id: ${wrong.slice(0, 5).join(", ")}.` : "";
  document.getElementById("summary").textContent = `May ${rights}. Cannot manage tokens. ${ends}${not}`;
}
const created = document.getElementById("new-token");
for (const type of ["input", "change"]) created?.addEventListener(type, () => summarize(created));
if (created) summarize(created);

// Another purpose keeps what was entered: the fields of the form are added to its link, up to what an address can have.
for (const link of document.querySelectorAll(".purposes a")) {
  link.addEventListener("click", (event) => {
    const form = created ?? document.getElementById("which-token");
    if (!form || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    for (const take of takes) take();
    const address = new URL(link.href);
    const fields = new FormData(form);
    address.searchParams.set("was", fields.get("purpose") ?? "");
    for (const name of ["form", "back", "idempotencyKey", "purpose", "like", "tried"]) fields.delete(name);
    address.searchParams.set("tried", "1");
    for (const [name, value] of fields) if (value) address.searchParams.append(name, value);
    const fits = address.href.length <= 6000;
    if (fits || confirm("What you entered is too long to be kept. Start an empty form?")) location.assign(fits ? address : link.href);
  });
}
