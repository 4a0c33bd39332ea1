// Shared by pick-up pages and the console: replaces the page, and shows and copies secrets.

// The secret of the link: its fragment, which browsers do not send. Some mail programs encode the # as %23, so that the secret
// is in the path. It is removed from the address before any other request, so that no request and no referrer contains it. It
// has 43 letters and digits; surrounding characters, such as a full stop or a bracket, are ignored.
function secretOfLink() {
  const [path, ...rest] = location.pathname.split(/%(?:25)*23/i);
  if (rest.length === 0) return bare(location.hash.slice(1));
  history.replaceState(null, "", path);
  return bare(rest.join(""));
}

function bare(text) {
  return text.match(/[0-9A-Za-z]{43}/)?.[0] ?? text;
}

// Replaces the page, and moves the focus to its start.
function show(page) {
  showLocalTimes(page);
  document.title = page.title;
  document.getElementById("main").replaceWith(document.adoptNode(page.getElementById("main")));
  const heading = document.querySelector("h1");
  heading.tabIndex = -1;
  heading.focus();
}

// Shows or hides the secret. It is hidden at first.
function toggle(button) {
  const hide = button.textContent === "Hide";
  for (const place of document.querySelectorAll("[data-plain]")) {
    place.dataset.masked ??= place.textContent;
    place.textContent = hide ? place.dataset.masked : place.dataset.plain;
  }
  button.textContent = hide ? "Show" : "Hide";
}

// A secret, and a code that is not mailed, is shown once, so the browser asks before its page is left uncopied.
const copied = new Set();
function uncopied(of) {
  const once = [...of.querySelectorAll("[data-once]")].map((place) => place.dataset.plain);
  return once.filter((plain) => !copied.has(plain));
}
function isCopied(text) {
  for (const plain of uncopied(document)) if (text.includes(plain)) copied.add(plain);
}
addEventListener("beforeunload", (event) => {
  if (uncopied(document).length > 0) event.preventDefault();
});
document.addEventListener("copy", () => isCopied(getSelection().toString()));

// Copies the secret, or lines with it, even if they are hidden.
async function copy(button) {
  const place = document.getElementById(button.dataset.copy);
  const told = button.parentElement.querySelector('[role="status"]') ?? document.getElementById("told");
  try {
    await navigator.clipboard.writeText(place.dataset.plain);
    // Some lines have a place for the secret instead of the secret.
    isCopied(place.dataset.plain);
    told.textContent = `Copied the ${place.dataset.name}.`;
  } catch {
    // Browsers do not allow copying on pages over plain HTTP from another machine.
    place.textContent = place.dataset.plain;
    getSelection().selectAllChildren(place);
    told.textContent = "Your browser does not allow copying here. The text is selected: copy it with your keyboard.";
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.id === "toggle") toggle(button);
  else if (button?.dataset.copy) copy(button);
});

