// [setup]
// With Node.js 18 or later: node first-calls.mjs
async function call(method, path, token, body) {
  const headers = { "X-StorageApi-Token": token, "Content-Type": "application/json" };
  const answer = await fetch(process.env.JETON_URL + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text === "" ? undefined : JSON.parse(text);
}
// [authenticate]
const master = process.env.JETON_TOKEN;
console.log((await call("GET", "/v2/storage/tokens/verify", master)).owner.name);
// [create]
const wish = { description: "Nightly import", bucketPermissions: { "in.c-main": "write" }, expiresIn: 7_776_000 };
const created = await call("POST", "/v2/storage/tokens", master, wish);
console.log(created.id, created.expires);
// [verify]
const known = await call("GET", "/v2/storage/tokens/verify", created.token);
console.log(known.description, known.bucketPermissions);
// [share]
await call("POST", `/v2/storage/tokens/${created.id}/share`, master, { recipientEmail: "colleague@example.org" });
// [refresh]
const refreshed = await call("POST", `/v2/storage/tokens/${created.id}/refresh`, created.token);
console.log(refreshed.refreshed);
