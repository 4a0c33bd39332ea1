// What the console does beyond links and forms. Without it every page still works, save the one that
// takes a secret from the fragment of a link.

// Signs in: the secret is the fragment of the link, and goes to the server in a body.
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

// Opens the page behind a link as a dialog on this one. While one is fetched or open, a further press opens none.
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

// Turns a list of ids into one field for the next id, and a button on each that was typed. Leaving the field
// changes nothing: whatever moves between the press and the release of a mouse loses the click.
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
    // Enter in the empty field is one too many after an id, and sends nothing.
    if (event.key !== "Enter" && event.key !== ",") return;
    event.preventDefault();
    take();
  });
  // An id that Enter was not pressed after is sent with the form.
  list.form?.addEventListener("submit", take);
  list.parentElement.querySelector(".how").textContent = " Press Enter after each.";
  list.hidden = true;
  list.before(chips, field);
  draw();
}
document.querySelectorAll("[data-picker]").forEach(pick);

// Asks for a day only where a token is to end on one.
const expires = document.getElementById("expires");
const day = () => (document.getElementById("until-day").hidden = expires.value !== "date");
expires?.addEventListener("change", day);
if (expires) day();

// Shows new events as they come, though not under a pointer that is pressed.
let pressed = false;
document.addEventListener("pointerdown", () => (pressed = true), true);
for (const type of ["pointerup", "pointercancel"]) document.addEventListener(type, () => (pressed = false), true);
const live = document.getElementById("live");
async function look() {
  if (!live.checked) return;
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [now, then] = [page.getElementById("events"), document.getElementById("events")];
    if (!pressed && now && now.textContent !== then.textContent) {
      for (const open of then.querySelectorAll("details[open]")) {
        now.querySelector(`details[data-event="${open.dataset.event}"]`)?.setAttribute("open", "");
      }
      then.replaceWith(document.adoptNode(now));
    }
  } catch {
    // The next look may find it.
  }
  setTimeout(look, 3000);
}
live?.addEventListener("change", look);
