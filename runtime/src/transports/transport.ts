import type { ChildProcess } from "node:child_process";
import type { PeerCertificate, TLSSocket } from "node:tls";
import type { SocketAddress } from "./address.js";
import { checkProtocol } from "./check-arguments.js";
import type { BaseProtocol } from "./protocols.js";
import type { TransportSocket } from "./transport-socket.js";

/** What {@link BaseTransport.getExtraInfo} knows; a key that does not apply has no value. */
export interface ExtraInfo {
  /** The socket under it. */
  readonly socket: TransportSocket;
  /** What it is connected to; a path for a Unix socket. */
  readonly peername: SocketAddress | string;
  /** Where it is itself; a path for a Unix socket. */
  readonly sockname: SocketAddress | string;
  /** Node's TLS socket: for looking, not for reading or writing. */
  readonly sslObject: TLSSocket;
  /** The certificate that the peer has shown. */
  readonly peercert: PeerCertificate;
  /** Name of the cipher, and version of TLS. */
  readonly cipher: { readonly name: string; readonly version: string };
  /** The stream or file descriptor that was given. */
  readonly pipe: unknown;
  /** Of the transport of a subprocess. */
  readonly subprocess: ChildProcess;
  /** Of the pipe of a subprocess, for people: `stdout of process 1234 (node server.js …)`. */
  readonly description: string;
}

/** A way for bytes, without waiting: what was written is sent later, what arrives is told to the protocol. */
export abstract class BaseTransport {
  /** @internal */ readonly _extra: Record<string, unknown>;
  /** @internal */ _protocol: BaseProtocol;

  constructor(protocol: BaseProtocol, extra: Record<string, unknown>) {
    this._protocol = protocol;
    this._extra = extra;
  }

  /** Stops reading, sends what is buffered, and then calls `connectionLost(null)` (rule TP-02). Idempotent. */
  abstract close(): void;
  /** True from {@link close} on, and once the connection is lost. */
  abstract isClosing(): boolean;

  /** @returns `fallback` for what does not apply. */
  getExtraInfo<K extends keyof ExtraInfo>(key: K): ExtraInfo[K] | undefined;
  getExtraInfo<K extends keyof ExtraInfo, D>(key: K, fallback: D): ExtraInfo[K] | D;
  getExtraInfo(key: string, fallback?: unknown): unknown;
  getExtraInfo(key: string, fallback?: unknown): unknown {
    const value = Object.hasOwn(this._extra, key) ? this._extra[key] : undefined;
    const found: unknown = value instanceof Lazy ? (this._extra[key] = value.make()) : value;
    return found ?? fallback;
  }

  /** Whom it tells from now on; may be of the other kind (rule TP-10). */
  setProtocol(protocol: BaseProtocol): void {
    checkProtocol(protocol, "setProtocol() takes");
    this._protocol = protocol;
  }

  /** Whom it tells. */
  getProtocol(): BaseProtocol {
    return this._protocol;
  }
}

/** @internal A value of {@link BaseTransport.getExtraInfo} that is made when somebody asks. */
export class Lazy {
  constructor(readonly make: () => unknown) {}
}

/** The half of a transport that reads. */
export interface ReadTransport extends BaseTransport {
  /** False while paused, and once it closes. */
  isReading(): boolean;
  /** Nothing is told to the protocol until {@link resumeReading}. Idempotent (rule TP-01). */
  pauseReading(): void;
  /** Takes {@link pauseReading} back. Idempotent. */
  resumeReading(): void;
}

/** Limits of a write buffer, in bytes. */
export interface WriteBufferLimits {
  /** At or below it the protocol may go on writing. */
  readonly low: number;
  /** Above it the protocol is told to pause. */
  readonly high: number;
}

/** The half of a transport that writes. */
export interface WriteTransport extends BaseTransport {
  /**
   * Sends `data`, now or later. It is not copied: do not change it before the buffer is empty.
   * @throws TypeError for a string; RuntimeError after `writeEof()` or during `sendFile` (rules TP-07, TP-15).
   */
  write(data: Uint8Array): void;
  /** Sends the chunks one after the other; adds no newlines. */
  writeLines(chunks: Iterable<Uint8Array>): void;
  /** Ends the sending side when the buffer is empty; reading goes on (rule TP-08). @throws RuntimeError with TLS. */
  writeEof(): void;
  /** Whether {@link writeEof} works: not with TLS. */
  canWriteEof(): boolean;
  /** Closes at once, without what is buffered (rule TP-03). */
  abort(): void;
  /** Bytes that wait to be sent. */
  getWriteBufferSize(): number;
  /** As they are now. */
  getWriteBufferLimits(): WriteBufferLimits;
  /**
   * Above `high` the protocol is told to pause, at or below `low` to resume. Default: 64 KiB, and a quarter of it.
   * @throws ValueError unless high >= low >= 0 (rule SW-01).
   */
  setWriteBufferLimits(limits?: Partial<WriteBufferLimits>): void;
}

/** Both directions of a stream. */
export interface Transport extends ReadTransport, WriteTransport {}

/** Sends datagrams. */
export interface DatagramTransport extends BaseTransport {
  /**
   * Sends one datagram, which may be empty. @param address not needed, and no other allowed, when the endpoint has a
   * remote one (rule TP-11).
   * @throws TypeError for a string; ValueError for another address than the remote one.
   */
  sendTo(data: Uint8Array, address?: SocketAddress): void;
  /** Closes at once, without what is buffered. */
  abort(): void;
  /** Bytes that wait to be sent. */
  getWriteBufferSize(): number;
  /** As they are now. */
  getWriteBufferLimits(): WriteBufferLimits;
  /** As {@link WriteTransport.setWriteBufferLimits}. */
  setWriteBufferLimits(limits?: Partial<WriteBufferLimits>): void;
}
