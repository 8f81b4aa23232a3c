import { checkCallable, given } from "../core/arguments.js";
import { isThenable } from "../core/async-call.js";
import { ValueError } from "../core/errors.js";
import type { BaseProtocol } from "./protocols.js";

/** @internal What a factory makes; a protocol that is none would be missed only when the network calls it. */
export function protocolOf<P extends BaseProtocol>(factory: () => P): P {
  const protocol: unknown = factory();
  checkProtocol(protocol, "a protocol factory returns", "it returned");
  return protocol as P;
}

/**
 * @internal
 * @param what the beginning of the sentence: `setProtocol() takes`.
 * @throws TypeError
 */
export function checkProtocol(protocol: unknown, what: string, got = "got"): void {
  // A promise comes from an async factory: a protocol would be missed only when the network calls it.
  if (typeof protocol !== "object" || protocol === null || isThenable(protocol))
    throw new TypeError(
      `${what} a protocol, an object with methods like dataReceived(); ${got} ${given(protocol)}`,
    );
}

/** @internal @throws TypeError for what is no function. */
export function checkFactory(factory: unknown, who: string): void {
  checkCallable(factory, `${who} takes a function first that makes the protocol, () => new Protocol()`);
}

/**
 * @internal Whether it has the methods that the runtime calls: sockets of Node's come in several classes.
 * @param what the sentence up to the comma: `sockRecv() takes a socket of node:net`.
 * @throws TypeError
 */
export function checkMethods(value: unknown, methods: readonly string[], what: string): void {
  const object = value as Readonly<Record<string, unknown>> | null | undefined;
  if (
    ((typeof object === "object" && object !== null) || typeof object === "function") &&
    methods.every((method) => typeof object[method] === "function")
  )
    return;
  throw new TypeError(`${what}, got ${given(value)}`);
}

/** @internal @throws TypeError for what is no `{ host, port }`. */
export function checkAddress(value: unknown, what: string): void {
  if (typeof value === "object" && value !== null && "port" in value) return;
  throw new TypeError(`${what} as { host, port }, got ${given(value)}`);
}

/** @internal @throws TypeError */
export function checkPath(path: unknown, who: string): void {
  if (typeof path !== "string" || path === "")
    throw new TypeError(`${who} takes the path of its socket as a string, got ${given(path)}`);
}

/**
 * @internal Node would end the process for some that are no whole number, 0 or more.
 * @param what the sentence up to the semicolon: `backlog is a number of connections, 0 or more`.
 * @throws ValueError
 */
export function checkCount(value: unknown, what: string): void {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return;
  throw new ValueError(`${what}; got ${given(value)}`);
}

/** @internal @throws ValueError where Node cannot, and would not say so. */
export function checkReusePort(): void {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)) return;
  throw new ValueError(
    `reusePort needs Node 22.12, 23.1 or newer; this is ${process.versions.node}. The module node:cluster shares a port in any`,
  );
}
