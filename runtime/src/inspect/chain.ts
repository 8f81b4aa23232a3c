import type { ChainReply, FrameInfo, SiteId } from "@asyncscope/protocol";
import type { Frame } from "../core/coroutine.js";
import { isGenerator } from "../core/coroutine.js";
import type { Task } from "../core/task.js";
import { AsyncCall } from "../core/async-call.js";
import type { Registry } from "./registry.js";
import { clean } from "./text.js";

interface ChainFrame {
  readonly frame: Frame;
  /** Where the async function stands, as far as the runtime saw it; 0 for generators. */
  readonly site: SiteId;
}

/** The frames of a task, innermost first: those of the await inside its async function, then its own. */
function framesOf(registry: Registry, task: Task<unknown>): ChainFrame[] {
  const frames: ChainFrame[] = [];
  const strands = [...(task._strands ?? [])];
  // With several awaits at once (Promise.all) the first one's frames stand for all.
  const first = strands[0];
  for (let frame = first?._frame ?? null; frame !== null; frame = frame._caller)
    frames.push({ frame, site: 0 });
  let site = 0;
  for (const strand of strands) if (site === 0) site = registry.awaitSite(strand._awaitable);
  for (let frame = task._frame; frame !== null; frame = frame._caller)
    frames.push({ frame, site: frame instanceof AsyncCall ? site : 0 });
  return frames;
}

/** The await chain of a task for a view; a long one loses its middle. */
export function describeChain(registry: Registry, id: number, limit: number): ChainReply {
  const task = registry.get(id)?.task ?? null;
  const all = task === null ? [] : framesOf(registry, task);
  const frames = all.slice(0, limit).map(({ frame, site }): FrameInfo => ({
    functionName: clean(frame._name, 200),
    kind: frame instanceof AsyncCall ? "async" : frame._isUserCode ? "generator" : "native",
    site,
  }));
  return {
    task: id,
    found: task !== null,
    frames,
    hidden: all.length - frames.length,
    sites: registry.sites.since(0),
  };
}

/** The generators of the frames of {@link describeChain}, null where a frame is none. */
export function chainObjects(registry: Registry, id: number, limit: number): (object | null)[] {
  const task = registry.get(id)?.task ?? null;
  if (task === null) return [];
  return framesOf(registry, task)
    .slice(0, limit)
    .map(({ frame }) => generatorOf(frame));
}

/** The generator of the innermost frame of the program's own code. */
export function topObject(registry: Registry, id: number): object | null {
  const task = registry.get(id)?.task ?? null;
  if (task === null) return null;
  for (const { frame } of framesOf(registry, task)) if (frame._isUserCode) return generatorOf(frame);
  return null;
}

function generatorOf(frame: Frame): object | null {
  return isGenerator(frame._iterator) ? frame._iterator : null;
}
