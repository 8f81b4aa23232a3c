import type { TreeBody } from "@asyncscope/protocol";
import { cleanText } from "../text.js";

export const NO_RUNTIME =
  "This program has not loaded the asyncscope runtime yet: its tasks appear here when it does.";
export const BLOCKED =
  "The program does not answer: its event loop is blocked. This is the last state that was seen.";

/**
 * The line above a view's rows: what is wrong, that the program has ended, which filter holds.
 * Empty when there is nothing to say.
 */
export function viewMessage(state: {
  readonly status: TreeBody["status"];
  readonly message: string | undefined;
  readonly hasAnswer: boolean;
  readonly empty: boolean;
  /** What is shown in this view: `tasks`. */
  readonly what: string;
  readonly filter?: string;
  /** Rows left out because of a limit. */
  readonly hidden?: number;
}): string {
  const lines: string[] = [];
  const own = state.message === undefined ? undefined : cleanText(state.message, 300);
  if (state.status === "ended")
    lines.push(
      state.empty
        ? `The program has ended: no ${state.what} were seen.`
        : `The program has ended: this is the last state that was seen.`,
    );
  else if (state.status === "blocked") lines.push(own ?? BLOCKED);
  else if (state.status === "none")
    lines.push(own ?? (state.hasAnswer ? NO_RUNTIME : "Waiting for the program…"));
  else if (own !== undefined) lines.push(own);
  else if (state.empty && !state.filter) lines.push(`The program has no ${state.what} now.`);
  if (state.filter)
    lines.push(`Filter: ${cleanText(state.filter, 100)}${state.empty ? " (nothing matches)" : ""}`);
  if (state.hidden)
    lines.push(
      `${state.hidden.toLocaleString("en-US")} ${state.what} beyond the limit are not shown: filter to see them.`,
    );
  return lines.join(" ");
}
