import { Random } from "../../support/random.js";
import type { Item, Op, Program, Resources } from "./program.js";

export interface ProgramOptions {
  /**
   * How the times are chosen. Dense ones coincide all the time, which is where the races are. Sparse ones hardly ever
   * do: then tasks run in one iteration only where one of them woke the others.
   */
  readonly times: "dense" | "sparse";
  /** Whether some tasks start at once, which async functions do up to their first `await` only. */
  readonly eager: boolean;
}

/** A list of operations that is being filled. */
export interface Body {
  readonly ops: Op[];
  /** Number of the task or future that runs it. */
  readonly owner: number;
  readonly depth: number;
  /** The innermost blocks around it, by id. */
  readonly timeout: string | null;
  readonly group: string | null;
  /** Made by `make` in this very task: only it waits for them. */
  readonly composites: string[];
}

type NewOp = Omit<Op, "n">;
/** An operation with its weight; its maker may find that it is not possible here. */
export type Choice = readonly [weight: number, make: (builder: ProgramBuilder, body: Body) => NewOp | null];
type CallbackChoice = readonly [weight: number, make: (builder: ProgramBuilder) => NewOp | null];

export interface Choices {
  /** Those with a body: not below a certain depth. */
  readonly nesting: readonly Choice[];
  readonly others: readonly Choice[];
  readonly inCallbacks: readonly CallbackChoice[];
}

/** Builds a random program; what the operations are made of. */
export class ProgramBuilder {
  readonly #random: Random;
  readonly #options: ProgramOptions;
  readonly #choices: Choices;
  readonly #resources: Resources;
  #lastNumber = 0;
  #lastId = 0;
  #left: number;
  /** Bodies are filled breadth first: so a task knows those that its creator made, not only its own children. */
  readonly #unfilled: Body[] = [];
  /** Of tasks, futures and composites. */
  readonly #refs: string[] = [];
  readonly #callbacks: { id: string; target: string }[] = [];
  readonly #handles: string[] = [];
  readonly #timeouts: string[] = [];
  readonly #groups: string[] = [];

