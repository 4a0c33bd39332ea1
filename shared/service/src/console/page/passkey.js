// Passkeys: asks the browser for one, and submits the form with its answer.
const fromBase64url = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const toBase64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes ?? [])))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

async function createPasskey(form) {
  const options = JSON.parse(form.dataset.options);
  const user = options.user.id;
  options.challenge = fromBase64url(options.challenge);
  options.user.id = fromBase64url(user);
  for (const known of options.excludeCredentials) known.id = fromBase64url(known.id);
  const { response } = await navigator.credentials.create({ publicKey: options });
  return {
    user,
    clientData: toBase64url(response.clientDataJSON),
    authenticatorData: toBase64url(response.getAuthenticatorData()),
  };
}

async function getPasskey(form) {
  const answer = await fetch("/console/-/passkey/start", {
    method: "POST",
    body: new URLSearchParams(new FormData(form)),
  });
  if (!answer.ok) throw new Error("no challenge");
  const options = await answer.json();
  options.challenge = fromBase64url(options.challenge);
  const { rawId, response } = await navigator.credentials.get({ publicKey: options });
  return {
    credential: toBase64url(rawId),
    clientData: toBase64url(response.clientDataJSON),
    authenticatorData: toBase64url(response.authenticatorData),
    signature: toBase64url(response.signature),
    user: toBase64url(response.userHandle),
  };
}

// What a person can do about an error of the browser.
function passkeyProblem(error) {
  if (error.name === "NotAllowedError") return "No passkey was used. Try again.";
  if (error.name === "InvalidStateError") return "This device has a passkey of yours already.";
  return "Passkeys can't be used here at the moment.";
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-passkey]");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("button");
  const problem = form.querySelector(".problem");
  if (button.disabled) return;
  problem.textContent = "";
  // What an earlier attempt did would stand above what this one did not do.
  document.querySelector('main > .note.good[role="status"]')?.remove();
  button.disabled = true;
  try {
    const answer = await (form.dataset.passkey === "create" ? createPasskey(form) : getPasskey(form));
    for (const [name, value] of Object.entries(answer)) {
      const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
      form.append(field);
    }
    form.submit();
  } catch (error) {
    problem.textContent = passkeyProblem(error);
    button.disabled = false;
    button.focus();
  }
});
