import assert from "node:assert/strict";
import { build } from "esbuild";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { root } from "../../../scripts/lib/root.mjs";

/** The lines of a stream, one at a time; undefined at its end. */
function linesOf(stream: Readable): () => Promise<string | undefined> {
  const lines = createInterface(stream)[Symbol.asyncIterator]();
  return async () => {
    const next = await lines.next();
    return next.done === true ? undefined : next.value;
  };
}

describe("examples/chat-server.ts", function () {
  this.timeout(120_000);

  it("[slow] three clients chat, one of them never reads, Ctrl+C ends it for all", async function () {
    if (process.platform === "win32") this.skip();
    const folder = mkdtempSync(join(tmpdir(), "asyncscope-chat-"));
    const file = join(folder, "chat-server.mjs");
    await build({
      entryPoints: [join(root, "examples/chat-server.ts")],
      outfile: file,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      conditions: ["asyncscope-source"],
      define: { ASYNCSCOPE_VERSION: '"0.0.0-test"' },
      logLevel: "silent",
    });
    const server = spawn(process.execPath, [file, "0"], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(server, "close") as Promise<[number | null, string | null]>;
    const sockets: Socket[] = [];
    try {
      const output = linesOf(server.stdout);
      const started = /^chat server at 127\.0\.0\.1 (\d+)$/.exec((await output()) ?? "");
      assert.ok(started !== null);

      const join = async (
        ...nicks: string[]
      ): Promise<{ socket: Socket; line: () => Promise<string | undefined> }> => {
        const socket = connect(Number(started[1]), "127.0.0.1");
        sockets.push(socket);
        const line = linesOf(socket);
        assert.equal(await line(), "Your nick name?");
        for (const nick of nicks) socket.write(`${nick}\n`);
        return { socket, line };
      };

      const ann = await join("ann");
      assert.equal(await ann.line(), "* ann joined");
      const bob = await join("ann", "bob");
      assert.equal(await bob.line(), "ann is taken. Another one?");
      assert.equal(await bob.line(), "* bob joined");
      assert.equal(await ann.line(), "* bob joined");
      const deaf = await join("deaf");
      deaf.socket.pause();
      assert.equal(await ann.line(), "* deaf joined");
      assert.equal(await bob.line(), "* deaf joined");

      ann.socket.write("hello \u001b[31mall\n/who\n");
      assert.equal(await bob.line(), "<ann> hello [31mall");
      assert.equal(await ann.line(), "Here: ann, bob, deaf");
      // Deaf's buffers fill up; bob gets each line all the same, and deaf is dropped.
      const long = "x".repeat(20_000);
      let heard = 0;
      let dropped = false;
      while (!dropped) {
        assert.ok(heard < 3000, "the client that never reads was not dropped");
        ann.socket.write(`${String(heard)} ${long}\n`);
        let line = await bob.line();
        if (line === "* deaf left") {
          dropped = true;
          line = await bob.line();
        }
        assert.equal(line, `<ann> ${String(heard++)} ${long}`);
      }
      assert.equal(await ann.line(), "* deaf left");

      bob.socket.write("/quit\n");
      assert.equal(await bob.line(), "Bye!");
      assert.equal(await bob.line(), undefined);
      assert.equal(await ann.line(), "* bob left");

      server.kill("SIGINT");
      assert.equal(await ann.line(), "* the server ends");
      assert.equal(await ann.line(), undefined);
      assert.deepEqual(await ended, [0, null]);
    } finally {
      for (const socket of sockets) socket.destroy();
      server.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
