import { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Context } from "../core/context.js";
import type { EventLoop } from "../core/event-loop.js";
import { nameOf, peerOf } from "./address.js";
import type { BufferedProtocol, Protocol } from "./protocols.js";
import type { ConnectionOwner } from "./stream-transport.js";
import { StreamTransport } from "./stream-transport.js";
import { Lazy } from "./transport.js";
import { TransportSocket } from "./transport-socket.js";

/** @internal What else a transport of a socket needs to know. */
export interface SocketTransportOptions {
  readonly loop: EventLoop;
  readonly context: Context;
  readonly protocol: Protocol | BufferedProtocol;
  readonly owner?: ConnectionOwner | null | undefined;
  /** Of a Unix socket: the path that it is connected to or was accepted at. */
  readonly path?: string | undefined;
  readonly tlsShutdownTimeout?: number | undefined;
}

/** @internal The transport of a connected socket. */
export function socketTransport(socket: Socket, options: SocketTransportOptions): StreamTransport {
  const tls = socket instanceof TLSSocket;
  return new StreamTransport({
    loop: options.loop,
    context: options.context,
    protocol: options.protocol,
    readable: socket,
    writable: socket,
    extra: extraOf(socket, options.path),
    owner: options.owner,
    tlsShutdownTimeout: tls ? options.tlsShutdownTimeout : undefined,
  });
}

function extraOf(socket: Socket, path: string | undefined): Record<string, unknown> {
  const extra: Record<string, unknown> = {
    socket: new Lazy(() => new TransportSocket(socket)),
    // Now: a closed socket does not know it any more.
    peername: peerOf(socket) ?? path,
    sockname: nameOf(socket) ?? path,
  };
  if (socket instanceof TLSSocket) {
    extra["sslObject"] = socket;
    extra["peercert"] = new Lazy(() => socket.getPeerCertificate());
    extra["cipher"] = new Lazy(() => socket.getCipher());
  }
  return extra;
}
