
// Selects all tokens of the page, and says how many are selected.
const allShown = document.getElementById("all-shown");
const selectable = [...document.querySelectorAll('.tokens [name="tokens[]"]')];
function countSelected() {
  const selected = selectable.filter((box) => box.checked).length;
  allShown.checked = selected > 0 && selected === selectable.length;
  allShown.indeterminate = selected > 0 && selected < selectable.length;
  document.getElementById("selected").textContent = selected === 0 ? "With the selected tokens:" : `With ${selected} selected:`;
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
