// An identity provider that is certified for OpenID Connect, oidc-provider, with one client: Jeton.
//
//     node server.mjs REDIRECT_URI
//
// It listens on a free port of 127.0.0.1 and prints its issuer. Whoever enters an e-mail address and any password is signed in
// with that address, which is verified unless it begins with `unverified`. Its pages load nothing from elsewhere.

import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// The packages are installed in the folder where this is started.
const require = createRequire(`${process.cwd()}/server.mjs`);
const { Provider } = await import(pathToFileURL(require.resolve("oidc-provider")));

const PAGE = `<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>Example ID</title>
<form method="post">
<h1>Example ID</h1>
<p><label for="email">E-mail address</label> <input id="email" name="email" required></p>
<p><label for="password">Password</label> <input id="password" name="password" type="password" required></p>
<button>Sign in</button> <button name="cancel" value="1" formnovalidate>Cancel</button>
</form></html>`;

const [redirect] = process.argv.slice(2);
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: "jeton",
      client_secret: "a-secret-of-this-test",
      redirect_uris: [redirect],
    }],
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    cookies: { keys: ["a-key-of-this-test"] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: id, email_verified: !id.startsWith("unverified") }),
    }),
    // Nobody is asked whether Jeton may know their address.
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope("openid email");
      await grant.save();
      return grant;
    },
    pkce: { required: () => true },
  });
  const callback = provider.callback();
  server.on("request", async (request, response) => {
    if (!request.url.startsWith("/interaction/")) return callback(request, response);
    if (request.method === "GET") {
      return response.setHeader("content-type", "text/html").end(PAGE);
    }
    let body = "";
    for await (const part of request) body += part;
    const form = new URLSearchParams(body);
    const result = form.has("cancel") ? { error: "access_denied" } : { login: { accountId: form.get("email") } };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  });
  console.log(issuer);
});