  constructor(seed: number, options: ProgramOptions, choices: Choices) {
    this.#random = new Random(seed);
    this.#options = options;
    this.#choices = choices;
    const random = this.#random;
    this.#left = random.choose([3, 10], [4, 20], [3, 40], [2, 100]);
    this.#resources = {
      queues: this.#some(2, () => ({
        kind: random.choose([4, "fifo"], [1, "lifo"], [1, "priority"]),
        maxsize: random.choose([2, 0], [3, 1], [2, 2]),
      })),
      locks: 1 + random.below(2),
      semaphores: this.#some(2, () => ({ value: random.below(3), bounded: random.below(3) === 0 })),
      events: 1 + random.below(2),
      conditions: this.#some(2, () => random.choose([2, null], [1, 0])),
      barriers: this.#some(2, () => 1 + random.below(3)),
      futures: 1 + random.below(3),
    };
    for (let index = 0; index < this.#resources.futures; index++) this.#refs.push(`f${index}`);
  }

  program(): Program {
    const body = this.#body({ owner: 0, depth: 0, timeout: null, group: null, composites: [] });
    this.#refs.push("t0");
    for (let next = this.#unfilled.shift(); next !== undefined; next = this.#unfilled.shift())
      this.#fill(next);
    return { resources: this.#resources, body };
  }

  #some<T>(atMost: number, make: () => T): T[] {
    return Array.from({ length: 1 + this.#random.below(atMost) }, make);
  }

  #body(where: Omit<Body, "ops">): Op[] {
    const body = { ...where, ops: [] };
    this.#unfilled.push(body);
    return body.ops;
  }

  #fill(body: Body): void {
    const random = this.#random;
    const length = body.depth === 0 ? 6 + random.below(10) : 1 + random.below(body.depth === 1 ? 6 : 3);
    for (let i = 0; i < length && this.#left > 0; i++) {
      const op = this.#op(body);
      if (op !== null) {
        this.#left--;
        body.ops.push(op);
      }
    }
  }

  #op(body: Body): Op | null {
    const { nesting, others } = this.#choices;
    const op = this.#random.choose(...(body.depth < 4 ? nesting : []), ...others)(this, body);
    if (op === null) return null;
    // The first task goes on more often: the others come from it.
    const swallows =
      body.depth === 0
        ? this.choose([2, undefined], [2, "errors"], [2, "all"])
        : this.choose([6, undefined], [2, "errors"], [1, "all"]);
    return { n: ++this.#lastNumber, ...op, ...(swallows === undefined ? {} : { catch: swallows }) };
  }

  /* What the lists below are made of. */

  below(bound: number): number {
    return this.#random.below(bound);
  }

  choose<const T>(...choices: readonly (readonly [number, T])[]): T {
    return this.#random.choose(...choices);
  }

  /** Milliseconds. */
  time(): number {
    if (this.#options.times === "dense") return this.#random.choose([3, 0], [3, 1], [2, 2], [1, 3], [1, 5]);
    if (this.#random.below(5) === 0) return 0;
    return 1 + this.#random.below(10) + this.#random.below(2 ** 20) / 2 ** 20;
  }

  limit(): number | null {
    return this.#random.choose([1, null], [1, 0], [6, this.time()]);
  }

  queue(): { on: number } {
    return { on: this.below(this.#resources.queues.length) };
  }
  lock(): { on: number } {
    return { on: this.below(this.#resources.locks) };
  }
  semaphore(): { on: number } {
    return { on: this.below(this.#resources.semaphores.length) };
  }
  event(): { on: number } {
    return { on: this.below(this.#resources.events) };
  }

  condition(): { on: number } {
    return { on: this.below(this.#resources.conditions.length) };
  }
  barrier(): { on: number } {
    return { on: this.below(this.#resources.barriers.length) };
  }

  /** What a condition is for, under its lock, and whatever else. */
  underCondition(body: Body, { on }: { on: number }): Op[] {
    const ops = this.within(body);
    const op: Omit<Op, "n"> = this.choose(
      [3, { op: "waitCondition", on }],
      [2, { op: "waitConditionFor", on, event: this.event().on }],
      [2, { op: "notify", on, limit: 1 + this.below(3) }],
      [1, { op: "notifyAll", on }],
    );
    ops.push({ n: ++this.#lastNumber, ...op });
    return ops;
  }

  /** Anything that was named before. */
  anything(): { target: string } {
    return { target: this.#random.pick(this.#refs) ?? "f0" };
  }

  eager(): { eager?: boolean } {
    return this.#options.eager && this.below(5) === 0 ? { eager: true } : {};
  }

  message(): { message?: string } {
    return this.below(2) === 0 ? {} : { message: `m${this.#lastNumber}` };
  }

  target(): { target: string } {
    return this.#options.eager && this.below(5) === 0 ? { target: "self" } : this.anything();
  }

  plainFuture(): { target: string } {
    return { target: `f${this.below(this.#resources.futures)}` };
  }

  /**
   * What `body` may wait for: plain futures and what came after itself. Waits in a circle, whose cancel ends in
   * CPython's recursion limit, cannot come about.
   */
  later(owner: number): string | null {
    const refs = this.#refs.filter(
      (ref) => ref.startsWith("f") || (ref.startsWith("t") && numberOf(ref) > owner),
    );
    const tasks = refs.filter((ref) => ref.startsWith("t"));
    return this.#random.pick(tasks.length > 0 && this.below(4) > 0 ? tasks : refs) ?? null;
  }

  newId(prefix: string): string {
    return `${prefix}${++this.#lastId}`;
  }

  /** A body in a task of its own. */
  ownTask(body: Body, id: string): Op[] {
    return this.#body({
      owner: numberOf(id),
      depth: body.depth + 1,
      timeout: body.timeout,
      group: body.group,
      composites: [],
    });
  }

  /** A body in the same task. */
  within(body: Body, inside: Partial<Pick<Body, "timeout" | "group">> = {}): Op[] {
    return this.#body({ ...body, ...inside, depth: body.depth + 1 });
  }

  task(body: Body): { id: string; ops: Op[] } {
    const id = this.newId("t");
    this.#refs.push(id);
    return { id, ops: this.ownTask(body, id) };
  }

  /** @param owner whoever waits for them. */
  item(body: Body, owner = body.owner): Item {
    const ref = this.below(3) === 0 && body.depth < 4 ? null : this.later(owner);
    return ref === null ? this.task(body) : { ref };
  }

  items(body: Body, owner = body.owner): Item[] {
    return Array.from({ length: this.choose([1, 0], [3, 1], [5, 2], [3, 3]) }, () => this.item(body, owner));
  }

  composite(body: Body, kind: "gather" | "shield"): { id: string; items: Item[] } {
    const id = this.newId("c");
    const items = kind === "gather" ? this.items(body, numberOf(id)) : [this.item(body, numberOf(id))];
    this.#refs.push(id);
    body.composites.push(id);
    return { id, items };
  }

  ownComposite(body: Body): string | null {
    return this.#random.pick(body.composites) ?? null;
  }

  timeoutScope(): string {
    const id = this.newId("s");
    this.#timeouts.push(id);
    return id;
  }

  groupScope(): string {
    const id = this.newId("g");
    this.#groups.push(id);
    return id;
  }

  anyTimeout(body: Body): string | null {
    return this.below(4) > 0 ? body.timeout : (this.#random.pick(this.#timeouts) ?? null);
  }

  anyGroup(body: Body): string | null {
    return this.below(4) > 0 ? body.group : (this.#random.pick(this.#groups) ?? null);
  }

  newCallback(target: string): string {
    const id = this.newId("cb");
    this.#callbacks.push({ id, target });
    return id;
  }

  anyCallback(): { id: string; target: string } | null {
    return this.#random.pick(this.#callbacks) ?? null;
  }

  newHandle(): string {
    const id = this.newId("h");
    this.#handles.push(id);
    return id;
  }

  anyHandle(): string | null {
    return this.#random.pick(this.#handles) ?? null;
  }

  /** What a callback does: nothing that waits. */
  callbackOps(): Op[] {
    if (this.below(2) === 0) return [];
    const op = this.#random.choose(...this.#choices.inCallbacks)(this);
    return op === null ? [] : [{ n: ++this.#lastNumber, ...op }];
  }
}

function numberOf(id: string): number {
  return Number(id.slice(1));
}
