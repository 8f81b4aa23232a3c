import type { DiagnosisQuery, DiagnosisReply, Finding, FindingKind, TaskId } from "@asyncscope/protocol";
import type { EventLoop } from "../core/event-loop.js";
import type { Inspectable } from "../core/inspectable.js";
import type { Task } from "../core/task.js";
import { CycleFindings } from "./cycle-findings.js";
import { FindingText, called, capital, calledTask, resourceName, waitedFor } from "./finding-text.js";
import { floatingCalls } from "./floating-calls.js";
import { holdersOf } from "./holders.js";
import { nothingCanHappen } from "./idle.js";
import { leftoverTasks } from "./leftover-tasks.js";
import { IntList } from "./int-list.js";
import { isAbandoned, isLeftBehind } from "./native-task.js";
import type { NativeTasks } from "./native-tasks.js";
import { atMost, count } from "./numbers.js";
import { deref, mapForEach, mapGet, mapSet, mapSize } from "./primordials.js";
import { growingQueues } from "./queue-growth.js";
import type { Registry } from "./registry.js";
import { CANCELLED, FAILED, SUSPENDED } from "./task-record.js";
import type { TaskRecord } from "./task-record.js";
import { swallowedCancels } from "./swallowed-cancels.js";
import { sinceWhen } from "./task-state.js";
import { describeError } from "./text.js";
import { taskInfos } from "./tree.js";
import { WaitGraph } from "./wait-graph.js";
import { WaitCycles } from "./wait-cycles.js";
import { UnmarkedItemsSearch } from "./unmarked-items.js";
import { eachWait } from "./waits.js";
import type { Future } from "../core/future.js";

/** Tasks listed in a finding. */
const LISTED = 20;
/** Tasks told with their position in one sentence. */
const TOLD = 5;
/** Things waited for that are told apart; tasks that wait for others are counted as hidden. */
const MOST_GROUPS = 1000;

/** Marks of nodes. */
const FREE = 1;
const STUCK = 2;

/** Answers a {@link DiagnosisQuery}: one pass over the tasks. Only lengths of queues are kept for the next one. */
export function diagnose(
  registry: Registry,
  query: DiagnosisQuery,
  now: number,
  loops: readonly EventLoop[],
  native: NativeTasks | null,
): DiagnosisReply {
  const { findings, hiddenTasks, idle } = new Diagnosis(registry, query, loops, now);
  const floating = floatingCalls(registry, native, query, atMost(query.limit, 20, 100));
  for (let i = 0; i < floating.length; i++) findings[findings.length] = floating[i]!;
  const named: TaskId[] = [];
  for (let i = 0; i < findings.length; i++) {
    const { tasks, behind } = findings[i]!;
    for (let j = 0; j < tasks.length; j++) named[named.length] = tasks[j]!;
    for (let j = 0; j < behind.length; j++) named[named.length] = behind[j]!;
  }
  return {
    now,
    version: registry.version,
    findings,
    hiddenTasks,
    idle,
    tasks: taskInfos(registry, named),
    sites: registry.sites.since(count(query.knownSites, 0)),
  };
}

/** What tells apart what tasks wait for: a primitive, or where there is none the kind of the wait and who waits. */
interface Awaited {
  readonly resource: object | null;
  readonly kind: string;
  readonly coroutine: string;
}

/** Tasks that wait for the same thing. */
interface Group extends Awaited {
  readonly nodes: IntList;
}

function isSame(a: Awaited, b: Awaited): boolean {
  return (
    a.resource === b.resource && (a.resource !== null || (a.kind === b.kind && a.coroutine === b.coroutine))
  );
}

function keyOf({ resource, kind, coroutine }: Awaited): object | string {
  return resource ?? `${kind} ${coroutine}`;
}

function later(time: number, record: TaskRecord): number {
  const since = sinceWhen(record, SUSPENDED);
  return since > time ? since : time;
}

/** What has become of a task that took something. */
function fateOf(task: Task<unknown> | null, record: TaskRecord | undefined): string {
  if (task !== null)
    return task._hasError()
      ? `failed with ${describeError(task._peekError())}`
      : task.cancelled()
        ? "was cancelled"
        : "has ended";
  const { state, error } = record?.rare ?? { state: -1, error: null };
  return state === FAILED
    ? `failed with ${error ?? "an error"}`
    : state === CANCELLED
      ? "was cancelled"
      : "has ended";
}

class Diagnosis {
  readonly findings: Finding[] = [];
  hiddenTasks = 0;
  readonly idle: boolean;
  readonly #registry: Registry;
  readonly #limit: number;
  readonly #graph: WaitGraph;
  readonly #marks: Uint8Array;

