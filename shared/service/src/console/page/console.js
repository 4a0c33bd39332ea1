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
    // The answer, which may be lost, has the cookie of the session.
    document.getElementById("problem").textContent =
      "The answer did not arrive. Try again. If this link was used by then, ask for another one.";
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
  const dialog = document.createElement("dialog");
  fillDialog(dialog, await answer.text());
  dialog.addEventListener("cancel", (event) => {
    if (!mayLose(dialog)) event.preventDefault();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    link.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  // It begins with its question. The buttons are in sight at its end, and on a short window below: there, the question has the focus.
  dialog.scrollTop = 0;
  const seen = (of) => of.getBoundingClientRect().bottom <= Math.min(dialog.getBoundingClientRect().bottom, innerHeight);
  if (!seen(document.activeElement)) {
    const heading = dialog.querySelector("h1");
    heading.tabIndex = -1;
    heading.focus();
  }
}

// Whether a dialog may be closed: asks before a code is lost with it.
function mayLose(dialog) {
  return uncopied(dialog).length === 0 || confirm("This is shown once, and you did not copy it. Close it anyway?");
}

// Shows the content of a page in a dialog.
function fillDialog(dialog, text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  showLocalTimes(page);
  dialog.replaceChildren(...document.adoptNode(page.getElementById("main")).childNodes);
  const heading = dialog.querySelector("h1");
  heading.id = "dialog-title";
  dialog.setAttribute("aria-labelledby", heading.id);
}

// A share of a token whose secret is on the page: the page stays, since the secret would be lost with it, for example if the
// address is rejected. Once the link is sent, the page may be left without a copy.
async function shareBeside(dialog, form) {
  const button = form.querySelector("button");
  if (button.disabled) return;
  button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    fillDialog(dialog, await answer.text());
    if (answer.ok) copied.add(document.getElementById("secret").dataset.plain);
    const heading = dialog.querySelector("h1");
    heading.tabIndex = -1;
    heading.focus();
  } catch {
    button.disabled = false;
    const problem = dialog.querySelector("[data-unreachable]") ?? document.createElement("p");
    problem.dataset.unreachable = "";
    problem.className = "note bad";
    problem.role = "alert";
    problem.textContent = "The service cannot be reached at the moment. Nothing is lost: try again.";
    form.before(problem);
  }
}

document.addEventListener("submit", (event) => {
  const [form, dialog] = [event.target, event.target.closest("dialog")];
  if (!dialog || !document.getElementById("secret") || !form.getAttribute("action")?.endsWith("/share")) return;
  event.preventDefault();
  shareBeside(dialog, form);
});

document.addEventListener("click", (event) => {
  const opens = event.target.closest("a[data-dialog]");
  const closes = event.target.closest("dialog a[data-close]");
  if (closes) {
    event.preventDefault();
    const dialog = closes.closest("dialog");
    if (mayLose(dialog)) dialog.close();
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

// A date that is entered is meant, also if another expiry was chosen.
document.addEventListener("input", (event) => {
  const choice = event.target.form?.querySelector('[type="radio"][name="by"][value="date"]');
  if (choice && event.target.id === "until") choice.checked = true;
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
let nextLook;
let looks = 0;
async function look() {
  // One loop at most: an answer to an earlier look is dropped.
  clearTimeout(nextLook);
  const turn = ++looks;
  if (!live.checked) return;
  let [isLost, isEnded] = [true, false];
  try {
    const answer = await fetch(location.href);
    const text = await answer.text();
    if (turn !== looks) return;
    // A session that ended leads to the sign-in.
    isEnded = answer.redirected || (answer.status >= 400 && answer.status < 500 && answer.status !== 429);
    isLost = !isEnded && !answer.ok;
    if (!isLost && !isEnded) renew(new DOMParser().parseFromString(text, "text/html"));
  } catch {
    // The service cannot be reached at the moment.
  }
  if (turn !== looks) return;
  document.getElementById("live-lost").hidden = !isLost;
  document.getElementById("live-ended").hidden = !isEnded;
  if (isEnded) live.checked = false;
  else nextLook = setTimeout(look, 3000);
}

// Keeps an event that a newer page has no more after those of that page, with a link to the events between, unless it is the next one.
function keepOlder(events, event) {
  const idOf = (item) => item?.querySelector("details")?.dataset.event;
  const last = idOf(events.lastElementChild);
  if (last && idOf(event.previousElementSibling) !== last) {
    const gap = document.createElement("li");
    const link = document.createElement("a");
    const address = new URL(location.href);
    address.searchParams.set("maxId", last);
    link.href = address.href;
    link.textContent = "Show them";
    gap.className = "gap";
    gap.append("Events between these are not shown. ", link);
    events.append(gap);
  }
  events.append(event.cloneNode(true));
}

// Shows the events of a newer page. One that is open, or has the keyboard, stays, though the newer page may have it no more.
function renew(page) {
  showLocalTimes(page);
  const [now, then] = [page.getElementById("events"), document.getElementById("events")];
  if (pressed || !now) return;
  const detailsOf = (event) => event?.querySelector("details");
  const same = (event) => event && now.querySelector(`details[data-event="${detailsOf(event)?.dataset.event}"]`);
  const focused = then.contains(document.activeElement) ? document.activeElement : null;
  const withFocus = focused?.closest("li");
  for (const event of then.querySelectorAll(".events > li:not(.gap)")) {
    const isOpen = detailsOf(event).open;
    if (!isOpen && event !== withFocus) continue;
    if (!same(event)) keepOlder(now.querySelector(".events"), event);
    else if (isOpen) same(event).open = true;
  }
  if (now.textContent === then.textContent) return;
  const event = same(withFocus)?.closest("li");
  then.replaceWith(document.adoptNode(now));
  if (focused) event?.querySelector(focused.localName)?.focus();
  // Older events follow the newest that are shown now.
  const [nextNow, next] = [page, document].map((of) => of.querySelector('.pages [rel="next"]'));
  if (next && nextNow) next.href = nextNow.href;
  else if (nextNow) document.querySelector(".pages").append(document.adoptNode(nextNow));
}
live?.addEventListener("change", () => {
  document.getElementById("live-lost").hidden = true;
  look();
});
