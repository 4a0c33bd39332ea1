// The secret is the fragment of the link. It goes to the server in a body, never in an address.
const secret = secretOfLink();
const UNREACHABLE = "The service cannot be reached at the moment. Please try again in a moment.";
let sending = false;

// What is picked up is shown once. Should the answer be lost, the same key gets it again.
const key = [...crypto.getRandomValues(new Uint8Array(32))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

// Sends the secret, with the code once it has been typed, and shows the page that comes back.
async function send(code) {
  if (sending) return;
  sending = true;
  try {
    const body = new URLSearchParams({ secret });
    if (code !== undefined) body.set("code", code);
    const headers = { Accept: "text/html", "Idempotency-Key": key };
    const answer = await fetch(location.pathname, { method: "POST", body, headers });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // A code that can be typed again leaves the form where it is.
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

// Says how it goes, on a page that has a place for it.
function say(words) {
  const working = document.getElementById("working");
  if (working) working.textContent = words;
}

// Says beside the field what is wrong with what is in it.
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

say("One moment …");
send();
