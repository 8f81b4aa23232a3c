import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import dns from "node:dns/promises";
import { once } from "node:events";
import { syncBuiltinESMExports } from "node:module";
import { getRunningLoop, until, waitFor } from "asyncscope";
import type { DatagramEndpointOptions, DatagramProtocol, SocketAddress } from "asyncscope";
import { inBothForms } from "../../support/both-forms.js";
import type { Steps } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { bytes, ioProgram } from "../../support/runtime-io.js";

const LOCAL = "127.0.0.1";
/** Of a network for documentation: no machine has it. */
const NOBODYS = "2001:db8::1";

async function boundSocket(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, LOCAL);
  await once(socket, "listening");
  return socket;
}

/** Names that `getAddrInfo` finds while `steps` run. */
function* withNames<T>(names: Readonly<Record<string, string[]>>, steps: () => Steps<T>): Steps<T> {
  const { lookup } = dns;
  dns.lookup = (async (host: string) =>
    names[host]!.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }))) as never;
  syncBuiltinESMExports();
  try {
    return yield* steps();
  } finally {
    dns.lookup = lookup;
    syncBuiltinESMExports();
  }
}

describe("what a datagram endpoint is opened with", () => {
  inBothForms((form) => {
    const { wait } = form;
    const open = (options: DatagramEndpointOptions, protocol: DatagramProtocol = {}) =>
      getRunningLoop().createDatagramEndpoint(() => protocol, options);

    for (const [options, message] of [
      [{ localAddr: { host: "::1" }, remoteAddr: { host: LOCAL, port: 9 } }, /one version of IP.*::1.*127/],
      [{ localAddr: { host: LOCAL }, family: 6 }, /one version of IP.*127\.0\.0\.1:0 and family 6/],
      [{ localAddr: { port: 70_000 } }, /the port of localAddr is a number from 0 to 65535; got .*70000/],
      [{ remoteAddr: { host: LOCAL, port: 0.5 } }, /the port of remoteAddr/],
      [{ family: 5 as never }, /family is 4 or 6, or 0 for either/],
    ] as const)
      it(`${JSON.stringify(options)} is a ValueError`, () =>
        ioProgram(form, function* () {
          const error = (yield* thrownBy(form, open(options))) as Error;
          assert.equal(error.name, "ValueError");
          assert.match(error.message, message);
        }));

    it("takes the family in which both names have an address", () =>
      ioProgram(form, () =>
        withNames({ here: ["::1", LOCAL], there: [LOCAL] }, function* () {
          const [transport] = yield* wait(
            open({ localAddr: { host: "here" }, remoteAddr: { host: "there", port: 9 } }),
          );
          assert.equal((transport.getExtraInfo("sockname") as SocketAddress).host, LOCAL);
          assert.deepEqual(transport.getExtraInfo("peername"), { host: LOCAL, port: 9, family: 4 });
          transport.close();
        }),
      ));

    it("tries the next family when one fails; when all do the first error is thrown", () =>
      ioProgram(form, () =>
        withNames({ some: [NOBODYS, LOCAL], none: [NOBODYS] }, function* () {
          const [transport] = yield* wait(open({ localAddr: { host: "some" } }));
          assert.equal((transport.getExtraInfo("sockname") as SocketAddress).host, LOCAL);
          transport.close();
          const error = (yield* thrownBy(form, open({ localAddr: { host: "none" } }))) as Error;
          assert.match(error.message, new RegExp(`bind E\\w+ ${NOBODYS}`));
        }),
      ));

    it("a socket that is given is used as it is: other options, and one that is not bound, are refused", () =>
      ioProgram(form, function* () {
        const socket = yield* wait(until(boundSocket()));
        const both = { socket, reuseAddr: true, allowBroadcast: true };
        const modified = (yield* thrownBy(form, open(both))) as Error;
        assert.equal(modified.name, "ValueError");
        assert.match(modified.message, /leave reuseAddr, allowBroadcast out/);
        const unbound = createSocket("udp4");
        const refused = (yield* thrownBy(form, open({ socket: unbound }))) as Error;
        assert.equal(refused.name, "ValueError");
        assert.match(refused.message, /must be bound: call its bind\(\)/);
        unbound.close();
        const [transport] = yield* wait(open({ socket }));
        assert.equal((transport.getExtraInfo("sockname") as SocketAddress).port, socket.address().port);
        transport.close();
      }));

    it("a socket that is given and connected sends to its peer, without an address", () =>
      ioProgram(form, function* () {
        const peer = yield* wait(until(boundSocket()));
        const socket = yield* wait(until(boundSocket()));
        socket.connect(peer.address().port, LOCAL);
        yield* wait(until(once(socket, "connect")));
        const [transport] = yield* wait(open({ socket }));
        assert.equal((transport.getExtraInfo("peername") as SocketAddress).port, peer.address().port);
        const arrival = until(once(peer, "message"));
        transport.sendTo(bytes("hello"));
        const [data] = (yield* wait(waitFor(arrival, 5000))) as [Buffer];
        assert.equal(data.toString(), "hello");
        transport.close();
        peer.close();
      }));

    it("connectionMade has been called when it opens, and a factory must give a protocol at once", () =>
      ioProgram(form, function* () {
        const calls: unknown[] = [];
        const opening = open({}, { connectionMade: (made) => calls.push(made) });
        assert.deepEqual(calls, []);
        const [transport] = yield* wait(opening);
        assert.deepEqual(calls, [transport]);
        transport.close();
        const loop = getRunningLoop();
        const late = loop.createDatagramEndpoint((async () => ({})) as never);
        const error = (yield* thrownBy(form, late)) as Error;
        assert.equal(error.name, "TypeError");
        assert.match(error.message, /a protocol factory returns a protocol.*it returned a promise/);
      }));
  });
});
