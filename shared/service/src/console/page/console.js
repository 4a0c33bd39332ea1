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

// Closes a menu by Escape, and by a click elsewhere. Escape in a dialog above it closes only the dialog.
document.addEventListener("keydown", (event) => {
  const menu = document.querySelector("details.menu[open]");
  if (event.key !== "Escape" || !menu || document.querySelector("dialog[open]")) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target) && !event.target.closest("dialog")) menu.open = false;
  }
});

// Recommends a separate code for an address outside the sender's domain.
document.addEventListener("input", (event) => {
  const own = event.target.dataset.ownDomain?.toLowerCase();
  if (own === undefined) return;
  const domain = event.target.value.trim().toLowerCase().split("@").slice(1).pop() ?? "";
  const beneath = domain === own || domain.endsWith(`.${own}`);
  document.getElementById("outside").hidden = domain === "" || beneath;
});

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
