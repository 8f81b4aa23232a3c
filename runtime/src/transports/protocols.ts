import type { SocketAddress } from "./address.js";
import type { BaseTransport, DatagramTransport, Transport } from "./transport.js";

/**
 * What a transport tells whoever uses it. All methods are plain functions, called outside of any task; one that is
 * left out is not called. An error thrown while data is received ends the connection (rule TP-06).
 */
export interface BaseProtocol {
  /** Once, before whoever connects gets the transport. */
  connectionMade?(transport: never): void;
  /** Exactly once, as the last. @param error null after an EOF, `close()` or `abort()`. */
  connectionLost?(error: Error | null): void;
  /** The write buffer went above its high mark: called from inside `write()` (rule SW-02). */
  pauseWriting?(): void;
  /** The write buffer is at or below its low mark again. */
  resumeWriting?(): void;
}

/** Receives bytes as they come. */
export interface Protocol extends BaseProtocol {
  connectionMade?(transport: Transport): void;
  /** Any part of the stream, not a message. */
  dataReceived?(data: Buffer): void;
  /** The peer sends no more. @returns true to keep the transport open for writing (rule TP-05; not with TLS). */
  // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- most implementations return nothing
  eofReceived?(): boolean | void;
}

/** Receives bytes into a buffer of its own. */
export interface BufferedProtocol extends BaseProtocol {
  connectionMade?(transport: Transport): void;
  /**
   * @param sizeHint how many bytes there are; the buffer may be smaller or larger.
   * @returns where to put them; an empty buffer is an error.
   */
  getBuffer(sizeHint: number): Uint8Array;
  /** Bytes have come. @param count how many were put at the start of the buffer. */
  bufferUpdated(count: number): void;
  /** As {@link Protocol.eofReceived}. */
  // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- as above
  eofReceived?(): boolean | void;
}

/** Receives datagrams. */
export interface DatagramProtocol extends BaseProtocol {
  connectionMade?(transport: DatagramTransport): void;
  /** A datagram has come, from `address`. */
  datagramReceived?(data: Buffer, address: SocketAddress): void;
  /** An earlier datagram could not be sent or was refused. The endpoint stays open (rule TP-12). */
  errorReceived?(error: Error): void;
}

/** @internal */
export function isBuffered(protocol: BaseProtocol): protocol is BufferedProtocol {
  return typeof (protocol as Partial<BufferedProtocol>).getBuffer === "function";
}

/** What `createConnection` and the like return. */
export type Connection<P, T extends BaseTransport = Transport> = [transport: T, protocol: P];
