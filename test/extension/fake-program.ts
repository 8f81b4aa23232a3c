import assert from "node:assert/strict";
import type {
  ChainBody,
  DiagnosisBody,
  FindingNode,
  FutureNode,
  FuturesBody,
  GroupNode,
  GroupsArguments,
  GroupsBody,
  ResourceNode,
  ResourcesBody,
  SuspendedLine,
  SuspensionsBody,
  TaskFilter,
  TaskId,
  TaskNode,
  TreeArguments,
  TreeBody,
  TreePage,
} from "@asyncscope/protocol";
import type {
  RequestName,
  ScopeSession,
  VariablesQuery,
  VariableValue,
} from "../../extension/src/scope-session.js";

/** A task with everything that does not matter filled in. */
export function task(id: TaskId, name: string, rest: Partial<TaskNode> = {}): TaskNode {
  return {
    id,
    name,
    state: "suspended",
    coroutine: "work",
    form: "generator",
    parent: 0,
    created: 0,
    createdAt: 0,
    since: 0,
    waits: [],
    depth: 1,
    cancelling: 0,
    childCount: 0,
    ...rest,
  };
}

/** A primitive with everything that does not matter filled in. */
export function resource(id: number, name: string, rest: Partial<ResourceNode> = {}): ResourceNode {
  return {
    id,
    name,
    kind: "queue",
    created: 0,
    state: "",
    waiters: [],
    waiterCount: 0,
    itemsReference: 0,
    ...rest,
  };
}

export interface RecordedRequest {
  readonly name: string;
  readonly args: unknown;
}

/** A program that answers the custom requests as the protocol says, over a list of tasks and primitives. */
export class FakeProgram implements ScopeSession {
  readonly id = "session-1";
  readonly name = "fake";
  readonly requests: RecordedRequest[] = [];
  readonly tasks = new Map<TaskId, TaskNode>();
  readonly resources: ResourceNode[] = [];
  readonly futures: FutureNode[] = [];
  findings: FindingNode[] = [];
  lines: SuspendedLine[] = [];
  readonly chains = new Map<TaskId, ChainBody>();
  /** Members by variables reference. */
  readonly values = new Map<number, VariableValue[]>();
  status: TreeBody["status"] = "live";
  message: string | undefined;
  now = 1000;
  version = 1;
  /** When set, requests fail with it. */
  failure: Error | undefined;
  /** When set, answers wait for it. */
  gate: Promise<void> | undefined;
  /** How long an answer keeps it busy, in milliseconds. */
  took = 0;

  add(...tasks: TaskNode[]): this {
    for (const each of tasks) this.tasks.set(each.id, each);
    this.version += 1;
    return this;
  }

  change(id: TaskId, change: Partial<TaskNode>): void {
    const old = this.tasks.get(id);
    if (old) this.add({ ...old, ...change });
  }

  remove(id: TaskId): void {
    this.tasks.delete(id);
    this.version += 1;
  }

  /** Requests of one name since the last call. */
  take(name: string): unknown[] {
    const taken = this.requests.filter((request) => request.name === name).map((request) => request.args);
    this.requests.splice(
      0,
      this.requests.length,
      ...this.requests.filter((request) => request.name !== name),
    );
    return taken;
  }

  async request(name: RequestName, args: unknown): Promise<never> {
    this.requests.push({ name, args: structuredClone(args) });
    await this.gate;
    if (this.failure) throw this.failure;
    const answers: Partial<Record<RequestName, () => unknown>> = {
      "asyncscope/tree": () => this.#tree(args as TreeArguments),
      "asyncscope/groups": () => this.#groups(args as GroupsArguments),
      "asyncscope/resources": () => this.#resources((args as { limit: number }).limit),
      "asyncscope/futures": () => this.#futures((args as { limit: number }).limit),
      "asyncscope/chain": () =>
        this.chains.get((args as { task: TaskId }).task) ?? { found: false, frames: [], hidden: 0 },
      "asyncscope/dump": () => ({ status: this.status, pending: this.tasks.size, text: "" }),
      "asyncscope/diagnosis": () => this.#diagnosis(),
      "asyncscope/suspensions": () => this.#suspensions(),
      "asyncscope/suspendedAt": () => ({
        now: this.now,
        count: this.tasks.size,
        tasks: [...this.tasks.values()],
      }),
      "asyncscope/pin": () => ({ threadId: 1, pinned: true }),
      "asyncscope/cancelTask": () => ({ requested: true }),
    };
    const answer = answers[name] ?? assert.fail(`nobody answers ${name} here`);
    return structuredClone(answer()) as never;
  }

  async variables(query: VariablesQuery): Promise<readonly VariableValue[]> {
    this.requests.push({ name: "variables", args: query });
    await this.gate;
    if (this.failure) throw this.failure;
    const values = this.values.get(query.variablesReference);
    if (!values) throw new Error("unknown variables reference");
    const start = query.start ?? 0;
    return values.slice(start, start + (query.count ?? values.length));
  }

