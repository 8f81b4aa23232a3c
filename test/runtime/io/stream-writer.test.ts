import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CancelledError,
  coro,
  createTask,
  Event,
  Future,
  gather,
  getRunningLoop,
  openConnection,
  openUnixConnection,
  run,
  startServer,
  startUnixServer,
  StreamReader,
  StreamReaderProtocol,
  StreamWriter,
  waitFor,
} from "asyncscope";
import type { ExceptionContext, SocketAddress, Transport } from "asyncscope";
import { inBothForms } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { collectGarbageUntil } from "../../support/runtime-gc.js";
import {
  bytes,
  connectTo,
  end,
  ioProgram,
  pair,
  Recorder,
  serve,
  tlsClient,
  tlsServer,
} from "../../support/runtime-io.js";
import { turns } from "../../support/turns.js";

const BIG = Buffer.alloc(8 * 1024 * 1024, 1);

function isReset(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ECONNRESET";
}

describe("StreamWriter", () => {
  inBothForms((form) => {
    const { wait, start } = form;

    it("talks to a server: lines there and back, half-close, end of both", () =>
      ioProgram(form, function* () {
        const server = yield* serve(form, function* (reader, writer) {
          let line;
          while ((line = yield* wait(reader.nextLine())) !== null) {
            writer.writeLines([bytes("> "), line]);
            yield* wait(writer.drain());
          }
          writer.write(bytes("bye"));
          writer.close();
          yield* wait(writer.waitClosed());
        });
        const { reader, writer } = yield* connectTo(form, server);
        writer.write(bytes("one\n"));
        assert.equal((yield* wait(reader.readLine())).toString(), "> one\n");
        assert.ok(writer.canWriteEof());
        writer.write(bytes("two\n"));
        writer.writeEof();
        assert.equal((yield* wait(reader.read())).toString(), "> two\nbye");
        const address = server.addresses[0] as SocketAddress;
        assert.deepEqual(writer.getExtraInfo("peername"), address);
        assert.equal(writer.getExtraInfo("socket")?.remotePort, address.port);
        assert.equal(writer.getExtraInfo("sslObject"), undefined);
        assert.equal(writer.getExtraInfo("cipher", "none"), "none");
        yield* end(form, server, writer);
        assert.ok(writer.isClosing());
      }));

    it("SW-01 limits default to 64 KiB and a quarter of it; wrong ones are refused; a lower one pauses at once", () =>
      ioProgram(form, function* () {
        const { client, listening } = yield* pair(
          form,
          () => new Recorder(),
          () =>
            new (class extends Recorder {
              override connectionMade(transport: Transport): void {
                super.connectionMade(transport);
                transport.pauseReading();
              }
            })(),
        );
        const { transport } = client;
        assert.deepEqual(transport.getWriteBufferLimits(), { low: 16384, high: 65536 });
        transport.setWriteBufferLimits({ high: 4000 });
        assert.deepEqual(transport.getWriteBufferLimits(), { low: 1000, high: 4000 });
        transport.setWriteBufferLimits({ low: 100 });
        assert.deepEqual(transport.getWriteBufferLimits(), { low: 100, high: 400 });
        transport.setWriteBufferLimits({ high: 0 });
        assert.deepEqual(transport.getWriteBufferLimits(), { low: 0, high: 0 });
        assert.throws(() => transport.setWriteBufferLimits({ high: 1, low: 2 }), /high >= low >= 0/);
        assert.throws(() => transport.setWriteBufferLimits({ high: 1, low: -1 }), /high >= low >= 0/);
        transport.setWriteBufferLimits({ high: 64 * 1024 * 1024 });
        transport.write(BIG);
        assert.ok(transport.getWriteBufferSize() > 65536);
        assert.ok(!client.calls.includes("pause"));
        transport.setWriteBufferLimits();
        assert.ok(client.calls.includes("pause"));
        transport.abort();
        listening.close();
        listening.abortClients();
        yield* wait(listening.waitClosed());
      }));

    it("SW-02 pauses the protocol above the high mark, from write and from writeLines, and resumes it", () =>
      ioProgram(form, function* () {
        const { client, server, listening } = yield* pair(
          form,
          () => new Recorder(),
          () => new Recorder(),
        );
        server.transport.pauseReading();
        client.transport.writeLines([BIG, bytes("x")]);
        assert.deepEqual(client.calls, ["made", "pause"]);
        client.transport.write(BIG);
        assert.deepEqual(client.calls, ["made", "pause"]);
        server.transport.resumeReading();
        yield* wait(client.when(() => client.calls.includes("resume")));
        assert.ok(client.transport.getWriteBufferSize() <= 16384);
        client.transport.write(BIG);
        assert.deepEqual(client.calls, ["made", "pause", "resume", "pause"]);
        client.transport.close();
        listening.close();
        yield* wait(listening.waitClosed());
        assert.equal(server.received.length, 3 * BIG.length + 1);
      }));

    it("SW-03 many tasks drain at the same time and go on together", () =>
      ioProgram(form, function* () {
        const gate = new Event();
        const server = yield* serve(form, function* (reader, writer) {
          yield* wait(gate.wait());
          yield* wait(reader.read());
          writer.close();
        });
        const { writer } = yield* connectTo(form, server);
        writer.write(BIG);
        const drains = [1, 2, 3].map(() =>
          start(function* () {
            yield* wait(writer.drain());
          }),
        );
        yield* wait(turns(3));
        assert.deepEqual(
          drains.map((task) => task.done()),
          [false, false, false],
        );
        gate.set();
        yield* wait(gather(drains));
        yield* wait(writer.drain());
        yield* end(form, server, writer);
      }));

    it("SW-04 a loop of write and drain notices that the connection is lost", () =>
      ioProgram(form, function* () {
        const server = yield* serve(form, function* (_reader, writer) {
          writer.transport.abort();
        });
        const { writer } = yield* connectTo(form, server);
        const loop = start(function* () {
          for (;;) {
            writer.write(bytes("data"));
            yield* wait(writer.drain());
          }
        });
        assert.ok(["ECONNRESET", "EPIPE"].includes(((yield* thrownBy(form, loop)) as { code: string }).code));
        yield* end(form, server, writer);
      }));

    it("SW-05 write and drain after close() throw a reset", () =>
      ioProgram(form, function* () {
        const server = yield* serve(form, function* (reader, writer) {
          yield* wait(reader.read());
          writer.close();
        });
        const { writer } = yield* connectTo(form, server);
        writer.close();
        yield* wait(writer.waitClosed());
        writer.write(bytes("late"));
        assert.ok(isReset(yield* thrownBy(form, writer.drain())));
        yield* end(form, server);
      }));

    it("SW-06 waitClosed returns when the connection has ended, also with unread data", () =>
      ioProgram(form, function* () {
        const server = yield* serve(form, function* (reader, writer) {
          writer.write(BIG);
          yield* wait(reader.read());
          writer.close();
        });
        const { reader, writer } = yield* connectTo(form, server);
        assert.equal((yield* wait(reader.read(1))).length, 1);
        const twice = [1, 2].map(() =>
          start(function* () {
            yield* wait(writer.waitClosed());
          }),
        );
        yield* wait(turns(2));
        twice[0]!.cancel();
        assert.equal(twice[1]!.done(), false);
        writer.close();
        yield* wait(twice[1]!);
        assert.ok((yield* thrownBy(form, twice[0]!)) instanceof CancelledError);
        yield* wait(writer.waitClosed());
        server.close();
        server.abortClients();
        yield* wait(server.waitClosed());
      }));

    it("SW-07 closing the writer feeds the end to the reader", () =>
      ioProgram(form, function* () {
        const server = yield* serve(form, function* (reader, writer) {
          yield* wait(reader.read());
          writer.close();
        });
        const { reader, writer } = yield* connectTo(form, server);
        const read = start(function* () {
          return yield* wait(reader.read());
        });
        yield* wait(turns(2));
        writer.close();
        assert.equal((yield* wait(read)).length, 0);
        assert.ok(reader.atEof());
        yield* end(form, server);
      }));

    for (const kind of ["fails", "is cancelled"])
      it(`SW-09 a client whose callback ${kind} is closed, ${kind === "fails" ? "and reported" : "silently"}`, async () => {
        const reports: ExceptionContext[] = [];
        const error = new Error("bad client");
        await ioProgram(
          form,
          function* () {
            const server = yield* serve(form, function* (reader) {
              yield* wait(reader.readLine());
              throw kind === "fails" ? error : new CancelledError();
            });
            const { reader, writer } = yield* connectTo(form, server);
            writer.write(bytes("\n"));
            assert.equal((yield* wait(reader.read())).length, 0);
            yield* end(form, server, writer);
          },
          reports,
        );
        assert.deepEqual(
          reports.map(({ message, exception }) => ({ message, exception })),
          kind === "fails"
            ? [{ message: "Unhandled exception in client_connected_cb", exception: error }]
            : [],
        );
      });

    it("SW-09 the callback may be a plain function", () =>
      ioProgram(form, function* () {
        const got = new Future<StreamWriter>();
        const server = yield* wait(
          startServer(
            (_reader, writer) => {
              got.setResult(writer);
            },
            { host: "127.0.0.1" },
          ),
        );
        const { reader, writer } = yield* connectTo(form, server);
        const theirs = yield* wait(got);
        theirs.write(bytes("hello"));
        theirs.close();
        assert.equal((yield* wait(reader.read())).toString(), "hello");
        yield* end(form, server, writer);
      }));

    it("SW-10 startTls keeps bytes of the handshake that the reader has already", () =>
      ioProgram(form, function* () {
        const server = yield* serve(form, function* (reader, writer) {
          assert.equal((yield* wait(reader.readLine())).toString(), "STARTTLS\n");
          // The client's hello follows at once: it is in the buffer before startTls.
          while (reader["_buffer"].size === 0) yield* wait(turns(1));
          yield* wait(writer.startTls({ tls: tlsServer }));
          assert.equal(writer.canWriteEof(), false);
          writer.write(yield* wait(reader.readLine()));
          writer.close();
          yield* wait(writer.waitClosed());
        });
        const { reader, writer } = yield* connectTo(form, server);
        const before = writer.transport;
        writer.write(bytes("STARTTLS\n"));
        yield* wait(writer.startTls({ tls: tlsClient, serverHostname: "localhost" }));
        assert.notEqual(writer.transport, before);
        assert.ok(before.isClosing());
        assert.notEqual(writer.getExtraInfo("sslObject"), undefined);
        assert.equal(writer.getExtraInfo("peercert")?.subject.CN, "localhost");
        writer.write(bytes("secret\n"));
        assert.equal((yield* wait(reader.read())).toString(), "secret\n");
        yield* end(form, server, writer);
      }));

    it("a read that is cancelled by a deadline leaves the connection usable", () =>
      ioProgram(form, function* () {
        const server = yield* serve(form, function* (reader, writer) {
          yield* wait(reader.readLine());
          writer.write(bytes("answer\n"));
          writer.close();
        });
        const { reader, writer } = yield* connectTo(form, server);
        const error = yield* thrownBy(form, waitFor(reader.readLine(), 5));
        assert.equal((error as Error).name, "TimeoutError");
        writer.write(bytes("\n"));
        assert.equal((yield* wait(reader.readLine())).toString(), "answer\n");
        yield* end(form, server, writer);
      }));

    it("openUnixConnection and startUnixServer do the same over a file", () =>
      ioProgram(form, function* () {
        const folder = mkdtempSync(join(tmpdir(), "asyncscope-io-"));
        const path = join(folder, "echo.sock");
        const onClient = form.body(function* (reader: StreamReader, writer: StreamWriter) {
          writer.write(yield* wait(reader.readLine()));
          writer.close();
        });
        const server = yield* wait(startUnixServer(onClient, path));
        assert.deepEqual(server.addresses, [path]);
        const { reader, writer } = yield* wait(openUnixConnection(path));
        assert.equal(writer.getExtraInfo("peername"), path);
        writer.write(bytes("over a file\n"));
        assert.equal((yield* wait(reader.read())).toString(), "over a file\n");
        yield* end(form, server, writer);
        rmSync(folder, { recursive: true });
      }));
  });

  it("SW-08 a writer that is dropped unclosed warns, and its connection is closed", async () => {
    const warnings: string[] = [];
    const note = (warning: Error): void => void warnings.push(`${warning.name}: ${warning.message}`);
    process.on("warning", note);
    try {
      await run(
        coro(function* () {
          const ended = new Future<void>();
          const server = yield* startServer(
            function* (reader, writer) {
              yield* reader.read();
              writer.close();
              ended.setResult();
            },
            { host: "127.0.0.1" },
          );
          const drop = coro(function* () {
            yield* openConnection(server.addresses[0] as SocketAddress);
          });
          yield* createTask(drop());
          const collected = createTask(async () => {
            await collectGarbageUntil(() => warnings.length > 0, "no warning");
          });
          yield* collected;
          yield* ended;
          server.close();
          yield* server.waitClosed();
        }),
      );
    } finally {
      process.off("warning", note);
    }
    assert.match(
      warnings[0]!,
      /^ResourceWarning: a StreamWriter to 127\.0\.0\.1:\d+ was dropped without close/,
    );
  });

  it("leaves neither the process nor a socket alive when run() ends with connections open", async () => {
    let client: StreamWriter | undefined;
    await run(
      coro(function* () {
        const server = yield* startServer(() => undefined, { host: "127.0.0.1" });
        const { writer } = yield* openConnection(server.addresses[0] as SocketAddress);
        client = writer;
      }),
    );
    assert.ok(client!.isClosing());
  });

  it("names the peer for who looks at a waiting task", async () => {
    await run(
      coro(function* () {
        const server = yield* startServer(() => undefined, { host: "127.0.0.1" });
        const { port } = server.addresses[0] as SocketAddress;
        const { reader, writer } = yield* openConnection({ host: "127.0.0.1", port });
        const task = createTask(function* () {
          yield* reader.read();
        });
        yield* turns(2);
        const origin = task._waiter!._origin!;
        assert.equal(origin.kind, "read");
        assert.equal(origin.describe!(), `socket 127.0.0.1:${port}`);
        writer.close();
        yield* task;
      }),
    );
  });

  it("a protocol of its own loop can be made by hand", async () => {
    await run(
      coro(function* () {
        const loop = getRunningLoop();
        const reader = new StreamReader({ loop });
        const protocol = new StreamReaderProtocol(reader);
        protocol.pauseWriting();
        const waiting = createTask(protocol.drainHelper());
        yield* turns(2);
        assert.equal(waiting.done(), false);
        protocol.resumeWriting();
        yield* waiting;
        protocol.connectionLost(null);
        assert.ok(reader.atEof());
      }),
    );
  });
});
