/**
 * The methods of the event loop that make transports and servers. They are added to the class here: the core knows
 * nothing of what stands on it.
 */
import type { Socket as DatagramSocket } from "node:dgram";
import type { FileHandle } from "node:fs/promises";
import type { Server as NodeServer, Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { checkOptions, given } from "../core/arguments.js";
import { coroInternal } from "../core/coroutine.js";
import type { Coroutine } from "../core/coroutine.js";
import { EventLoop } from "../core/event-loop.js";
import { checkAddress, checkFactory, checkMethods, protocolOf } from "./check-arguments.js";
import type { SocketAddress } from "./address.js";
import { connectAcceptedSocket, createConnection, createUnixConnection } from "./connect.js";
import type { ConnectionOptions, ProtocolFactory, StreamProtocol, UnixConnectionOptions } from "./connect.js";
import { createDatagramEndpoint } from "./datagram.js";
import type { DatagramEndpointOptions } from "./datagram.js";
import { createServer, createUnixServer } from "./listen.js";
import type { TcpServerOptions, UnixServerOptions } from "./listen.js";
import { getAddrInfo, getNameInfo } from "./names.js";
import type { AddressInfoOptions } from "./names.js";
import { readPipeTransport, writePipeTransport } from "./pipes.js";
import type { Connection, DatagramProtocol } from "./protocols.js";
import { sendFile } from "./send-file.js";
import type { SendFileOptions } from "./send-file.js";
import type { Server } from "./server.js";
import * as socketOperations from "./socket-operations.js";
import { startTls } from "./start-tls.js";
import type { StartTlsOptions } from "./start-tls.js";
import type { ServerTlsOptions } from "./tls.js";
import type { DatagramTransport, ReadTransport, Transport, WriteTransport } from "./transport.js";

declare module "../core/event-loop.js" {
  interface EventLoop {
    /**
     * Connects to `host` and `port`. `connectionMade` has been called when it returns; cancelling it closes the
     * socket (rule TP-13).
     * @throws Node's error of the address, one that names all when there are several, or an ExceptionGroup
     * (`allErrors`); ConnectionResetError when TLS takes too long (rule TP-16).
     */
    createConnection<P extends StreamProtocol>(
      factory: ProtocolFactory<P>,
      options: ConnectionOptions,
    ): Coroutine<Connection<P>>;
    /** Accepts connections, each with a protocol of its own. Port 0 is a free one, for each address another. */
    createServer(factory: ProtocolFactory<StreamProtocol>, options?: TcpServerOptions): Coroutine<Server>;
    /** Connects to a Unix socket, or to a named pipe on Windows. */
    createUnixConnection<P extends StreamProtocol>(
      factory: ProtocolFactory<P>,
      path: string,
      options?: UnixConnectionOptions,
    ): Coroutine<Connection<P>>;
    /**
     * Accepts connections at a Unix socket. A socket file that is left over is replaced (rule SV-06).
     * @param path null with the option `socket`.
     */
    createUnixServer(
      factory: ProtocolFactory<StreamProtocol>,
      path: string | null,
      options?: UnixServerOptions,
    ): Coroutine<Server>;
    /** Makes a transport of a socket that was accepted elsewhere, and owns it from then on. */
    connectAcceptedSocket<P extends StreamProtocol>(
      factory: ProtocolFactory<P>,
      socket: Socket,
      options?: ServerTlsOptions,
    ): Coroutine<Connection<P>>;
    /** Opens a UDP socket. */
    createDatagramEndpoint<P extends DatagramProtocol>(
      factory: ProtocolFactory<P>,
      options?: DatagramEndpointOptions,
    ): Coroutine<Connection<P, DatagramTransport>>;
    /** Reads a pipe, given as a file descriptor or stream; owns it from then on. */
    connectReadPipe<P extends StreamProtocol>(
      factory: ProtocolFactory<P>,
      pipe: number | Readable,
    ): Coroutine<Connection<P, ReadTransport>>;
    /** Writes a pipe, given as a file descriptor or stream; owns it from then on. */
    connectWritePipe<P extends StreamProtocol>(
      factory: ProtocolFactory<P>,
      pipe: number | Writable,
    ): Coroutine<Connection<P, WriteTransport>>;
    /**
     * Turns a connection into a TLS one. The transport given must not be used any more.
     * @returns the new transport.
     */
    startTls(transport: Transport, protocol: StreamProtocol, options: StartTlsOptions): Coroutine<Transport>;
    /**
     * Sends a file, by copying. Nobody else can write meanwhile (rule TP-15). The position of `file` stays where it is.
     * @returns how many bytes were sent.
     * @throws RuntimeError when the transport closes; SendfileNotAvailableError without the fallback.
     */
    sendFile(transport: Transport, file: FileHandle, options?: SendFileOptions): Coroutine<number>;
    /** The addresses of a name. An IP address is returned as it is. */
    getAddrInfo(host: string, port: number, options?: AddressInfoOptions): Coroutine<SocketAddress[]>;
    /** The name of an address and of the service at its port. */
    getNameInfo(address: {
      readonly host: string;
      readonly port: number;
    }): Coroutine<{ host: string; service: string }>;
    /** Waits for data of a socket of Node's. @returns 1 to `count` bytes; none at its end. */
    sockRecv(socket: Socket, count: number): Coroutine<Buffer>;
    /** @returns how many bytes were put into `buffer`; 0 at the end. */
    sockRecvInto(socket: Socket, buffer: Uint8Array): Coroutine<number>;
    /**
     * The next datagram. Those that come between two calls are kept, up to 256 KiB; what comes before the first call is
     * lost, as Node tells of it only once.
     */
    sockRecvFrom(socket: DatagramSocket, count: number): Coroutine<[data: Buffer, address: SocketAddress]>;
    /**
     * As {@link sockRecvFrom}, into `buffer`.
     * @param count at most so many bytes. Default, and 0: as many as the buffer has room for.
     * @throws ValueError when `count` bytes have no room there.
     */
    sockRecvFromInto(
      socket: DatagramSocket,
      buffer: Uint8Array,
      count?: number,
    ): Coroutine<[count: number, address: SocketAddress]>;
    /** Waits until the kernel has taken all of it. After an error nobody knows how much was sent. */
    sockSendAll(socket: Socket, data: Uint8Array): Coroutine<void>;
    /** Sends one datagram. @returns how many bytes were sent. */
    sockSendTo(
      socket: DatagramSocket,
      data: Uint8Array,
      address: { readonly host: string; readonly port: number },
    ): Coroutine<number>;
    /** Connects a new socket of Node's; cancelling it closes the socket. */
    sockConnect(
      socket: Socket,
      address: { readonly host: string; readonly port: number } | string,
    ): Coroutine<void>;
    /**
     * The next connection of a listening server of Node's. From the first call on they are kept: make it before the
     * server listens, as Node tells of each only once.
     */
    sockAccept(server: NodeServer): Coroutine<[socket: Socket, address: SocketAddress | undefined]>;
    /** As {@link sendFile}, over a socket of Node's. */
    sockSendFile(socket: Socket, file: FileHandle, options?: SendFileOptions): Coroutine<number>;
  }
}

const nothing = (): Buffer => Buffer.alloc(0);

const connectReadPipe = coroInternal(function* connectReadPipe(
  loop: EventLoop,
  factory: ProtocolFactory<StreamProtocol>,
  pipe: number | Readable,
): Generator<never, Connection<StreamProtocol, ReadTransport>, unknown> {
  const protocol = protocolOf(factory);
  return [readPipeTransport(loop, protocol, pipe), protocol];
});

const connectWritePipe = coroInternal(function* connectWritePipe(
  loop: EventLoop,
  factory: ProtocolFactory<StreamProtocol>,
  pipe: number | Writable,
): Generator<never, Connection<StreamProtocol, WriteTransport>, unknown> {
  const protocol = protocolOf(factory);
  return [writePipeTransport(loop, protocol, pipe), protocol];
});

const SOCKET = "a socket of node:net";
const DATAGRAM_SOCKET = "a socket of node:dgram";
const FILE = "an open file of node:fs/promises";

function checkBuffer(buffer: unknown, who: string): void {
  if (!(buffer instanceof Uint8Array))
    throw new TypeError(`${who} takes a buffer (a Uint8Array), got ${given(buffer)}`);
}

const methods = {
  createConnection(this: EventLoop, factory, options) {
    checkFactory(factory, "createConnection()");
    return createConnection(this, factory, options);
  },
  createServer(this: EventLoop, factory, options = {}) {
    checkFactory(factory, "createServer()");
    return createServer(this, factory, options);
  },
  createUnixConnection(this: EventLoop, factory, path, options = {}) {
    checkFactory(factory, "createUnixConnection()");
    return createUnixConnection(this, factory, path, options);
  },
  createUnixServer(this: EventLoop, factory, path, options = {}) {
    checkFactory(factory, "createUnixServer()");
    return createUnixServer(this, factory, path, options);
  },
  connectAcceptedSocket(this: EventLoop, factory, socket, options = {}) {
    checkFactory(factory, "connectAcceptedSocket()");
    checkMethods(socket, ["on", "write", "destroy"], `connectAcceptedSocket() takes ${SOCKET}`);
    return connectAcceptedSocket(this, factory, socket, options);
  },
  createDatagramEndpoint(this: EventLoop, factory, options = {}) {
    checkFactory(factory, "createDatagramEndpoint()");
    checkOptions(options, "createDatagramEndpoint()");
    if (options.localAddr !== undefined) checkOptions(options.localAddr, "localAddr");
    if (options.remoteAddr !== undefined) checkAddress(options.remoteAddr, "remoteAddr is given");
    if (options.socket !== undefined)
      checkMethods(
        options.socket,
        ["on", "send"],
        `createDatagramEndpoint() takes ${DATAGRAM_SOCKET} as its socket`,
      );
    return createDatagramEndpoint(this, factory, options);
  },
  connectReadPipe(this: EventLoop, factory, pipe) {
    checkFactory(factory, "connectReadPipe()");
    if (typeof pipe !== "number")
      checkMethods(pipe, ["on", "read"], "connectReadPipe() takes a file descriptor or a Readable of Node's");
    return connectReadPipe(this, factory, pipe) as never;
  },
  connectWritePipe(this: EventLoop, factory, pipe) {
    checkFactory(factory, "connectWritePipe()");
    if (typeof pipe !== "number")
      checkMethods(
        pipe,
        ["on", "write"],
        "connectWritePipe() takes a file descriptor or a Writable of Node's",
      );
    return connectWritePipe(this, factory, pipe) as never;
  },
  startTls(this: EventLoop, transport, protocol, options) {
    return startTls(this, transport, protocol, options, nothing);
  },
  sendFile(this: EventLoop, transport, file, options = {}) {
    checkMethods(file, ["read"], `sendFile() takes ${FILE}`);
    return sendFile(this, transport, file, options);
  },
  getAddrInfo(this: EventLoop, host, port, options = {}) {
    return getAddrInfo(this, host, port, options);
  },
  getNameInfo(this: EventLoop, address) {
    checkAddress(address, "getNameInfo() takes an address");
    return getNameInfo(this, address);
  },
  sockRecv(this: EventLoop, socket, count) {
    checkMethods(socket, ["on", "read"], `sockRecv() takes ${SOCKET}`);
    return socketOperations.sockRecv(this, socket, count);
  },
  sockRecvInto(this: EventLoop, socket, buffer) {
    checkMethods(socket, ["on", "read"], `sockRecvInto() takes ${SOCKET}`);
    checkBuffer(buffer, "sockRecvInto()");
    return socketOperations.sockRecvInto(this, socket, buffer);
  },
  sockRecvFrom(this: EventLoop, socket, count) {
    checkMethods(socket, ["on", "send"], `sockRecvFrom() takes ${DATAGRAM_SOCKET}`);
    return socketOperations.sockRecvFrom(this, socket, count);
  },
  sockRecvFromInto(this: EventLoop, socket, buffer, count = 0) {
    checkMethods(socket, ["on", "send"], `sockRecvFromInto() takes ${DATAGRAM_SOCKET}`);
    checkBuffer(buffer, "sockRecvFromInto()");
    return socketOperations.sockRecvFromInto(this, socket, buffer, count);
  },
  sockSendAll(this: EventLoop, socket, data) {
    checkMethods(socket, ["on", "write"], `sockSendAll() takes ${SOCKET}`);
    return socketOperations.sockSendAll(this, socket, data);
  },
  sockSendTo(this: EventLoop, socket, data, address) {
    checkMethods(socket, ["on", "send"], `sockSendTo() takes ${DATAGRAM_SOCKET}`);
    checkAddress(address, "sockSendTo() takes an address");
    return socketOperations.sockSendTo(this, socket, data, address);
  },
  sockConnect(this: EventLoop, socket, address) {
    checkMethods(socket, ["on", "connect"], `sockConnect() takes ${SOCKET}`);
    if (typeof address !== "string") checkAddress(address, "sockConnect() takes a path, or an address");
    return socketOperations.sockConnect(this, socket, address);
  },
  sockAccept(this: EventLoop, server) {
    checkMethods(server, ["on", "listen"], "sockAccept() takes a server of node:net");
    return socketOperations.sockAccept(this, server);
  },
  sockSendFile(this: EventLoop, socket, file, options = {}) {
    checkMethods(socket, ["on", "write"], `sockSendFile() takes ${SOCKET}`);
    checkMethods(file, ["read"], `sockSendFile() takes ${FILE}`);
    return socketOperations.sockSendFile(this, socket, file, options);
  },
} satisfies Partial<EventLoop> & ThisType<EventLoop>;

for (const [name, value] of Object.entries(methods))
  Object.defineProperty(EventLoop.prototype, name, { value, writable: true, configurable: true });
