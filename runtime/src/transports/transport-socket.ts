import { Socket as DatagramSocket } from "node:dgram";
import { Socket } from "node:net";
import type { Server } from "node:net";
import { addressOf, nameOf, peerOf } from "./address.js";
import type { SocketAddress } from "./address.js";

/** A look at the socket under a transport or server: nothing can be read or written through it. */
export class TransportSocket {
  readonly #socket: Socket | Server | DatagramSocket;

  /** @internal */
  constructor(socket: Socket | Server | DatagramSocket) {
    this.#socket = socket;
  }

  /** Undefined for a Unix socket, and once it is closed. */
  get family(): 4 | 6 | undefined {
    const address = this.address();
    return typeof address === "object" ? address.family : undefined;
  }

  /** A datagram socket keeps messages apart. */
  get type(): "stream" | "datagram" {
    return this.#socket instanceof DatagramSocket ? "datagram" : "stream";
  }

  /** Where it is bound; a path for a Unix server. Undefined once it is closed. */
  address(): SocketAddress | string | undefined {
    const socket = this.#socket;
    if (socket instanceof Socket) return nameOf(socket);
    try {
      return addressOf(socket);
    } catch {
      return undefined;
    }
  }

  /** The IP address of the peer. Undefined when there is none any more, or never was. */
  get remoteAddress(): string | undefined {
    return this.#peer()?.host;
  }

  /** The port of the peer. Undefined when there is none any more, or never was. */
  get remotePort(): number | undefined {
    return this.#peer()?.port;
  }

  /** Whether small writes are sent at once: the runtime switches that on. No effect but on TCP. */
  setNoDelay(enabled = true): void {
    if (this.#socket instanceof Socket) this.#socket.setNoDelay(enabled);
  }

  /** Whether a silent peer is asked if it is still there. @param initialDelay milliseconds of silence before the first probe. No effect but on TCP. */
  setKeepAlive(enabled = true, initialDelay = 0): void {
    if (this.#socket instanceof Socket) this.#socket.setKeepAlive(enabled, initialDelay);
  }

  /** Lets the socket keep the process alive even while no loop runs. */
  ref(): void {
    this.#socket.ref();
  }

  /** Takes {@link ref} back: it is the default. */
  unref(): void {
    this.#socket.unref();
  }

  #peer(): SocketAddress | undefined {
    return this.#socket instanceof Socket ? peerOf(this.#socket) : undefined;
  }
}
