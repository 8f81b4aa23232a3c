import { types } from "node:util";

const getOwn = Object.getOwnPropertyDescriptor;
const getProto = Object.getPrototypeOf;

/**
 * Program text for a view: control, bidirectional and other invisible characters become `·`, and it is cut.
 * Names are untrusted: an ANSI sequence or an RTL override must not reach a terminal or a tree.
 */
export function clean(text: string, limit: number): string {
  const cut = text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
  // Controls, bidi marks and overrides, line separators, BOM and lone surrogates.
  return cut.replace(
     
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
    "·",
  );
}

/** `name: message` of an error without running any code of the program: no getter, no trap, no toString. */
export function describeError(error: unknown): string {
  if (typeof error === "string") return clean(error, 300);
  if (typeof error !== "object" || error === null) return clean(String(error), 300);
  const name = readString(error, "name") ?? "Error";
  const message = readString(error, "message") ?? "";
  return clean(message === "" ? name : `${name}: ${message}`, 300);
}

/** A data property along the prototype chain, if it is a string. */
function readString(from: object, key: string): string | undefined {
  let object: object | null = from;
  for (let depth = 0; object !== null && depth < 20; depth++) {
    if (types.isProxy(object)) return undefined;
    const property = getOwn(object, key);
    if (property !== undefined) return typeof property.value === "string" ? property.value : undefined;
    object = getProto(object) as object | null;
  }
  return undefined;
}
