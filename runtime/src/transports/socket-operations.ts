import type { RemoteInfo, Socket as DatagramSocket } from "node:dgram";
import type { FileHandle } from "node:fs/promises";
import type { NetConnectOpts, Server, Socket } from "node:net";
import { given } from "../core/arguments.js";
import { coroInternal } from "../core/coroutine.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import { ValueError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import { inWords, peerOf, toAddress } from "./address.js";
import type { SocketAddress } from "./address.js";
import { connectOne } from "./connect.js";
import { ConnectionResetError } from "./errors.js";
import { untilSettled, waitFor } from "./node-events.js";
import { checkFileRange, eachPart } from "./send-file.js";
import type { SendFileOptions } from "./send-file.js";
import { SocketInbox } from "./socket-inbox.js";
import { notBytes } from "./stream-transport.js";

/**
 * @internal The `sock…` methods of the loop: waiting for sockets of Node's own, without transport and protocol. They
 * belong to whoever made them; between two calls their data waits in them.
 */
export const sockRecv = coroInternal(function* sockRecv(
  loop: EventLoop,
  socket: Socket,
  count: number,
): CoroutineGenerator<Buffer> {
  if (!Number.isInteger(count) || count <= 0)
    throw new ValueError(`sockRecv() takes a positive number of bytes, got ${given(count)}`);
  for (;;) {
    const available = Math.min(count, socket.readableLength);
    const data = available > 0 ? (socket.read(available) as Buffer | null) : null;
    if (data !== null) return data;
    if (socket.readableEnded) return Buffer.alloc(0);
    if (socket.destroyed) throw socket.errored ?? new ConnectionResetError("the socket is closed");
    yield* untilSettled(
      loop,
      waitFor("read", () => `socket ${inWords(peerOf(socket) ?? "")}`),
      ({ resolve, reject }) => {
        socket.on("readable", resolve).on("end", resolve).on("close", resolve).on("error", reject);
        // Asks the kernel for more, and for the end.
        if (socket.read(0) === null && socket.readableLength > 0) resolve(null);
        return () =>
          socket.off("readable", resolve).off("end", resolve).off("close", resolve).off("error", reject);
      },
    );
  }
});

/** @internal */
export const sockRecvInto = coroInternal(function* sockRecvInto(
  loop: EventLoop,
  socket: Socket,
  buffer: Uint8Array,
): CoroutineGenerator<number> {
  const data = yield* sockRecv(loop, socket, buffer.length);
  buffer.set(data);
  return data.length;
});

/** @internal Waits until the kernel has taken it. */
export const sockSendAll = coroInternal(function* sockSendAll(
  loop: EventLoop,
  socket: Socket,
  data: Uint8Array,
): CoroutineGenerator<void> {
  if (!(data instanceof Uint8Array)) throw notBytes(data);
  yield* untilSettled(
    loop,
    waitFor("drain", () => `socket ${inWords(peerOf(socket) ?? "")}`),
    ({ resolve, reject }) => {
      socket.on("error", ignore);
      socket.write(data, (error) => {
        if (error) reject(error);
        else resolve(null);
      });
      return () => socket.off("error", ignore);
    },
  );
});

/** @internal */
export const sockConnect = coroInternal(function* sockConnect(
  loop: EventLoop,
  socket: Socket,
  address: { readonly host: string; readonly port: number } | string,
): CoroutineGenerator<void> {
  const options: NetConnectOpts =
    typeof address === "string" ? { path: address } : { host: address.host, port: address.port };
  yield* connectOne(loop, options, inWords(address), socket);
});

const backlogs = new WeakMap<Server, SocketInbox<Socket>>();

/** @internal The next connection of a listening server; from the first call on they queue up. */
export function sockAccept(
  loop: EventLoop,
  server: Server,
): Coroutine<[socket: Socket, address: SocketAddress | undefined]> {
  // Now, not when it is awaited.
  let backlog = backlogs.get(server);
  if (backlog === undefined) {
    const made = new SocketInbox<Socket>();
    backlogs.set(server, (backlog = made));
    server.on("connection", (socket) => made.add(socket));
  }
  return accepting(loop, server, backlog);
}

