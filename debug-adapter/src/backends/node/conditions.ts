import { Script } from "node:vm";
import { EVENT_BINDING } from "@asyncscope/protocol";
import type { BreakpointRequest } from "../../target/execution.js";
import type { CdpConnection } from "./cdp/connection.js";

/** Key on `globalThis` (through `Symbol.for`) of the helper that counts hits and writes log points. */
const HELPER = `globalThis[Symbol.for("asyncscope.breakpoints")]`;

/** What a log point says through the event binding. */
export interface LogPointEvent {
  readonly type: "log";
  readonly breakpoint: number;
  readonly text: string;
}

/**
 * Conditions, hit counts and log points run inside the condition that V8 evaluates: a false condition costs
 * microseconds and, unlike a pause that is resumed, does not disturb a step that is under way.
 */
export async function conditionFor(
  cdp: CdpConnection,
  id: number,
  { condition, hitCondition, logMessage }: BreakpointRequest,
): Promise<{ readonly condition: string; readonly error?: string }> {
  const parts: string[] = [];
  for (const [text, what] of [
    [condition, "condition"],
    [logMessage === undefined ? undefined : logParts(logMessage).join(", "), "log message"],
  ] as const) {
    if (text === undefined || text.trim() === "") continue;
    const problem = syntaxError(what === "condition" ? `(\n${text}\n)` : `[${text}]`);
    if (problem !== undefined) return { condition: "", error: `The ${what} has an error: ${problem}` };
  }
  if (condition !== undefined && condition.trim() !== "") parts.push(`(${condition}\n)`);
  if (hitCondition !== undefined && hitCondition.trim() !== "") {
    const hit = /^\s*(>=|>|<=|<|===?|=|%)?\s*(\d+)\s*$/.exec(hitCondition);
    if (hit === null)
      return {
        condition: "",
        error: `The hit count '${hitCondition}' is not understood; write 5, >5, <5 or %5.`,
      };
    parts.push(`${HELPER}.hit(${id}, ${JSON.stringify(hit[1] ?? "==")}, ${hit[2]!})`);
  }
  if (logMessage !== undefined && logMessage !== "")
    parts.push(`${HELPER}.log(${id}, [${logParts(logMessage).join(", ")}])`);
  if (parts.some((part) => part.startsWith(HELPER))) await installHelper(cdp);
  return { condition: parts.join(" && ") };
}

/** `n is {n}` as the source of a list of texts and functions. Braces inside an expression must balance. */
export function logParts(message: string): string[] {
  const parts: string[] = [];
  let text = "";
  for (let i = 0; i < message.length; i++) {
    const c = message[i]!;
    if (c === "\\" && (message[i + 1] === "{" || message[i + 1] === "}")) {
      text += message[++i]!;
      continue;
    }
    if (c !== "{") {
      text += c;
      continue;
    }
    let depth = 1;
    let end = i + 1;
    for (; end < message.length && depth > 0; end++) {
      if (message[end] === "{") depth++;
      else if (message[end] === "}") depth--;
    }
    const expression = message.slice(i + 1, end - 1);
    if (depth > 0 || expression.trim() === "") {
      text += message.slice(i, end);
    } else {
      if (text !== "") parts.push(JSON.stringify(text));
      text = "";
      parts.push(`() => (${expression}\n)`);
    }
    i = end - 1;
  }
  if (text !== "") parts.push(JSON.stringify(text));
  return parts;
}

/** Compiles without running. (The program could be asked only with its Runtime domain on, which costs it.) */
function syntaxError(expression: string): string | undefined {
  try {
    new Script(expression);
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

/**
 * Values are written without running code of theirs: strings as they are, objects by their own data properties, one
 * level deep.
 */
const HELPER_SOURCE = `(() => {
  const key = Symbol.for("asyncscope.breakpoints");
  if (globalThis[key] !== undefined) return;
  const counts = { __proto__: null };
  const stringify = JSON.stringify, descriptor = Reflect.getOwnPropertyDescriptor, ownKeys = Reflect.ownKeys;
  const isArray = Array.isArray, text = String;
  const isProxy = process.getBuiltinModule
    ? process.getBuiltinModule("node:util").types.isProxy : () => false;
  const short = (v) => {
    if (typeof v === "string") return "'" + (v.length > 100 ? v.slice(0, 100) + "…" : v) + "'";
    if (typeof v === "bigint") return text(v) + "n";
    if (typeof v === "function") return "ƒ";
    if (typeof v !== "object" || v === null) return Object.is(v, -0) ? "-0" : text(v);
    return isArray(v) ? "[…]" : "{…}";
  };
  const full = (v) => {
    if (typeof v === "string") return v.length > 10000 ? v.slice(0, 10000) + "…" : v;
    if (typeof v !== "object" || v === null) return short(v);
    if (isProxy(v)) return "Proxy";
    if (v instanceof Error) {
      const d = descriptor(v, "stack");
      if (d !== undefined && typeof d.value === "string") return d.value;
    }
    const keys = ownKeys(v);
    let out = "";
    const list = isArray(v);
    for (let i = 0; i < keys.length; i++) {
      if (i === 20) { out += ", …"; break; }
      const k = keys[i];
      if (list && k === "length") continue;
      const d = descriptor(v, k);
      out += (out === "" ? "" : ", ") + (list ? "" : text(k) + ": ") + ("value" in d ? short(d.value) : "(...)");
    }
    return list ? "[" + out + "]" : "{" + out + "}";
  };
  const helper = {
    hit(id, op, n) {
      const c = counts[id] = (counts[id] ?? 0) + 1;
      switch (op) {
        case ">": return c > n;
        case ">=": return c >= n;
        case "<": return c < n;
        case "<=": return c <= n;
        case "%": return n > 0 && c % n === 0;
        default: return c === n;
      }
    },
    log(id, parts) {
      let out = "";
      for (let i = 0; i < parts.length; i++) {
        const part = parts[i];
        if (typeof part === "string") { out += part; continue; }
        try { out += full(part()); } catch (e) { out += "<" + (e instanceof Error ? text(e.message) : "error") + ">"; }
      }
      const send = globalThis[${JSON.stringify(EVENT_BINDING)}];
      if (typeof send === "function") send(stringify({ type: "log", breakpoint: id, text: out }));
      return false;
    },
    __proto__: null,
  };
  Object.defineProperty(globalThis, key, { value: helper, configurable: true });
})()`;

const installed = new WeakSet<CdpConnection>();

async function installHelper(cdp: CdpConnection): Promise<void> {
  if (installed.has(cdp)) return;
  installed.add(cdp);
  await cdp.send("Runtime.evaluate", { expression: HELPER_SOURCE, silent: true });
}
