import type { FindingNode, Site, SourceLocation, TaskInfo } from "@asyncscope/protocol";
import { cleanText, count, formatDuration, shortLocation } from "../text/plain-text.js";
import { calledTask } from "../text/task-text.js";
import type { TaskBackend } from "./backend.js";

/** From here on a view says that the program does not answer, in milliseconds. */
export const LONG_BLOCK_MS = 1000;
/** What holds the loop for longer than this is a slow step, in milliseconds. */
const SLOW_MS = 100;
/** Places that are told apart. */
const MOST_PLACES = 100;

/** The event loop does not come round. */
export interface LoopBlock {
  /** When it began at the latest, on the adapter's clock (`performance.now()`). */
  readonly since: number;
  /** For how long it has lasted, at least. */
  readonly milliseconds: number;
  /** What of the program's own code was seen to run, innermost first; none as long as native code does not answer. */
  readonly frames: readonly Omit<Site, "id">[];
  /** Whether code of the program runs that can be looked at and stopped. */
  readonly answers: boolean;
  /** Command line of the child process that it waits for, as far as that is known. */
  readonly child?: string;
}

/** Who holds the loop, as far as it is known. */
interface Culprit {
  readonly location: SourceLocation | undefined;
  readonly task: TaskInfo | undefined;
}

interface SlowStep extends Culprit {
  count: number;
  longest: number;
  total: number;
  readonly child: string | undefined;
  /** Number of the last one. */
  last: number;
}

/** What holds or has held the event loop of the program, as the heartbeat saw it. */
export class LoopBlocks {
  #block: LoopBlock | undefined;
  #culprit: Culprit = { location: undefined, task: undefined };
  /** The frame that {@link #culprit} was looked up for. */
  #lookedUp: object | undefined;
  /** Settles when it is known who holds the loop, as far as it can be. */
  known: Promise<void> = Promise.resolve();
  readonly #steps = new Map<string, SlowStep>();
  #seen = 0;
  /** Told when it begins to last, when it is known who it is, and when it is over. */
  onChanged: () => void = () => undefined;

  /** A new program. */
  clear(): void {
    this.#block = undefined;
    this.#steps.clear();
  }

  held(block: LoopBlock, backend: TaskBackend): void {
    const before = this.#block;
    this.#block = block;
    if (before === undefined) {
      this.#culprit = { location: undefined, task: undefined };
      this.#lookedUp = undefined;
    }
    if (block.milliseconds < SLOW_MS) return;
    if (this.#lookedUp !== block.frames) {
      this.#lookedUp = block.frames;
      this.known = this.#lookUp(block, backend).then(() => this.onChanged());
    } else if ((before?.milliseconds ?? 0) < LONG_BLOCK_MS && block.milliseconds >= LONG_BLOCK_MS)
      this.onChanged();
  }

  async #lookUp({ frames, answers }: LoopBlock, backend: TaskBackend): Promise<void> {
    const [frame] = frames;
    const location =
      frame === undefined ? undefined : await backend.resolveSite({ ...frame, id: 0 }).catch(() => undefined);
    const task = answers ? await running(backend).catch(() => undefined) : undefined;
    if (this.#lookedUp === frames)
      this.#culprit = { location: location ?? this.#culprit.location, task: task ?? this.#culprit.task };
  }

