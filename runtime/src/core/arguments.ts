import { types } from "node:util";

/**
 * Checks of what programs hand over, and the words for what was given instead. The words are found without running
 * code of the program: no getter, no `toString`, no proxy trap.
 */

/** How much of a string is shown. */
const MOST_CHARACTERS = 30;

/** What the runtime's own classes are called, those that extend another one first. */
const ownKinds: [prototype: object, words: string][] = [];

/** @internal Names the objects of a class of the runtime, and of what extends it, in messages. */
export function nameKind(kind: { readonly prototype: object }, words: string): void {
  ownKinds.unshift([kind.prototype, words]);
}

/** @internal What an argument is, in a few words: for the end of a message, `…, got a plain object`. */
export function given(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value === "" ? "an empty string" : `the string ${JSON.stringify(cut(value))}`;
    case "bigint":
      return `the bigint ${value}n`;
    case "symbol":
      return "a symbol";
    case "function":
      return givenFunction(value);
    case "object":
      return value === null ? "null" : givenObject(value);
    default:
      return String(value);
  }
}

function cut(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

function givenFunction(fn: object): string {
  if (types.isProxy(fn)) return "a function";
  const kind = isClass(fn) ? "class" : "function";
  const name: unknown = Object.getOwnPropertyDescriptor(fn, "name")?.value;
  return typeof name === "string" && name !== "" ? `the ${kind} ${cut(name)}` : `a ${kind}`;
}

function givenObject(object: object): string {
  if (types.isProxy(object)) return "a proxy";
  for (const [prototype, words] of ownKinds)
    if (Object.prototype.isPrototypeOf.call(prototype, object)) return words;
  if (Array.isArray(object)) return object.length === 0 ? "an empty array" : "an array";
  if (types.isPromise(object)) return "a promise";
  if (types.isGeneratorObject(object)) return "a generator object";
  const name = className(object);
  return name === "object" || name === "Object" ? "a plain object" : `an object of class ${cut(name)}`;
}

/** @internal What an object is, for people: the name of its class. */
export function className(object: object): string {
  if (types.isProxy(object)) return "object";
  const prototype = Object.getPrototypeOf(object) as object | null;
  if (prototype === null || types.isProxy(prototype)) return "object";
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  if (typeof constructor !== "function" || types.isProxy(constructor)) return "object";
  const name: unknown = Object.getOwnPropertyDescriptor(constructor, "name")?.value;
  return typeof name === "string" && name !== "" ? name : "object";
}

/** @internal Whether a function can be called with `new` only: its prototype is fixed, as that of no other function. */
export function isClass(fn: object): boolean {
  return (
    !types.isProxy(fn) &&
    Object.getOwnPropertyDescriptor(fn, "prototype")?.writable === false &&
    !isBuiltIn(fn)
  );
}

/** Classes of the language have a fixed prototype too, and some of them can be called. */
function isBuiltIn(fn: object): boolean {
  return /\{\s*\[native code\]\s*\}\s*$/.test(Function.prototype.toString.call(fn));
}

/**
 * @internal Options are left out, or an object.
 * @param who the function, as in `sleep()`.
 * @throws TypeError
 */
export function checkOptions(options: unknown, who: string): void {
  if (options === undefined || (typeof options === "object" && options !== null && !Array.isArray(options)))
    return;
  throw new TypeError(`${who} takes its options as an object, { … }; got ${given(options)}`);
}

/**
 * @internal
 * @param what the sentence up to the comma: `callSoon() takes a function`.
 * @throws TypeError for what cannot be called.
 */
export function checkCallable(fn: unknown, what: string): void {
  if (typeof fn !== "function") throw new TypeError(`${what}, got ${given(fn)}`);
  // Arrows and methods have none: nearly all callbacks.
  if (fn.prototype === undefined) return;
  if (isClass(fn)) throw new TypeError(`${what}, got ${given(fn)}: wrap it, () => new ${nameOr(fn, "X")}()`);
}

function nameOr(fn: object, other: string): string {
  const name: unknown = Object.getOwnPropertyDescriptor(fn, "name")?.value;
  return typeof name === "string" && name !== "" ? name : other;
}

/**
 * @internal
 * @param what the sentence up to the comma: `timeout() takes milliseconds or null`.
 * @throws TypeError for anything but a number, and for NaN.
 */
export function checkNumber(value: unknown, what: string): void {
  if (typeof value !== "number" || Number.isNaN(value)) throw new TypeError(`${what}, got ${given(value)}`);
}

/** @internal Whether it is an iterable of several things. A string is one thing, and so is what can be awaited. */
export function isSeveral(value: unknown): value is Iterable<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === "function" &&
    !("then" in value)
  );
}

/** @internal The items of an iterable. @throws TypeError when it is none, see {@link isSeveral}. */
export function itemsOf<T>(iterable: Iterable<T>, what: string): T[] {
  if (!isSeveral(iterable)) throw new TypeError(`${what}, got ${given(iterable)}`);
  return [...iterable];
}
