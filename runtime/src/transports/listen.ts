import { Server as NodeServer } from "node:net";
import type { ListenOptions, Socket } from "node:net";
import { given, itemsOf } from "../core/arguments.js";
import { copyContext } from "../core/context.js";
import type { Context } from "../core/context.js";
import { coroInternal } from "../core/coroutine.js";
import type { CoroutineGenerator } from "../core/coroutine.js";
import { ValueError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import { addressOf, inWords } from "./address.js";
import type { SocketAddress } from "./address.js";
import { checkCount, checkPath, checkReusePort, protocolOf } from "./check-arguments.js";
import { callProtocol } from "./callback-scope.js";
import type { ProtocolFactory, StreamProtocol } from "./connect.js";
import { isSystemError } from "./errors.js";
import { Listener } from "./listener.js";
import type { ListenAt } from "./listener.js";
import { getAddrInfo } from "./names.js";
import { Server } from "./server.js";
import { socketTransport } from "./socket-transport.js";
import { checkTimeouts, TlsAcceptor } from "./tls.js";
import type { ServerTlsOptions } from "./tls.js";
import { UnixSocketFile } from "./unix-socket-file.js";

/** A socket that was opened elsewhere: a server of Node's that listens, or the descriptor of a bound socket. */
export type OpenSocket =
  | NodeServer
  | {
      /** The number of the descriptor, 0 or more. */
      readonly fd: number;
    };

/** What servers of both kinds take. */
export interface ServerOptions extends ServerTlsOptions {
  /** How many connections may wait to be accepted. Default 100. */
  readonly backlog?: number | undefined;
  /**
   * Accepts at that socket, instead of at an address, and owns it from then on. A descriptor is what a supervisor hands
   * over (systemd: 3); the file of a Unix socket that came as a descriptor stays when the server closes.
   */
  readonly socket?: OpenSocket | undefined;
  /** False: nothing is bound or accepted before `server.startServing()`. Default true. */
  readonly startServing?: boolean | undefined;
}

/** Options of `loop.createServer`. */
export interface TcpServerOptions extends ServerOptions {
  /** Names or addresses. Default: all of this machine. */
  readonly host?: string | readonly string[] | null | undefined;
  /** Default 0: a free one. */
  readonly port?: number | undefined;
  /** Only addresses of that family. Default 0: both. */
  readonly family?: 0 | 4 | 6 | undefined;
  /** Whether the kernel looks if silent peers are still there. Default false. */
  readonly keepAlive?: boolean | undefined;
  /**
   * Lets several processes listen at the same port; the kernel spreads the connections. Default false.
   * Node 22.12 or 23.1 and newer.
   */
  readonly reusePort?: boolean | undefined;
  /** How a name is looked up: see `flags` of `loop.getAddrInfo`. */
  readonly flags?: number | undefined;
}

/** Options of `loop.createUnixServer`. */
export interface UnixServerOptions extends ServerOptions {
  /** Whether the file is removed when the server closes, if it is still the server's own. Default true (rule SV-05). */
  readonly cleanupSocket?: boolean | undefined;
}

/** @internal See `EventLoop.createServer`. */
export const createServer = coroInternal(function* createServer(
  loop: EventLoop,
  factory: ProtocolFactory<StreamProtocol>,
  options: TcpServerOptions,
): CoroutineGenerator<Server> {
  const { socket, keepAlive = false, reusePort = false, port = 0 } = options;
  const accept = acceptor(loop, factory, options, undefined);
  const backlog = backlogOf(options);
  if (reusePort) checkReusePort();
  if (socket !== undefined) {
    if (options.host !== undefined || options.port !== undefined || reusePort)
      throw new ValueError("createServer() takes a socket, or host and port, not both");
    const address = checkOpen(socket, "createServer()");
    const listener = new Listener(loop, address, opened(socket, backlog), keepAlive, null, accept);
    return yield* started(new Server(loop, [listener]), options);
  }
  const wanted = yield* endpoints(loop, options);
  const listeners = wanted.map(
    ({ host, ...rest }) =>
      new Listener(
        loop,
        { host: host ?? "*", port },
        // Node's own `reusePort` came after the types that this is built with.
        { ...rest, ...(host === undefined ? {} : { host }), backlog, ...(reusePort ? { reusePort } : {}) },
        keepAlive,
        null,
        accept,
      ),
  );
  return yield* started(new Server(loop, listeners), options);
});

/** @internal See `EventLoop.createUnixServer`. */
export const createUnixServer = coroInternal(function* createUnixServer(
  loop: EventLoop,
  factory: ProtocolFactory<StreamProtocol>,
  path: string | null,
  options: UnixServerOptions,
): CoroutineGenerator<Server> {
  const { socket } = options;
  const backlog = backlogOf(options);
  if (socket === undefined) checkPath(path, "a Unix server");
  else if (path !== null)
    throw new ValueError("createUnixServer() takes a path, or null and a socket, not both");
  const address = socket === undefined ? path! : checkOpen(socket, "createUnixServer()");
  if (typeof address !== "string")
    throw new ValueError(`createServer() takes a socket of TCP, like the one at ${inWords(address)}`);
  // A named pipe of Windows is no file; what a descriptor's is, nobody says.
  const file =
    process.platform === "win32" || (socket !== undefined && "fd" in socket)
      ? null
      : new UnixSocketFile(address, options.cleanupSocket ?? true);
  const accept = acceptor(loop, factory, options, address);
  const listen = socket === undefined ? { path: address, backlog } : opened(socket, backlog);
  return yield* started(
    new Server(loop, [new Listener(loop, address, listen, false, file, accept)]),
    options,
  );
});

/**
 * Where a socket that was opened elsewhere listens. What a descriptor is bound to shows once it listens.
 * @throws TypeError, ValueError
 */
function checkOpen(socket: OpenSocket, who: string): SocketAddress | string {
  if (socket instanceof NodeServer) {
    if (!socket.listening)
      throw new ValueError(`${who} takes a server that listens: wait for its "listening" event first`);
    if (socket.listenerCount("connection") > 0)
      throw new ValueError(`${who} takes a server that has no listener for connections yet`);
    return addressOf(socket)!;
  }
  if (
    typeof socket === "object" &&
    (socket as object | null) !== null &&
    Number.isInteger(socket.fd) &&
    socket.fd >= 0
  )
    return `descriptor ${socket.fd}`;
  throw new TypeError(
    `${who} takes a server of node:net that listens, or { fd }, as its socket; got ${given(socket)}`,
  );
}

function opened(socket: OpenSocket, backlog: number): ListenAt {
  return socket instanceof NodeServer ? socket : { fd: socket.fd, backlog };
}

function backlogOf({ backlog = 100 }: ServerOptions): number {
  checkCount(backlog, "backlog is a number of connections, 0 or more");
  return backlog;
}

function* started(server: Server, options: ServerOptions): CoroutineGenerator<Server> {
  if (options.startServing !== false) yield* server._start();
  return server;
}

/** One for each address of each host. */
function* endpoints(
  loop: EventLoop,
  { host, port = 0, family = 0, flags }: TcpServerOptions,
): CoroutineGenerator<ListenOptions[]> {
  if (host === undefined || host === null || host === "") {
    if (family === 0) return [{ port }];
    return [family === 4 ? { port, host: "0.0.0.0" } : { port, host: "::", ipv6Only: true }];
  }
  const seen = new Map<string, ListenOptions>();
  for (const name of typeof host === "string"
    ? [host]
    : itemsOf(host, "a server takes its host as a name or address, or several"))
    for (const address of yield* getAddrInfo(loop, name, port, { family, flags }))
      seen.set(address.host, { port, host: address.host, ipv6Only: address.family === 6 });
  return [...seen.values()];
}

/** Makes the transport and protocol of each connection, after the handshake when there is TLS. */
function acceptor(
  loop: EventLoop,
  factory: ProtocolFactory<StreamProtocol>,
  options: ServerTlsOptions,
  path: string | undefined,
): (socket: Socket, server: Server) => void {
  const { tlsShutdownTimeout } = checkTimeouts(options);
  const context = copyContext();
  const begin = (socket: Socket, owner: Server): void => {
    const protocol = callProtocol(loop, context, loop, () => protocolOf(factory));
    socketTransport(socket, { loop, context, protocol, owner, path, tlsShutdownTimeout })._begin();
  };
  const guarded = (socket: Socket, owner: Server): void => {
    try {
      begin(socket, owner);
    } catch (exception) {
      socket.destroy();
      loop.callExceptionHandler({ message: "the protocol of a connection could not be made", exception });
    }
  };
  if (options.tls === undefined) return guarded;
  const tls = new TlsAcceptor(options);
  return (socket, server) => {
    secure(loop, context, tls, socket, server, guarded);
  };
}

/** Makes the handshake as a task of the runtime's own. Who fails at it is only closed: scanners do that all day. */
function secure(
  loop: EventLoop,
  context: Context,
  tls: TlsAcceptor,
  socket: Socket,
  server: Server,
  begin: (socket: Socket, server: Server) => void,
): void {
  const end = (): void => void socket.destroy();
  const connection = { close: end, abort: end };
  server._attach(connection);
  const task = loop.createTask(handshake(loop, tls, socket), { name: "TLS handshake", context });
  task.addDoneCallback(() => {
    if (!task.cancelled()) {
      const exception = task.exception();
      if (exception === null) begin(task.result(), server);
      else if (!isSystemError(exception))
        loop.callExceptionHandler({ message: "a TLS handshake failed", exception, task });
    }
    server._detach(connection);
  });
}

const handshake = coroInternal(function* handshake(
  loop: EventLoop,
  tls: TlsAcceptor,
  socket: Socket,
): CoroutineGenerator<Socket> {
  return yield* tls.accept(loop, socket);
});
