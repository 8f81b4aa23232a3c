import type { ChainBody, TaskId, TaskNode } from "@asyncscope/protocol";
import type { ScopeSession } from "../scope-session.js";

/** Frames asked for at first. */
const LIMIT = 50;
/** How many more "Show more" asks for. */
const MORE = 200;
/** Chains read again after one refresh; the others follow after the next. */
const PER_REFRESH = 8;

interface KnownChain {
  /** See {@link standsAt}. */
  readonly at: string;
  readonly body: ChainBody;
}

/** The await chains that are open in the view. Each is read again only when its task has moved. */
export class AwaitChains {
  readonly #known = new Map<TaskId, KnownChain>();
  readonly #limits = new Map<TaskId, number>();

  constructor(
    private readonly session: ScopeSession,
    private readonly taskOf: (task: TaskId) => TaskNode | undefined,
  ) {}

  get(task: TaskId): ChainBody | undefined {
    return this.#known.get(task)?.body;
  }

  /** Asks for the chain of a task. Without an answer it stays unknown. */
  async load(task: TaskId): Promise<void> {
    const at = standsAt(this.taskOf(task));
    try {
      const limit = this.#limits.get(task) ?? LIMIT;
      this.#known.set(task, { at, body: await this.session.request("asyncscope/chain", { task, limit }) });
    } catch {
      this.#known.delete(task);
    }
  }

  /** Lets the next {@link refresh} ask for more frames. */
  lengthen(task: TaskId): void {
    this.#limits.set(task, (this.#limits.get(task) ?? LIMIT) + MORE);
    this.#known.delete(task);
  }

  /** Brings the chains of `opened` up to date and forgets all others. */
  async refresh(opened: ReadonlySet<TaskId>): Promise<void> {
    for (const task of this.#known.keys()) if (!opened.has(task)) this.#known.delete(task);
    const moved = [...opened].filter((id) => this.#known.get(id)?.at !== standsAt(this.taskOf(id)));
    await Promise.all(moved.slice(0, PER_REFRESH).map((task) => this.load(task)));
  }
}

/** Equal while a task stands at the same await. */
export function standsAt(task: TaskNode | undefined): string {
  return task ? `${task.state}:${task.since}:${task.depth}:${task.waits[0]?.since ?? 0}` : "gone";
}
