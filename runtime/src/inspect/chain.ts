import type { ChainReply, FrameInfo, SiteId } from "@asyncscope/protocol";
import type { AwaitStrand } from "../core/await-strand.js";
import type { Frame } from "../core/coroutine.js";
import { isGenerator } from "../core/coroutine.js";
import type { Future } from "../core/future.js";
import type { Task } from "../core/task.js";
import { each, weakMapGet, weakMapSet } from "./primordials.js";
import type { NativeTasks } from "./native-tasks.js";
import type { Registry } from "./registry.js";
import { asyncCallOf, isAsyncFrame, ownSite, promiseOf } from "./shapes.js";
import type { TaskRecord } from "./task-record.js";
import { clean } from "./text.js";

const NAME = 200;

/** What has frames: a task, or an await inside its async functions. */
interface Owner {
  readonly _frame: Frame | null;
  readonly _waiter: Future<unknown> | null;
}

/**
 * Calls `visit` with the frames of a task, innermost first: those of the awaits inside its async functions, then its own.
 * `site`: where an async function stands, 0 when not known and for generators.
 */
export function eachFrame(
  registry: Registry,
  record: TaskRecord | undefined,
  visit: (frame: Frame, site: SiteId) => void,
): void {
  const task = record?.task ?? null;
  if (task !== null) eachTaskFrame(task, (awaitable) => registry.awaitSite(awaitable), visit);
}

/** As {@link eachFrame}, of a task that need not be recorded. `siteOf`: where an awaitable was made, 0 when not known. */
export function eachTaskFrame(
  task: Task<unknown>,
  siteOf: (awaitable: object) => SiteId,
  visit: (frame: Frame, site: SiteId) => void,
): void {
  const awaits = nestedAwaits(task);
  let site = 0;
  for (let i = awaits.length - 1; i >= 0; i--) {
    visitOwner(awaits[i]!, site, visit);
    site = siteOf(awaits[i]!._awaitable);
  }
  visitOwner(task, site, visit);
}

function visitOwner(owner: Owner, site: SiteId, visit: (frame: Frame, site: SiteId) => void): void {
  const call = asyncCallOf(owner._waiter);
  // An async function that a generator runs (the body of a task group, say) has no frame of its own there.
  if (call !== null && call !== owner._frame) visit(call, site);
  for (let frame = owner._frame; frame !== null; frame = frame._caller)
    visit(frame, isAsyncFrame(frame) ? ownSite(frame) || site : 0);
}

/**
 * The awaits of a task's async functions from the outside in: each but the last waits for the end of another async
 * function, in which the next one stands. With several awaits at once (Promise.all) the first stands for all.
 */
function nestedAwaits(task: Task<unknown>): AwaitStrand[] {
  const nested: AwaitStrand[] = [];
  let innermost = null as AwaitStrand | null;
  if (task._strands !== null)
    each(task._strands, (strand) => {
      if (asyncCallOf(strand._waiter) === null) innermost ??= strand;
      else {
        nested[nested.length] = strand;
        innermost = null;
      }
    });
  if (innermost !== null) nested[nested.length] = innermost;
  return nested;
}

/** The await chain of a task for a view; a long one loses its outer end. */
export function describeChain(registry: Registry, id: number, limit: number): ChainReply {
  const record = registry.get(id);
  const frames: FrameInfo[] = [];
  let count = 0;
  eachFrame(registry, record, (frame, site) => {
    if (count++ >= limit) return;
    frames[frames.length] = {
      functionName: clean(frame._name, NAME),
      kind: isAsyncFrame(frame) ? "async" : frame._isUserCode ? "generator" : "native",
      site,
    };
  });
  return {
    task: id,
    found: record !== undefined && record.task !== null,
    frames,
    hidden: count - frames.length,
    sites: registry.sites.since(0),
  };
}

/** The generators of the frames of {@link describeChain}, null where a frame is none. */
export function chainObjects(registry: Registry, id: number, limit: number): (object | null)[] {
  const objects: (object | null)[] = [];
  eachFrame(registry, registry.get(id), (frame) => {
    if (objects.length < limit) objects[objects.length] = generatorOf(frame);
  });
  return objects;
}

const anchorNumbers = new WeakMap<object, number>();
let lastAnchor = 0;

/**
 * What leads to the async functions among the frames of {@link describeChain} in a heap snapshot: for each frame an object
 * and its number, null and 0 of a generator.
 */
export function chainAnchors(
  registry: Registry,
  native: NativeTasks | null,
  id: number,
  limit: number,
): (object | number | null)[] {
  const record = registry.get(id);
  const anchors: (object | number | null)[] = [];
  const add = (anchor: object | null): void => {
    if (anchors.length >= 2 * limit) return;
    let number = anchor === null ? 0 : weakMapGet(anchorNumbers, anchor);
    if (number === undefined) weakMapSet(anchorNumbers, anchor!, (number = ++lastAnchor));
    anchors[anchors.length] = anchor;
    anchors[anchors.length] = number;
  };
  const own = record?.task == null ? undefined : native?.framesOf(record.task);
  if (own !== undefined && own.length > 0) for (let i = 0; i < own.length; i++) add(own[i]!);
  else eachFrame(registry, record, (frame) => add(promiseOf(frame)));
  return anchors;
}

/** The generator of the innermost frame of the program's own code, null when that frame is an async function. */
export function topObject(registry: Registry, id: number): object | null {
  let top = null as Frame | null;
  eachFrame(registry, registry.get(id), (frame) => {
    if (frame._isUserCode) top ??= frame;
  });
  return top === null ? null : generatorOf(top);
}

/** Null of an async function. */
export function generatorOf(frame: Frame): object | null {
  return isGenerator(frame._iterator) ? frame._iterator : null;
}
