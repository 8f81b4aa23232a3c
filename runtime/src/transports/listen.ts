import type { ListenOptions, Socket } from "node:net";
import { itemsOf } from "../core/arguments.js";
import { copyContext } from "../core/context.js";
import type { Context } from "../core/context.js";
import { coroInternal } from "../core/coroutine.js";
import type { CoroutineGenerator } from "../core/coroutine.js";
import type { EventLoop } from "../core/event-loop.js";
import { checkBacklog, checkPath, protocolOf } from "./check-arguments.js";
import { callProtocol } from "./callback-scope.js";
import type { ProtocolFactory, StreamProtocol } from "./connect.js";
import { isSystemError } from "./errors.js";
import { Listener } from "./listener.js";
import { getAddrInfo } from "./names.js";
import { Server } from "./server.js";
import { socketTransport } from "./socket-transport.js";
import { checkTimeouts, TlsAcceptor } from "./tls.js";
import type { ServerTlsOptions } from "./tls.js";
import { UnixSocketFile } from "./unix-socket-file.js";

/** What servers of both kinds take. */
export interface ServerOptions extends ServerTlsOptions {
  /** How many connections may wait to be accepted. Default 100. */
  readonly backlog?: number | undefined;
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
  const accept = acceptor(loop, factory, options, undefined);
  checkBacklog(options.backlog);
  const wanted = yield* endpoints(loop, options);
  const listeners = wanted.map(
    ({ host, ...rest }) =>
      new Listener(
        loop,
        { host: host ?? "*", port: options.port ?? 0 },
        { ...rest, ...(host === undefined ? {} : { host }), backlog: options.backlog ?? 100 },
        options.keepAlive ?? false,
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
  path: string,
  options: UnixServerOptions,
): CoroutineGenerator<Server> {
  checkPath(path, "a Unix server");
  // A named pipe of Windows is no file.
  const file = process.platform === "win32" ? null : new UnixSocketFile(path, options.cleanupSocket ?? true);
  const accept = acceptor(loop, factory, options, path);
  checkBacklog(options.backlog);
  const listen: ListenOptions = { path, backlog: options.backlog ?? 100 };
  return yield* started(new Server(loop, [new Listener(loop, path, listen, false, file, accept)]), options);
});

function* started(server: Server, options: ServerOptions): CoroutineGenerator<Server> {
  if (options.startServing !== false) yield* server._start();
  return server;
}

/** One for each address of each host. */
function* endpoints(
  loop: EventLoop,
  { host, port = 0, family = 0 }: TcpServerOptions,
): CoroutineGenerator<ListenOptions[]> {
  if (host === undefined || host === null || host === "") {
    if (family === 0) return [{ port }];
    return [family === 4 ? { port, host: "0.0.0.0" } : { port, host: "::", ipv6Only: true }];
  }
  const seen = new Map<string, ListenOptions>();
  for (const name of typeof host === "string"
    ? [host]
    : itemsOf(host, "a server takes its host as a name or address, or several"))
    for (const address of yield* getAddrInfo(loop, name, port, { family }))
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
