import { createSocket } from "node:dgram";
import type { RemoteInfo, Socket, SocketOptions } from "node:dgram";
import { isUint8Array } from "node:util/types";
import { given } from "../core/arguments.js";
import { copyContext } from "../core/context.js";
import { coroInternal } from "../core/coroutine.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import { isCancelled, ValueError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import { checkReusePort, protocolOf } from "./check-arguments.js";
import { addressOf, inWords, toAddress } from "./address.js";
import type { SocketAddress } from "./address.js";
import { callProtocol, reportFailure } from "./callback-scope.js";
import type { ProtocolFactory } from "./connect.js";
import { getAddrInfo } from "./names.js";
import { untilSettled, waitFor } from "./node-events.js";
import type { Connection, DatagramProtocol } from "./protocols.js";
import { notBytes } from "./stream-transport.js";
import type { DatagramTransport } from "./transport.js";
import { Lazy } from "./transport.js";
import { TransportSocket } from "./transport-socket.js";
import { FlowControlledTransport } from "./write-flow.js";

/** What the kernel keeps beside each datagram, as asyncio counts it. */
const HEADER = 8;

/** Options of `loop.createDatagramEndpoint`. */
export interface DatagramEndpointOptions {
  /** Where to receive. Port 0 or left out: a free one. */
  readonly localAddr?: { readonly host?: string; readonly port?: number } | undefined;
  /** The only one to send to and to receive from. */
  readonly remoteAddr?: { readonly host: string; readonly port: number } | undefined;
  /** The version of IP, where no address says it. Default 0: as the addresses are. */
  readonly family?: 0 | 4 | 6 | undefined;
  /** Lets several processes share the port. */
  readonly reuseAddr?: boolean | undefined;
  /**
   * Lets several sockets of this user receive at the same port; the kernel spreads the datagrams. Default false.
   * Node 22.12 or 23.1 and newer.
   */
  readonly reusePort?: boolean | undefined;
  /** How a name is looked up: see `flags` of `loop.getAddrInfo`. */
  readonly flags?: number | undefined;
  /** Lets it send to broadcast addresses. Default false. */
  readonly allowBroadcast?: boolean | undefined;
  /**
   * A bound socket of Node's to use instead, as it is: with none of the other options. One that is connected has that
   * address as its remote one.
   */
  readonly socket?: Socket | undefined;
}

class UdpTransport extends FlowControlledTransport implements DatagramTransport {
  readonly #socket: Socket;
  readonly #remote: SocketAddress | null;
  #buffered = 0;
  #closing = false;

