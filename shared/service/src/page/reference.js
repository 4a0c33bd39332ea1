// Filters the calls by the words typed, in the contents and on the page. Without JavaScript there is no field to type into.

const found = document.getElementById("found");
const field = document.getElementById("find");
const all = [...document.querySelectorAll("[data-find]")];
const calls = all.filter((one) => one.tagName === "SECTION").length;

function filter() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const one of all) one.hidden = !words.every((word) => one.dataset.find.includes(word));
  for (const part of document.querySelectorAll("[data-part]")) {
    part.hidden = part.querySelector("[data-find]:not([hidden])") === null;
  }
  for (const rest of document.querySelectorAll("[data-rest]")) rest.hidden = words.length > 0;
  const shown = all.filter((one) => one.tagName === "SECTION" && !one.hidden).length;
  found.textContent = words.length > 0 ? `${shown} of ${calls} calls` : "";
}

// A link leads to a part that the filter hides: the filter is cleared first.
document.addEventListener("click", (event) => {
  const hash = event.target.closest("a")?.hash;
  const target = hash && document.getElementById(hash.slice(1));
  if (target?.closest("[hidden]")) {
    field.value = "";
    filter();
  }
});

field.addEventListener("input", filter);
document.getElementById("filter").hidden = false;
filter();
