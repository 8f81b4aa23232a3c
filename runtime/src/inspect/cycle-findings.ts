import type { Finding, ResourceId, TaskId } from "@asyncscope/protocol";
import type { Inspectable } from "../core/inspectable.js";
import { called, composite, FindingText, resourceName } from "./finding-text.js";
import { holdersOf } from "./holders.js";
import type { Holder } from "./holders.js";
import type { Registry } from "./registry.js";
import { isFutureLike } from "./shapes.js";
import { SUSPENDED } from "./task-record.js";
import type { TaskRecord } from "./task-record.js";
import { sinceWhen } from "./task-state.js";
import type { Circle } from "./wait-cycles.js";
import type { WaitGraph } from "./wait-graph.js";
import { eachWait } from "./waits.js";

const LISTED = 20;
/** Steps of a circle that are told. */
const TOLD = 6;

/** One task of a circle, what it waits for, and which task that leads to. */
interface Step {
  readonly task: TaskRecord;
  readonly things: readonly object[];
  readonly next: TaskRecord;
}

/** Says in words how tasks wait for each other in a circle. */
export class CycleFindings {
  readonly #registry: Registry;
  readonly #graph: WaitGraph;
  readonly #idle: boolean;

  constructor(registry: Registry, graph: WaitGraph, idle: boolean) {
    this.#registry = registry;
    this.#graph = graph;
    this.#idle = idle;
  }

  finding(circle: Circle): Finding {
    const steps = this.#steps(circle);
    const members = this.#tasks(circle.members);
    const { behind, behindCount } = circle;
    const text = new FindingText(this.#registry).say("Deadlock: ");
    for (let i = 0; i < steps.length && i < TOLD; i++) this.#tell(text, steps[i]!, i);
    if (steps.length > TOLD)
      text.say(`; and so on over ${steps.length - TOLD} more, the last of which waits for the first`);
    text.say(".");
    const more = members.length - steps.length;
    if (more > 0) text.say(` ${more} more ${more === 1 ? "task is" : "tasks are"} entangled with them.`);
    text.behind(behind, behindCount, steps.length === 1 ? "that task" : "those tasks");
    const tasks: TaskId[] = [];
    let since = 0;
    // Only async functions can wait for something else beside what is seen; a permit may come from anybody.
    let exact = true;
    for (let i = 0; i < steps.length; i++) {
      if (i < LISTED) tasks[i] = steps[i]!.task.id;
      const from = sinceWhen(steps[i]!.task, SUSPENDED);
      if (from > since) since = from;
      if (steps[i]!.task.task?._strands != null || hasSemaphore(steps[i]!.things)) exact = false;
    }
    for (let i = 0; i < members.length && tasks.length < LISTED; i++)
      if (!includes(tasks, members[i]!.id)) tasks[tasks.length] = members[i]!.id;
    return text.finding("wait-cycle", keyOf(tasks), {
      certain: exact || this.#idle,
      since,
      tasks,
      taskCount: members.length,
      behind: ids(behind),
      behindCount,
      resources: this.#resources(steps),
    });
  }

  #tell(text: FindingText, { task, things, next }: Step, index: number): void {
    let awaitable: object | null = null;
    eachWait(task, (_future, _since, awaited) => (awaitable ??= awaited));
    text
      .say(`${index === 0 ? "" : "; "}${called(task)} waits`)
      .where(task, awaitable)
      .say(" for ");
    const thing = things.length === 0 ? null : things[things.length - 1]!;
    if (thing === null) text.say(next === task ? "itself" : called(next));
    else if (isFutureLike(thing))
      text.say(`${composite(thing._origin!.kind)} ${next === task ? "itself" : called(next)}`);
    else {
      const holder = this.#holder(thing, next);
      const site = holder?.site ?? 0;
      if ((thing as Inspectable)._inspect().permits !== undefined) {
        const whose = next === task ? "itself" : called(next);
        text.say(`${resourceName(this.#registry, thing)}, all permits of which are taken,`);
        text.say(` ${holder?.count ?? 1} of them by ${whose}`);
        if (site !== 0) text.at(next.id, site);
        return;
      }
      text.say(`${resourceName(this.#registry, thing)}, which ${next === task ? "it" : called(next)}`);
      text.say(site === 0 ? " holds" : " took");
      if (next === task) text.say(" itself");
      if (site !== 0) text.at(next.id, site);
      if (next === task) text.say(": a lock is not re-entrant");
    }
  }

  #holder(thing: object, wanted: TaskRecord): Holder | undefined {
    const holders = holdersOf(this.#registry, thing);
    for (let i = 0; i < holders.length; i++) if (holders[i]!.record === wanted) return holders[i];
    return undefined;
  }

  /** The path of a circle starts with a task. */
  #steps({ path }: Circle): Step[] {
    const { tasks } = this.#graph;
    const steps: Step[] = [];
    let task = tasks[path[0]!]!;
    let between: object[] = [];
    for (let i = 1; i <= path.length; i++) {
      const node = path[i % path.length]!;
      const next = tasks[node] ?? null;
      if (next === null) {
        between[between.length] = this.#graph.thing(node)!;
        continue;
      }
      steps[steps.length] = { task, things: between, next };
      task = next;
      between = [];
    }
    return steps;
  }

  #tasks(nodes: readonly number[]): TaskRecord[] {
    const records: TaskRecord[] = [];
    for (let i = 0; i < nodes.length; i++) {
      const record = this.#graph.tasks[nodes[i]!]!;
      if (record !== null) records[records.length] = record;
    }
    return records;
  }

  #resources(steps: readonly Step[]): ResourceId[] {
    const found: ResourceId[] = [];
    for (let i = 0; i < steps.length; i++)
      for (let j = 0; j < steps[i]!.things.length; j++) {
        const thing = steps[i]!.things[j]!;
        const id = isFutureLike(thing) ? undefined : this.#registry.resources.of(thing)?.id;
        if (id !== undefined && found.length < LISTED && !includes(found, id)) found[found.length] = id;
      }
    return found;
  }
}

function hasSemaphore(things: readonly object[]): boolean {
  for (let i = 0; i < things.length; i++)
    if (!isFutureLike(things[i]!) && (things[i] as Inspectable)._inspect().permits !== undefined) return true;
  return false;
}

function ids(records: readonly TaskRecord[]): TaskId[] {
  const list: TaskId[] = [];
  for (let i = 0; i < records.length && i < LISTED; i++) list[i] = records[i]!.id;
  return list;
}

function includes(list: readonly number[], wanted: number): boolean {
  for (let i = 0; i < list.length; i++) if (list[i] === wanted) return true;
  return false;
}

/** The same for the same circle, wherever it is entered. */
function keyOf(tasks: readonly TaskId[]): string {
  let smallest = 0;
  for (let i = 1; i < tasks.length; i++) if (tasks[i]! < tasks[smallest]!) smallest = i;
  let key = "";
  for (let i = 0; i < tasks.length; i++)
    key += `${i === 0 ? "" : ","}${tasks[(smallest + i) % tasks.length]!}`;
  return key;
}
