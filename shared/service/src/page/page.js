// What pick-up pages and the console have in common: another page in place of this one, and secrets.

// The secret of the link that led here: its fragment, which reaches no server. Some mail programs write the # as %23, and
// then it stands in the path. It is taken out of the address before anything else is asked for, so that no request and no
// referrer tells it. It has 43 letters and digits; what stands before or behind them, such as the stop of a sentence or the
// bracket around the link, is none of it.
function secretOfLink() {
  const [path, ...rest] = location.pathname.split(/%(?:25)*23/i);
  if (rest.length === 0) return bare(location.hash.slice(1));
  history.replaceState(null, "", path);
  return bare(rest.join(""));
}

function bare(text) {
  return text.match(/[0-9A-Za-z]{43}/)?.[0] ?? text;
}

// Puts another page in the place of this one, and its reader at the beginning of it.
function show(page) {
  document.title = page.title;
  document.getElementById("main").replaceWith(document.adoptNode(page.getElementById("main")));
  const heading = document.querySelector("h1");
  heading.tabIndex = -1;
  heading.focus();
}

// Shows the secret in all its places, or hides it again. The page comes with it hidden.
function toggle(button) {
  const hide = button.textContent === "Hide";
  for (const place of document.querySelectorAll("[data-plain]")) {
    place.dataset.masked ??= place.textContent;
    place.textContent = hide ? place.dataset.masked : place.dataset.plain;
  }
  button.textContent = hide ? "Show" : "Hide";
}

// Copies the secret, or a line with it, whether it is shown or not.
async function copy(button) {
  const place = document.getElementById(button.dataset.copy);
  const told = document.getElementById("told");
  try {
    await navigator.clipboard.writeText(place.dataset.plain);
    told.textContent = `Copied the ${place.dataset.name}.`;
  } catch {
    // No browser lets a page copy that came over plain HTTP from another machine.
    place.textContent = place.dataset.plain;
    getSelection().selectAllChildren(place);
    told.textContent = "This browser does not let a page copy. It is selected: copy it with your keyboard.";
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.id === "toggle") toggle(button);
  else if (button?.dataset.copy) copy(button);
});

