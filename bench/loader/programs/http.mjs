// An HTTP server whose handler is async functions over a store in memory. Gives its port.
import { createServer } from "node:http";
import { find } from "./records.mjs";

async function load(id) {
  const record = await find(id);
  return { ...record, next: await find(id + 1) };
}

async function handle(request, response) {
  const id = Number(request.url.slice(1));
  const body = JSON.stringify(await load(id));
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}

export function program() {
  const server = createServer((request, response) => void handle(request, response));
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
}
