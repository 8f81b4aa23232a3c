import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { Future, getRunningLoop, until, ValueError, waitFor } from "asyncscope";
import type { CoroutineGenerator, DatagramProtocol, DatagramTransport, SocketAddress } from "asyncscope";
import { inBothForms } from "../../support/both-forms.js";
import type { Form } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { bytes, ioProgram, Recorder } from "../../support/runtime-io.js";
import { turns } from "../../support/turns.js";

class Datagrams implements DatagramProtocol {
  readonly calls = new Recorder();
  readonly received: { text: string; from: SocketAddress }[] = [];
  readonly errors: Error[] = [];
  readonly lost = this.calls.lost;

  when(until: () => boolean): Future<void> {
    return this.calls.when(until);
  }

  connectionMade(): void {
    this.calls.note("made");
  }

  datagramReceived(data: Buffer, from: SocketAddress): void {
    this.received.push({ text: data.toString(), from });
    this.calls.note("datagram");
  }

  errorReceived(error: Error): void {
    this.errors.push(error);
    this.calls.note("error");
  }

  connectionLost(error: Error | null): void {
    this.calls.connectionLost(error);
  }
}

interface Endpoint {
  readonly transport: DatagramTransport;
  readonly protocol: Datagrams;
  readonly address: SocketAddress;
}

function* endpoint(form: Form, remoteAddr?: SocketAddress): CoroutineGenerator<Endpoint> {
  const [transport, protocol] = yield* form.wait(
    getRunningLoop().createDatagramEndpoint(() => new Datagrams(), {
      localAddr: { host: "127.0.0.1" },
      remoteAddr,
    }),
  );
  return { transport, protocol, address: transport.getExtraInfo("sockname") as SocketAddress };
}

