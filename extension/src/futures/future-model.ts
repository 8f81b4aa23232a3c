import type { FutureId, FutureNode, FuturesBody, TaskId, TaskNode } from "@asyncscope/protocol";
import { LiveModel } from "../views/live-model.js";
import type { FutureRowNode, FutureTreeNode } from "./future-nodes.js";

/** Futures shown at first, and how many "Show more" adds. */
const PAGE = 200;
const LIMIT = 2000;

/** The state behind the Futures view of one session. */
export class FutureModel extends LiveModel<FuturesBody, FutureTreeNode> {
  #limit = PAGE;
  readonly #futures = new Map<FutureId, FutureNode>();
  readonly #tasks = new Map<TaskId, TaskNode>();
  readonly #nodes = new Map<string, FutureTreeNode>();

  get total(): number {
    return this.body?.total ?? 0;
  }

  /** Waits that are no futures of the program. */
  get otherWaits(): number {
    return this.body?.otherWaits ?? 0;
  }

  override get ageing(): boolean {
    return this.status === "live" && this.#futures.size > 0;
  }

  future(id: FutureId): FutureNode | undefined {
    return this.#futures.get(id);
  }

  task(id: TaskId): TaskNode | undefined {
    return this.#tasks.get(id);
  }

  /** Asks for more with the next {@link refresh}. */
  showMore(): void {
    this.#limit = Math.min(LIMIT, this.#limit + PAGE);
  }

  override async refresh(): Promise<void> {
    if (this.hasEnded()) return;
    let body: FuturesBody;
    try {
      body = await this.session.request("asyncscope/futures", { limit: this.#limit });
    } catch (error) {
      this.fail(error);
      return;
    }
    this.failure = undefined;
    const { status } = body;
    // Of a program that does not answer, or not any more, what was seen is kept.
    const keep =
      this.body !== undefined &&
      this.#futures.size > 0 &&
      (status === "blocked" || (status === "ended" && body.futures.length === 0));
    if (keep && this.body) this.body = { ...this.body, status };
    else {
      this.body = body;
      this.#futures.clear();
      this.#tasks.clear();
      for (const future of body.futures) this.#futures.set(future.id, future);
      for (const task of body.tasks) this.#tasks.set(task.id, task);
    }
    this.clock.set(this.body.now, status === "live");
    this.#forgetGone();
    this.changed();
  }

  override children(node?: FutureTreeNode): Promise<readonly FutureTreeNode[]> {
    if (node) this.expand(node);
    return Promise.resolve(this.rows(node));
  }

  override rows(node?: FutureTreeNode): readonly FutureTreeNode[] {
    if (!node) return this.#futureRows();
    return node.kind === "future" ? this.#partsOf(node) : [];
  }

  #futureRows(): FutureTreeNode[] {
    const rows: FutureTreeNode[] = [...this.#futures.keys()].map((future) =>
      this.#node({ kind: "future", path: `f${future}`, parent: undefined, future }),
    );
    const hidden = this.total - rows.length;
    if (hidden > 0) rows.push({ kind: "more", path: "more", parent: undefined, hidden });
    return rows;
  }

  #partsOf(parent: FutureRowNode): FutureTreeNode[] {
    const future = this.#futures.get(parent.future);
    if (!future) return [];
    const rows = future.awaiters.map((task) =>
      this.#node({ kind: "awaiter", path: `${parent.path}/${task}`, parent, task }),
    );
    const more = future.awaiterCount - future.awaiters.length;
    if (more > 0) {
      const text = `${more.toLocaleString("en-US")} more tasks that wait are not listed`;
      rows.push({ kind: "note", path: `${parent.path}/note`, parent, text });
    }
    if (future.creator !== 0)
      rows.push(
        this.#node({ kind: "creator", path: `${parent.path}/creator`, parent, task: future.creator }),
      );
    return rows;
  }

  /** The same object for the same row, so that the editor keeps its selection. */
  #node(fresh: FutureTreeNode): FutureTreeNode {
    const old = this.#nodes.get(fresh.path);
    if (old) return old;
    this.#nodes.set(fresh.path, fresh);
    return fresh;
  }

  #forgetGone(): void {
    for (const [path, node] of this.#nodes) {
      const future = node.kind === "future" ? node.future : node.parent?.future;
      if (future !== undefined && this.#futures.has(future)) continue;
      this.#nodes.delete(path);
      this.expanded.delete(path);
    }
  }
}
