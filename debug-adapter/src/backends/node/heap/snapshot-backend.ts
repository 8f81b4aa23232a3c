import type {
  ChainReply,
  DiagnosisQuery,
  DiagnosisReply,
  Finding,
  FutureReply,
  GroupReply,
  LongWaitReply,
  ResourceQuery,
  ResourceReply,
  Site,
  SiteId,
  SourceLocation,
  SuspensionReply,
  TaskId,
  TaskInfo,
  TreeQuery,
  TreeReply,
} from "@asyncscope/protocol";
import { fail } from "../../../errors.js";
import type { ProgramFacts, TaskBackend } from "../../../tasks/backend.js";
import type { FrameView } from "../../../target/execution.js";
import type { VariableContainer } from "../../../target/values.js";
import type { CdpConnection } from "../cdp/connection.js";
import { ANSWER_TIMEOUT_MS, withTimeout } from "../inspector-access.js";
import type { Scripts, SourcePosition } from "../scripts.js";
import { SuspendedFrame, type GeneratorState } from "../suspended-frames.js";
import { Values } from "../values/values.js";
import { readAsyncGraph, type SuspendedFunction } from "./async-graph.js";
import type { HeapGraph } from "./heap-graph.js";
import { HeapObjects } from "./heap-objects.js";
import { findLimiters } from "./limiters.js";
import { Settlers } from "./settlers.js";
import { Places } from "./places.js";
import { findProblems, type SnapshotFinding } from "./snapshot-findings.js";
import { resourceInfo, SnapshotResources } from "./snapshot-resources.js";
import { readTasks, type SnapshotTask, type SnapshotTasks } from "./snapshot-tasks.js";
import { functionLabel, taskName, waitsOf } from "./snapshot-texts.js";
import { SnapshotTree } from "./snapshot-tree.js";

const MOST_FRAMES = 50;
const MOST_RESOURCES = 2000;
const DEFAULT_RESOURCES = 200;
const MOST_NAMED = 20;
const DEFAULT_FINDINGS = 20;

/**
 * The suspended functions of a program that does not use the runtime, as tasks: what stands in one heap snapshot.
 * Positions and variables are read from the living program, for what is shown.
 */
export class SnapshotBackend implements TaskBackend {
  readonly ready = true;
  readonly problem = undefined;
  /** See `TaskBackend.note`: set by whoever shows it beside a program that goes on. */
  note?: string;
  readonly #cdp: CdpConnection;
  readonly #scripts: Scripts;
  readonly #heap: HeapGraph;
  readonly #objects: HeapObjects;
  readonly #facts: ProgramFacts;
  readonly #now: number;
  readonly #tasks: SnapshotTasks;
  readonly #byId: ReadonlyMap<TaskId, SnapshotTask>;
  readonly #infos: ReadonlyMap<TaskId, TaskInfo>;
  readonly #resources: SnapshotResources;
  readonly #tree: SnapshotTree;
  #findings: readonly SnapshotFinding[] | undefined;
  readonly #sites = new Map<SiteId, Site>();
  readonly #places = new Places((fn) => this.#place(fn));
  readonly #siteOf = new Map<SuspendedFunction, Promise<SiteId>>();
  #groups = 0;
  /** Async generators that nobody has asked to go on, and promises that are pending. */
  readonly counts: { readonly functions: number; readonly atYield: number; readonly pendingPromises: number };

  /** @param now the program's clock at the moment of the snapshot, milliseconds. */
  constructor(cdp: CdpConnection, scripts: Scripts, heap: HeapGraph, facts: ProgramFacts, now: number) {
    this.#cdp = cdp;
    this.#scripts = scripts;
    this.#heap = heap;
    this.#facts = facts;
    this.#now = now;
    this.#objects = new HeapObjects(cdp, heap);
    const graph = readAsyncGraph(heap);
    const { functions, atYield, pendingPromises } = graph;
    this.counts = {
      functions: functions.filter(({ internal }) => !internal).length,
      atYield,
      pendingPromises,
    };
    this.#tasks = readTasks(heap, graph, new Settlers(heap, graph));
    this.#byId = new Map(this.#tasks.tasks.map((task) => [task.id, task]));
    this.#resources = new SnapshotResources(this.#tasks.tasks, findLimiters(heap));
    const infos = this.#tasks.tasks.map((task) => this.#info(task));
    this.#infos = new Map(infos.map((info) => [info.id, info]));
    this.#tree = new SnapshotTree(infos);
  }

