/** How single things are written in the text of a dump: the writer and the parser share these. */
import type {
  DumpLocation,
  DumpPosition,
  DumpResourceRef,
  DumpTaskRef,
  TaskState,
} from "@asyncscope/protocol";
import { cleanText } from "../text/plain-text.js";

/** First line of every dump; the number is the version of the format. */
export const TITLE = "Asyncscope task dump";
export const FINDINGS_HEADING = "Findings";
export const CYCLES_HEADING = "Cycles";
export const TASKS_HEADING = "Tasks";
export const RESOURCES_HEADING = "Queues & Locks";
/** Begins the last line: a dump without it is cut. */
export const END = "End of task dump";

/** Line of a task whose promise nobody awaits. */
export const FLOATING = "floating: nobody awaits its promise";

/** Tasks deeper than that are written at the margin, with a line that names who started them. */
export const MOST_LEVELS = 40;
/** Spaces of one level, and from an entry to its own lines. */
export const INDENT = 4;

/** Longest text of a name or label, in characters. */
export const MOST_NAME = 200;
export const MOST_TEXT = 500;
const MOST_PATH = 4096;
const MOST_FINDING = 2000;

export const TASK_STATES: readonly TaskState[] = [
  "running",
  "scheduled",
  "suspended",
  "created",
  "failed",
  "cancelled",
  "done",
];

/** A name as it stands in a dump. Never empty. */
export function nameText(name: string, otherwise: string): string {
  return cleanText(name, MOST_NAME) || otherwise;
}

/** Text in a line, cut and made harmless. */
export function lineText(text: string): string {
  return cleanText(text, MOST_TEXT);
}

/** A state holds no bracket: it stands between two. */
export function stateText(state: string): string {
  return lineText(state).replaceAll("[", "(").replaceAll("]", ")");
}

/** The sentence of a finding. Never empty. */
export function findingText(text: string): string {
  return cleanText(text, MOST_FINDING) || "?";
}

export function taskRef({ id, name }: DumpTaskRef): string {
  return `${nameText(name, `Task-${id}`)} #${id}`;
}

export function resourceRef({ id, name }: DumpResourceRef): string {
  return `${nameText(name, `unnamed-${id}`)} @${id}`;
}

export const ANONYMOUS = "<anonymous>";
const PLAIN_NAME = /^[^\s"():]+$/;

/** The name of a function; one that could be taken for something else is quoted. */
export function functionText(name: string): string {
  const clean = functionName(name);
  if (clean === "") return ANONYMOUS;
  return PLAIN_NAME.test(clean) ? clean : JSON.stringify(clean);
}

/** The name as a dump holds it. */
export function functionName(name: string): string {
  const clean = cleanText(name, MOST_NAME);
  return clean === ANONYMOUS ? "" : clean;
}

export function positionText({ path, line, column }: DumpPosition): string {
  return `${pathText(path)}:${line}:${column}`;
}

export function pathText(path: string): string {
  return cleanText(path, MOST_PATH) || "?";
}

/** `fetchUser (/app/users.ts:12:5)` */
export function locationText(location: DumpLocation): string {
  return `${functionText(location.functionName)} (${positionText(location)})`;
}

/** What {@link functionText} writes: one group. */
export const FUNCTION = String.raw`("(?:[^"\\]|\\.)*"|[^\s"():]+)`;
/** What {@link positionText} writes: path, line, column. */
export const POSITION = String.raw`(.*):(\d{1,9}):(\d{1,9})`;

/** The name that {@link functionText} wrote. */
export function parseFunction(text: string): string {
  if (!text.startsWith('"')) return functionName(text);
  try {
    return functionName(String(JSON.parse(text)));
  } catch {
    return text;
  }
}
