import type { HaltKind, HaltOptions } from "@asyncscope/protocol";
import { parseDuration, parseFilter } from "../text/task-filter.js";

/** What a program can be made to stop at, beside breakpoints and exceptions. */
export type StopKind = HaltKind | "deadlock" | "blocked" | "awaiting";

/** One of them as the user chooses it. */
export interface StopFilterInfo {
  readonly kind: StopKind;
  /** Its id in the protocol of the editor. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** What may be written as its condition. */
  readonly condition: string;
}

const WHICH_TASKS = "Part of the name or of the function of the tasks that count; empty: all tasks";

/** Default times, in milliseconds. */
const BLOCKED_MS = 500;
const AWAITING_MS = 10_000;
/** The heartbeat that finds a blocked loop is not made any denser than this allows. */
const SHORTEST_BLOCK_MS = 20;

export const STOP_FILTERS: readonly StopFilterInfo[] = [
  {
    kind: "created",
    id: "asyncscope.taskCreated",
    label: "Task Created",
    description: "Stops at the line that creates a task.",
    condition: WHICH_TASKS,
  },
  {
    kind: "failed",
    id: "asyncscope.taskFailed",
    label: "Task Failed",
    description: "Stops when a task ends with an error, and shows where that was thrown.",
    condition: WHICH_TASKS,
  },
  {
    kind: "cancelled",
    id: "asyncscope.taskCancelled",
    label: "Task Cancelled",
    description:
      "Stops at the line that cancels a task, or where the task stands when no code of yours does.",
    condition: WHICH_TASKS,
  },
  {
    kind: "unretrieved",
    id: "asyncscope.errorNeverRetrieved",
    label: "Error Never Retrieved",
    description: "Stops when the error of a task or future is dropped without anybody having looked at it.",
    condition: WHICH_TASKS,
  },
  {
    kind: "deadlock",
    id: "asyncscope.deadlock",
    label: "Deadlock",
    description:
      "Shows tasks as stopped that wait for each other in a circle, for a lock that is never released, or for what nothing can bring.",
    condition: WHICH_TASKS,
  },
  {
    kind: "blocked",
    id: "asyncscope.loopBlocked",
    label: "Event Loop Blocked",
    description: "Stops in the code that keeps the event loop from going on for longer than a time.",
    condition: `How long, in milliseconds (or 2s, 1min); empty: ${BLOCKED_MS}`,
  },
  {
    kind: "awaiting",
    id: "asyncscope.awaitTakesLong",
    label: "Await Takes Long",
    description: "Shows a task as stopped that has waited at one place for longer than a time.",
    condition: `How long, in milliseconds (or 2s, 1min), then which tasks: 5000 worker; empty: ${AWAITING_MS}`,
  },
];

/** One that is switched on. */
export interface StopFilter {
  readonly kind: StopKind;
  /** Part of a name, "" for any. */
  readonly text: string;
  /** For those of time. */
  readonly milliseconds: number;
}

/** Reads a condition. `error` says what could be written instead. */
export function parseCondition(
  kind: StopKind,
  condition: string,
): { readonly filter: StopFilter; readonly error?: undefined } | { readonly error: string } {
  let rest = condition.trim();
  let milliseconds = kind === "blocked" ? BLOCKED_MS : AWAITING_MS;
  if (kind === "blocked" || kind === "awaiting") {
    const [first = "", ...others] = rest.split(/\s+/);
    const given = parseDuration(first, "ms");
    if (given !== undefined) {
      milliseconds = given;
      rest = others.join(" ");
    }
    if (kind === "blocked" && rest !== "")
      return { error: `“${condition}” is no time: write milliseconds, 500, or 2s or 1min` };
    if (kind === "blocked") milliseconds = Math.max(SHORTEST_BLOCK_MS, milliseconds);
  }
  const parsed = parseFilter(rest);
  if (parsed.error !== undefined) return { error: parsed.error };
  const { text = "", states, olderThan } = parsed.filter ?? {};
  if (states !== undefined || olderThan !== undefined)
    return { error: "state: and older: say nothing here: write a part of a name (in quotes: as it stands)" };
  return { filter: { kind, text, milliseconds } };
}

/** What of it the program itself has to know. */
export function haltOptions(filters: readonly StopFilter[]): HaltOptions {
  const options: { [K in HaltKind]?: string } = {};
  for (const { kind, text } of filters)
    if (kind !== "deadlock" && kind !== "blocked" && kind !== "awaiting") options[kind] = text;
  return options;
}