describe("datagram endpoints", () => {
  inBothForms((form) => {
    const { wait } = form;

    it("send datagrams to each other, and say where they come from", () =>
      ioProgram(form, function* () {
        const a = yield* endpoint(form);
        const b = yield* endpoint(form);
        a.transport.sendTo(bytes("question"), b.address);
        yield* wait(b.protocol.when(() => b.protocol.received.length === 1));
        assert.deepEqual(b.protocol.received, [{ text: "question", from: a.address }]);
        b.transport.sendTo(bytes("answer"), b.protocol.received[0]!.from);
        yield* wait(a.protocol.when(() => a.protocol.received.length === 1));
        assert.equal(a.transport.getExtraInfo("socket")?.type, "datagram");
        a.transport.close();
        b.transport.abort();
        b.transport.abort();
        yield* wait(a.protocol.lost);
        yield* wait(b.protocol.lost);
        assert.ok(a.transport.isClosing());
      }));

    it("TP-11 an empty datagram is sent; a string and another address than the remote one are refused", () =>
      ioProgram(form, function* () {
        const b = yield* endpoint(form);
        const a = yield* endpoint(form, b.address);
        assert.deepEqual(a.transport.getExtraInfo("peername"), b.address);
        a.transport.sendTo(Buffer.alloc(0));
        a.transport.sendTo(bytes("x"), b.address);
        yield* wait(b.protocol.when(() => b.protocol.received.length === 2));
        assert.deepEqual(
          b.protocol.received.map(({ text }) => text),
          ["", "x"],
        );
        assert.throws(() => a.transport.sendTo("text" as never), TypeError);
        assert.throws(() => a.transport.sendTo(bytes("x"), { host: "127.0.0.1", port: 1 }), ValueError);
        assert.throws(() => b.transport.sendTo(bytes("x")), ValueError);
        a.transport.close();
        b.transport.close();
        yield* wait(a.protocol.lost);
        yield* wait(b.protocol.lost);
      }));

    it("TP-12 an error goes to errorReceived and leaves the endpoint open", () =>
      ioProgram(form, function* () {
        const gone = yield* endpoint(form);
        const a = yield* endpoint(form, gone.address);
        gone.transport.close();
        yield* wait(gone.protocol.lost);
        // Nobody is there: the kernel tells the one that sent.
        a.transport.sendTo(bytes("x"));
        yield* wait(a.protocol.when(() => a.protocol.errors.length > 0));
        assert.equal((a.protocol.errors[0] as NodeJS.ErrnoException).code, "ECONNREFUSED");
        assert.equal(a.transport.isClosing(), false);
        a.transport.close();
        yield* wait(a.protocol.lost);
      }));

    it("sends what is buffered before it closes, and counts it for flow control", () =>
      ioProgram(form, function* () {
        const b = yield* endpoint(form);
        const a = yield* endpoint(form);
        a.transport.setWriteBufferLimits({ high: 10 });
        const paused: string[] = [];
        Object.assign(a.protocol, {
          pauseWriting: () => paused.push("pause"),
          resumeWriting: () => paused.push("resume"),
        });
        a.transport.sendTo(bytes("one"), b.address);
        a.transport.sendTo(bytes("two"), b.address);
        assert.equal(a.transport.getWriteBufferSize(), 22);
        a.transport.close();
        yield* wait(a.protocol.lost);
        yield* wait(b.protocol.when(() => b.protocol.received.length === 2));
        assert.deepEqual(paused, ["pause", "resume"]);
        b.transport.close();
        yield* wait(b.protocol.lost);
      }));

    it("sockRecvFrom and sockSendTo use sockets of Node's", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        const socket = createSocket("udp4");
        yield* wait(until(new Promise<void>((done) => void socket.bind(0, "127.0.0.1", done))));
        const address = { host: "127.0.0.1", port: socket.address().port };
        const receiving = form.start(function* () {
          const buffer = Buffer.alloc(10);
          const [count, from] = yield* wait(loop.sockRecvFromInto(socket, buffer));
          return `${buffer.toString("latin1", 0, count)} ${from.port}`;
        });
        yield* wait(turns(2));
        yield* wait(loop.sockSendTo(socket, bytes("to myself"), address));
        assert.equal(yield* wait(receiving), `to myself ${address.port}`);
        for (const [count, received] of [
          [0, 9],
          [2, 2],
        ] as const) {
          yield* wait(loop.sockSendTo(socket, bytes("to myself"), address));
          const [size] = yield* wait(loop.sockRecvFromInto(socket, Buffer.alloc(10), count));
          assert.equal(size, received);
        }
        for (const count of [11, -1, 1.5])
          assert.ok(
            (yield* thrownBy(form, loop.sockRecvFromInto(socket, Buffer.alloc(10), count))) instanceof
              ValueError,
          );
        socket.close();
      }));

    it("what is no port is refused, and leaves nothing that close() would wait for", () =>
      ioProgram(form, function* () {
        const { transport, protocol } = yield* endpoint(form);
        assert.throws(() => transport.sendTo(bytes("x"), { host: "127.0.0.1", port: 65_536 }), RangeError);
        assert.equal(transport.getWriteBufferSize(), 0);
        transport.close();
        yield* wait(waitFor(protocol.lost, 5000));
      }));

    it("sockRecvFrom loses no datagram that comes between two calls, and keeps what has room", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        const socket = createSocket("udp4");
        const seen: number[] = [];
        yield* wait(until(new Promise<void>((done) => void socket.bind(0, "127.0.0.1", done))));
        const address = { host: "127.0.0.1", port: socket.address().port };
        // Listens from the call on, before anybody waits.
        const first = loop.sockRecvFrom(socket, 10);
        socket.on("message", (data) => seen.push(data.length));
        for (const text of ["one", "two", "three"])
          yield* wait(loop.sockSendTo(socket, bytes(text), address));
        while (seen.length < 3) yield* wait(until(new Promise(setImmediate)));
        assert.equal((yield* wait(first))[0].toString(), "one");
        assert.equal((yield* wait(loop.sockRecvFrom(socket, 10)))[0].toString(), "two");
        assert.equal((yield* wait(loop.sockRecvFrom(socket, 2)))[0].toString(), "th");

        for (let n = 0; n < 10; n++) {
          yield* wait(loop.sockSendTo(socket, Buffer.alloc(60_000, n), address));
          while (seen.length < 4 + n) yield* wait(until(new Promise(setImmediate)));
        }
        for (let n = 0; n < 4; n++) assert.equal((yield* wait(loop.sockRecvFrom(socket, 10)))[0][0], n);
        const last = form.start(function* () {
          return yield* wait(loop.sockRecvFrom(socket, 10));
        });
        yield* wait(turns(3));
        assert.ok(!last.done());
        socket.close();
        assert.match(String(yield* thrownBy(form, last)), /the socket was closed/);
      }));
  });
});
