// A strict OpenID provider with one client and short-lived tokens, and a resource that wants one of them:
// `node oidc.mjs MODULE PORT CLIENT SECRET SECONDS`.
import http from "node:http";
import { pathToFileURL } from "node:url";

const [module, port, client_id, client_secret, seconds] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(module));
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id, client_secret, grant_types: ["client_credentials"], redirect_uris: [], response_types: [] }],
  features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
  scopes: ["read"],
  ttl: { ClientCredentials: Number(seconds) },
});
let issued = 0;
provider.on("client_credentials.saved", () => (issued += 1));
const callback = provider.callback();
http
  .createServer(async (request, response) => {
    if (request.url === "/issued") return response.end(String(issued));
    if (request.url !== "/resource") return callback(request, response);
    const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
    const found = token && (await provider.ClientCredentials.find(token));
    response.statusCode = found?.isValid && found.scope === "read" ? 200 : 401;
    response.end(response.statusCode === 200 ? "welcome" : "no");
  })
  .listen(Number(port), "127.0.0.1");
