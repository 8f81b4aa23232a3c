import { lookup, lookupService } from "node:dns/promises";
import { isIP } from "node:net";
import { coroInternal } from "../core/coroutine.js";
import type { CoroutineGenerator } from "../core/coroutine.js";
import type { EventLoop } from "../core/event-loop.js";
import type { SocketAddress } from "./address.js";
import { untilPromise, waitFor } from "./node-events.js";

/** Options of `loop.getAddrInfo`. */
export interface AddressInfoOptions {
  /** 4 or 6: only addresses of that family. Default 0: both. */
  readonly family?: 0 | 4 | 6 | undefined;
  /** What `hints` of `dns.lookup` takes: `dns.ADDRCONFIG`, `dns.V4MAPPED` and `dns.ALL`, joined by `|`. Default 0. */
  readonly flags?: number | undefined;
}

/** @internal See `EventLoop.getAddrInfo`. */
export const getAddrInfo = coroInternal(function* getAddrInfo(
  loop: EventLoop,
  host: string,
  port: number,
  { family = 0, flags = 0 }: AddressInfoOptions,
): CoroutineGenerator<SocketAddress[]> {
  const literal = isIP(host);
  if (literal === 4 || literal === 6) return [{ host, port, family: literal }];
  const found = yield* untilPromise(
    loop,
    waitFor("other", () => `the address of ${host}`),
    () => lookup(host, { all: true, verbatim: true, family, hints: flags }),
  );
  return found.map(({ address, family }): SocketAddress => ({
    host: address,
    port,
    family: family === 6 ? 6 : 4,
  }));
});

/** @internal See `EventLoop.getNameInfo`. */
export const getNameInfo = coroInternal(function* getNameInfo(
  loop: EventLoop,
  address: { readonly host: string; readonly port: number },
) {
  const { hostname, service } = yield* untilPromise(
    loop,
    waitFor("other", () => `the name of ${address.host}`),
    () => lookupService(address.host, address.port),
  );
  return { host: hostname, service };
});
