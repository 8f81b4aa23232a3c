import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { CancelledError, getRunningLoop, RuntimeError, until, ValueError } from "asyncscope";
import type { CoroutineGenerator } from "asyncscope";
import { inBothForms } from "../../support/both-forms.js";
import type { Form } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
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

const BIG = Buffer.alloc(4 * 1024 * 1024, 1);

/** A server that accepts and says nothing. */
function* silentServer(
  form: Form,
): CoroutineGenerator<{ port: number; sockets: Socket[]; closed: () => boolean; close: () => void }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined).resume();
  });
  yield* form.wait(until(new Promise<void>((done) => void server.listen(0, "127.0.0.1", done))));
  return {
    port: (server.address() as { port: number }).port,
    sockets,
    closed: () => sockets.length > 0 && sockets.every((socket) => socket.destroyed),
    close: () => void server.close(),
  };
}

describe("TLS", () => {
  inBothForms((form) => {
    const { wait, start } = form;

    it("encrypts connections of both sides, and tells who the peer is", () =>
      ioProgram(form, function* () {
        const server = yield* serve(
          form,
          function* (reader, writer) {
            writer.write(yield* wait(reader.readLine()));
            writer.close();
          },
          { tls: tlsServer },
        );
        const { reader, writer } = yield* connectTo(form, server, { tls: tlsClient });
        assert.equal(writer.canWriteEof(), false);
        assert.throws(() => writer.writeEof(), RuntimeError);
        assert.equal(writer.getExtraInfo("peercert")?.subject.CN, "localhost");
        assert.match(writer.getExtraInfo("cipher")?.version ?? "", /^TLSv1/);
        writer.write(bytes("secret\n"));
        assert.equal((yield* wait(reader.read())).toString(), "secret\n");
        yield* end(form, server, writer);
      }));

    it("refuses a certificate that nobody vouches for; the server goes on", () =>
      ioProgram(form, function* () {
        const server = yield* serve(
          form,
          function* (_reader, writer) {
            writer.write(bytes("hello"));
            writer.close();
          },
          { tls: tlsServer },
        );
        const error = yield* thrownBy(
          form,
          start(() => connectTo(form, server, { tls: true })),
        );
        assert.equal((error as NodeJS.ErrnoException).code, "DEPTH_ZERO_SELF_SIGNED_CERT");
        const { reader, writer } = yield* connectTo(form, server, { tls: tlsClient });
        assert.equal((yield* wait(reader.read())).toString(), "hello");
        yield* end(form, server, writer);
      }));

    it("a client that speaks no TLS is closed silently", () =>
      ioProgram(form, function* () {
        const server = yield* serve(form, () => assert.fail("it was told of a client"), { tls: tlsServer });
        const { reader, writer } = yield* connectTo(form, server);
        writer.write(bytes("GET / HTTP/1.0\r\n\r\n"));
        yield* wait(reader.read());
        yield* end(form, server, writer);
      }));

    it("TP-16 a handshake timeout must be positive", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        const make = (): Recorder => new Recorder();
        for (const tlsHandshakeTimeout of [0, -1, NaN])
          assert.throws(
            () => loop.createConnection(make, { host: "127.0.0.1", port: 1, tls: true, tlsHandshakeTimeout }),
            ValueError,
          );
        assert.ok(
          (yield* thrownBy(
            form,
            loop.createServer(make, { host: "127.0.0.1", tls: tlsServer, tlsHandshakeTimeout: 0 }),
          )) instanceof ValueError,
        );
        assert.ok(
          (yield* thrownBy(
            form,
            loop.createServer(make, { host: "127.0.0.1", tls: tlsServer, tlsShutdownTimeout: 0 }),
          )) instanceof ValueError,
        );
      }));

    it("TP-16 a handshake that takes too long closes the connection", () =>
      ioProgram(form, function* () {
        const silent = yield* silentServer(form);
        const loop = getRunningLoop();
        const error = yield* thrownBy(
          form,
          loop.createConnection(() => new Recorder(), {
            host: "127.0.0.1",
            port: silent.port,
            tls: true,
            tlsHandshakeTimeout: 20,
          }),
        );
        assert.match((error as Error).message, /longer than 20 ms/);
        while (!silent.closed()) yield* wait(turns(1));
        silent.close();
      }));

    it("TP-16 the server too gives a slow client up", () =>
      ioProgram(form, function* () {
        const server = yield* serve(form, () => assert.fail("it was told of a client"), {
          tls: tlsServer,
          tlsHandshakeTimeout: 20,
        });
        const { reader, writer } = yield* connectTo(form, server);
        yield* wait(reader.read());
        assert.ok(reader.atEof());
        yield* end(form, server, writer);
      }));

    it("TP-16 cancelling a slow handshake closes the connection", () =>
      ioProgram(form, function* () {
        const silent = yield* silentServer(form);
        const loop = getRunningLoop();
        const [transport, protocol] = yield* wait(
          loop.createConnection(() => new Recorder(), { host: "127.0.0.1", port: silent.port }),
        );
        const starting = start(function* () {
          yield* wait(loop.startTls(transport, protocol, { tls: tlsClient, serverHostname: "localhost" }));
        });
        yield* wait(turns(2));
        while (silent.sockets.length === 0) yield* wait(turns(1));
        starting.cancel();
        assert.ok((yield* thrownBy(form, starting)) instanceof CancelledError);
        while (!silent.closed()) yield* wait(turns(1));
        silent.close();
      }));

    it("TP-17 what is buffered is sent before the connection ends", () =>
      ioProgram(form, function* () {
        const server = yield* serve(
          form,
          function* (_reader, writer) {
            writer.write(BIG);
            writer.close();
            yield* wait(writer.waitClosed());
          },
          { tls: tlsServer },
        );
        const { reader, writer } = yield* connectTo(form, server, { tls: tlsClient });
        assert.equal((yield* wait(reader.read())).length, BIG.length);
        yield* end(form, server, writer);
      }));

    it("TP-17 a peer that never reads does not keep a closed connection for ever", () =>
      ioProgram(form, function* () {
        const server = yield* serve(
          form,
          function* (_reader, writer) {
            writer.write(Buffer.alloc(32 * 1024 * 1024));
            writer.close();
            yield* wait(writer.waitClosed());
          },
          { tls: tlsServer, tlsShutdownTimeout: 30 },
        );
        const { writer } = yield* connectTo(form, server, { tls: tlsClient });
        server.close();
        yield* wait(server.waitClosed());
        writer.close();
      }));

    it("loop.startTls turns both ends of a connection into TLS", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        const { client, server, listening } = yield* pair(
          form,
          () => new Recorder(),
          () => new Recorder(),
        );
        const serverSide = start(function* () {
          return yield* wait(loop.startTls(server.transport, server, { tls: tlsServer, serverSide: true }));
        });
        // Before the client's hello can come.
        yield* wait(turns(2));
        const secure = yield* wait(
          loop.startTls(client.transport, client, { tls: tlsClient, serverHostname: "localhost" }),
        );
        const theirs = yield* wait(serverSide);
        secure.write(bytes("secret"));
        yield* wait(server.when(() => server.received === "secret"));
        const again = yield* thrownBy(form, loop.startTls(secure, client, { tls: tlsClient }));
        assert.ok(again instanceof RuntimeError);
        listening.close();
        theirs.close();
        yield* wait(client.lost);
        yield* wait(listening.waitClosed());
        assert.equal(server.calls.filter((call) => call === "lost").length, 1);
      }));
  });
});
