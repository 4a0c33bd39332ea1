// The script of the console. All pages work without it, except the sign-in page, which reads the secret from the fragment of
// its link.

// Sign-in: sends the secret from the fragment of the link in a body.
const signIn = document.getElementById("sign-in");
const secret = signIn && secretOfLink();
signIn?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = document.getElementById("code");
  const body = new URLSearchParams({ secret, code: field.value });
  try {
    const answer = await fetch(location.pathname, { method: "POST", body });
    if (answer.redirected) return location.assign(answer.url);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const mistake = page.getElementById("mistake");
    if (!mistake) return show(page);
    document.getElementById("problem").textContent = mistake.textContent;
  } catch {
    document.getElementById("problem").textContent = "The service cannot be reached at the moment.";
  }
  field.setAttribute("aria-invalid", "true");
  field.select();
  field.focus();
});

// Opens the page of a link as a dialog. While a dialog is loading or open, further clicks are ignored.
let opening = false;
async function openDialog(link) {
  if (opening || document.querySelector("dialog[open]")) return;
  opening = true;
  try {
    await fetchDialog(link);
  } finally {
    opening = false;
  }
}

async function fetchDialog(link) {
  const answer = await fetch(link.href);
  if (answer.redirected || !answer.ok) return location.assign(link.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const dialog = document.createElement("dialog");
  showLocalTimes(page);
  dialog.append(...document.adoptNode(page.getElementById("main")).childNodes);
  const heading = dialog.querySelector("h1");
  heading.id = "dialog-title";
  dialog.setAttribute("aria-labelledby", heading.id);
  dialog.addEventListener("close", () => {
    dialog.remove();
    link.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelectorAll("[data-picker]").forEach(pick);
}

document.addEventListener("click", (event) => {
  const opens = event.target.closest("a[data-dialog]");
  const closes = event.target.closest("dialog a[data-close]");
  if (closes) {
    event.preventDefault();
    closes.closest("dialog").close();
  } else if (opens && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    openDialog(opens).catch(() => location.assign(opens.href));
  }
});

// Shows a list of ids as chips with a field for the next one. Blur must not change the layout: a button that moves between
// mousedown and mouseup loses the click.
function pick(list) {
  const field = document.createElement("input");
  const chips = document.createElement("div");
  const label = document.querySelector(`label[for="${list.id}"]`);
  field.id = `${list.id}-next`;
  field.placeholder = list.dataset.picker;
  field.autocapitalize = "none";
  field.spellcheck = false;
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
  // An id without Enter after it is submitted with the form.
  list.form?.addEventListener("submit", take);
  list.parentElement.querySelector(".how").textContent = " Press Enter after each.";
  list.hidden = true;
  list.before(chips, field);
  draw();
}
document.querySelectorAll("[data-picker]").forEach(pick);

// Shows the date field only for an expiry by date.
const expires = document.getElementById("expires");
const day = () => (document.getElementById("until-day").hidden = expires.value !== "date");
expires?.addEventListener("change", day);
if (expires) day();

// Adds new events as they come, but not while a mouse button is pressed.
let pressed = false;
document.addEventListener("pointerdown", () => (pressed = true), true);
for (const type of ["pointerup", "pointercancel"]) document.addEventListener(type, () => (pressed = false), true);
const live = document.getElementById("live");
async function look() {
  if (!live.checked) return;
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    showLocalTimes(page);
    const [now, then] = [page.getElementById("events"), document.getElementById("events")];
    if (!pressed && now && now.textContent !== then.textContent) {
      const same = (details) => now.querySelector(`details[data-event="${details?.dataset.event}"]`);
      for (const open of then.querySelectorAll("details[open]")) same(open)?.setAttribute("open", "");
      // The keyboard stays where it was: at the details of an event, or at a link beside them.
      const focused = then.contains(document.activeElement) ? document.activeElement : null;
      const event = same(focused?.closest("li")?.querySelector("details"))?.closest("li");
      then.replaceWith(document.adoptNode(now));
      if (focused) event?.querySelector(focused.localName)?.focus();
    }
  } catch {
    // Try again at the next interval.
  }
  setTimeout(look, 3000);
}
live?.addEventListener("change", look);
