// Fastify with async hooks and handlers. Gives its port.
import fastify from "fastify";
import { find } from "./records.mjs";

export async function program() {
  const app = fastify();
  app.addHook("preHandler", async (request) => {
    request.record = await find(Number(request.params.id));
  });
  app.get("/:id", async (request) => ({ ...request.record, next: await find(request.record.id + 1) }));
  await app.listen({ port: 0, host: "127.0.0.1" });
  return app.server.address().port;
}