  #childrenOf(id: TaskId, order: TreeArguments["order"], filter?: TaskFilter): TaskNode[] {
    const all = [...this.tasks.values()];
    const awaited = new Set(all.flatMap((each) => each.waits.flatMap((wait) => wait.tasks ?? [])));
    const parent = this.tasks.get(id);
    const children =
      order === "creation"
        ? all.filter((each) => each.parent === id)
        : parent
          ? parent.waits.flatMap((wait) => wait.tasks ?? []).map((child) => this.tasks.get(child)!)
          : all.filter((each) => !awaited.has(each.id));
    return filter
      ? children.filter(
          (each) => matches(each, filter) || this.#childrenOf(each.id, order, filter).length > 0,
        )
      : children;
  }

  #tree(args: TreeArguments): TreeBody {
    const pages: TreePage[] = [];
    const found = new Map<TaskId, TaskNode>();
    const asked = [...args.pages];
    const seen = new Set<TaskId>();
    for (let query = asked.shift(); query; query = asked.shift()) {
      if (!this.tasks.has(query.task) && query.task !== 0) continue;
      const children = this.#childrenOf(query.task, args.order, args.filter);
      const offset = query.offset ?? 0;
      const page = children.slice(offset, offset + (query.limit ?? 100));
      pages.push({ task: query.task, offset, children: page.map((each) => each.id), total: children.length });
      for (const each of page) {
        found.set(each.id, { ...each, childCount: this.#childrenOf(each.id, args.order).length });
        if (args.deep && !seen.has(each.id)) asked.push({ task: each.id });
        seen.add(each.id);
      }
    }
    const counts = { created: 0, scheduled: 0, running: 0, suspended: 0, done: 0, failed: 0, cancelled: 0 };
    for (const each of this.tasks.values()) counts[each.state] += 1;
    return {
      status: this.status,
      ...(this.message !== undefined && { message: this.message }),
      now: this.now,
      version: this.version,
      pages,
      tasks: [...found.values()],
      counts,
      hidden: 0,
    };
  }

  #suspensions(): SuspensionsBody {
    const { status, now, took, version, lines } = this;
    const suspended = lines.reduce((sum, { count }) => sum + count, 0);
    return { status, now, took, version, lines, suspended, hiddenTasks: 0 };
  }

  /** By function, the largest group first; its id is that of its first task. */
  #groups({ filter, limit = 200, pages = [] }: GroupsArguments): GroupsBody {
    const { counts } = this.#tree({ order: "creation", pages: [] });
    const byFunction = new Map<string, TaskNode[]>();
    for (const each of this.tasks.values())
      if (!filter || matches(each, filter))
        byFunction.set(each.coroutine, [...(byFunction.get(each.coroutine) ?? []), each]);
    const all = [...byFunction.values()].sort((a, b) => b.length - a.length);
    const shown = all.slice(0, limit);
    const sum = (groups: TaskNode[][]): number => groups.reduce((total, { length }) => total + length, 0);
    const found = pages.map(({ group, offset = 0, limit: size = 100 }) => {
      const members = all.find(([first]) => first!.id === group) ?? [];
      const tasks = members.slice(offset, offset + size).map(({ id }) => id);
      return { group, offset, tasks, total: members.length };
    });
    return {
      status: this.status,
      ...(this.message !== undefined && { message: this.message }),
      now: this.now,
      version: this.version,
      groups: shown.map((members) => group(members)),
      total: all.length,
      grouped: sum(all),
      hiddenTasks: sum(all) - sum(shown),
      pages: found,
      tasks: found.flatMap(({ tasks }) => tasks.map((id) => this.tasks.get(id)!)),
      counts,
    };
  }

  #diagnosis(): DiagnosisBody {
    const named = new Set(this.findings.flatMap(({ tasks, behind }) => [...tasks, ...behind]));
    return {
      status: this.status,
      now: this.now,
      version: this.version,
      findings: this.findings,
      hiddenTasks: 0,
      idle: false,
      tasks: [...this.tasks.values()].filter(({ id }) => named.has(id)),
    };
  }

  #futures(limit: number): FuturesBody {
    return {
      status: this.status,
      now: this.now,
      version: this.version,
      futures: this.futures.slice(0, limit),
      total: this.futures.length,
      otherWaits: 3,
      tasks: [...this.tasks.values()],
    };
  }

  #resources(limit: number): ResourcesBody {
    return {
      status: this.status,
      now: this.now,
      version: this.version,
      resources: this.resources.slice(0, limit),
      total: this.resources.length,
      tasks: [...this.tasks.values()],
    };
  }
}

function group(members: readonly TaskNode[]): GroupNode {
  const [first] = members;
  const { id, coroutine, state, waits, location } = first!;
  return {
    id,
    functions: [coroutine],
    state,
    kind: waits[0]?.kind ?? "other",
    label: waits[0]?.label ?? "",
    site: 0,
    count: members.length,
    since: Math.min(...members.map(({ since }) => since)),
    oldest: id,
    samples: [id],
    locations: location ? [location] : [],
  };
}

function matches(each: TaskNode, filter: TaskFilter): boolean {
  const text = filter.text?.toLowerCase();
  return (
    (text === undefined || each.name.toLowerCase().includes(text)) &&
    (filter.states === undefined || filter.states.includes(each.state))
  );
}
