import { RECORDED_WAITS } from "@asyncscope/protocol";
import type { Lanes, Stretch } from "@asyncscope/debug-adapter/recording/lanes";
import type { Timeline } from "@asyncscope/debug-adapter/recording/timeline";

/** Something that a text was found in: a task, or its first stretch that waits for a thing of that name. */
export interface Hit {
  readonly task: number;
  readonly stretch: Stretch | undefined;
}

/** More are not told apart by anybody. */
const MOST_HITS = 10_000;
const TASK_KINDS = new Set(["task", "gather", "wait", "shield", "task-group"]);

/**
 * Tasks whose name or function holds a text (without regard to case), and those that waited for a queue, lock, socket
 * or anything else with such a name; in the order of their lanes.
 */
export function search(timeline: Timeline, lanes: Lanes, text: string): Hit[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return [];
  const holds = (name: string): boolean => name.toLowerCase().includes(wanted);
  const functions = timeline.functions.map(holds);
  const firstWaits = waitsFor(timeline, lanes, holds);
  const hits: Hit[] = [];
  for (const task of lanes.order) {
    const facts = timeline.tasks[task]!;
    if (holds(facts.name) || functions[facts.fn - 1] === true) hits.push({ task, stretch: undefined });
    else if (firstWaits.has(task)) hits.push({ task, stretch: lanes.stretch(task, firstWaits.get(task)!) });
    if (hits.length >= MOST_HITS) break;
  }
  return hits;
}

/** By task: where its first wait for a thing of that name stands. */
function waitsFor(timeline: Timeline, lanes: Lanes, holds: (name: string) => boolean): Map<number, number> {
  const found = new Map<number, number>();
  const resources = new Set([...timeline.resources].filter(([, label]) => holds(label)).map(([id]) => id));
  const texts = timeline.texts.map(holds);
  if (resources.size === 0 && !texts.includes(true)) return found;
  const { kind: kinds, a, text, task } = timeline.segments;
  for (let at = 0; at < lanes.index.length; at++) {
    const segment = lanes.index[at]!;
    const kind = RECORDED_WAITS[kinds.data[segment]! - 1];
    if (kind === undefined || found.has(task.data[segment]!)) continue;
    const isResource = kind !== "sleep" && !TASK_KINDS.has(kind) && resources.has(a.data[segment]!);
    if (isResource || texts[text.data[segment]! - 1] === true) found.set(task.data[segment]!, at);
  }
  return found;
}
