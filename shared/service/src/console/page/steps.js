
// An action on all tokens of a list: submits the form of each step, which the answer to the one before has, until it is stopped. A form
// that is sent again acts on the same tokens, so nothing happens twice.
const RUN_PARTS = ["run-status", "run-others", "run-rest"];
const FEW = 50;
// Who comes back to the page, or loads it anew, has stopped the action. It goes on only when they say so.
const isBack = performance.getEntriesByType("navigation")[0]?.type !== "navigate";
let isRunning = false;
let isBusy = false;
let wake;

function setRunning(is, problem) {
  const [go, stop] = ["continue", "stop"].map((id) => document.getElementById(id));
  const hadFocus = document.activeElement === (is ? go : stop);
  isRunning = is;
  go.hidden = is;
  stop.hidden = !is;
  if (hadFocus) (is ? stop : go).focus();
  tellRun(problem);
}

function tellRun(problem) {
  const place = document.getElementById("run-problem");
  place.hidden = !problem;
  place.textContent = problem ?? "";
}

// Stops without the answer to a step: what it did is not known.
function loseStep() {
  sayAtLeast();
  setRunning(false, document.getElementById("run-problem").dataset.lost);
}

function sayAtLeast() {
  const status = document.getElementById("run-status");
  const told = status.textContent.trim();
  if (!told.startsWith("At least")) status.textContent = `At least ${told}`;
}

// Takes the answer to a step: how far the action is, and the form of the next step.
function takeStep(page) {
  for (const id of RUN_PARTS) document.getElementById(id).textContent = page.getElementById(id).textContent;
  document.getElementById("run-problem").dataset.lost = page.getElementById("run-problem").dataset.lost;
  document.getElementById("run-progress").value = page.getElementById("run-progress").value;
  document.getElementById("next-step").replaceWith(document.adoptNode(page.getElementById("next-step")));
}

// One step at a time: who goes on while the answer to the last one is awaited goes on after it.
async function runSteps() {
  setRunning(true);
  if (isBusy) return;
  isBusy = true;
  await eachStep().finally(() => (isBusy = false));
}

async function eachStep() {
  while (isRunning) {
    const form = document.getElementById("next-step");
    let [answer, text] = [];
    try {
      // The form has a field of the name “action”.
      const body = new URLSearchParams(new FormData(form));
      answer = await fetch(form.getAttribute("action"), { method: "POST", body, redirect: "manual" });
      text = await answer.text();
    } catch {
      return loseStep();
    }
    if (answer.type === "opaqueredirect") {
      // Another page says why. The same form leads there, and does nothing else.
      isRunning = false;
      return HTMLFormElement.prototype.submit.call(form);
    }
    if (answer.status === 429) {
      const seconds = Number(answer.headers.get("retry-after")) || 10;
      tellRun(isRunning ? `There were too many changes. This goes on in ${seconds} s.` : undefined);
      if (isRunning) await new Promise((done) => setTimeout((wake = done), seconds * 1000));
      wake = undefined;
      if (isRunning) tellRun();
      continue;
    }
    const page = new DOMParser().parseFromString(text, "text/html");
    // A proxy has answered.
    if (!page.getElementById("main")) return loseStep();
    if (!page.getElementById("next-step")) {
      isRunning = false;
      return show(page);
    }
    const progress = document.getElementById("run-progress");
    const before = progress.value;
    takeStep(page);
    if (!isRunning) tellRun();
    // A step that was not done in full has met a limit of a second.
    if (isRunning && progress.value - before < FEW) await new Promise((done) => setTimeout((wake = done), 1000));
    wake = undefined;
  }
}

document.addEventListener("submit", (event) => {
  if (event.target.id !== "next-step") return;
  event.preventDefault();
  runSteps();
});
document.getElementById("stop")?.addEventListener("click", () => {
  setRunning(false, wake ? undefined : "The step that is under way is still finished.");
  wake?.();
});
if (document.getElementById("next-step")) {
  // The page is that of the first step, and later ones may be done.
  if (isBack) sayAtLeast();
  else runSteps();
}
