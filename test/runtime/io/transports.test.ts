import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import dns from "node:dns";
import { createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import {
  ContextVar,
  coro,
  currentTask,
  ExceptionGroup,
  Future,
  getRunningLoop,
  RuntimeError,
  SendfileNotAvailableError,
  sleep,
  timeout,
  TimeoutError,
  until,
  ValueError,
} from "asyncscope";
import type {
  BufferedProtocol,
  ConnectionOptions,
  CoroutineGenerator,
  ExceptionContext,
  SocketAddress,
  Transport,
} from "asyncscope";
import { inBothForms } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { bytes, ioProgram, pair, Recorder } from "../../support/runtime-io.js";
import { turns } from "../../support/turns.js";

const BIG = Buffer.alloc(8 * 1024 * 1024, 1);

/** Pauses reading in connectionMade. */
class Paused extends Recorder {
  override connectionMade(transport: Transport): void {
    super.connectionMade(transport);
    transport.pauseReading();
  }
}

/** Keeps the connection open after the peer's EOF. */
class HalfOpen extends Recorder {
  override eofReceived(): boolean {
    super.eofReceived();
    return true;
  }
}

/** Receives into a buffer of four bytes. */
class FourBytes extends Recorder implements BufferedProtocol {
  readonly buffer = Buffer.alloc(4);
  parts: string[] = [];
  declare dataReceived: never;

  getBuffer(_sizeHint: number): Uint8Array {
    return this.buffer;
  }

  bufferUpdated(count: number): void {
    this.parts.push(this.buffer.toString("latin1", 0, count));
    this.note("updated");
  }
}

describe("transports", () => {
  inBothForms((form) => {
    const { wait } = form;
    const recorder = (): Recorder => new Recorder();

    it("TP-01 pauseReading and resumeReading can be repeated, also in connectionMade", () =>
      ioProgram(form, function* () {
        const { client, server, listening } = yield* pair(form, recorder, () => new Paused());
        assert.equal(server.transport.isReading(), false);
        client.transport.write(bytes("early"));
        yield* wait(turns(20));
        assert.equal(server.received, "");
        server.transport.pauseReading();
        server.transport.resumeReading();
        server.transport.resumeReading();
        assert.ok(server.transport.isReading());
        yield* wait(server.when(() => server.received === "early"));
        client.transport.close();
        assert.equal(client.transport.isReading(), false);
        client.transport.resumeReading();
        assert.equal(client.transport.isReading(), false);
        listening.close();
        yield* wait(listening.waitClosed());
        assert.equal(server.transport.isReading(), false);
      }));

    it("TP-02 close() sends what is buffered, then says so once", () =>
      ioProgram(form, function* () {
        const { client, server, listening } = yield* pair(form, recorder, () => new Paused());
        client.transport.write(BIG);
        client.transport.close();
        client.transport.close();
        assert.ok(client.transport.isClosing());
        yield* wait(turns(20));
        assert.ok(!client.calls.includes("lost"));
        server.transport.resumeReading();
        yield* wait(client.lost);
        assert.equal(client.error, null);
        yield* wait(server.lost);
        assert.equal(server.received.length, BIG.length);
        assert.equal(client.calls.filter((call) => call === "lost").length, 1);
        assert.deepEqual(server.calls.slice(-2), ["eof", "lost"]);
        listening.close();
        yield* wait(listening.waitClosed());
      }));

    it("TP-03 abort() drops what is buffered", () =>
      ioProgram(form, function* () {
        const { client, server, listening } = yield* pair(form, recorder, () => new Paused());
        client.transport.write(BIG);
        client.transport.abort();
        assert.ok(!client.calls.includes("lost"));
        yield* wait(client.lost);
        assert.equal(client.error, null);
        server.transport.resumeReading();
        yield* wait(server.lost);
        assert.ok(server.received.length < BIG.length);
        listening.close();
        yield* wait(listening.waitClosed());
      }));

    it("TP-04 what resumeWriting writes during close() is sent too", () =>
      ioProgram(form, function* () {
        const { client, server, listening } = yield* pair(
          form,
          () =>
            new (class extends Recorder {
              override resumeWriting(): void {
                super.resumeWriting();
                this.transport.write(bytes("the last words"));
              }
            })(),
          recorder,
        );
        client.transport.write(BIG);
        client.transport.close();
        yield* wait(server.lost);
        assert.ok(client.calls.includes("resume"));
        assert.equal(server.received.slice(BIG.length), "the last words");
        listening.close();
        yield* wait(listening.waitClosed());
      }));

    it("TP-05 eofReceived keeps the connection open with true, otherwise it is closed", () =>
      ioProgram(form, function* () {
        const closed = yield* pair(form, () => new HalfOpen(), recorder);
        closed.client.transport.writeEof();
        yield* wait(closed.server.lost);
        yield* wait(closed.client.lost);
        assert.deepEqual(closed.server.calls, ["made", "eof", "lost"]);
        closed.listening.close();

        const kept = yield* pair(form, recorder, () => new HalfOpen());
        kept.client.transport.writeEof();
        yield* wait(kept.server.when(() => kept.server.calls.includes("eof")));
        assert.equal(kept.server.transport.isClosing(), false);
        kept.server.transport.write(bytes("still here"));
        yield* wait(kept.client.when(() => kept.client.received === "still here"));
        kept.server.transport.close();
        yield* wait(kept.client.lost);
        kept.listening.close();
        yield* wait(kept.listening.waitClosed());
      }));

    for (const where of ["dataReceived", "eofReceived", "getBuffer", "getBuffer that is empty"])
      it(`TP-06 an error in ${where} ends the connection and is reported`, async () => {
        const reports: ExceptionContext[] = [];
        const error = new Error("bad protocol");
        const make = (): Recorder => {
          if (where.startsWith("getBuffer"))
            return Object.assign(new FourBytes(), {
              getBuffer: (): Uint8Array => {
                if (where === "getBuffer") throw error;
                return Buffer.alloc(0);
              },
            });
          return Object.assign(new Recorder(), {
            [where]: () => {
              throw error;
            },
          });
        };
        await ioProgram(
          form,
          function* () {
            const { client, server, listening } = yield* pair(form, recorder, make);
            client.transport.write(bytes("data"));
            if (where === "eofReceived") client.transport.writeEof();
            yield* wait(server.lost);
            if (where !== "getBuffer that is empty") assert.equal(server.error, error);
            client.transport.close();
            listening.close();
            yield* wait(listening.waitClosed());
          },
          reports,
        );
        assert.equal(reports.length, 1);
        assert.match(reports[0]!.message, /^Fatal error: protocol\.\w+\(\) call failed/);
        if (where === "getBuffer that is empty")
          assert.match((reports[0]!.exception as Error).message, /empty buffer/);
      });

    it("TP-07 write refuses a string; after the connection is lost it drops data, and warns from the fifth on", async () => {
      const warnings: string[] = [];
      const note = (warning: Error): void => void warnings.push(warning.message);
      process.on("warning", note);
      try {
        await ioProgram(form, function* () {
          const { client, server, listening } = yield* pair(form, recorder, recorder);
          assert.throws(() => client.transport.write("text" as never), /Buffer\.from\(text\)/);
          assert.throws(() => client.transport.writeLines(["text" as never]), TypeError);
          client.transport.write(Buffer.alloc(0));
          server.transport.abort();
          yield* wait(client.lost);
          for (let i = 0; i < 4; i++) client.transport.write(bytes("dropped"));
          yield* wait(turns(2));
          assert.equal(warnings.length, 0);
          for (let i = 0; i < 3; i++) client.transport.write(bytes("dropped"));
          yield* wait(until(new Promise(setImmediate)));
          assert.equal(warnings.length, 1);
          assert.match(warnings[0]!, /connection that is closed/);
          listening.close();
          yield* wait(listening.waitClosed());
        });
      } finally {
        process.off("warning", note);
      }
    });

    it("TP-08 writeEof ends this direction once all is sent; after close() it does nothing", () =>
      ioProgram(form, function* () {
        const { client, server, listening } = yield* pair(form, recorder, () => new HalfOpen());
        assert.ok(client.transport.canWriteEof());
        client.transport.write(BIG);
        client.transport.writeEof();
        client.transport.writeEof();
        assert.throws(() => client.transport.write(bytes("more")), RuntimeError);
        yield* wait(server.when(() => server.calls.includes("eof")));
        assert.equal(server.received.length, BIG.length);
        server.transport.close();
        server.transport.writeEof();
        yield* wait(client.lost);
        listening.close();
        yield* wait(listening.waitClosed());
      }));

    for (const kind of ["system", "other"])
      it(`TP-09 an error of the ${kind === "system" ? "network is not reported" : "stream that is not of the network is reported"}`, async () => {
        const reports: ExceptionContext[] = [];
        const error = Object.assign(new Error("broken"), kind === "system" ? { code: "EIO", errno: -5 } : {});
        await ioProgram(
          form,
          function* () {
            const stream = new Duplex({ read: () => undefined, write: (_c, _e, done) => done() });
            const [, protocol] = yield* wait(getRunningLoop().connectReadPipe(recorder, stream));
            stream.destroy(error);
            yield* wait(protocol.lost);
            assert.equal(protocol.error, error);
          },
          reports,
        );
        assert.deepEqual(
          reports.map(({ message }) => message),
          kind === "system" ? [] : ["Fatal error on transport"],
        );
      });

    it("TP-10 setProtocol switches between a Protocol and a BufferedProtocol, even in the middle of a chunk", () =>
      ioProgram(form, function* () {
        const { client, server, listening } = yield* pair(form, recorder, recorder);
        const buffered = new FourBytes();
        client.transport.write(bytes("first"));
        yield* wait(server.when(() => server.received === "first"));
        server.transport.setProtocol(buffered);
        client.transport.write(bytes("123456789"));
        yield* wait(buffered.when(() => buffered.parts.join("") === "123456789"));
        assert.deepEqual(buffered.parts, ["1234", "5678", "9"]);
        const last = new Recorder();
        buffered.bufferUpdated = () => server.transport.setProtocol(last);
        client.transport.write(bytes("abcdefg"));
        yield* wait(last.when(() => last.received === "efg"));
        assert.equal(server.transport.getProtocol(), last);
        client.transport.close();
        yield* wait(last.lost);
        listening.close();
        yield* wait(listening.waitClosed());
      }));

    it("TP-10 a BufferedProtocol that pauses in the middle of a chunk gets the rest when it resumes", () =>
      ioProgram(form, function* () {
        const make = (): FourBytes => new FourBytes();
        const { client, server, listening } = yield* pair(form, recorder, make);
        const bufferUpdated = server.bufferUpdated.bind(server);
        server.bufferUpdated = (count) => {
          server.transport.pauseReading();
          bufferUpdated(count);
        };
        client.transport.write(bytes("12345678"));
        yield* wait(server.when(() => server.parts.length === 1));
        yield* wait(turns(20));
        assert.deepEqual(server.parts, ["1234"]);
        server.transport.resumeReading();
        yield* wait(server.when(() => server.parts.length === 2));
        assert.deepEqual(server.parts, ["1234", "5678"]);
        client.transport.abort();
        listening.close();
        listening.abortClients();
        yield* wait(listening.waitClosed());
      }));

    it("TP-13 several addresses that refuse give one error that names all, or a group", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        // A port that nobody listens at.
        const probe = createServer();
        yield* wait(until(new Promise<void>((done) => void probe.listen(0, "127.0.0.1", done))));
        const { port } = probe.address() as { port: number };
        yield* wait(until(new Promise((done) => void probe.close(done))));
        const error = yield* thrownBy(form, loop.createConnection(recorder, { host: "127.0.0.1", port }));
        assert.equal((error as NodeJS.ErrnoException).code, "ECONNREFUSED");
        const group = yield* thrownBy(
          form,
          loop.createConnection(recorder, { host: "127.0.0.1", port, allErrors: true }),
        );
        assert.equal((group as Error).name, "ExceptionGroup");
        assert.equal((group as AggregateError).errors.length, 1);
      }));

    it("TP-13 several addresses: the error names each, in the order in which they were tried", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        const probe = createServer();
        yield* wait(until(new Promise<void>((done) => void probe.listen(0, "127.0.0.1", done))));
        const { port } = probe.address() as { port: number };
        yield* wait(until(new Promise((done) => void probe.close(done))));
        const hosts = ["127.0.0.1", "127.0.0.2"];
        const found = hosts.map((host) => ({ host, port, family: 4 as const }));
        loop.getAddrInfo = coro(function* () {
          return found;
        });
        const options = { host: "several.test", port };
        const error = (yield* thrownBy(form, loop.createConnection(recorder, options))) as AggregateError;
        assert.match(
          error.message,
          /^no address of several\.test could be reached: .*127\.0\.0\.1.*; .*127\.0\.0\.2/,
        );
        assert.equal((error as unknown as NodeJS.ErrnoException).code, "ECONNREFUSED");
        assert.equal(error.errors.length, 2);
        const group = yield* thrownBy(form, loop.createConnection(recorder, { ...options, allErrors: true }));
        assert.ok(group instanceof ExceptionGroup);
        assert.deepEqual(
          group.errors.map((one) => (one as { address: string }).address),
          hosts,
        );
        found.length = 0;
        const none = yield* thrownBy(form, loop.createConnection(recorder, options));
        assert.match(String(none), /several\.test has no address/);
      }));

    it("TP-13 a timeout closes the socket that does not get through", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        const silent = new (class extends Socket {
          override connect(): this {
            return this;
          }
        })();
        const connecting = timeout(
          20,
          form.body(() => wait(loop.sockConnect(silent, "nowhere"))),
        );
        assert.ok((yield* thrownBy(form, connecting)) instanceof TimeoutError);
        assert.ok(silent.destroyed);
        assert.equal(silent.listenerCount("connect"), 0);
      }));

    it("TP-13 cancelling createConnection closes the socket", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        const socket = new Socket();
        const task = form.start(function* () {
          // Nothing answers there: it is reserved for documentation (RFC 5737).
          yield* wait(loop.sockConnect(socket, { host: "192.0.2.1", port: 9 }));
        });
        yield* wait(turns(3));
        task.cancel();
        const error = yield* thrownBy(form, task);
        if ((error as Error).name === "CancelledError") assert.ok(socket.destroyed);
        else
          assert.match((error as { code: string }).code, /^E(NETUNREACH|HOSTUNREACH|CONNREFUSED|ACCES|PERM)/);
      }));

    it("TP-15 while a file is sent nobody else can write; the file arrives whole", () =>
      ioProgram(form, function* () {
        const folder = mkdtempSync(join(tmpdir(), "asyncscope-io-"));
        const path = join(folder, "data");
        writeFileSync(path, BIG.subarray(0, 1_000_000));
        const file = yield* wait(until(open(path)));
        const loop = getRunningLoop();
        const { client, server, listening } = yield* pair(form, recorder, () => new Paused());
        const { transport } = client;
        const sending = form.start(function* () {
          return yield* wait(loop.sendFile(transport, file, { offset: 1000 }));
        });
        yield* wait(turns(2));
        assert.throws(() => transport.write(bytes("in between")), /sendfile is in progress/);
        assert.equal(transport.isReading(), false);
        server.transport.resumeReading();
        assert.equal(yield* wait(sending), 999_000);
        assert.equal(transport.getProtocol(), client);
        assert.ok(transport.isReading());
        assert.equal(yield* wait(loop.sendFile(transport, file, { offset: 10, count: 5 })), 5);
        transport.write(bytes("end"));
        yield* wait(server.when(() => server.received.endsWith("end")));
        assert.equal(server.received.length, 999_000 + 5 + 3);
        assert.ok(
          (yield* thrownBy(form, loop.sendFile(transport, file, { fallback: false }))) instanceof
            SendfileNotAvailableError,
        );
        assert.ok(
          (yield* thrownBy(form, loop.sendFile(transport, file, { count: 0 }))) instanceof ValueError,
        );
        transport.close();
        assert.ok((yield* thrownBy(form, loop.sendFile(transport, file))) instanceof RuntimeError);
        yield* wait(until(file.close()));
        yield* wait(server.lost);
        listening.close();
        yield* wait(listening.waitClosed());
        rmSync(folder, { recursive: true });
      }));

    it("TP-15 a protocol that was paused when the file was sent is told to resume after it", () =>
      ioProgram(form, function* () {
        const folder = mkdtempSync(join(tmpdir(), "asyncscope-io-"));
        const path = join(folder, "data");
        writeFileSync(path, Buffer.alloc(1_000_000, "x"));
        const file = yield* wait(until(open(path)));
        const { client, server, listening } = yield* pair(form, recorder, () => new Paused());
        const { transport } = client;
        transport.write(BIG);
        assert.deepEqual(client.calls, ["made", "pause"]);
        const sending = form.start(function* () {
          return yield* wait(getRunningLoop().sendFile(transport, file));
        });
        for (let n = 0; n < 20; n++) yield* wait(until(new Promise(setImmediate)));
        assert.ok(transport.getWriteBufferSize() < BIG.length + 500_000, "the file waits for room as well");
        server.transport.resumeReading();
        assert.equal(yield* wait(sending), 1_000_000);
        assert.deepEqual(client.calls, ["made", "pause", "resume"]);
        transport.close();
        yield* wait(until(file.close()));
        yield* wait(server.lost);
        listening.close();
        yield* wait(listening.waitClosed());
        rmSync(folder, { recursive: true });
      }));

    it("calls protocols outside of any task, with the context variables of their maker", () =>
      ioProgram(form, function* () {
        const user = new ContextVar<string>("user", { default: "nobody" });
        const seen: string[] = [];
        const look = (): void =>
          void seen.push(`${user.get()} ${currentTask() === null ? "no task" : "a task"}`);
        user.set("maker");
        const make = (): Recorder => {
          const protocol = new Recorder();
          const connectionMade = protocol.connectionMade.bind(protocol);
          const dataReceived = protocol.dataReceived.bind(protocol);
          protocol.connectionMade = (transport) => {
            look();
            connectionMade(transport);
          };
          protocol.dataReceived = (data) => {
            look();
            dataReceived(data);
          };
          return protocol;
        };
        const { client, server, listening } = yield* pair(form, make, recorder);
        user.set("later");
        server.transport.write(bytes("x"));
        yield* wait(client.when(() => client.received === "x"));
        assert.deepEqual(seen, ["maker no task", "maker no task"]);
        client.transport.close();
        listening.close();
        yield* wait(listening.waitClosed());
      }));

    it("connectAcceptedSocket takes a socket that Node accepted", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        const server = createServer({ allowHalfOpen: true });
        yield* wait(until(new Promise<void>((done) => void server.listen(0, "127.0.0.1", done))));
        const { port } = server.address() as { port: number };
        const connecting = form.start(function* () {
          return yield* wait(loop.createConnection(recorder, { host: "127.0.0.1", port }));
        });
        const [socket, address] = yield* wait(loop.sockAccept(server));
        const [transport, client] = yield* wait(connecting);
        assert.deepEqual(address, transport.getExtraInfo("sockname"));
        const [accepted] = yield* wait(loop.connectAcceptedSocket(recorder, socket));
        accepted.write(bytes("hello"));
        yield* wait(client.when(() => client.received === "hello"));
        accepted.close();
        yield* wait(client.lost);
        server.close();
      }));

    it("sockAccept keeps the connections that come between two calls; a given up wait leaves nothing", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        const server = createServer();
        const early = loop.sockAccept(server);
        yield* wait(until(new Promise<void>((done) => void server.listen(0, "127.0.0.1", done))));
        const { port } = server.address() as { port: number };
        const clients = [new Socket(), new Socket()];
        for (const client of clients) yield* wait(loop.sockConnect(client, { host: "127.0.0.1", port }));
        const accepted = [yield* wait(early), yield* wait(loop.sockAccept(server))];
        assert.deepEqual(
          accepted.map(([, address]) => address?.port),
          clients.map(({ localPort }) => localPort),
        );
        const before = server.listenerCount("close");
        for (let n = 0; n < 3; n++) {
          const waiting = form.start(function* () {
            yield* wait(loop.sockAccept(server));
          });
          yield* wait(turns(2));
          waiting.cancel();
          yield* thrownBy(form, waiting);
        }
        assert.equal(server.listenerCount("close"), before);
        for (const socket of [...clients, ...accepted.map(([socket]) => socket)]) socket.destroy();
        server.close();
      }));

    it("sockRecv, sockRecvInto, sockSendAll and sockSendFile use sockets of Node's", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
        yield* wait(until(new Promise<void>((done) => void server.listen(0, "127.0.0.1", done))));
        const { port } = server.address() as { port: number };
        const socket = new Socket({ allowHalfOpen: true });
        // From the first call on connections queue up.
        const accepting = form.start(function* () {
          return yield* wait(loop.sockAccept(server));
        });
        yield* wait(turns(2));
        yield* wait(loop.sockConnect(socket, { host: "127.0.0.1", port }));
        const [theirs] = yield* wait(accepting);
        yield* wait(loop.sockSendAll(socket, bytes("hello world")));
        assert.equal((yield* wait(loop.sockRecv(theirs, 5))).toString(), "hello");
        const into = Buffer.alloc(20);
        assert.equal(yield* wait(loop.sockRecvInto(theirs, into)), 6);
        assert.equal(into.toString("latin1", 0, 6), " world");
        const waiting = form.start(function* () {
          return yield* wait(loop.sockRecv(theirs, 100));
        });
        yield* wait(turns(2));
        waiting.cancel();
        yield* thrownBy(form, waiting);
        socket.end("bye");
        assert.equal((yield* wait(loop.sockRecv(theirs, 100))).toString(), "bye");
        assert.equal((yield* wait(loop.sockRecv(theirs, 100))).length, 0);
        socket.destroy();
        theirs.destroy();
        server.close();
      }));

    it("getAddrInfo and getNameInfo look names up", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        assert.deepEqual(yield* wait(loop.getAddrInfo("127.0.0.1", 80)), [
          { host: "127.0.0.1", port: 80, family: 4 },
        ]);
        const found = yield* wait(loop.getAddrInfo("localhost", 80, { family: 4 }));
        assert.deepEqual(found, [{ host: "127.0.0.1", port: 80, family: 4 }]);
        const { host } = yield* wait(loop.getNameInfo({ host: "127.0.0.1", port: 22 }));
        assert.ok(host.length > 0);
      }));

    it("connectReadPipe and connectWritePipe take streams and file descriptors", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        const folder = mkdtempSync(join(tmpdir(), "asyncscope-io-"));
        const path = join(folder, "pipe");
        const out = yield* wait(until(open(path, "w")));
        const [writing, written] = yield* wait(loop.connectWritePipe(recorder, out.createWriteStream()));
        writing.write(bytes("through a pipe"));
        writing.close();
        yield* wait(written.lost);
        const input = yield* wait(until(open(path)));
        const [reading, read] = yield* wait(loop.connectReadPipe(recorder, input.createReadStream()));
        assert.notEqual(reading.getExtraInfo("pipe"), undefined);
        yield* wait(read.lost);
        assert.equal(read.received, "through a pipe");
        assert.deepEqual(read.calls, ["made", "data", "eof", "lost"]);
        rmSync(folder, { recursive: true });
      }));

    it("createConnection tries the next address, and reports a protocol that cannot be made", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        const accepted = new Future<void>();
        const server = yield* wait(
          loop.createServer(
            () => {
              if (!accepted.done()) accepted.setResult();
              return new Recorder();
            },
            { host: "127.0.0.1" },
          ),
        );
        const { port } = server.addresses[0] as SocketAddress;
        // Of localhost's addresses only one has a listener.
        const [transport] = yield* wait(
          loop.createConnection(recorder, { host: "localhost", port, happyEyeballsDelay: 250 }),
        );
        yield* wait(accepted);
        transport.close();
        const error = new Error("no protocol");
        const failed = loop.createConnection(
          (): Recorder => {
            throw error;
          },
          { host: "127.0.0.1", port },
        );
        assert.equal(yield* thrownBy(form, failed), error);
        server.close();
        yield* wait(server.waitClosed());
      }));

    it("createConnection tries the families in turn when that is wanted, behind some of the first one", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        const taken = yield* wait(loop.createServer(recorder, { host: "127.0.0.1" }));
        const { port } = taken.addresses[0] as SocketAddress;
        taken.close();
        yield* wait(taken.waitClosed());
        // Nobody listens there any more: each address is tried, and its error says when.
        const found = ["127.0.0.1", "127.0.0.2", "127.0.0.3"].map((host) => ({
          host,
          port,
          family: 4 as const,
        }));
        const six = { host: "::1", port, family: 6 as const };
        Object.assign(loop, {
          getAddrInfo: coro(function* () {
            yield* sleep(0);
            return [...found, six];
          }),
        });
        const order = function* (options: Partial<ConnectionOptions>): CoroutineGenerator<string[]> {
          const connecting = loop.createConnection(recorder, {
            host: "many",
            port,
            allErrors: true,
            ...options,
          });
          const error = (yield* thrownBy(form, connecting)) as ExceptionGroup;
          return error.errors.map((each) => (each as Error & { address: string }).address);
        };
        assert.deepEqual(yield* order({}), ["127.0.0.1", "127.0.0.2", "127.0.0.3", "::1"]);
        assert.deepEqual(yield* order({ interleave: 1 }), ["127.0.0.1", "::1", "127.0.0.2", "127.0.0.3"]);
        assert.deepEqual(yield* order({ interleave: 2 }), ["127.0.0.1", "127.0.0.2", "::1", "127.0.0.3"]);
        assert.deepEqual(yield* order({ happyEyeballsDelay: 1000 }), [
          "127.0.0.1",
          "::1",
          "127.0.0.2",
          "127.0.0.3",
        ]);
      }));

    it("getAddrInfo takes the flags of a lookup", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        const mapped = yield* wait(
          loop.getAddrInfo("localhost", 80, { family: 6, flags: dns.V4MAPPED | dns.ALL }),
        );
        assert.ok(
          mapped.some(({ host }) => host === "::ffff:127.0.0.1"),
          JSON.stringify(mapped),
        );
        const plain = yield* wait(loop.getAddrInfo("localhost", 80, { family: 4 }));
        assert.deepEqual(plain, [{ host: "127.0.0.1", port: 80, family: 4 }]);
      }));
  });
});
