import type {
  SiteId,
  SuspensionPoint,
  SuspensionQuery,
  SuspensionReply,
  SuspensionSample,
  TaskId,
  TaskInfo,
} from "@asyncscope/protocol";
import { isGenerator } from "../core/coroutine.js";
import type { Frame } from "../core/coroutine.js";
import { eachFrame } from "./chain.js";
import { largest } from "./largest.js";
import { atMost, count } from "./numbers.js";
import { getPrototype, mapGet, mapSet, realTime, weakMapGet, weakMapSet } from "./primordials.js";
import type { Registry } from "./registry.js";
import { Samples } from "./samples.js";
import { SUSPENDED } from "./task-record.js";
import type { TaskRecord } from "./task-record.js";
import { sinceWhen, standing } from "./task-state.js";
import { clean } from "./text.js";
import { taskInfos } from "./tree.js";
import { eachWait } from "./waits.js";

const NAME = 200;
const MOST_SAMPLES = 50;
/** Rows given of tasks asked for by id. */
const MOST_TASKS = 100;
/** Lines of one task that waits in several places at once. */
const MOST_SITES = 20;
/** Generator functions of one name that are told apart: one that is made anew for each call is as many as its calls. */
const MOST_OF_A_NAME = 8;

/** Tasks whose innermost function is the same, and for async functions the line as well. */
class Point {
  count = 0;
  since = Infinity;
  oldest: TaskId = 0;
  readonly samples = new Samples(MOST_SAMPLES);

  constructor(
    readonly name: string,
    readonly site: SiteId,
  ) {}

  add(id: TaskId, since: number): void {
    this.count++;
    if (since < this.since) {
      this.since = since;
      this.oldest = id;
    }
    this.samples.add(id);
  }
}

interface Points {
  readonly version: number;
  readonly list: readonly Point[];
  readonly suspended: number;
  /** Suspended tasks of which no function is known: they wait in the runtime's own code alone. */
  readonly nowhere: number;
}

const lastPoints = new WeakMap<Registry, Points>();

/** Answers a {@link SuspensionQuery}: all suspended tasks are counted before any cap. */
export function querySuspensions(registry: Registry, query: SuspensionQuery, now: number): SuspensionReply {
  const begin = realTime();
  let points: Points | undefined = weakMapGet<Points>(lastPoints, registry);
  if (points?.version !== registry.version) {
    points = new Collector(registry).points;
    weakMapSet(lastPoints, registry, points);
  }
  const shown = largest(points.list, atMost(query.limit, 500, 2000));
  const samples = atMost(query.samples, 20, MOST_SAMPLES);
  const described: SuspensionPoint[] = [];
  let total = 0;
  let shownTasks = 0;
  for (let i = 0; i < points.list.length; i++) total += points.list[i]!.count;
  for (let i = 0; i < shown.length; i++) {
    described[i] = describe(registry, shown[i]!, samples);
    shownTasks += shown[i]!.count;
  }
  const tasks = rows(registry, query.tasks);
  return {
    now,
    took: realTime() - begin,
    version: registry.version,
    points: described,
    suspended: points.suspended,
    hiddenTasks: total - shownTasks + points.nowhere,
    tasks,
    sites: registry.sites.since(count(query.knownSites, 0)),
  };
}

/** Sorts the suspended tasks of a program into points. */
class Collector {
  readonly points: Points;
  readonly #registry: Registry;
  readonly #list: Point[] = [];
  readonly #bySite = new Map<SiteId, Point>();
  readonly #byFunction = new Map<object, Point>();
  /** By the name of generator functions: how many of them are told apart, and the point of all others. */
  readonly #byName = new Map<string, { known: number; rest: Point | null }>();
  #sites: SiteId[] = [];
  // Found once for the function that the task before stands in as well.
  #lastFunction: object | null = null;
  #last: Point | null = null;

  constructor(registry: Registry) {
    this.#registry = registry;
    const running: object[] = [];
    registry.eachRunning((task) => {
      running[running.length] = task;
    });
    let suspended = 0;
    let nowhere = 0;
    registry.tasks.forEach((record) => {
      const { task } = record;
      if (task === null || standing(task) !== SUSPENDED) return;
      for (let i = 0; i < running.length; i++) if (running[i] === task) return;
      suspended++;
      if (!this.#add(record)) nowhere++;
    });
    this.points = { version: registry.version, list: this.#list, suspended, nowhere };
  }

  #add(record: TaskRecord): boolean {
    let top = null as Frame | null;
    eachFrame(this.#registry, record, (frame) => {
      if (frame._isUserCode) top ??= frame;
    });
    if (top === null) return false;
    const iterator: object | null = top._iterator;
    if (iterator !== null && isGenerator(iterator)) {
      this.#pointOf(top._name, iterator).add(record.id, sinceWhen(record, SUSPENDED));
      return true;
    }
    return this.#addAsync(record, top._name);
  }

  /** An async function that waits for several things at once stands at each of their lines. */
  #addAsync(record: TaskRecord, name: string): boolean {
    this.#sites.length = 0;
    eachWait(record, (_future, since, awaitable) => {
      const site = awaitable === null ? 0 : this.#registry.awaitSite(awaitable);
      if (site === 0 || this.#sites.length === MOST_SITES) return;
      for (let i = 0; i < this.#sites.length; i++) if (this.#sites[i] === site) return;
      this.#sites[this.#sites.length] = site;
      let point = mapGet(this.#bySite, site);
      if (point === undefined) mapSet(this.#bySite, site, (point = this.#new(name, site)));
      point.add(record.id, since);
    });
    return this.#sites.length > 0;
  }

  /** The generators of one function have a prototype of their own. */
  #pointOf(name: string, generator: object): Point {
    const prototype = getPrototype(generator) ?? generator;
    if (prototype === this.#lastFunction && this.#last !== null) return this.#last;
    let point = mapGet(this.#byFunction, prototype);
    if (point === undefined) {
      let named = mapGet(this.#byName, name);
      if (named === undefined) mapSet(this.#byName, name, (named = { known: 0, rest: null }));
      if (named.known++ < MOST_OF_A_NAME) mapSet(this.#byFunction, prototype, (point = this.#new(name, 0)));
      else point = named.rest ??= this.#new(name, 0);
    }
    this.#lastFunction = prototype;
    this.#last = point;
    return point;
  }

  #new(name: string, site: SiteId): Point {
    return (this.#list[this.#list.length] = new Point(clean(name, NAME), site));
  }
}

function describe(registry: Registry, point: Point, most: number): SuspensionPoint {
  const { name, site, since, oldest } = point;
  const samples: SuspensionSample[] = [{ task: oldest, since }];
  const others = point.samples.first(most);
  for (let i = 0; i < others.length && samples.length < most; i++) {
    const record = others[i] === oldest ? undefined : registry.get(others[i]!);
    if (record !== undefined)
      samples[samples.length] = { task: record.id, since: sinceWhen(record, SUSPENDED) };
  }
  return { functionName: name, site, count: point.count, since, samples };
}

function rows(registry: Registry, asked: readonly TaskId[] | undefined): TaskInfo[] {
  const ids: TaskId[] = [];
  for (let i = 0; asked !== undefined && i < asked.length && i < MOST_TASKS; i++) ids[i] = asked[i]!;
  return taskInfos(registry, ids);
}
