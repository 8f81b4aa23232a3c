import { createSocket } from "node:dgram";
import type { RemoteInfo, Socket } from "node:dgram";
import { isUint8Array } from "node:util/types";
import { copyContext } from "../core/context.js";
import { coroInternal } from "../core/coroutine.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import { ValueError } from "../core/errors.js";
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
  /** A bound socket of Node's to use instead. */
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

const opening = coroInternal(function* createDatagramEndpoint(
  loop: EventLoop,
  factory: ProtocolFactory<DatagramProtocol>,
  options: DatagramEndpointOptions,
): CoroutineGenerator<Connection<DatagramProtocol, DatagramTransport>> {
  const { localAddr, remoteAddr, reuseAddr = false, reusePort = false } = options;
  if (reusePort) checkReusePort();
  const find = function* (wanted: { host?: string; port?: number } | undefined, fallback: string) {
    if (wanted === undefined) return null;
    const [first] = yield* getAddrInfo(loop, wanted.host ?? fallback, wanted.port ?? 0, options);
    return first ?? null;
  };
  const remote = yield* find(remoteAddr, "localhost");
  const local = yield* find(localAddr, remote?.family === 6 || options.family === 6 ? "::" : "0.0.0.0");
  const family = options.family === 6 || (remote ?? local)?.family === 6 ? 6 : 4;
  const socket =
    options.socket ??
    createSocket({ type: family === 6 ? "udp6" : "udp4", reuseAddr, ...(reusePort ? { reusePort } : {}) });
  try {
    if (options.socket === undefined)
      yield* ready(loop, socket, "listening", () =>
        socket.bind({ port: local?.port ?? 0, ...(local === null ? {} : { address: local.host }) }),
      );
    if (options.allowBroadcast === true) socket.setBroadcast(true);
    if (remote !== null)
      yield* ready(loop, socket, "connect", () => socket.connect(remote.port, remote.host));
    const protocol = protocolOf(factory);
    const extra = {
      socket: new Lazy(() => new TransportSocket(socket)),
      sockname: addressOf(socket),
      peername: remote ?? undefined,
    };
    return [new UdpTransport(loop, protocol, socket, remote, extra), protocol];
  } catch (error) {
    socket.on("error", () => undefined);
    socket.close();
    throw error;
  }
});

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