  freed(block: LoopBlock): void {
    const culprit = this.#culprit;
    this.#block = undefined;
    if (block.milliseconds < SLOW_MS) return;
    const { location, task } = culprit;
    const key = `${location?.path ?? ""}:${location?.line ?? 0}:${block.child ?? ""}`;
    const known = this.#steps.get(key);
    const { milliseconds } = block;
    if (known !== undefined) {
      known.count++;
      known.longest = Math.max(known.longest, milliseconds);
      known.total += milliseconds;
      known.last = ++this.#seen;
    } else if (this.#steps.size < MOST_PLACES && (location !== undefined || block.child !== undefined))
      this.#steps.set(key, {
        location,
        task,
        child: block.child,
        count: 1,
        longest: milliseconds,
        total: milliseconds,
        last: ++this.#seen,
      });
    this.onChanged();
  }

  /** The task that was seen to hold the loop last. */
  get task(): TaskInfo | undefined {
    return this.#culprit.task;
  }

  /** What to say instead of the state of the program, when its loop has been held for long. */
  get message(): string | undefined {
    const block = this.#block;
    if (block === undefined || block.milliseconds < LONG_BLOCK_MS) return undefined;
    const milliseconds = performance.now() - block.since;
    return `The program does not answer. ${blockText({ ...block, milliseconds }, this.#culprit.task, this.#culprit.location)}`;
  }

  /**
   * What holds the loop now, if it has for long, and what has, the longest first.
   * @param now the program's loop clock
   */
  findings(now: number): { readonly current: FindingNode[]; readonly past: FindingNode[] } {
    const block = this.#block;
    const current: FindingNode[] = [];
    if (block !== undefined && block.milliseconds >= LONG_BLOCK_MS) {
      const milliseconds = performance.now() - block.since;
      const { task, location } = this.#culprit;
      current.push({
        ...NOTHING,
        kind: "loop-blocked",
        // It is told once for each time that it lasts.
        key: `loop-blocked:${Math.round(block.since)}`,
        since: now - milliseconds,
        text: blockText({ ...block, milliseconds }, task, location),
        ...concerning(task, location),
      });
    }
    const steps = [...this.#steps].sort(([, a], [, b]) => b.longest - a.longest);
    const past = steps.map(([key, step]): FindingNode => ({
      ...NOTHING,
      kind: "slow-step",
      key: `slow-step:${key}`,
      since: now,
      text: stepText(step),
      ...concerning(step.task, step.location),
    }));
    return { current, past };
  }
}

const NOTHING = { certain: true, behind: [], behindCount: 0, resources: [] } as const;

function concerning(
  task: TaskInfo | undefined,
  location: SourceLocation | undefined,
): Pick<FindingNode, "tasks" | "taskCount" | "locations"> {
  const tasks = task === undefined ? [] : [task.id];
  return { tasks, taskCount: tasks.length, locations: location === undefined ? [] : [location] };
}

async function running(backend: TaskBackend): Promise<TaskInfo | undefined> {
  if (!backend.ready) return undefined;
  const { tasks } = await backend.tree({
    order: "creation",
    pages: [{ task: 0, limit: 1 }],
    deep: true,
    limit: 200,
    filter: { states: ["running"] },
  });
  return tasks.find(({ state }) => state === "running");
}

/** `The event loop has been blocked for 2.1 s by task clerk, in crunch at busy.ts:12.` */
export function blockText(
  block: LoopBlock,
  task: Pick<TaskInfo, "id" | "name"> | undefined,
  location: SourceLocation | undefined,
): string {
  return `The event loop has been blocked for ${formatDuration(block.milliseconds)}${culpritText(task, location)}${nativeText(block)}.`;
}

function stepText({ count: times, longest, total, task, location, child }: SlowStep): string {
  const head = `The event loop was blocked for ${formatDuration(longest)}${culpritText(task, location)}`;
  const often = times === 1 ? "" : ` (${count(times, "time")}, ${formatDuration(total)} in all)`;
  return `${head}${often}${child === undefined ? "" : `, which waited for the child process “${cleanText(child, 120)}”`}.`;
}

/** ` by task clerk, in crunch at busy.ts:12` */
function culpritText(
  task: Pick<TaskInfo, "id" | "name"> | undefined,
  location: SourceLocation | undefined,
): string {
  const who = task === undefined ? "" : ` by ${calledTask(task, false)}`;
  if (location === undefined) return who;
  const name = cleanText(location.functionName ?? "", 80);
  const where = `${name === "" ? "" : `in ${name} `}at ${shortLocation(location)}`;
  return `${who}${who === "" ? "" : ","} ${where}`;
}

function nativeText({ answers, child }: LoopBlock): string {
  if (child !== undefined)
    return `: it waits for the child process “${cleanText(child, 120)}”, which was started synchronously`;
  return answers ? "" : ": native code runs that has not come back";
}
