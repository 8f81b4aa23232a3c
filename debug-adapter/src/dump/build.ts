/** A dump from what a program said of itself. Pure: everything comes with the arguments. */
import {
  DUMP_FORMAT,
  DUMP_VERSION,
  type ChainBody,
  type DumpLocation,
  type DumpPosition,
  type DumpResource,
  type DumpTask,
  type DumpTaskRef,
  type FindingKind,
  type DumpWait,
  type ResourceNode,
  type ResourcesBody,
  type SourceLocation,
  type TaskDump,
  type TaskId,
  type TaskNode,
  type TreeBody,
  type WaitInfo,
} from "@asyncscope/protocol";
import { floats } from "../text/task-text.js";
import { waitCycles } from "./cycles.js";
import { wholeMilliseconds } from "./durations.js";
import {
  findingText,
  functionName,
  lineText,
  nameText,
  pathText,
  stateText,
  TASK_STATES,
} from "./notation.js";

/** What is dumped. */
export interface DumpSource {
  readonly program: string;
  readonly pid: number;
  readonly node: string;
  readonly runtime: string;
  readonly time: Date;
  /** By creation, deep. */
  readonly tree: TreeBody;
  readonly resources: ResourcesBody;
  readonly chains: ReadonlyMap<TaskId, ChainBody>;
  /** What is wrong; undefined when the program could not be asked. */
  readonly findings:
    | readonly {
        readonly kind: FindingKind;
        readonly text: string;
        readonly locations: readonly SourceLocation[];
      }[]
    | undefined;
  /** First items of queues, as short texts. */
  readonly items: ReadonlyMap<number, readonly string[]>;
  readonly notes: readonly string[];
  /** Home folder of the user: it is written as `~`. "" leaves paths as they are. */
  readonly home: string;
}

export function buildDump(source: DumpSource): TaskDump {
  return new DumpBuilder(source).dump();
}

class DumpBuilder {
  readonly #source: DumpSource;
  readonly #tasks: ReadonlyMap<TaskId, TaskNode>;
  readonly #names: ReadonlyMap<TaskId, string>;
  readonly #resourceNames: ReadonlyMap<number, string>;

  constructor(source: DumpSource) {
    this.#source = source;
    this.#tasks = new Map(source.tree.tasks.map((task) => [task.id, task]));
    const named = [...source.resources.tasks, ...source.tree.tasks];
    this.#names = new Map(named.map(({ id, name }) => [id, name]));
    this.#resourceNames = new Map(source.resources.resources.map(({ id, name }) => [id, name]));
  }