  constructor(
    loop: EventLoop,
    protocol: DatagramProtocol,
    socket: Socket,
    remote: SocketAddress | null,
    extra: Record<string, unknown>,
  ) {
    super(loop, copyContext(), protocol, extra);
    this.#socket = socket;
    this.#remote = remote;
    socket.unref();
    socket.on("message", this.#onMessage).on("error", this.#onError).on("close", this.#onClose);
    loop._resources.add(this);
    this.#call("connectionMade", this);
  }

  isClosing(): boolean {
    return this.#closing;
  }

  getWriteBufferSize(): number {
    return this.#buffered;
  }

  sendTo(data: Uint8Array, address?: SocketAddress): void {
    if (!isUint8Array(data)) throw notBytes(data);
    const remote = this.#remote;
    if (remote !== null && address !== undefined && !isSame(address, remote))
      throw new ValueError(`this endpoint only sends to ${inWords(remote)}: leave the address out`);
    if (remote === null && address === undefined)
      throw new ValueError("this endpoint has no remote address: say where to send to");
    if (this.#closing) return;
    const size = data.length + HEADER;
    const sent = (error: Error | null): void => this.#sent(size, error);
    if (remote !== null) this.#socket.send(data, sent);
    else this.#socket.send(data, address!.port, address!.host, sent);
    // Not before: Node throws at once for what is no port, and nothing is sent then.
    this.#buffered += size;
    this._maybePauseProtocol(this.#buffered);
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#socket.off("message", this.#onMessage);
    if (this.#buffered === 0) this.#socket.close();
  }

  abort(): void {
    const open = !this.#closing || this.#buffered > 0;
    this.#closing = true;
    this.#buffered = 0;
    this.#socket.off("message", this.#onMessage);
    if (open) this.#socket.close();
  }

  /** @internal */
  _loopClosed(): void {
    this.abort();
  }

  #sent(size: number, error: Error | null): void {
    if (error !== null) this.#onError(error);
    if (this.#buffered === 0 || this._loop.isClosed()) return;
    this.#buffered -= size;
    this._maybeResumeProtocol(this.#buffered);
    if (this.#closing && this.#buffered === 0) this.#socket.close();
  }

  readonly #onMessage = (data: Buffer, from: RemoteInfo): void => {
    this.#call("datagramReceived", data, toAddress(from.address, from.port, from.family));
  };

  readonly #onError = (error: Error): void => {
    if (!this.#closing) this.#call("errorReceived", error);
  };

  readonly #onClose = (): void => {
    this.#closing = true;
    this._loop._resources.delete(this);
    this.#call("connectionLost", null);
  };

  #call(name: keyof DatagramProtocol, ...args: unknown[]): void {
    if (this._loop.isClosed()) return;
    const protocol: DatagramProtocol = this._protocol;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called on its protocol
    const method = protocol[name] as ((...args: unknown[]) => void) | undefined;
    if (method === undefined) return;
    try {
      callProtocol(this._loop, this._context, protocol, method, ...args);
    } catch (error) {
      reportFailure(this._loop, `protocol.${name}() failed`, error, this, protocol);
    }
  }
}

function isSame(a: SocketAddress, b: SocketAddress): boolean {
  return a.host === b.host && a.port === b.port;
}

/** Where one socket of a family of IP would be bound, and what it would be connected to. */
interface Pair {
  readonly local: SocketAddress | null;
  readonly remote: SocketAddress | null;
}

const ANYWHERE = { 4: "0.0.0.0", 6: "::" } as const;

const opening = coroInternal(function* createDatagramEndpoint(
  loop: EventLoop,
  factory: ProtocolFactory<DatagramProtocol>,
  options: DatagramEndpointOptions,
): CoroutineGenerator<Connection<DatagramProtocol, DatagramTransport>> {
  if (options.socket !== undefined) {
    checkGivenSocket(options.socket, options);
    return endpoint(loop, factory, options.socket, peerOf(options.socket));
  }
  if (options.reusePort === true) checkReusePort();
  checkPlace(options);
  let failure: { readonly error: unknown } | null = null;
  for (const pair of yield* pairsOf(loop, options)) {
    const socket = createSocket(socketOptions(pair, options));
    try {
      yield* ready(loop, socket, "listening", () =>
        socket.bind({
          port: pair.local?.port ?? 0,
          ...(pair.local === null ? {} : { address: pair.local.host }),
        }),
      );
      if (options.allowBroadcast === true) socket.setBroadcast(true);
      const { remote } = pair;
      if (remote !== null)
        yield* ready(loop, socket, "connect", () => socket.connect(remote.port, remote.host));
    } catch (error) {
      abandon(socket);
      if (isCancelled(error)) throw error;
      failure ??= { error };
      continue;
    }
    try {
      return endpoint(loop, factory, socket, pair.remote);
    } catch (error) {
      abandon(socket);
      throw error;
    }
  }
  throw failure!.error;
});

function endpoint(
  loop: EventLoop,
  factory: ProtocolFactory<DatagramProtocol>,
  socket: Socket,
  remote: SocketAddress | null,
): Connection<DatagramProtocol, DatagramTransport> {
  const protocol = protocolOf(factory);
  const extra = {
    socket: new Lazy(() => new TransportSocket(socket)),
    sockname: addressOf(socket),
    peername: remote ?? undefined,
  };
  return [new UdpTransport(loop, protocol, socket, remote, extra), protocol];
}

function abandon(socket: Socket): void {
  socket.on("error", () => undefined);
  socket.close();
}

function socketOptions({ local, remote }: Pair, options: DatagramEndpointOptions): SocketOptions {
  const isSix =
    (remote ?? local)?.family === 6 || (remote === null && local === null && options.family === 6);
  return {
    type: isSix ? "udp6" : "udp4",
    reuseAddr: options.reuseAddr === true,
    ...(options.reusePort === true ? { reusePort: true } : {}),
  };
}

/** As asyncio: both addresses are of one family, and each family in which there are both is tried. */
function* pairsOf(loop: EventLoop, options: DatagramEndpointOptions): CoroutineGenerator<Pair[]> {
  const { localAddr, remoteAddr, family = 0 } = options;
  if (localAddr === undefined && remoteAddr === undefined) return [{ local: null, remote: null }];
  const locals = localAddr === undefined ? [] : yield* addressesOf(loop, localAddr, true, options);
  const remotes = remoteAddr === undefined ? [] : yield* addressesOf(loop, remoteAddr, false, options);
  // Its own order is that of the addresses which were asked for first.
  const order = new Set([...locals, ...remotes].map((address) => address.family));
  const pairs: Pair[] = [];
  for (const each of order) {
    if (family !== 0 && each !== family) continue;
    const local = locals.find((address) => address.family === each) ?? null;
    const remote = remotes.find((address) => address.family === each) ?? null;
    if ((localAddr === undefined || local !== null) && (remoteAddr === undefined || remote !== null))
      pairs.push({ local, remote });
  }
  if (pairs.length > 0) return pairs;
  const found = [...locals, ...remotes].map((address) => inWords(address)).join(", ");
  throw new ValueError(
    `localAddr, remoteAddr and family of a datagram endpoint must be of one version of IP, 4 or 6; got ${found}${
      family === 0 ? "" : ` and family ${family}`
    }`,
  );
}

function* addressesOf(
  loop: EventLoop,
  wanted: { readonly host?: string; readonly port?: number },
  isLocal: boolean,
  options: DatagramEndpointOptions,
): CoroutineGenerator<SocketAddress[]> {
  const port = wanted.port ?? 0;
  if (wanted.host !== undefined || !isLocal)
    return yield* getAddrInfo(loop, wanted.host ?? "localhost", port, options);
  return ([4, 6] as const).map((family) => ({ host: ANYWHERE[family], port, family }));
}

/** Node would take the last 16 bits of a port that is too large. @throws ValueError */
function checkPlace({ localAddr, remoteAddr, family }: DatagramEndpointOptions): void {
  for (const [name, port] of [
    ["localAddr", localAddr?.port],
    ["remoteAddr", remoteAddr?.port],
  ] as const)
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535))
      throw new ValueError(`the port of ${name} is a number from 0 to 65535; got ${given(port)}`);
  if (family !== undefined && ![0, 4, 6].includes(family))
    throw new ValueError(`family is 4 or 6, or 0 for either; got ${given(family)}`);
}

const MODIFIERS = [
  "localAddr",
  "remoteAddr",
  "family",
  "flags",
  "reuseAddr",
  "reusePort",
  "allowBroadcast",
] as const;

/** @throws ValueError for options that it does not follow any more, and for one that is not bound. */
function checkGivenSocket(socket: Socket, options: DatagramEndpointOptions): void {
  const modifiers = MODIFIERS.filter((name) => Boolean(options[name]));
  if (modifiers.length > 0)
    throw new ValueError(
      `a socket that is given is used as it is: leave ${modifiers.join(", ")} out, and set it up before`,
    );
  try {
    socket.address();
  } catch (error) {
    throw new ValueError("a socket that is given must be bound: call its bind() and wait for 'listening'", {
      cause: error,
    });
  }
}

/** Of a socket that is given, which may be connected. */
function peerOf(socket: Socket): SocketAddress | null {
  try {
    const { address, port, family } = socket.remoteAddress();
    return toAddress(address, port, family) ?? null;
  } catch {
    return null;
  }
}

function ready(
  loop: EventLoop,
  socket: Socket,
  event: "listening" | "connect",
  begin: () => void,
): CoroutineGenerator<unknown> {
  return untilSettled(
    loop,
    waitFor("other", () => "a datagram endpoint"),
    ({ resolve, reject }) => {
      socket.once(event, resolve);
      socket.once("error", reject);
      begin();
      return () => socket.off(event, resolve).off("error", reject);
    },
  );
}

/** @internal See `EventLoop.createDatagramEndpoint`. */
export const createDatagramEndpoint = opening as <P extends DatagramProtocol>(
  loop: EventLoop,
  factory: ProtocolFactory<P>,
  options: DatagramEndpointOptions,
) => Coroutine<Connection<P, DatagramTransport>>;
