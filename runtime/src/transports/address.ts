import type { Socket as DatagramSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Server, Socket } from "node:net";

/** Where a socket is, or what it is connected to. Can be given back as `{ host, port }` to whatever connects. */
export interface SocketAddress {
  /** A name or an IP address. */
  readonly host: string;
  /** 0 to 65535. */
  readonly port: number;
  /** The version of IP. Left out where an address is given that may have either. */
  readonly family?: 4 | 6 | undefined;
}

/** @internal Of Node's address in whichever form: undefined when there is none. */
export function toAddress(
  host: string | undefined,
  port: number | undefined,
  family: string | number | undefined,
): SocketAddress | undefined {
  if (host === undefined || port === undefined) return undefined;
  return { host, port, family: family === "IPv6" || family === 6 ? 6 : 4 };
}

/** @internal */
export function peerOf(socket: Socket): SocketAddress | undefined {
  return toAddress(socket.remoteAddress, socket.remotePort, socket.remoteFamily);
}

/** @internal */
export function nameOf(socket: Socket): SocketAddress | undefined {
  return toAddress(socket.localAddress, socket.localPort, socket.localFamily);
}

/** @internal The path of a Unix socket or pipe is a string. */
export function addressOf(server: Server | DatagramSocket): SocketAddress | string | undefined {
  const address = server.address();
  if (address === null || typeof address === "string") return address ?? undefined;
  return toAddress(address.address, address.port, address.family);
}

/** @internal `127.0.0.1:80`, `[::1]:80`, `/run/app.sock`. */
export function inWords(address: SocketAddress | string): string {
  if (typeof address === "string") return address;
  return isIPv6(address.host) ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
