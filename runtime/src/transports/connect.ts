import { connect as connectSocket } from "node:net";
import type { NetConnectOpts, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { copyContext } from "../core/context.js";
import { coroInternal } from "../core/coroutine.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import { ExceptionGroup, isCancelled, ValueError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import { checkCount, checkMethods, checkPath, protocolOf } from "./check-arguments.js";
import { inWords } from "./address.js";
import type { SocketAddress } from "./address.js";
import { untilSettled, waitFor } from "./node-events.js";
import type { BufferedProtocol, Connection, Protocol } from "./protocols.js";
import { socketTransport } from "./socket-transport.js";
import { staggeredRace } from "./staggered-race.js";
import { checkTimeouts, clientHandshake, TlsAcceptor } from "./tls.js";
import type { ClientTlsOptions, ServerTlsOptions } from "./tls.js";

/** Makes the protocol of a connection. */
export type ProtocolFactory<P> = () => P;
/** What receives the bytes of a stream. */
export type StreamProtocol = Protocol | BufferedProtocol;

/** Options of `loop.createConnection`. */
export interface ConnectionOptions extends ClientTlsOptions {
  /** Name or address. Default: this machine. */
  readonly host?: string | undefined;
  /** Needed unless `socket` is given. */
  readonly port?: number | undefined;
  /** A connected socket to use instead of `host` and `port`. */
  readonly socket?: Socket | undefined;
  /** Only addresses of that family. Default 0: both. */
  readonly family?: 0 | 4 | 6 | undefined;
  /** How the name is looked up: see `flags` of `loop.getAddrInfo`. */
  readonly flags?: number | undefined;
  /** Where to connect from. */
  readonly localAddr?: { readonly host?: string; readonly port?: number } | undefined;
  /**
   * Milliseconds after which the next address is tried beside the one before ("happy eyeballs"). Default: each is
   * tried when the one before has failed.
   */
  readonly happyEyeballsDelay?: number | undefined;
  /**
   * How many addresses of the first family are tried before the families take turns (RFC 8305: First Address Family
   * Count); 0 keeps the order of the lookup. Default 1 with a `happyEyeballsDelay`, else 0.
   */
  readonly interleave?: number | undefined;
  /** An ExceptionGroup of all errors when no address can be reached, instead of one error (rule TP-13). */
  readonly allErrors?: boolean | undefined;
}

/** Options of `loop.createUnixConnection`. */
export type UnixConnectionOptions = ClientTlsOptions;

/** @internal See `EventLoop.createConnection`. */
export function createConnection<P extends StreamProtocol>(
  loop: EventLoop,
  factory: ProtocolFactory<P>,
  options: ConnectionOptions,
): Coroutine<Connection<P>> {
  checkTimeouts(options);
  if (options.socket === undefined && options.port === undefined)
    throw new ValueError("createConnection() needs a port, or a connected socket");
  if (options.interleave !== undefined)
    checkCount(options.interleave, "interleave is a number of addresses, 0 or more");
  if (options.socket !== undefined && options.socket !== null)
    checkMethods(
      options.socket,
      ["on", "write", "destroy"],
      "a connection takes a socket of node:net as its socket",
    );
  return connecting(loop, factory, options) as Coroutine<Connection<P>>;
}

const connecting = coroInternal(function* createConnection(
  loop: EventLoop,
  factory: ProtocolFactory<StreamProtocol>,
  options: ConnectionOptions,
) {
  const socket = options.socket ?? (yield* openSocket(loop, options));
  return yield* finish(loop, socket, factory, options, options.host, undefined);
});

/** @internal See `EventLoop.createUnixConnection`. */
export function createUnixConnection<P extends StreamProtocol>(
  loop: EventLoop,
  factory: ProtocolFactory<P>,
  path: string,
  options: UnixConnectionOptions,
): Coroutine<Connection<P>> {
  checkPath(path, "a Unix connection");
  checkTimeouts(options);
  if (wantsTls(options) && options.serverHostname === undefined)
    throw new ValueError("TLS over a Unix socket needs serverHostname: the name in the certificate");
  return connectingUnix(loop, factory, path, options) as Coroutine<Connection<P>>;
}

const connectingUnix = coroInternal(function* createUnixConnection(
  loop: EventLoop,
  factory: ProtocolFactory<StreamProtocol>,
  path: string,
  options: UnixConnectionOptions,
) {
  const socket = yield* connectOne(loop, { path }, path);
  return yield* finish(loop, socket, factory, options, undefined, path);
});

/** @internal See `EventLoop.connectAcceptedSocket`. */
export const connectAcceptedSocket = coroInternal(function* connectAcceptedSocket(
  loop: EventLoop,
  factory: ProtocolFactory<StreamProtocol>,
  socket: Socket,
  options: ServerTlsOptions,
) {
  const { tlsShutdownTimeout } = checkTimeouts(options);
  const secured = options.tls === undefined ? socket : yield* new TlsAcceptor(options).accept(loop, socket);
  return begin(loop, secured, factory, undefined, tlsShutdownTimeout);
}) as <P extends StreamProtocol>(
  loop: EventLoop,
  factory: ProtocolFactory<P>,
  socket: Socket,
  options: ServerTlsOptions,
) => Coroutine<Connection<P>>;

function wantsTls(options: ClientTlsOptions): boolean {
  return options.tls !== undefined && options.tls !== false;
}

function* finish(
  loop: EventLoop,
  socket: Socket,
  factory: ProtocolFactory<StreamProtocol>,
  options: ClientTlsOptions,
  host: string | undefined,
  path: string | undefined,
): CoroutineGenerator<Connection<StreamProtocol>> {
  const { tlsShutdownTimeout } = checkTimeouts(options);
  const secured: Socket | TLSSocket = wantsTls(options)
    ? yield* clientHandshake(loop, socket, options, host)
    : socket;
  return begin(loop, secured, factory, path, tlsShutdownTimeout);
}

function begin(
  loop: EventLoop,
  socket: Socket,
  factory: ProtocolFactory<StreamProtocol>,
  path: string | undefined,
  tlsShutdownTimeout: number,
): Connection<StreamProtocol> {
  let protocol: StreamProtocol;
  try {
    protocol = protocolOf(factory);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  const transport = socketTransport(socket, {
    loop,
    context: copyContext(),
    protocol,
    path,
    tlsShutdownTimeout,
  });
  transport._begin();
  return [transport, protocol];
}

/** Tries the addresses of the host until one answers. */
function* openSocket(loop: EventLoop, options: ConnectionOptions): CoroutineGenerator<Socket> {
  const host = options.host ?? "localhost";
  const found = yield* loop.getAddrInfo(host, options.port!, options);
  const addresses = interleave(
    found,
    options.interleave ?? (options.happyEyeballsDelay === undefined ? 0 : 1),
  );
  const [winner, , errors] = yield* staggeredRace(
    addresses.map(
      (address) =>
        function* () {
          return yield* connectOne(loop, toNodeOptions(address, options), inWords(address));
        },
    ),
    options.happyEyeballsDelay ?? null,
  );
  if (winner !== null) return winner;
  throw combined(errors.filter((error) => !isCancelled(error)) as Error[], host, options.allErrors === true);
}

/** @internal Connects to one address. Cancelled, it closes the socket (rule TP-13). */
export function* connectOne(
  loop: EventLoop,
  options: NetConnectOpts,
  words: string,
  given?: Socket,
): CoroutineGenerator<Socket> {
  let socket: Socket | null = null;
  try {
    return yield* untilSettled<Socket>(
      loop,
      waitFor("other", () => `connection to ${words}`),
      ({ resolve, reject }) => {
        const connected = (): void => resolve(opened);
        const opened =
          given === undefined
            ? connectSocket({ ...options, allowHalfOpen: true } as NetConnectOpts)
            : given.connect(options);
        socket = opened;
        opened.once("connect", connected);
        opened.once("error", reject);
        return () => opened.off("connect", connected).off("error", reject);
      },
    );
  } catch (error) {
    const failed = socket as Socket | null;
    // It may still report what nobody waits for.
    failed?.on("error", () => undefined);
    failed?.destroy();
    throw error;
  }
}

function toNodeOptions(address: SocketAddress, { localAddr }: ConnectionOptions): NetConnectOpts {
  return {
    host: address.host,
    port: address.port,
    // The addresses are tried one by one here.
    autoSelectFamily: false,
    noDelay: true,
    ...(localAddr?.host === undefined ? {} : { localAddress: localAddr.host }),
    ...(localAddr?.port === undefined ? {} : { localPort: localAddr.port }),
  };
}

/** The two families in turn, behind `ahead - 1` more addresses of the first one (RFC 8305, section 4). */
function interleave(addresses: readonly SocketAddress[], ahead: number): readonly SocketAddress[] {
  if (ahead === 0) return addresses;
  const first = addresses.filter(({ family }) => family === addresses[0]?.family);
  const second = addresses.filter(({ family }) => family !== addresses[0]?.family);
  const mixed = first.splice(0, ahead - 1);
  for (let i = 0; i < Math.max(first.length, second.length); i++) {
    if (i < first.length) mixed.push(first[i]!);
    if (i < second.length) mixed.push(second[i]!);
  }
  return mixed;
}

function combined(errors: readonly Error[], host: string, all: boolean): Error {
  if (all) return new ExceptionGroup(errors, "createConnection failed");
  const [first] = errors;
  if (first === undefined) return new Error(`the name ${host} has no address`);
  if (errors.every((error) => error.message === first.message)) return first;
  return Object.assign(
    new Error(`no address of ${host} could be reached: ${errors.map((error) => error.message).join("; ")}`),
    { code: (first as NodeJS.ErrnoException).code, errors },
  );
}
