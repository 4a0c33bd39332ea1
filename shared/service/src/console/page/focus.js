
// Keeps the place of the keyboard between two pages of a list, where the focus would fall back to the start: the control that led to the
// page has it again, and after an action the note about it. After a mouse it would only move the page, or show an outline.
const PLACE = "jeton-focus";
const LISTS = "main nav, main thead, main form[role='search']";
let byKeyboard = false;
document.addEventListener("keydown", () => (byKeyboard = true), true);
document.addEventListener("pointerdown", () => (byKeyboard = false), true);

// A control is known by its words, since its address says what it will do the next time.
function placeOf(control) {
  const list = control?.closest(LISTS);
  return list && { list: listName(list), control: control.id || control.textContent.trim() };
}

function listName(list) {
  return list.ariaLabel ?? list.localName;
}

// Remembers the focus for the next page, if it comes soon. A script may lead there, such as that of the purposes of a new token.
function keepPlace() {
  sessionStorage.removeItem(PLACE);
  if (!byKeyboard) return;
  const place = { path: location.pathname, at: Date.now(), ...placeOf(document.activeElement) };
  sessionStorage.setItem(PLACE, JSON.stringify(place));
}
document.addEventListener("submit", keepPlace);
document.addEventListener("click", (event) => {
  if (event.target.closest("a[href]")) keepPlace();
});

function restorePlace() {
  const kept = JSON.parse(sessionStorage.getItem(PLACE) ?? "null");
  sessionStorage.removeItem(PLACE);
  if (!kept || Date.now() - kept.at > 10_000 || document.querySelector("[autofocus]")) return;
  const told = document.querySelector('main > .note.good[role="status"]');
  if (told) {
    told.tabIndex = -1;
    told.focus();
  } else if (kept.list && kept.path === location.pathname) {
    const list = [...document.querySelectorAll(LISTS)].find((list) => listName(list) === kept.list);
    const controls = [...(list?.querySelectorAll("a[href], button, input:not([type='hidden']), select") ?? [])];
    // A control may be gone, such as that of the next page on the last one.
    const same = controls.find((control) => placeOf(control).control === kept.control) ?? controls[0];
    same?.focus({ preventScroll: true });
  }
}
restorePlace();
