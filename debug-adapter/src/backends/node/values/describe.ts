import type { Protocol } from "devtools-protocol";
import { MAX_STRING } from "../cdp/program-code.js";

type Remote = Protocol.Runtime.RemoteObject;

/** Longest text of a value in a list, in characters. */
const MAX_TEXT = 1000;

/** A value in one line, from what V8 sent along: no question to the program, so no getter runs. */
export function describe(remote: Remote): string {
  switch (remote.type) {
    case "undefined":
      return "undefined";
    case "string":
      return quote(cut(String(remote.value), MAX_STRING + 100));
    case "number":
    case "bigint":
      return remote.unserializableValue ?? remote.description ?? String(remote.value);
    case "boolean":
      return String(remote.value);
    case "symbol":
      return cut(remote.description ?? "Symbol()", MAX_TEXT);
    case "function":
      return functionText(remote.description ?? "");
    default:
      return cut(objectText(remote), MAX_TEXT);
  }
}

function objectText(remote: Remote): string {
  if (remote.subtype === "null") return "null";
  const description = remote.description ?? remote.className ?? "Object";
  switch (remote.subtype as string | undefined) {
    case "error":
      return errorText(description);
    case "date":
    case "regexp":
    case "proxy":
      return description;
    case "internal#entry":
      return description;
    case "internal#location":
      return "";
  }
  const { preview } = remote;
  if (preview === undefined) return description;
  const list = remote.subtype === "array" || remote.subtype === "typedarray";
  const items: string[] = [];
  for (const property of preview.properties) {
    const isElement = list && /^\d+$/.test(property.name);
    // What every typed array has says nothing about this one.
    if (remote.subtype === "typedarray" && !isElement) continue;
    items.push(isElement ? previewText(property) : `${property.name}: ${previewText(property)}`);
  }
  for (const entry of preview.entries ?? [])
    items.push(
      (entry.key === undefined ? "" : `${objectPreview(entry.key)} => `) + objectPreview(entry.value),
    );
  if (preview.overflow) items.push("…");
  const body = items.join(", ");
  if (remote.subtype === "array" || remote.subtype === "typedarray") {
    const length = /\((\d+)\)$/.exec(description);
    const name = description.replace(/\(\d+\)$/, "");
    return `${length === null ? "" : `(${length[1]!}) `}${name === "Array" ? "" : `${name} `}[${body}]`;
  }
  return `${description === "Object" ? "" : `${description} `}{${body}}`;
}

function objectPreview(preview: Protocol.Runtime.ObjectPreview): string {
  if (preview.type === "string") return quote(preview.description ?? "");
  return preview.description ?? preview.type;
}

function previewText(property: Protocol.Runtime.PropertyPreview): string {
  if (property.type === "accessor") return "(...)";
  if (property.type === "string") return quote(property.value ?? "");
  if (property.type === "function") return "ƒ";
  if (property.type === "object" && property.value === "Object") return "{…}";
  return property.value ?? property.type;
}

/** An error's own description is its stack; one line of it is enough in a list. */
function errorText(description: string): string {
  const at = description.search(/\n\s+at /);
  return at < 0 ? description : description.slice(0, at);
}

function functionText(source: string): string {
  const head = source.slice(0, 200);
  const klass = /^class\b\s*([\w$]*)(\s+extends\s+[\w$.]+)?/.exec(head);
  if (klass !== null) return `class ${klass[1] ?? ""}${klass[2] ?? ""}`.trimEnd();
  const named = /^(async\s+)?(?:function\s*)?(\*)?\s*(\[?[\w$#.]*\]?)\s*(\([^)]*\))/.exec(head);
  if (named !== null)
    return `${named[1] ?? ""}ƒ${named[2] ?? ""} ${named[3] ?? ""}${named[4] ?? "()"}`.replace(/\s+/g, " ");
  const arrow = /^(async\s+)?([\w$]+)\s*=>/.exec(head);
  return arrow === null ? "ƒ ()" : `${arrow[1] ?? ""}ƒ (${arrow[2] ?? ""})`;
}

/** Characters that change how the text around them is shown. */
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u007f-\u009f]/g;

/** The text of a string as a literal; control and direction characters escaped. */
export function quote(text: string): string {
  const escaped = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll("'", "\\'")
    .replace(BIDI, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return `'${escaped}'`;
}

export function cut(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit)}… (${text.length} characters)` : text;
}

/** The name of a value's type. */
export function typeName(remote: Remote): string {
  if (remote.type !== "object") return remote.type;
  if (remote.subtype === "null") return "null";
  return remote.className ?? remote.subtype ?? "object";
}
