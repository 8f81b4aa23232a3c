import type { ChainReply, FrameInfo, SiteId } from "@asyncscope/protocol";
import type { Frame } from "../core/coroutine.js";
import { isGenerator } from "../core/coroutine.js";
import { each } from "./primordials.js";
import type { Registry } from "./registry.js";
import { isAsyncFrame } from "./shapes.js";
import type { TaskRecord } from "./task-record.js";
import { clean } from "./text.js";

const NAME = 200;

/** Calls `visit` with the frames of a task, innermost first: those of the await inside its async function, then its own. */
function eachFrame(
  registry: Registry,
  record: TaskRecord | undefined,
  visit: (frame: Frame, site: SiteId) => void,
): void {
  const task = record?.task ?? null;
  if (task === null) return;
  let site = 0;
  let first = null as Frame | null;
  if (task._strands !== null)
    each(task._strands, (strand) => {
      // With several awaits at once (Promise.all) the first one's frames stand for all.
      first ??= strand._frame;
      if (site === 0) site = registry.awaitSite(strand._awaitable);
    });
  for (let frame = first; frame !== null; frame = frame._caller) visit(frame, 0);
  for (let frame: Frame | null = task._frame; frame !== null; frame = frame._caller)
    visit(frame, isAsyncFrame(frame) ? site : 0);
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

/** The generator of the innermost frame of the program's own code, null when that frame is an async function. */
export function topObject(registry: Registry, id: number): object | null {
  let top = null as Frame | null;
  eachFrame(registry, registry.get(id), (frame) => {
    if (frame._isUserCode) top ??= frame;
  });
  return top === null ? null : generatorOf(top);
}

function generatorOf(frame: Frame): object | null {
  return isGenerator(frame._iterator) ? frame._iterator : null;
}
