import type { Frame } from "../core/coroutine.js";
import { isGenerator } from "../core/coroutine.js";
import { instrument } from "../core/instrument.js";
import type { Task } from "../core/task.js";
import { eachTaskFrame } from "../inspect/chain.js";
import { Registry } from "../inspect/registry.js";
import { isAsyncFrame } from "../inspect/shapes.js";
import type { FrameCallGraphEntry } from "./call-graph.js";
import { asUrl } from "./source-positions.js";
import type { Position } from "./source-positions.js";

/** A frame whose position is still to be looked up. */
export interface PendingFrame {
  readonly functionName: string;
  readonly kind: FrameCallGraphEntry["kind"];
  /** Tells its position while it is suspended. */
  readonly generator: object | null;
  readonly position: Position | null;
}

/** The frames of a task, innermost first: those of its coroutines, with the async functions that stand between them. */
export function taskFrames(task: Task<unknown>): PendingFrame[] {
  const registry = instrument instanceof Registry ? instrument : null;
  const frames: PendingFrame[] = [];
  eachTaskFrame(
    task,
    (awaitable) => registry?.awaitSite(awaitable) ?? 0,
    (frame, id) => {
      const generator = isGenerator(frame._iterator) ? frame._iterator : null;
      const kind = kindOf(frame, generator);
      // An operation is no function of anybody's: what is waited for, the future says.
      if (kind === null) return;
      const site = id > 0 ? registry?.sites.since(id - 1)[0] : undefined;
      const position =
        site === undefined ? null : { url: asUrl(site.url), line: site.line, column: site.column };
      frames.push({
        functionName: frame._name,
        kind,
        generator: kind === "coroutine" ? generator : null,
        position,
      });
    },
  );
  return frames;
}

function kindOf(frame: Frame, generator: object | null): FrameCallGraphEntry["kind"] | null {
  if (isAsyncFrame(frame)) return "async function";
  if (generator === null) return null;
  return frame._isUserCode ? "coroutine" : "runtime";
}
