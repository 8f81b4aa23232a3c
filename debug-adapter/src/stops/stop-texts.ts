import type { HaltEvent, LongWaitReply, SourceLocation } from "@asyncscope/protocol";
import type { StopReason } from "../target/execution.js";
import { cleanText, count, formatDuration, shortLocation } from "../text/plain-text.js";
import { calledTask, waitsText } from "../text/task-text.js";

/** How a stop reads. */
export interface StopWords {
  readonly reason: StopReason;
  /** In two or three words, also the title of what an editor shows at the line. */
  readonly description: string;
  /** The sentence. */
  readonly text: string;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export function haltWords({ kind, name, by, message }: HaltEvent): StopWords {
  const who = cleanText(name, 100);
  const what = cleanText(message, 300);
  switch (kind) {
    case "created":
      return {
        reason: "task created",
        description: "Task created",
        text: `${capital(who)} is created here.`,
      };
    case "failed":
      return {
        reason: "exception",
        description: "Task failed",
        text: `${capital(who)} failed with ${what || "an error"}.`,
      };
    case "cancelled": {
      const asker = by === undefined ? "outside of any task" : `by ${cleanText(by, 100)}`;
      return {
        reason: "task cancelled",
        description: "Task cancelled",
        text: `${capital(who)} is cancelled ${asker}${what === "" ? "" : `: ${what}`}.`,
      };
    }
    case "unretrieved":
      return {
        reason: "exception",
        description: "Error never retrieved",
        text: `Nobody has looked at the error of ${who}, and nobody can any more: ${what || "an error"}.`,
      };
  }
}

/** @param location where the first one stands */
export function longWaitText(
  { tasks, total, now }: LongWaitReply,
  location: SourceLocation | undefined,
): string {
  const task = tasks[0]!;
  const waited = formatDuration(now - (task.waits[0]?.since ?? task.since));
  const where = location === undefined ? "" : ` at ${shortLocation(location)}`;
  const others = total === 1 ? "" : `, and so ${total === 2 ? "has" : "have"} ${count(total - 1, "other")}`;
  return `${calledTask(task)} has waited for ${waited}${where} for ${waitsText(task.waits) || "something"}${others}.`;
}