const accepting = coroInternal(function* sockAccept(
  loop: EventLoop,
  server: Server,
  backlog: SocketInbox<Socket>,
): CoroutineGenerator<[socket: Socket, address: SocketAddress | undefined]> {
  const origin = waitFor("other", () => "a connection");
  const socket = yield* backlog.take(loop, origin, server, "server");
  return [socket, peerOf(socket)];
});

interface Datagram {
  readonly data: Buffer;
  readonly from: RemoteInfo;
}

/** Bytes of datagrams that nobody has read yet; what comes then is lost, as in the kernel. */
const DATAGRAM_LIMIT = 256 * 1024;
/** What the kernel keeps beside each. */
const HEADER = 8;
const datagrams = new WeakMap<DatagramSocket, SocketInbox<Datagram>>();

/** @internal The next datagram; from the first call on they queue up, as far as there is room. */
export function sockRecvFrom(
  loop: EventLoop,
  socket: DatagramSocket,
  count: number,
): Coroutine<[data: Buffer, address: SocketAddress]> {
  let inbox = datagrams.get(socket);
  if (inbox === undefined) {
    const made = new SocketInbox<Datagram>(({ data }) => data.length + HEADER, DATAGRAM_LIMIT);
    datagrams.set(socket, (inbox = made));
    socket.on("message", (data, from) => made.add({ data, from }));
  }
  return receiving(loop, socket, count, inbox);
}

const receiving = coroInternal(function* sockRecvFrom(
  loop: EventLoop,
  socket: DatagramSocket,
  count: number,
  inbox: SocketInbox<Datagram>,
): CoroutineGenerator<[data: Buffer, address: SocketAddress]> {
  const origin = waitFor("read", () => "a datagram");
  const { data, from } = yield* inbox.take(loop, origin, socket, "socket");
  return [data.subarray(0, count), toAddress(from.address, from.port, from.family)!];
});

/** @internal @throws ValueError when the buffer is smaller than `count`. */
export const sockRecvFromInto = coroInternal(function* sockRecvFromInto(
  loop: EventLoop,
  socket: DatagramSocket,
  buffer: Uint8Array,
  count: number,
): CoroutineGenerator<[count: number, address: SocketAddress]> {
  if (!Number.isInteger(count) || count < 0 || count > buffer.length)
    throw new ValueError(`the buffer has room for ${buffer.length} bytes, not for ${given(count)}`);
  const [data, address] = yield* sockRecvFrom(loop, socket, count === 0 ? buffer.length : count);
  buffer.set(data);
  return [data.length, address];
});

/** @internal */
export const sockSendTo = coroInternal(function* sockSendTo(
  loop: EventLoop,
  socket: DatagramSocket,
  data: Uint8Array,
  address: { readonly host: string; readonly port: number },
): CoroutineGenerator<number> {
  if (!(data instanceof Uint8Array)) throw notBytes(data);
  return yield* untilSettled<number>(
    loop,
    waitFor("drain", () => "a datagram to be sent"),
    ({ resolve, reject }) => {
      socket.send(data, address.port, address.host, (error, count) => {
        if (error) reject(error);
        else resolve(count);
      });
      return () => undefined;
    },
  );
});

/** @internal */
export const sockSendFile = coroInternal(function* sockSendFile(
  loop: EventLoop,
  socket: Socket,
  file: FileHandle,
  options: SendFileOptions,
): CoroutineGenerator<number> {
  checkFileRange(options);
  return yield* eachPart(loop, file, options, function* (part) {
    yield* sockSendAll(loop, socket, part);
  });
});

/** The write's own callback says the same. */
function ignore(): void {
  // See above.
}
