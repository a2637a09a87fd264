// An OpenID Connect provider on loopback: node provider.mjs MODULES PORT CALLBACK; whoever signs in is who they say.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, port, callback] = process.argv.slice(2);
const { default: Provider } = await import(
  pathToFileURL(createRequire(`${modules}/`).resolve("oidc-provider")).href
);
const people = JSON.parse(process.env.PEOPLE);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "atlas",
      client_secret: "atlas-secret-of-the-tests",
      redirect_uris: [callback],
      grant_types: ["authorization_code"],
    },
  ],
  claims: { openid: ["sub"], profile: ["preferred_username", "atlas_role", "atlas_places"] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
