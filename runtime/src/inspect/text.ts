import { types } from "node:util";
import { apply, asText, charAt, charCodeAt, cut, getOwn, getPrototype } from "./primordials.js";

/** What an error without a readable name is called. */
const UNNAMED = "Error";
const LONGEST_ERROR = 300;

/**
 * Program text for a view: control, bidirectional and other invisible characters become `·`, and it is cut.
 * Names are untrusted: an ANSI sequence or an RTL override must not reach a terminal or a tree.
 */
export function clean(text: string, limit: number): string {
  const long = text.length > limit;
  const length = long ? limit - 1 : text.length;
  let cleaned = "";
  let from = 0;
  for (let i = 0; i < length; i++) {
    const code = charCodeAt(text, i);
    if (code >= 0x20 && code < 0x7f) continue;
    if (isHigh(code) && i + 1 < length && isLow(charCodeAt(text, i + 1))) {
      // Tag characters, which are invisible, are the pairs from U+E0000 to U+E007F.
      if (code !== 0xdb40 || charCodeAt(text, i + 1) > 0xdc7f) {
        i++;
        continue;
      }
      cleaned += `${cut(text, from, i)}·`;
      from = ++i + 1;
    } else if (isUnsafe(code)) {
      cleaned += `${cut(text, from, i)}·`;
      from = i + 1;
    }
  }
  if (long) return flat(`${cleaned}${cut(text, from, length)}…`);
  return from === 0 ? text : cleaned + cut(text, from);
}

/** For what may be called from a console: a text as it is, anything else as "". */
export function plainText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Controls, bidi marks and overrides, separators, zero-width characters, BOM and lone surrogates. */
function isUnsafe(code: number): boolean {
  return (
    code < 0x20 ||
    (code >= 0x7f && code <= 0x9f) ||
    code === 0xad ||
    code === 0x61c ||
    code === 0x180e ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f) ||
    code === 0xfeff ||
    (code >= 0xfff9 && code <= 0xfffb) ||
    isHigh(code) ||
    isLow(code)
  );
}

function isHigh(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

/** A piece of a string keeps the whole of it alive until something needs its characters one by one. */
function flat(text: string): string {
  charAt(text, 0);
  return text;
}

/** `name: message` of an error without running any code of the program: no getter, no trap, no toString. */
export function describeError(error: unknown): string {
  return clean(inWords(error), LONGEST_ERROR);
}

function inWords(error: unknown): string {
  switch (typeof error) {
    case "string":
      return error;
    case "function":
      return "a function";
    case "bigint":
      return `${error}n`;
    case "object":
      break;
    default:
      return asText(error);
  }
  if (error === null) return "null";
  const name = readString(error, "name") ?? UNNAMED;
  const message = readString(error, "message") ?? "";
  if (message === "") return name === "" ? UNNAMED : name;
  return name === "" ? message : `${name}: ${message}`;
}

const domException = typeof DOMException === "function" ? (DOMException.prototype as object) : null;
const domGetters = { name: domGetter("name"), message: domGetter("message") };

function domGetter(key: string): ((this: object) => unknown) | undefined {
  return domException === null
    ? undefined
    : (getOwn(domException, key) as { get?: (this: object) => unknown } | undefined)?.get;
}

/** A data property along the prototype chain, if it is a string; Node's own DOMException has getters instead. */
function readString(from: object, key: "name" | "message"): string | undefined {
  let object: object | null = from;
  for (let depth = 0; object !== null && depth < 20; depth++) {
    if (types.isProxy(object)) return undefined;
    const property = getOwn(object, key) as
      { readonly value?: unknown; readonly get?: (this: object) => unknown } | undefined;
    if (property !== undefined) {
      if (typeof property.value === "string") return property.value;
      if (property.get === undefined || property.get !== domGetters[key]) return undefined;
      return readDomException(from, property.get);
    }
    object = getPrototype(object);
  }
  return undefined;
}

function readDomException(error: object, getter: (this: object) => unknown): string | undefined {
  try {
    const value = apply(getter, error, []);
    return typeof value === "string" ? value : undefined;
  } catch {
    // Something that only inherits from it.
    return undefined;
  }
}
