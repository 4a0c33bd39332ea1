
// Selects all tokens of the page, and says how many are selected.
const allShown = document.getElementById("all-shown");
const selectable = [...document.querySelectorAll('.tokens [name="tokens[]"]')];
function countSelected() {
  const selected = selectable.filter((box) => box.checked).length;
  allShown.checked = selected > 0 && selected === selectable.length;
  allShown.indeterminate = selected > 0 && selected < selectable.length;
  document.getElementById("selected").textContent = `${selected} selected`;
}
if (allShown && selectable.length > 0) {
  allShown.hidden = false;
  allShown.addEventListener("change", () => {
    for (const box of selectable) box.checked = allShown.checked;
    countSelected();
  });
  for (const box of selectable) box.addEventListener("change", countSelected);
  // A browser keeps what was selected when it goes back to the page.
  addEventListener("pageshow", countSelected);
}

// What is selected is selected on this page alone: says so before another page of the list is opened.
function mayUnselect() {
  const selected = selectable.filter((box) => box.checked).length;
  return selected === 0 || confirm(`${selected} selected ${selected === 1 ? "token is" : "tokens are"} not selected on the next page. Leave this page?`);
}
document.addEventListener("click", (event) => {
  const isHere = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  if (isHere && event.target.closest(".pages a, .tokens th a, .filters a") && !mayUnselect()) event.preventDefault();
});
document.addEventListener("submit", (event) => {
  if (event.target.matches("form.search") && !mayUnselect()) event.preventDefault();
});
