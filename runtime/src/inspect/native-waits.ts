import type { WaitKind } from "@asyncscope/protocol";
import { Socket } from "node:net";
import { inspect, types } from "node:util";
import type { Frame } from "../frames/frame.js";
import type { Point } from "../loader/points.js";
import { getOwn } from "./primordials.js";

/** What a plain async function waits for, as far as it is known. */
export interface NativeWaitInfo {
  readonly kind: WaitKind;
  readonly label: string;
  /** When a timer will end it, on the clock of the process. */
  readonly due?: number;
}

// Taken before the program can change them. The socket's are getters of Node's own, which read the handle.
/* eslint-disable @typescript-eslint/unbound-method -- called with their `this` below */
const addressOf = getOwn(Socket.prototype, "remoteAddress")?.get;
const portOf = getOwn(Socket.prototype, "remotePort")?.get;
/* eslint-enable @typescript-eslint/unbound-method */
const { apply, getPrototypeOf } = Reflect;
const { isProxy, isPromise } = types;

/** Recognises what a function waits for by the call that it awaits and by what that has made. */
export function nativeWait(frame: Frame, point: Point): NativeWaitInfo {
  const { on } = frame;
  const { call, text } = point;
  const known = call === undefined ? undefined : knownCall(call, on, frame.time, text);
  if (known !== undefined) return known;
  return (
    (isPlainObject(on) ? madeThing(on, frame.time, text) : undefined) ?? { kind: "promise", label: text }
  );
}

/** By the name of Node's function and its first argument. */
function knownCall(call: string, argument: unknown, since: number, text: string): NativeWaitInfo | undefined {
  switch (call) {
    case "timers/promises.setTimeout":
    case "timers/promises.scheduler.wait":
    case "promisify timers.setTimeout":
    case "promisify setTimeout":
      return typeof argument === "number"
        ? { kind: "sleep", label: "timer", due: since + Math.max(1, argument) }
        : { kind: "sleep", label: "timer" };
    case "timers/promises.setImmediate":
      return { kind: "sleep", label: "setImmediate" };
    case "promisify child_process.exec":
    case "promisify child_process.execFile":
      return { kind: "process", label: `child process ${words(argument, text)}` };
    case "fetch":
      return { kind: "other", label: `fetch ${urlOf(argument) ?? text}` };
    case "events.once":
      return { kind: "other", label: isPlainObject(argument) ? `${text}: ${nameOf(argument)}` : text };
  }
  const [module, name = ""] = call.split(".");
  if (module === "fs/promises")
    return { kind: "other", label: `file system: ${name} ${words(argument, text)}` };
  if (module === "dns/promises") return { kind: "other", label: `DNS: ${name} ${words(argument, text)}` };
  if (module === "stream/promises")
    return { kind: "read", label: isPlainObject(argument) ? `${text}: ${nameOf(argument)}` : text };
  return undefined;
}

/** By the structure of an object of Node's. Only data is read, no getter of the program. */
function madeThing(thing: object, since: number, text: string): NativeWaitInfo | undefined {
  const wait = data(thing, "_idleTimeout");
  if (typeof wait === "number")
    return wait < 0 || data(thing, "_destroyed") === true
      ? { kind: "promise", label: `${text} (its timer has fired or was cleared)` }
      : { kind: "sleep", label: text, due: since + wait };
  const file = data(thing, "spawnfile");
  if (typeof file === "string") return { kind: "process", label: processLabel(thing, file) };
  const request = data(thing, "_httpMessage");
  if (isPlainObject(request)) {
    const url = `${String(data(request, "protocol"))}//${String(data(request, "host"))}${withoutQuery(pathOf(request))}`;
    return { kind: "read", label: `${String(data(request, "method"))} ${url}` };
  }
  if (isSocket(thing)) return { kind: "read", label: nameOf(thing) };
  return undefined;
}

/** Since Node 24 the path is behind a getter: then it stands in the first line that was sent. */
function pathOf(request: object): string {
  const path = data(request, "path");
  if (typeof path === "string") return path;
  const header = data(request, "_header");
  return typeof header === "string" ? (/^\S+ (\S+) /.exec(header)?.[1] ?? "") : "";
}

function processLabel(child: object, file: string): string {
  const args = data(child, "spawnargs");
  const line = Array.isArray(args) ? args.slice(1).join(" ") : "";
  const pid = data(child, "pid");
  const code = data(child, "exitCode") ?? data(child, "signalCode");
  const state =
    typeof code === "number" || typeof code === "string" ? `ended with ${code}` : `pid ${String(pid)}`;
  return `child process ${file}${line === "" ? "" : ` ${line}`} (${state})`;
}

/** `Socket to 127.0.0.1:80`. */
function nameOf(thing: object): string {
  const name = className(thing);
  if (!isSocket(thing)) return name;
  const host = data(thing, "_host");
  let address: unknown;
  let port: unknown;
  try {
    address = addressOf === undefined ? undefined : apply(addressOf, thing, []);
    port = portOf === undefined ? undefined : apply(portOf, thing, []);
  } catch {
    // Not connected, or its handle is something else.
  }
  const peer = typeof address === "string" ? `${address}:${String(port)}` : host;
  return typeof peer === "string" ? `${name} to ${peer}` : name;
}

const isSocket = (thing: object): boolean =>
  data(thing, "_readableState") !== undefined &&
  data(thing, "_writableState") !== undefined &&
  typeof data(thing, "connecting") === "boolean";

function className(thing: object): string {
  const prototype = getPrototypeOf(thing);
  const made = prototype === null || isProxy(prototype) ? undefined : data(prototype, "constructor");
  const name = typeof made === "function" && !isProxy(made) ? data(made, "name") : undefined;
  return typeof name === "string" && name !== "" ? name : "object";
}

/** The value of an own data property; undefined for anything else. */
function data(thing: object, name: string): unknown {
  return getOwn(thing, name)?.value;
}

const isPlainObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !isProxy(value);

/** A text or number that was given; else the code. */
function words(argument: unknown, text: string): string {
  return typeof argument === "string" || typeof argument === "number" ? String(argument) : text;
}

/** An address without what may be secret in it. */
function urlOf(argument: unknown): string | undefined {
  if (typeof argument !== "string") return undefined;
  return withoutQuery(argument.replace(/^([a-z]+:\/\/)[^/@]*@/i, "$1"));
}

const withoutQuery = (url: string): string => url.replace(/[?#].*$/, "");

/** How many of the inputs of a combinator are promises that are pending. */
export function pendingAmong(inputs: readonly unknown[]): number {
  let pending = 0;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    // Reads the state that V8 has; runs nothing of the program.
    if (isPromise(input) && !isProxy(input) && PENDING.test(inspect(input, PLAIN))) pending++;
  }
  return pending;
}

const PENDING = /^[^{]*\{ <pending>/;
const PLAIN = { customInspect: false, depth: 0, getters: false, showProxy: true, maxArrayLength: 0 } as const;
