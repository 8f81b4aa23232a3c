import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { runProgram } from "../../support/runtime-process.js";

describe("connections at the end of the program", function () {
  this.timeout(120_000);

  for (const form of ["yield*", "await"])
    it(`[slow] a task that is cancelled at the end can still say goodbye and wait for the answer (${form})`, async () => {
      // A peer in another process, that answers when the program has nothing else left to do.
      const peer = createServer({ allowHalfOpen: true }, (socket) => {
        socket.on("error", () => undefined).resume();
        socket.on("end", () => setTimeout(() => socket.end("bye"), 200));
      });
      peer.listen(0, "127.0.0.1");
      await once(peer, "listening");
      const { port } = peer.address() as AddressInfo;
      const make = (body: string): string =>
        form === "await"
          ? `async () => { ${body} }`
          : `coro(function* () { ${body.replaceAll("await ", "yield* ")} })`;
      const call = form === "await" ? "" : "()";
      const { code, stdout, stderr } = await runProgram(`
        import { coro, createTask, Event, openConnection, run, sleep } from "asyncscope";
        const connected = new Event();
        const client = ${make(`
          const { reader, writer } = await openConnection({ host: "127.0.0.1", port: ${port} });
          try {
            connected.set();
            await sleep(60_000);
          } finally {
            writer.writeEof();
            console.log(String(await reader.read()));
            writer.close();
            await writer.waitClosed();
          }
        `)};
        await run(${make(`createTask(client${call}); await connected.wait();`)}${call});
        console.log("ended");
      `);
      peer.close();
      assert.equal(stderr, "");
      assert.equal(stdout, "bye\nended\n");
      assert.equal(code, 0);
    });
});