  constructor(registry: Registry, query: DiagnosisQuery, loops: readonly EventLoop[], now: number) {
    this.#registry = registry;
    this.#limit = atMost(query.limit, 20, 100);
    this.idle =
      query.ends === undefined
        ? query.paused !== true && !registry.isRunning && nothingCanHappen(loops)
        : query.ends === "drained";
    const graph = (this.#graph = new WaitGraph(registry, this.idle));
    this.#marks = new Uint8Array(graph.size);
    const cycles = new WaitCycles(graph, this.#limit);
    for (let node = 0; node < graph.size; node++)
      this.#marks[node] = cycles.isStuck(node) ? STUCK : graph.leadsOutside(node) ? FREE : 0;
    const told = new CycleFindings(registry, graph, this.idle);
    for (let i = 0; i < cycles.circles.length; i++) this.#add(told.finding(cycles.circles[i]!));
    for (let i = 0; i < cycles.hidden.length; i++) this.#hide(IntList.of(cycles.hidden[i]!));
    this.#leakedLocks();
    this.#unmarkedItems(now);
    this.#stranded(
      (task) => isAbandoned(task),
      ", and nobody has anything left that could settle it: the functions that do are gone.",
    );
    if (this.idle)
      this.#stranded(
        (task) => !isLeftBehind(task),
        query.ends === undefined
          ? ", and the process has nothing left to do: no task to run, no timer, no I/O."
          : ", and nothing was left that keeps the program alive: no timer, no I/O. So it ended.",
      );
    const cancels = swallowedCancels(registry, now, this.#limit);
    for (let i = 0; i < cancels.length; i++) this.#add(cancels[i]!);
    this.#unretrieved();
    const left = leftoverTasks(registry, now, this.#limit);
    for (let i = 0; i < left.length; i++) this.#add(left[i]!);
    const growing = growingQueues(registry, now, this.#limit);
    for (let i = 0; i < growing.length; i++) this.#add(growing[i]!);
  }

  #add(finding: Finding): void {
    this.findings[this.findings.length] = finding;
  }

  #hide(nodes: IntList): void {
    for (let i = 0; i < nodes.length; i++) if (this.#graph.tasks[nodes.at(i)] !== null) this.hiddenTasks++;
  }

  #leakedLocks(): void {
    let found = 0;
    mapForEach(this.#graph.leaked, (waiting, lock) => {
      if (found++ >= this.#limit) {
        this.#hide(waiting);
        return;
      }
      const text = new FindingText(this.#registry);
      const holders = holdersOf(this.#registry, lock);
      const { permits } = (lock as Inspectable)._inspect();
      const name = resourceName(this.#registry, lock);
      for (let i = 0; i < holders.length && i < TOLD; i++) {
        const { record, task, site, count: taken } = holders[i]!;
        const who = task !== null ? calledTask(task) : record === undefined ? "a task" : called(record);
        text.say(`${i === 0 ? capital(who) : `; ${who}`} ${fateOf(task, record)} and never released `);
        const what = permits === undefined ? name : `${taken} of ${permits} permits of ${name}`;
        text.say(`${what}, which it took`);
        if (site !== 0) text.at(record?.id ?? 0, site);
      }
      if (holders.length > TOLD) text.say(`; and so did ${holders.length - TOLD} more`);
      const record = holders[0]?.record;
      text.say(". ");
      this.#tellWaiting(text, waiting, "for it");
      this.#finish("leaked-lock", text, lock, waiting, record?.rare?.endedAt ?? 0, this.idle);
    });
  }

  #unmarkedItems(now: number): void {
    const search = new UnmarkedItemsSearch(
      this.#registry,
      this.#graph,
      this.idle,
      now,
      (node) => this.#marks[node] === STUCK,
    );
    for (let i = 0; i < search.found.length; i++) {
      const { queue, joiners, getters } = search.found[i]!;
      if (i >= this.#limit) {
        this.#hide(joiners);
        continue;
      }
      const text = search.tell(search.found[i]!);
      this.#tellWaiting(text, joiners, "in join()");
      // They are told with it: those who join may have more for them.
      for (let j = 0; j < getters.length; j++) this.#marks[getters.at(j)] = STUCK;
      this.#finish("missing-task-done", text, queue, joiners, 0, this.idle);
    }
  }

  /** Of those that `isOne` takes: what waits for something that is no other task, and that cannot happen. */
  #stranded(isOne: (task: object) => boolean, why: string): void {
    const groups = this.#groups(isOne);
    for (let i = 0; i < groups.length; i++) {
      const { nodes, resource } = groups[i]!;
      if (i >= this.#limit) {
        this.#hide(nodes);
        continue;
      }
      const text = new FindingText(this.#registry).say("Nothing can wake ");
      text.say(nodes.length === 1 ? `${called(this.#task(nodes.at(0)))}: it` : `${nodes.length} tasks: `);
      if (nodes.length > 1) text.say(called(this.#task(nodes.at(0))));
      const wait = this.#firstWait(nodes.at(0));
      const thing = wait.future === null ? "something" : waitedFor(this.#registry, wait.future);
      text
        .say(" waits")
        .where(this.#task(nodes.at(0)), wait.awaitable)
        .say(` for ${thing}`);
      this.#tellOthers(text, nodes, 1, ", and so does ", ", and so do ");
      text.say(why);
      this.#finish("nothing-can-wake", text, resource, nodes, 0, true);
    }
  }

  #groups(isOne: (task: object) => boolean): Group[] {
    const groups: Group[] = [];
    const byThing = new Map<object | string, Group>();
    const { tasks } = this.#graph;
    let last: Group | undefined;
    for (let node = 0; node < tasks.length; node++) {
      const record = tasks[node]!;
      if (record === null || this.#marks[node] !== FREE || !isOne(record.task!)) continue;
      const wait = this.#waitOf(node, record);
      let group = last !== undefined && isSame(last, wait) ? last : mapGet(byThing, keyOf(wait));
      if (group === undefined) {
        if (mapSize(byThing) >= MOST_GROUPS) {
          this.hiddenTasks++;
          continue;
        }
        group = groups[groups.length] = { ...wait, nodes: new IntList() };
        mapSet(byThing, keyOf(wait), group);
      }
      last = group;
      group.nodes.push(node);
    }
    return groups;
  }

  #waitOf(node: number, { task }: TaskRecord): Awaited {
    const waiter = task!._strands === null ? task!._waiter : this.#firstWait(node).future;
    const origin = waiter?._origin ?? null;
    return {
      resource: origin?.resource ?? null,
      kind: origin?.kind ?? "future",
      coroutine: task!._coroutineName,
    };
  }

  #unretrieved(): void {
    let found = 0;
    this.#registry.eachFinished((record) => {
      const { rare } = record;
      const task = rare?.ended == null ? undefined : deref(rare.ended);
      if (rare?.state !== FAILED || task?._isUnretrieved() !== true) return;
      if (found++ >= this.#limit) {
        this.hiddenTasks++;
        return;
      }
      const text = new FindingText(this.#registry).say(
        `${capital(called(record))} failed with ${rare.error ?? "an error"}, and nobody has looked at the error`,
      );
      if (record.created !== 0) text.say("; it was created").at(record.id, Math.abs(record.created));
      text.say(".");
      const tasks = [record.id];
      this.#add(text.finding("unretrieved-error", record.id, { certain: false, since: rare.endedAt, tasks }));
    });
  }

  /** `Task a waits at … for it, and so do …` */
  #tellWaiting(text: FindingText, nodes: IntList, forWhat: string): void {
    const first = this.#task(nodes.at(0));
    text.say(`${capital(called(first))} waits`).where(first, this.#firstWait(nodes.at(0)).awaitable);
    text.say(` ${forWhat}`);
    this.#tellOthers(text, nodes, 1, ", and so does ", ", and so do ");
    text.say(".");
  }

  #tellOthers(text: FindingText, nodes: IntList, from: number, one: string, many: string): void {
    if (nodes.length <= from) return;
    text.say(nodes.length === from + 1 ? one : many);
    const told = nodes.length < TOLD ? nodes.length : TOLD;
    for (let i = from; i < told; i++) {
      if (i > from) text.say(i === nodes.length - 1 ? " and " : ", ");
      text
        .say(called(this.#task(nodes.at(i))))
        .where(this.#task(nodes.at(i)), this.#firstWait(nodes.at(i)).awaitable);
    }
    if (told < nodes.length) text.say(` and ${nodes.length - told} more`);
  }

  /** Adds a finding about the tasks of `nodes`, with those that can go on only when these do. */
  #finish(
    kind: FindingKind,
    text: FindingText,
    resource: object | null,
    nodes: IntList,
    from: number,
    certain: boolean,
  ): void {
    const graph = this.#graph;
    const tasks: TaskId[] = [];
    let since = from;
    const own = nodes.length;
    for (let i = 0; i < own; i++) {
      const record = this.#task(nodes.at(i));
      this.#marks[nodes.at(i)] = STUCK;
      if (i < LISTED) tasks[i] = record.id;
      if (i < LISTED && (kind === "nothing-can-wake" || i === 0)) since = later(since, record);
    }
    const behind: TaskRecord[] = [];
    const ids: TaskId[] = [];
    let behindCount = 0;
    graph.spread(nodes, this.#marks, STUCK, (node) => {
      if (!graph.waitsOnlyFor(node, this.#marks, STUCK)) return false;
      const record = graph.tasks[node]!;
      if (record !== null && behindCount++ < LISTED) {
        behind[behind.length] = record;
        ids[ids.length] = record.id;
      }
      return true;
    });
    text.behind(behind, behindCount, own === 1 ? "that task" : "those tasks");
    const id = resource === null ? undefined : this.#registry.resources.of(resource)?.id;
    this.#add(
      text.finding(kind, id === undefined ? `task ${tasks[0]!}` : `resource ${id}`, {
        certain,
        since,
        tasks,
        taskCount: own,
        behind: ids,
        behindCount,
        resources: id === undefined ? [] : [id],
      }),
    );
  }

  #task(node: number): TaskRecord {
    return this.#graph.tasks[node]!;
  }

  #firstWait(node: number): { future: Future<unknown> | null; awaitable: object | null } {
    let first: Future<unknown> | null = null;
    let at: object | null = null;
    eachWait(this.#task(node), (future, _since, awaitable) => {
      if (first !== null) return;
      first = future;
      at = awaitable;
    });
    return { future: first, awaitable: at };
  }
}