  dump(): TaskDump {
    const { program, pid, node, runtime, time, tree, resources, notes, findings } = this.#source;
    const tasks = this.#ordered().map((task) => this.#task(task));
    const messages = [tree.message, ...notes].filter((note) => note !== undefined);
    return {
      format: DUMP_FORMAT,
      version: DUMP_VERSION,
      program: this.#path(program),
      pid,
      node: lineText(node),
      runtime: lineText(runtime),
      time: time.toISOString(),
      status: tree.status,
      counts: Object.fromEntries(
        TASK_STATES.filter((state) => tree.counts[state] > 0).map((state) => [state, tree.counts[state]]),
      ),
      hidden: {
        tasks: this.#hiddenTasks(tasks.length),
        resources: Math.max(0, resources.total - resources.resources.length),
        chains: tasks.filter(({ state, id }) => state === "suspended" && !this.#source.chains.has(id)).length,
      },
      notes: messages.map(lineText).filter((note) => note !== ""),
      findings: (findings ?? []).map(({ kind, text, locations }) => ({
        kind,
        text: findingText(text),
        locations: locations.map((location) => this.#location(location)),
      })),
      cycles: findings === undefined ? this.#cycles() : [],
      tasks,
      resources: resources.resources.map((resource) => this.#resource(resource)),
    };
  }

  #cycles(): DumpTaskRef[][] {
    const { tree, resources } = this.#source;
    return waitCycles(tree.tasks, resources.resources).map((cycle) => cycle.map(({ id }) => this.#ref(id)));
  }

  #hiddenTasks(shown: number): number {
    const all = Object.values(this.#source.tree.counts).reduce((sum, n) => sum + n, 0);
    return Math.max(0, all - shown);
  }

  /** Each task before those it created, siblings by age. */
  #ordered(): TaskNode[] {
    const children = new Map<TaskId, TaskNode[]>();
    const all = [...this.#tasks.values()].sort((a, b) => a.id - b.id);
    for (const task of all) {
      const parent = this.#tasks.has(task.parent) && task.parent !== task.id ? task.parent : 0;
      const list = children.get(parent);
      if (list === undefined) children.set(parent, [task]);
      else list.push(task);
    }
    const out: TaskNode[] = [];
    const stack = (children.get(0) ?? []).reverse();
    for (let task = stack.pop(); task !== undefined; task = stack.pop()) {
      out.push(task);
      for (const child of (children.get(task.id) ?? []).reverse()) stack.push(child);
    }
    return out;
  }

  #task(task: TaskNode): DumpTask {
    const { now } = this.#source.tree;
    const waits = task.waits.map((wait) => this.#wait(wait, now));
    const { cancelledBy, location } = task;
    const chain = this.#source.chains.get(task.id);
    // Without the chain the innermost line may be known.
    const frames: readonly ChainBody["frames"][number][] =
      chain?.frames ??
      (location === undefined
        ? []
        : [{ functionName: location.functionName ?? "", kind: task.form, location }]);
    return {
      ...this.#ref(task.id),
      state: task.state,
      ...(task.parent === 0 ? {} : { parent: this.#ref(task.parent) }),
      coroutine: functionName(task.coroutine),
      form: task.form,
      age: wholeMilliseconds(now - task.since),
      waits,
      hiddenWaits: Math.max(0, (task.waitCount ?? 0) - waits.length),
      cancelling: task.cancelling,
      ...(cancelledBy === undefined
        ? {}
        : {
            cancelledBy: {
              ...(cancelledBy.task === 0 ? {} : { by: this.#ref(cancelledBy.task) }),
              message: lineText(cancelledBy.message),
            },
          }),
      ...(task.state === "failed" ? { error: lineText(task.error ?? "") } : {}),
      unretrieved: task.state === "failed" && task.unretrieved === true,
      ...(floats(task) ? { floating: true } : {}),
      frames: frames.map(({ functionName: name, kind, location: at }) => ({
        functionName: functionName(name),
        kind,
        ...(at === undefined ? {} : { location: this.#position(at) }),
      })),
      hiddenFrames: chain?.hidden ?? Math.max(0, task.depth - frames.length),
      ...(task.createdAtLocation === undefined ? {} : { created: this.#location(task.createdAtLocation) }),
      createdIsInferred: task.createdAtLocation !== undefined && task.createdIsInferred === true,
    };
  }

  #wait(wait: WaitInfo, now: number): DumpWait {
    const { kind, label, since, due, resource, tasks = [], taskCount = 0 } = wait;
    return {
      kind,
      label: lineText(label) || kind,
      age: wholeMilliseconds(now - since),
      ...(due === undefined ? {} : { left: wholeMilliseconds(due - now) }),
      ...(resource === undefined ? {} : { resource: this.#resourceRef(resource) }),
      tasks: tasks.map((id) => this.#ref(id)),
      hiddenTasks: Math.max(0, taskCount - tasks.length),
    };
  }

  #resource(resource: ResourceNode): DumpResource {
    const { now } = this.#source.resources;
    const { owner = 0, ownedSince = now, unfinished, lock, waiters, size = 0, createdAtLocation } = resource;
    const items = this.#source.items.get(resource.id) ?? [];
    return {
      ...this.#resourceRef(resource.id),
      kind: resource.kind,
      state: stateText(resource.state),
      ...(unfinished === undefined ? {} : { unfinished }),
      items: items.map((preview, index) => ({ index, preview: lineText(preview) })),
      hiddenItems: Math.max(0, size - items.length),
      ...(owner === 0 ? {} : { owner: { ...this.#ref(owner), age: wholeMilliseconds(now - ownedSince) } }),
      ...(lock === undefined ? {} : { lock: this.#resourceRef(lock) }),
      waiters: waiters.map(({ role, task, since }) => ({
        role,
        ...(task === 0 ? {} : { task: this.#ref(task) }),
        age: wholeMilliseconds(now - since),
      })),
      hiddenWaiters: Math.max(0, resource.waiterCount - waiters.length),
      ...(createdAtLocation === undefined ? {} : { created: this.#location(createdAtLocation) }),
    };
  }

  #ref(id: TaskId): DumpTaskRef {
    return { id, name: nameText(this.#names.get(id) ?? "", `Task-${id}`) };
  }

  #resourceRef(id: number): { readonly id: number; readonly name: string } {
    return { id, name: nameText(this.#resourceNames.get(id) ?? "", `unnamed-${id}`) };
  }

  #location(location: SourceLocation): DumpLocation {
    return { ...this.#position(location), functionName: functionName(location.functionName ?? "") };
  }

  #position({ path, line, column }: SourceLocation): DumpPosition {
    return { path: this.#path(path), line, column };
  }

  #path(path: string): string {
    const { home } = this.#source;
    const inside = home.length > 1 && path.startsWith(home) && /^[\\/]/.test(path.slice(home.length));
    return pathText(inside ? `~${path.slice(home.length)}` : path);
  }
}
