import assert from "node:assert/strict";
import { existsSync, lstatSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CancelledError,
  createTask,
  Event,
  Future,
  getRunningLoop,
  openUnixConnection,
  RuntimeError,
  startServer,
  startUnixServer,
  until,
} from "asyncscope";
import type { CoroutineGenerator, Server, SocketAddress, StreamReader, StreamWriter } from "asyncscope";
import { inBothForms } from "../../support/both-forms.js";
import type { Form } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { bytes, connectTo, end, ioProgram, pair, Recorder, serve } from "../../support/runtime-io.js";
import { runProgram } from "../../support/runtime-process.js";
import { turns } from "../../support/turns.js";

const BIG = Buffer.alloc(8 * 1024 * 1024, 1);

/** A client callback that sends back what it gets, until the client has no more. */
const echo = (form: Form) =>
  function* (reader: StreamReader, writer: StreamWriter): CoroutineGenerator<void> {
    let data;
    while ((data = yield* form.wait(reader.read(65536))).length > 0) writer.write(data);
    writer.close();
  };

/** Echoes one line. */
function* ask(form: Form, server: Server): CoroutineGenerator<string> {
  const { reader, writer } = yield* connectTo(form, server);
  writer.write(bytes("ping\n"));
  const line = yield* form.wait(reader.readLine());
  writer.close();
  yield* form.wait(writer.waitClosed());
  return line.toString();
}

