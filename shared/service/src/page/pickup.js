// The secret is the fragment of the link. It is sent in a body, never in a URL.
const secret = secretOfLink();
const UNREACHABLE = "The service cannot be reached. Please try again in a moment.";
let sending = false;

// The token is shown once. If the answer is lost, the same idempotency key gets it again.
const key = [...crypto.getRandomValues(new Uint8Array(32))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

// Sends the secret and the code, and shows the answer.
async function send(code) {
  if (sending) return;
  sending = true;
  try {
    const body = new URLSearchParams({ secret });
    if (code !== undefined) body.set("code", code);
    const headers = { Accept: "text/html", "Idempotency-Key": key };
    const answer = await fetch(location.pathname, { method: "POST", body, headers });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // After a wrong code, the form stays.
    const mistake = page.getElementById("mistake");
    if (mistake && document.getElementById("code")) complain(mistake.textContent);
    else show(page);
  } catch {
    if (document.getElementById("code")) complain(UNREACHABLE);
    else say(UNREACHABLE);
  } finally {
    sending = false;
  }
}

// Shows the status.
function say(words) {
  const working = document.getElementById("working");
  if (working) working.textContent = words;
}

// Shows an error at the field.
function complain(problem) {
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
  if (button?.id === "again") send();
});

say("Loading …");
send();
