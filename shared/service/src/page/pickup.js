// The secret is the fragment of the link. It goes to the server in a body, never in an address.
const secret = location.hash.slice(1);

// Sends the secret, with the code once it has been typed, and shows the page that comes back.
async function send(code) {
  const body = new URLSearchParams({ secret });
  if (code) body.set("code", code);
  const main = document.getElementById("main");
  try {
    const answer = await fetch(location.pathname, { method: "POST", body, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    main.replaceWith(document.adoptNode(page.getElementById("main")));
    document.getElementById("code")?.focus();
  } catch {
    main.textContent = "The service cannot be reached at the moment. Please try again.";
  }
}

document.addEventListener("submit", (event) => {
  if (event.target.id !== "pickup") return;
  event.preventDefault();
  send(document.getElementById("code").value);
});

document.addEventListener("click", async (event) => {
  if (event.target.id === "again") send();
  if (event.target.id !== "copy") return;
  await navigator.clipboard.writeText(document.getElementById("secret").textContent);
  event.target.textContent = "Copied";
});

send();