describe("servers", () => {
  inBothForms((form) => {
    const { wait, start } = form;

    it("SV-01 serveForever serves until it is cancelled, then closes the server and waits for its clients", () =>
      ioProgram(form, function* () {
        const server = yield* serve(form, echo(form), { startServing: false });
        assert.equal(server.isServing(), false);
        assert.deepEqual(server.addresses, []);
        const serving = start(function* () {
          yield* wait(server.serveForever());
        });
        while (!server.isServing()) yield* wait(turns(1));
        const { reader, writer } = yield* connectTo(form, server);
        writer.write(bytes("x"));
        yield* wait(reader.readExactly(1));
        const second = yield* thrownBy(form, server.serveForever());
        assert.ok(second instanceof RuntimeError);
        assert.match(second.message, /already/);
        serving.cancel();
        yield* wait(turns(5));
        assert.equal(server.isServing(), false);
        assert.equal(serving.done(), false);
        writer.close();
        assert.ok((yield* thrownBy(form, serving)) instanceof CancelledError);
        assert.ok((yield* thrownBy(form, server.serveForever())) instanceof RuntimeError);
        assert.ok((yield* thrownBy(form, server.startServing())) instanceof RuntimeError);
      }));

    it("SV-01 close() ends serveForever", () =>
      ioProgram(form, function* () {
        const server = yield* serve(form, echo(form));
        const serving = start(function* () {
          yield* wait(server.serveForever());
        });
        yield* wait(turns(3));
        server.close();
        assert.ok((yield* thrownBy(form, serving)) instanceof CancelledError);
      }));

    it("SV-02 close() accepts no more and keeps the connections that there are", () =>
      ioProgram(form, function* () {
        const server = yield* serve(form, echo(form));
        const { host, port } = server.addresses[0] as SocketAddress;
        const { reader, writer } = yield* connectTo(form, server);
        writer.write(bytes("a"));
        yield* wait(reader.readExactly(1));
        server.close();
        server.close();
        assert.deepEqual(server.addresses, []);
        assert.deepEqual(server.sockets, []);
        const refused = yield* thrownBy(
          form,
          getRunningLoop().createConnection(() => new Recorder(), { host, port }),
        );
        assert.equal((refused as NodeJS.ErrnoException).code, "ECONNREFUSED");
        writer.write(bytes("b"));
        assert.equal((yield* wait(reader.readExactly(1))).toString(), "b");
        writer.close();
        yield* wait(server.waitClosed());
      }));

    it("SV-03 waitClosed waits for close() and for the end of all connections, in either order", () =>
      ioProgram(form, function* () {
        const server = yield* serve(form, echo(form));
        const { reader, writer } = yield* connectTo(form, server);
        writer.write(bytes("a"));
        yield* wait(reader.readExactly(1));
        const waiting = start(function* () {
          yield* wait(server.waitClosed());
        });
        yield* wait(turns(3));
        server.close();
        yield* wait(turns(3));
        assert.equal(waiting.done(), false);
        writer.close();
        yield* wait(waiting);
        yield* wait(server.waitClosed());

        const other = yield* serve(form, echo(form));
        assert.equal(yield* ask(form, other), "ping\n");
        const late = start(function* () {
          yield* wait(other.waitClosed());
        });
        yield* wait(turns(10));
        assert.equal(late.done(), false);
        other.close();
        yield* wait(late);
      }));

    it("SV-03 `await using` closes the server and waits", () =>
      ioProgram(form, function* () {
        const server = yield* serve(form, echo(form));
        yield* wait(
          createTask(async () => {
            await using closing = server;
            assert.ok(closing.isServing());
          }),
        );
        assert.equal(server.isServing(), false);
      }));

    it("SV-04 closeClients lets each connection send what it has", () =>
      ioProgram(form, function* () {
        const server = yield* serve(form, function* (reader, writer) {
          writer.write(BIG);
          yield* wait(reader.read());
        });
        const { reader, writer } = yield* connectTo(form, server);
        yield* wait(reader.readExactly(1));
        server.close();
        server.closeClients();
        assert.equal((yield* wait(reader.read())).length, BIG.length - 1);
        yield* wait(server.waitClosed());
        writer.close();
      }));

    it("SV-04 abortClients works with full buffers of paused clients", () =>
      ioProgram(form, function* () {
        const { client, server, listening } = yield* pair(
          form,
          () => new Recorder(),
          () => new Recorder(),
        );
        client.transport.pauseReading();
        server.transport.pauseReading();
        server.transport.write(BIG);
        assert.ok(server.transport.getWriteBufferSize() > 0);
        listening.close();
        listening.closeClients();
        yield* wait(turns(10));
        assert.ok(!server.calls.includes("lost"));
        listening.abortClients();
        yield* wait(listening.waitClosed());
        assert.deepEqual(server.calls.at(-1), "lost");
        client.transport.abort();
      }));

    for (const how of ["removed", "kept when it is not its own any more", "kept when that is asked for"])
      it(`SV-05 the file of a Unix socket is ${how}`, () =>
        ioProgram(form, function* () {
          const folder = mkdtempSync(join(tmpdir(), "asyncscope-io-"));
          const path = join(folder, "s.sock");
          const cleanupSocket = !how.endsWith("asked for");
          const server = yield* wait(startUnixServer(() => undefined, path, { cleanupSocket }));
          assert.ok(lstatSync(path).isSocket());
          let other: Server | null = null;
          if (how.includes("own")) {
            other = yield* wait(startUnixServer(form.body(echo(form)), `${path}2`));
            renameSync(`${path}2`, path);
          }
          server.close();
          yield* wait(server.waitClosed());
          assert.equal(existsSync(path), how !== "removed");
          if (other !== null) {
            const { reader, writer } = yield* wait(openUnixConnection(path));
            writer.write(bytes("still there\n"));
            assert.equal((yield* wait(reader.readLine())).toString(), "still there\n");
            yield* end(form, other, writer);
          }
          rmSync(folder, { recursive: true });
        }));

    it("SV-06 a stale socket file is replaced, any other file is not", () =>
      ioProgram(form, function* () {
        const folder = mkdtempSync(join(tmpdir(), "asyncscope-io-"));
        const path = join(folder, "s.sock");
        const stale = yield* wait(startUnixServer(() => undefined, path, { cleanupSocket: false }));
        stale.close();
        assert.ok(lstatSync(path).isSocket());
        const server = yield* wait(startUnixServer(form.body(echo(form)), path));
        const { reader, writer } = yield* wait(openUnixConnection(path));
        writer.write(bytes("new\n"));
        assert.equal((yield* wait(reader.readLine())).toString(), "new\n");
        yield* end(form, server, writer);
        writeFileSync(path, "mine");
        const error = yield* thrownBy(
          form,
          startUnixServer(() => undefined, path),
        );
        assert.equal((error as NodeJS.ErrnoException).code, "EADDRINUSE");
        assert.ok(lstatSync(path).isFile());
        rmSync(folder, { recursive: true });
      }));

    it("refuses a port that is taken", () =>
      ioProgram(form, function* () {
        const taken = createServer();
        yield* wait(until(new Promise<void>((done) => void taken.listen(0, "127.0.0.1", done))));
        const { port } = taken.address() as { port: number };
        const error = yield* thrownBy(
          form,
          startServer(() => undefined, { host: "127.0.0.1", port }),
        );
        assert.equal((error as NodeJS.ErrnoException).code, "EADDRINUSE");
        taken.close();
      }));

    it("listens at several hosts, each with its own free port", () =>
      ioProgram(form, function* () {
        const server = yield* serve(form, echo(form), { host: ["127.0.0.1", "127.0.0.2"] });
        assert.deepEqual(
          server.addresses.map((address) => (address as SocketAddress).host),
          ["127.0.0.1", "127.0.0.2"],
        );
        assert.deepEqual(
          server.sockets.map((socket) => socket.address()),
          server.addresses,
        );
        assert.equal(yield* ask(form, server), "ping\n");
        yield* end(form, server);
      }));

    it("runs a hundred clients side by side", () =>
      ioProgram(form, function* () {
        const gate = new Event();
        const server = yield* serve(form, echo(form));
        const tasks = Array.from({ length: 100 }, () =>
          start(function* () {
            const { reader, writer } = yield* connectTo(form, server);
            yield* wait(gate.wait());
            for (let i = 0; i < 5; i++) {
              writer.write(bytes(`line ${i}\n`));
              assert.equal((yield* wait(reader.readLine())).toString(), `line ${i}\n`);
            }
            writer.close();
            yield* wait(writer.waitClosed());
          }),
        );
        yield* wait(turns(2));
        gate.set();
        for (const task of tasks) yield* wait(task);
        yield* end(form, server);
      }));

    it("createServer accepts at a server of Node's that listens already, and owns it", () =>
      ioProgram(form, function* () {
        const given = createServer();
        const listening = new Future<void>();
        given.listen(0, "127.0.0.1", () => listening.setResult());
        assert.match(
          String(yield* thrownBy(form, startServer(form.body(echo(form)), { socket: createServer() }))),
          /ValueError: createServer\(\) takes a server that listens/,
        );
        yield* wait(listening);
        assert.match(
          String(yield* thrownBy(form, startServer(form.body(echo(form)), { socket: given, port: 80 }))),
          /ValueError: createServer\(\) takes a socket, or host and port, not both/,
        );
        const server = yield* wait(startServer(form.body(echo(form)), { socket: given }));
        assert.equal((server.addresses[0] as SocketAddress).port, (given.address() as AddressInfo).port);
        assert.equal(yield* ask(form, server), "ping\n");
        yield* end(form, server);
        assert.equal(given.listening, false);
      }));

    it("createServer accepts at a descriptor that a supervisor has bound", function () {
      if (process.platform === "win32") this.skip();
      return runProgram(
        `
        import { spawn } from "node:child_process";
        import { createServer, connect } from "node:net";
        import { run, startServer } from "asyncscope";
        if (process.argv[2] === "served") {
          run(async () => {
            const server = await startServer(async (reader, writer) => {
              writer.write(Buffer.from("served " + (await reader.readLine())));
              await writer.drain();
              writer.close();
              server.close();
            }, { socket: { fd: 3 } });
            await server.waitClosed();
          });
        } else {
          const bound = createServer().listen(0, "127.0.0.1", () => {
            const child = spawn(process.execPath, [process.argv[1], "served"], {
              stdio: ["ignore", "inherit", "inherit", bound._handle],
            });
            const { port } = bound.address();
            bound.close();
            child.on("exit", (code) => console.log("ended with", code));
            const socket = connect(port, "127.0.0.1").on("data", (data) => process.stdout.write(data));
            socket.write("by the child\\n");
          });
        }
        `,
      ).then(({ stdout, stderr }) =>
        assert.deepEqual([stdout, stderr], ["served by the child\nended with 0\n", ""]),
      );
    });

    it("createUnixServer accepts at a server of Node's, and its file goes with it", function () {
      if (process.platform === "win32") this.skip();
      return ioProgram(form, function* () {
        const folder = mkdtempSync(join(tmpdir(), "asyncscope-unix-"));
        const path = join(folder, "given.sock");
        const given = createServer();
        const listening = new Future<void>();
        given.listen(path, () => listening.setResult());
        yield* wait(listening);
        assert.match(
          String(yield* thrownBy(form, startUnixServer(form.body(echo(form)), path, { socket: given }))),
          /ValueError: createUnixServer\(\) takes a path, or null and a socket, not both/,
        );
        const server = yield* wait(startUnixServer(form.body(echo(form)), null, { socket: given }));
        assert.deepEqual(server.addresses, [path]);
        const { reader, writer } = yield* wait(openUnixConnection(path));
        writer.write(bytes("ping\n"));
        assert.equal(String(yield* wait(reader.readLine())), "ping\n");
        yield* end(form, server, writer);
        assert.equal(existsSync(path), false);
        rmSync(folder, { recursive: true });
      });
    });

    it("reusePort lets two servers share a port, or says which Node can", () =>
      ioProgram(form, function* () {
        const first = startServer(form.body(echo(form)), { host: "127.0.0.1", reusePort: true });
        const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
        if (major < 22 || (major === 22 && minor < 12)) {
          assert.match(
            String(yield* thrownBy(form, first)),
            /^ValueError: reusePort needs Node 22\.12, 23\.1/,
          );
          return;
        }
        const one = yield* wait(first);
        const { port } = one.addresses[0] as SocketAddress;
        const other = yield* wait(
          startServer(form.body(echo(form)), { host: "127.0.0.1", port, reusePort: true }),
        );
        yield* end(form, one);
        assert.equal(yield* ask(form, other), "ping\n");
        yield* end(form, other);
      }));
  });

  // Node turns away whom it has no descriptor for, where asyncio lets them wait for a second (SV-07).
  it("SV-07 [slow] when descriptors run out, turns clients away, and serves again as soon as there are some", async function () {
    this.timeout(120_000);
    if (process.platform !== "linux") this.skip();
    const { code, stdout, stderr } = await runProgram(`
      import { run, coro, startServer, openConnection, until } from "asyncscope";
      import { openSync, closeSync } from "node:fs";
      import { execFileSync } from "node:child_process";
      import net from "node:net";
      await run(coro(function* () {
        const server = yield* startServer((reader, writer) => { writer.write(Buffer.from("hi")); writer.close(); }, { host: "127.0.0.1" });
        const { port } = server.addresses[0];
        execFileSync("prlimit", ["--pid", String(process.pid), "--nofile=80:"]);
        const files = [];
        try { for (;;) files.push(openSync("/dev/null")); } catch {}
        // One is left, for the client: the server has none to accept it with.
        closeSync(files.pop());
        const refused = yield* until(new Promise((resolve) => {
          let got = "";
          const client = net.connect(port, "127.0.0.1");
          client.on("error", () => undefined).on("data", (data) => (got += data)).on("close", () => resolve(got));
        }));
        for (const file of files) closeSync(file);
        const { reader, writer } = yield* openConnection({ host: "127.0.0.1", port });
        console.log(JSON.stringify([refused, (yield* reader.read()).toString()]));
        writer.close();
        server.close();
        yield* server.waitClosed();
      })());
    `);
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), ["", "hi"]);
    assert.equal(stderr, "");
  });
});
