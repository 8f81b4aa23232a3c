import * as util from "node:util";
import * as runtimeErrors from "../core/errors.js";
import { BrokenWorkerError } from "./errors.js";

/** @internal A thrown value as it travels between threads: structured clone loses the class and own properties. */
export type EncodedError =
  | {
      readonly name: string;
      readonly message: string;
      readonly stack: string | undefined;
      /** Names of its classes, its own first. */
      readonly classes: readonly string[];
      /** Own enumerable properties that can be cloned: `code`, `errno`, … */
      readonly properties: Readonly<Record<string, unknown>>;
      readonly cause?: EncodedError;
      readonly errors?: readonly EncodedError[];
    }
  | { readonly thrown: unknown };

/** A class of errors. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the constructor is not called
export type ErrorClass = abstract new (...args: any[]) => Error;
/** Classes of errors that come back from a thread as what they were, by their name: `{ ParseError }`. */
export type ErrorClasses = Readonly<Record<string, ErrorClass>>;

/**
 * @internal Source of `(util) => encode(thrown)`, in plain JavaScript: a worker that has no runtime loaded runs the same
 * code. It is a text because what a bundler makes of a function need not stand on its own.
 */
export const ENCODER = `(({ types, inspect }) => {
  const DEEPEST = 8, MOST = 100;
  const cut = (text) => ({ name: "Error", message: text, stack: undefined, classes: ["Error"], properties: {} });
  const canTravel = (value) => {
    if (typeof value !== "object" && typeof value !== "function") return typeof value !== "symbol";
    try { structuredClone(value); return true; } catch { return false; }
  };
  const encode = (thrown, depth) => {
    if (depth > DEEPEST) return cut("causes deeper than " + DEEPEST + " were cut");
    if (types.isProxy(thrown) || !(thrown instanceof Error)) {
      if (!types.isNativeError(thrown)) {
        if (canTravel(thrown)) return { thrown };
        return cut("a value was thrown that cannot travel between threads: " + inspect(thrown, { depth: 1, customInspect: false }));
      }
    }
    const classes = [];
    for (let p = Object.getPrototypeOf(thrown); p !== null && classes.length < MOST; p = Object.getPrototypeOf(p)) {
      const owner = Object.getOwnPropertyDescriptor(p, "constructor")?.value;
      if (typeof owner === "function" && owner !== Object) classes.push(String(owner.name));
    }
    const properties = {};
    for (const [key, { value, enumerable }] of Object.entries(Object.getOwnPropertyDescriptors(thrown))) {
      const special = key === "stack" || key === "message" || key === "cause" || key === "errors" || key === "name" || key === "__proto__";
      if (enumerable && !special && value !== undefined && canTravel(value)) properties[key] = value;
    }
    const encoded = { name: String(thrown.name), message: String(thrown.message), stack: thrown.stack === undefined ? undefined : String(thrown.stack), classes, properties };
    if (Object.hasOwn(thrown, "cause")) encoded.cause = encode(thrown.cause, depth + 1);
    if (Array.isArray(thrown.errors)) {
      encoded.errors = thrown.errors.slice(0, MOST).map((error) => encode(error, depth + 1));
      if (thrown.errors.length > MOST) encoded.errors.push(cut(thrown.errors.length - MOST + " more errors were cut"));
    }
    return encoded;
  };
  return (thrown) => {
    try { return encode(thrown, 0); }
    catch (error) { return cut("an error was thrown that cannot be read: " + error); }
  };
})`;

let encoder: ((thrown: unknown) => EncodedError) | undefined;

/** @internal Makes a thrown value fit to be posted to another thread. */
export function encodeError(thrown: unknown): EncodedError {
  // The same text that workers get, so that there is one way in which errors travel.
  encoder ??= ((0, eval)(ENCODER) as (from: typeof util) => (thrown: unknown) => EncodedError)(util);
  return encoder(thrown);
}

/** By the names under which programs know them: what a bundler calls a class inside is its own affair. */
const KNOWN = new Map<string, unknown>(
  Object.entries({
    ...runtimeErrors,
    BrokenWorkerError,
    AggregateError,
    Error,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
  }),
);

/**
 * @internal The error that was encoded, of the nearest class that is known here: `classes`, JavaScript's own, the
 * runtime's. Its constructor is not called. Its name, message, stack, cause and plain properties are those it had.
 */
export function decodeError(encoded: EncodedError, classes?: ErrorClasses): unknown {
  if ("thrown" in encoded) return encoded.thrown;
  const { name, message, stack, properties, cause, errors } = encoded;
  const hidden = (key: string, value: unknown): void => {
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
  };
  const isDomException = encoded.classes.includes("DOMException");
  const error: Error = isDomException ? new DOMException(message, name) : new Error(message);
  if (!isDomException) {
    // The name is often given where a bundler has changed that of the class.
    const [own = name, ...bases] = encoded.classes;
    const known = [own, name, ...bases].map((one) => ownClass(classes, one) ?? KNOWN.get(one));
    const nearest = known.find((one) => typeof one === "function" && isErrorClass(one));
    if (nearest !== undefined) Object.setPrototypeOf(error, (nearest as ErrorClass).prototype as object);
    if (error.name !== name) hidden("name", name);
  }
  hidden("stack", stack);
  if (cause !== undefined) hidden("cause", decodeError(cause, classes));
  if (errors !== undefined)
    hidden(
      "errors",
      errors.map((one) => decodeError(one, classes)),
    );
  for (const [key, value] of Object.entries(properties))
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: true });
  return error;
}

function ownClass(classes: ErrorClasses | undefined, name: string): unknown {
  return classes !== undefined && Object.hasOwn(classes, name) ? classes[name] : undefined;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- any function there may be
function isErrorClass(value: Function): boolean {
  return value === Error || value.prototype instanceof Error;
}