  #info(task: SnapshotTask): TaskInfo {
    const { waits, count } = waitsOf(task, this.#tasks, this.#now, (settler) =>
      this.#resources.idOf(settler),
    );
    const [wait] = waits;
    return {
      id: task.id,
      name: taskName(task),
      state: "suspended",
      coroutine: functionLabel(task.frames.at(-1)!),
      form: "generator",
      parent: 0,
      created: 0,
      createdAt: this.#now,
      since: wait?.since ?? this.#now,
      ...(wait === undefined || wait.since === this.#now ? { ageUnknown: true } : {}),
      waits,
      ...(count > waits.length ? { waitCount: count } : {}),
      depth: task.frames.length,
      cancelling: 0,
      childCount: 0,
    };
  }

  probe(): Promise<void> {
    return Promise.resolve();
  }

  tree(query: TreeQuery): Promise<TreeReply> {
    return Promise.resolve({
      now: this.#now,
      version: 1,
      ...this.#tree.piece(query),
      sites: [],
      counts: this.#counts,
    });
  }

  resources({ offset = 0, limit = DEFAULT_RESOURCES, text }: ResourceQuery): Promise<ResourceReply> {
    const wanted = text?.toLowerCase();
    const all = this.#resources.all
      .map((resource) => resourceInfo(resource, this.#now))
      .filter(({ name }) => wanted === undefined || name.toLowerCase().includes(wanted));
    const resources = all.slice(offset, offset + Math.min(limit, MOST_RESOURCES));
    const named = new Set(resources.flatMap(({ waiters }) => waiters.map(({ task }) => task)));
    return Promise.resolve({
      now: this.#now,
      version: 1,
      resources,
      total: all.length,
      tasks: this.#infosOf([...named]),
      sites: [],
    });
  }

  #infosOf(ids: readonly TaskId[]): TaskInfo[] {
    return ids.flatMap((id) => this.#infos.get(id) ?? []);
  }

  async diagnosis({ limit = DEFAULT_FINDINGS }: DiagnosisQuery): Promise<DiagnosisReply> {
    this.#findings ??= await this.#stillTrue(findProblems(this.#heap, this.#tasks, this.#resources.all));
    const shown = this.#findings.slice(0, limit);
    const findings = await Promise.all(shown.map((finding) => this.#finding(finding)));
    const hidden = this.#findings.slice(limit).flatMap(({ tasks }) => tasks);
    return {
      now: this.#now,
      version: 1,
      findings,
      hiddenTasks: new Set(hidden).size,
      idle: false,
      tasks: this.#infosOf([...new Set(findings.flatMap(({ tasks }) => tasks))]),
      sites: [],
    };
  }

  /** Reading the snapshot has taken some time: a promise that has settled meanwhile is none that nothing can settle. */
  async #stillTrue(findings: readonly SnapshotFinding[]): Promise<SnapshotFinding[]> {
    const holds = await this.#withGroup((group) =>
      Promise.all(
        findings.map(({ unsettled }) => {
          const asked = unsettled === undefined ? true : this.#objects.isPending(unsettled, group);
          return withTimeout(Promise.resolve(asked), ANSWER_TIMEOUT_MS).catch(() => false);
        }),
      ),
    );
    return findings.filter((_, i) => holds[i]);
  }

  async #finding({ tasks, places, unsettled: _, ...rest }: SnapshotFinding): Promise<Finding> {
    return {
      ...rest,
      since: this.#now,
      places: await Promise.all(places.map(async (fn) => ({ task: 0, site: await this.#site(fn) }))),
      tasks: tasks.slice(0, MOST_NAMED).map(({ id }) => id),
      taskCount: tasks.length,
      behind: [],
      behindCount: 0,
    };
  }

  /** A site for where a function stands; 0 when it has ended. */
  #site(fn: SuspendedFunction): Promise<SiteId> {
    let site = this.#siteOf.get(fn);
    if (site === undefined) this.#siteOf.set(fn, (site = this.#makeSite(fn)));
    return site;
  }

  async #makeSite(fn: SuspendedFunction): Promise<SiteId> {
    const asked = this.#withGroup((group) => this.#objects.state(fn, group));
    const state = await withTimeout(asked, ANSWER_TIMEOUT_MS).catch(() => undefined);
    if (state === undefined) return 0;
    const id = this.#sites.size + 1;
    const { line, column } = state;
    this.#sites.set(id, { id, url: fn.script, line, column, functionName: fn.functionName });
    return id;
  }

  sites(): Iterable<Site> {
    return this.#sites.values();
  }

  site(id: SiteId): Site | undefined {
    return this.#sites.get(id);
  }

  async resolveSite({ url, line, column, functionName }: Site): Promise<SourceLocation | undefined> {
    if (this.#scripts.byUrl(url) === undefined) await this.#scripts.lookUp();
    return located(await this.#scripts.position(this.#scripts.byUrl(url), line, column), functionName);
  }

  chain(task: TaskId, limit: number): Promise<ChainReply> {
    const frames = this.#byId.get(task)?.frames ?? [];
    return Promise.resolve({
      task,
      found: frames.length > 0,
      frames: frames
        .slice(0, limit)
        .map((fn) => ({ functionName: functionLabel(fn), kind: "generator", site: 0 })),
      hidden: Math.max(0, frames.length - limit),
      sites: [],
    });
  }

  locations(tasks: readonly TaskId[]): Promise<(SourceLocation | undefined)[]> {
    return this.#locate(tasks.map((id) => this.#byId.get(id)?.frames[0]));
  }

  frameLocations(task: TaskId, limit: number): Promise<(SourceLocation | undefined)[]> {
    return this.#locate(this.#byId.get(task)?.frames.slice(0, limit) ?? []);
  }

  #locate(functions: readonly (SuspendedFunction | undefined)[]): Promise<(SourceLocation | undefined)[]> {
    return Promise.all(
      functions.map((fn) => (fn === undefined ? Promise.resolve(undefined) : this.#places.of(fn))),
    );
  }

  async #place(fn: SuspendedFunction): Promise<SourceLocation | undefined> {
    const state = await this.#withGroup((group) => this.#objects.state(fn, group));
    return state === undefined ? undefined : located(await this.#position(state), functionLabel(fn));
  }

  async #position({ scriptId, line, column }: GeneratorState): Promise<SourcePosition | undefined> {
    if (this.#scripts.byId(scriptId) === undefined) await this.#scripts.lookUp();
    return this.#scripts.position(this.#scripts.byId(scriptId), line, column);
  }

  async #withGroup<T>(work: (group: string) => Promise<T>): Promise<T> {
    const objectGroup = `snapshot-${++this.#groups}`;
    try {
      return await work(objectGroup);
    } finally {
      this.#cdp.send("Runtime.releaseObjectGroup", { objectGroup }).catch(() => undefined);
    }
  }

  async frames({ id }: TaskInfo): Promise<FrameView[]> {
    const task = this.#byId.get(id);
    if (task === undefined) return fail("taskGone", { task: id });
    // Lives until the next look at this task: an expanded frame must stay readable.
    const group = `snapshot-frames-${id}`;
    await this.#cdp.send("Runtime.releaseObjectGroup", { objectGroup: group });
    const values = new Values(this.#cdp, group);
    const frames = await Promise.all(
      task.frames.slice(0, MOST_FRAMES).map(async (fn) => {
        const state = await this.#objects.state(fn, group);
        const position = state === undefined ? undefined : await this.#position(state);
        return state === undefined || position === undefined
          ? undefined
          : new SuspendedFrame(this.#cdp, state, values, functionLabel(fn), position);
      }),
    );
    const found = frames.filter((frame) => frame !== undefined);
    return found.length === 0 ? fail("taskGone", { task: id }) : found;
  }

  about(): Promise<ProgramFacts> {
    return Promise.resolve(this.#facts);
  }

  /** A promise cannot be cancelled from outside. */
  cancel(): Promise<boolean> {
    return Promise.resolve(false);
  }

  watch(): Promise<void> {
    return Promise.resolve();
  }

  // What only a running program tells: views of an editor ask for it, too.

  groups(): Promise<GroupReply> {
    const list = { groups: [], total: 0, grouped: 0, suspended: 0, hiddenTasks: 0, pages: [] };
    return Promise.resolve({ ...this.#nothing, ...list, counts: this.#counts });
  }

  futures(): Promise<FutureReply> {
    return Promise.resolve({ ...this.#nothing, futures: [], total: 0, otherWaits: this.#byId.size });
  }

  suspensions(): Promise<SuspensionReply> {
    return Promise.resolve({ ...this.#nothing, took: 0, points: [], suspended: 0, hiddenTasks: 0 });
  }

  longWaits(): Promise<LongWaitReply> {
    return Promise.resolve({ ...this.#nothing, total: 0 });
  }

  get #nothing(): { now: number; version: number; tasks: []; sites: [] } {
    return { now: this.#now, version: 1, tasks: [], sites: [] };
  }

  get #counts(): TreeReply["counts"] {
    const none = { created: 0, scheduled: 0, running: 0, done: 0, failed: 0, cancelled: 0 };
    return { ...none, suspended: this.#byId.size };
  }

  items(): VariableContainer {
    return { list: () => Promise.resolve([]) };
  }
}

function located(position: SourcePosition | undefined, functionName: string): SourceLocation | undefined {
  if (position === undefined) return undefined;
  const { path, line, column } = position;
  return { path, line, column, functionName };
}
