/**
 * Text that comes from the debugged program is untrusted: names, labels and values are cleaned here before they reach
 * the editor or a terminal. Short forms of durations, places and counts, the same in both.
 */

// Terminal escapes whole, so that no half of one stays behind (CSI, OSC, and two-byte forms).
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
// C0 and C1 controls, and the separators that break a line in some renderers.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
// Bidirectional overrides and isolates, zero-width characters, byte-order mark: they make text look like other text.
const INVISIBLE = /[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/g;
// A surrogate without its partner.
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** One line of harmless text, at most `limit` characters; an ellipsis says that something was cut. */
export function cleanText(text: string, limit = 200): string {
  // Cut before the work as well: a value may be megabytes long.
  const head = text.length > limit * 4 ? text.slice(0, limit * 4) : text;
  const clean = head
    .replace(ANSI, "")
    .replace(CONTROLS, " ")
    .replace(INVISIBLE, "")
    .replace(LONE_SURROGATE, "\ufffd")
    .trim();
  if (clean.length <= limit && head.length === text.length) return clean;
  return clean.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, "") + "…";
}

/** A duration in milliseconds for people: `340 ms`, `1.2 s`, `42 s`, `3 min`, `2 h 5 min`, `4 d 3 h`. */
export function formatDuration(milliseconds: number): string {
  const ms = Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : 0;
  if (ms < 999.5) return `${String(Math.round(ms))} ms`;
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${String(Math.round(seconds))} s`;
  const minutes = Math.floor((seconds + 0.5) / 60);
  if (minutes < 60) return `${String(minutes)} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return withRest(hours, "h", minutes % 60, "min");
  return withRest(Math.floor(hours / 24), "d", hours % 24, "h");
}

function withRest(whole: number, unit: string, rest: number, restUnit: string): string {
  const head = `${String(whole)} ${unit}`;
  return rest === 0 ? head : `${head} ${String(rest)} ${restUnit}`;
}

/** Last part of a path or URL and the line: `worker.ts:12`. */
export function shortLocation(location: { readonly path: string; readonly line: number }): string {
  const name = location.path.split(/[\\/]/).pop() ?? location.path;
  return `${cleanText(name, 80)}:${String(location.line)}`;
}

/** `1 task`, `3 tasks`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n.toLocaleString("en-US")} ${n === 1 ? noun : plural}`;
}
