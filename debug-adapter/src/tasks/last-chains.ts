import type { ChainBody, Site, SiteId, SourceLocation, TaskId } from "@asyncscope/protocol";
import type { LastState } from "./backend.js";

type LastChain = LastState["chains"][number];

/** How what a program told at its end is found in the user's sources. */
export interface LastPlaces {
  site(id: SiteId): Promise<SourceLocation | undefined>;
  /** Undefined also when it cannot be told any more. */
  position(site: Site): Promise<SourceLocation | undefined>;
}

/** The await chains that the tasks of a program had when it ended. */
export class LastChains {
  readonly #chains: ReadonlyMap<TaskId, LastChain>;

  constructor(chains: readonly LastChain[] = []) {
    this.#chains = new Map(chains.map((chain) => [chain.task, chain]));
  }

  /** The functions of the program that a task stood in, innermost first; undefined when that is not known. */
  functionsOf(task: TaskId): string[] | undefined {
    return this.#chains
      .get(task)
      ?.frames.filter(({ kind }) => kind !== "native")
      .map(({ functionName }) => functionName);
  }

  /** Where a generator stood; undefined when that is not known. */
  async placeOf(task: TaskId, places: LastPlaces): Promise<SourceLocation | undefined> {
    const frame = this.#chains.get(task)?.frames[0];
    return frame?.at === undefined ? undefined : places.position(siteAt(frame, frame.at));
  }

  /** Undefined when that of `task` is not known. @param limit of the frames */
  async chain(task: TaskId, limit: number, places: LastPlaces): Promise<ChainBody | undefined> {
    const known = this.#chains.get(task);
    if (known === undefined) return undefined;
    const frames = await Promise.all(
      known.frames.slice(0, limit).map(async (frame) => {
        const { functionName, kind, site, at } = frame;
        const location = await (at === undefined ? places.site(site) : places.position(siteAt(frame, at)));
        return { functionName, kind, ...(location === undefined ? {} : { location }) };
      }),
    );
    return { found: true, frames, hidden: known.hidden + known.frames.length - frames.length };
  }
}

function siteAt({ functionName }: LastChain["frames"][number], at: Omit<Site, "id" | "functionName">): Site {
  return { ...at, id: 0, functionName };
}
