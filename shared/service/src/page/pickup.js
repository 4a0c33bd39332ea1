// The secret is the fragment of the link. It is sent in a body, never in a URL.
const secret = secretOfLink();
const UNREACHABLE = "The service cannot be reached. Please try again in a moment.";
const LOST = "The answer did not arrive. It may have been picked up: press again, with the same code.";
const ANOTHER =
  "This was picked up, maybe with the code that you entered before. Enter the same code as before. If it was the same, tell the " +
  "person who sent it at once: someone else may have picked it up.";
let sending = false;

// The token is shown once. If the answer is lost, the same idempotency key and code get it again, for ten minutes. So the key
// of a code without an answer outlives a reload of the tab.
const KEPT = `pickup ${location.pathname}`;
const before = keptKey();
const key = before ?? [...crypto.getRandomValues(new Uint8Array(32))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
let entered;

// The codes without an answer. Any of them may have picked it up. After a reload, the code is not known.
const unanswered = new Set(before === undefined ? [] : ["unknown"]);
const lostForm = document.getElementById("lost").content;

// Browsers may be set to keep nothing.
function keptKey() {
  try {
    const { key, at } = JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
    return Date.now() - at < 600_000 ? key : undefined;
  } catch {}
}
function keepKey() {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ key, at: Date.now() }));
  } catch {}
}
function forgetKey() {
  try {
    sessionStorage.removeItem(KEPT);
  } catch {}
}

// A code is sent alike however it is written: only the same body is the same call.
function bareCode(code) {
  const bare = code.normalize("NFKC").replace(/[\s\p{Cf}\p{Pd}]/gu, "");
  return bare.length === 6 ? bare : code;
}

// Sends the secret and the code, and shows the answer.
async function send(code) {
  if (sending) return;
  sending = true;
  entered = code;
  if (code !== undefined) keepKey();
  try {
    const body = new URLSearchParams({ secret });
    if (code !== undefined) body.set("code", bareCode(code));
    const headers = { Accept: "text/html", "Idempotency-Key": key };
    const answer = await fetch(location.pathname, { method: "POST", body, headers });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.getElementById("main")) throw new Error("the page of a proxy");
    settle(answer.status, page);
    // After a wrong code, the form stays.
    const mistake = page.getElementById("mistake");
    if (page.getElementById("used") && unanswered.size > 0) complain(ANOTHER);
    else if (mistake && document.getElementById("code")) complain(mistake.textContent);
    else show(page);
  } catch {
    const problem = code === undefined ? UNREACHABLE : LOST;
    if (code !== undefined) unanswered.add(bareCode(code));
    if (document.getElementById("code")) complain(problem);
    else say(problem);
  } finally {
    sending = false;
  }
}

// Forgets the key once an answer says what has become of each code. A page that offers to try again says it of none. "Wrong" and
// "picked up" say it only of the code that was sent: another one may have picked it up.
function settle(status, page) {
  if (entered === undefined) return;
  const code = bareCode(entered);
  if (status >= 500 || status === 429 || page.getElementById("again")) unanswered.add(code);
  else if (page.getElementById("mistake") || page.getElementById("used")) unanswered.delete(code);
  else unanswered.clear();
  if (unanswered.size === 0) forgetKey();
}

// Shows the status.
function say(words) {
  const working = document.getElementById("working");
  if (working) working.textContent = words;
}

// Shows the form of a code whose answer was lost.
function showLostForm() {
  document.getElementById("main").replaceChildren(document.importNode(lostForm, true));
}

// Shows an error at the field.
function complain(problem) {
  if (!document.getElementById("code")) showLostForm();
  document.getElementById("problem").textContent = problem;
  const field = document.getElementById("code");
  field.setAttribute("aria-invalid", "true");
  field.select();
  field.focus();
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  send(document.getElementById("code").value);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.id === "again") send(entered);
});

if (unanswered.size > 0) {
  showLostForm();
} else {
  say("Loading …");
  send();
}
