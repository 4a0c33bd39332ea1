// A chart of calls. Its bars are links: the arrow keys move between them, and the numbers of the bar under the pointer or the
// focus are below the chart, in a line that is always there, so that nothing moves.
for (const chart of document.querySelectorAll(".chart")) {
  const bars = [...chart.querySelectorAll(".plot a")];
  const readout = chart.querySelector("[data-readout]");
  const hint = "Point at a bar, or move between bars with the arrow keys.";
  const tell = (bar) => (readout.textContent = bar ? bar.getAttribute("aria-label") : hint);
  const focused = () => bars.find((bar) => bar === document.activeElement);
  const go = (bar) => {
    for (const other of bars) other.setAttribute("tabindex", other === bar ? "0" : "-1");
    bar.focus();
  };
  chart.addEventListener("keydown", (event) => {
    const at = bars.indexOf(focused());
    if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const last = bars.length - 1;
    const next = { ArrowLeft: Math.max(at - 1, 0), ArrowRight: Math.min(at + 1, last), Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    go(bars[next]);
  });
  for (const bar of bars) {
    bar.addEventListener("focus", () => tell(bar));
    bar.addEventListener("blur", () => tell(undefined));
    bar.addEventListener("pointerenter", () => tell(bar));
    bar.addEventListener("pointerleave", () => tell(focused()));
    // The line says the same as the tooltip that works without a script.
    bar.querySelector("title").remove();
  }
  tell(undefined);
}
