// Finds calls, errors and schemas by the words typed, and lists them as links. Without JavaScript there is no field to type into.

const KINDS = { call: "Calls", step: "First calls", error: "Errors", schema: "Schemas" };

const field = document.getElementById("find");
const found = document.getElementById("found");
const results = document.getElementById("results");
const contents = document.getElementById("contents");

// Answers and examples name what most calls have in common, such as the errors.
function wordsOf(place) {
  const parts = [...place.children].filter((part) => !part.matches(".answers, details, pre"));
  const { title, also = "" } = place.dataset;
  return plain([title, also, ...parts.map((part) => part.textContent)].join("\n"));
}

// Words are found in any case, and in both spellings of one that has two.
function plain(text) {
  return text.toLowerCase().replaceAll("e-mail", "email");
}

const entries = [...document.querySelectorAll("[data-find]")].map((place) => ({
  id: place.id,
  kind: place.dataset.find,
  title: place.dataset.title,
  words: wordsOf(place),
}));

// The better, the smaller; none if a word is missing.
function rank(entry, phrase) {
  if (plain(entry.title).includes(phrase)) return 0;
  if (entry.words.includes(phrase)) return 1;
  return phrase.split(" ").every((word) => entry.words.includes(word)) ? 2 : undefined;
}

function element(name, ...content) {
  const made = document.createElement(name);
  made.append(...content);
  return made;
}

function link(entry) {
  const made = element("a", entry.title);
  made.href = `#${entry.id}`;
  return element("li", made);
}

function search() {
  const phrase = plain(field.value.trim().replace(/\s+/g, " "));
  const ranked = entries.map((entry) => [rank(entry, phrase), entry]).filter(([rank]) => rank !== undefined);
  ranked.sort(([one], [other]) => one - other);
  const lists = Object.entries(KINDS).map(([kind, title]) => {
    const links = ranked.filter(([, entry]) => entry.kind === kind).map(([, entry]) => link(entry));
    return links.length > 0 ? [element("li", element("strong", title), element("ul", ...links))] : [];
  });
  const asks = phrase !== "";
  results.replaceChildren(...(asks ? lists.flat() : []));
  results.hidden = !asks;
  contents.hidden = asks;
  if (!asks) found.textContent = "";
  else found.textContent = ranked.length > 0 ? `${ranked.length} found` : "Nothing found";
}

field.addEventListener("input", search);

// Enter leads to what was found first.
document.getElementById("search").addEventListener("submit", (event) => {
  event.preventDefault();
  results.querySelector("a")?.click();
});

// Above the page, the contents are short until a part is opened.
if (matchMedia("not all and (min-width: 62rem)").matches) {
  for (const part of contents.querySelectorAll("details")) part.open = false;
}
document.getElementById("search").hidden = false;
search();
