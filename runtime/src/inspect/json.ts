import { hasOwn, isArray, stringify } from "./primordials.js";

/**
 * JSON of a reply: plain objects, arrays, strings, finite numbers and booleans. The same text whatever the program
 * did to the built-in prototypes: a `toJSON` of its own must neither run nor change the reply.
 */
export function encode(reply: object): string {
  return hasOwn(Object.prototype, "toJSON") || hasOwn(Array.prototype, "toJSON")
    ? encodeByHand(reply)
    : stringify(reply)!;
}

function encodeByHand(value: unknown): string {
  if (typeof value !== "object" || value === null) return stringify(value) ?? "null";
  let text = "";
  if (isArray(value)) {
    for (let i = 0; i < value.length; i++) text += `${i === 0 ? "" : ","}${encodeByHand(value[i])}`;
    return `[${text}]`;
  }
  const object = value as Readonly<Record<string, unknown>>;
  for (const key in object) {
    if (!hasOwn(object, key) || object[key] === undefined) continue;
    text += `${text === "" ? "" : ","}${stringify(key)!}:${encodeByHand(object[key])}`;
  }
  return `{${text}}`;
}
