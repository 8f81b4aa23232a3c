import { messageOf, fail } from "../../errors.js";
import type { CdpConnection } from "./cdp/connection.js";
import { SuspendedFunctions } from "./heap/suspended-functions.js";
import { estimateSnapshot, takeSnapshot } from "./heap/take-snapshot.js";
import { generatorState, type GeneratorState } from "./suspended-frames.js";
import type { Remote } from "./values/values.js";

/** What leads to an async function among the frames of a task, see `Inspector.frameAnchors`. */
export interface Anchor {
  readonly object: Remote;
  readonly number: number;
}

/** Functions that are kept at hand; each keeps its variables alive. */
const MOST_KEPT = 500;
const GROUP = "async-functions";

/**
 * The suspended async functions of a program. V8 gives the variables of one to whoever has its generator object, and
 * that no code can get at: it is looked for in a heap snapshot, when somebody wants the variables. What was found once
 * is kept, so that the next look costs nothing.
 */
export class AsyncFunctions {
  readonly #cdp: CdpConnection;
  readonly #whileStopped: (work: () => Promise<void>) => Promise<void>;
  /** Generator objects by the number of their anchor, see {@link states}. */
  readonly #found = new Map<number, readonly Remote[]>();
  #search: Promise<void> = Promise.resolve();

  /** @param whileStopped does what the program stands still for. */
  constructor(cdp: CdpConnection, whileStopped: (work: () => Promise<void>) => Promise<void>) {
    this.#cdp = cdp;
    this.#whileStopped = whileStopped;
  }

  /** How long {@link find} will stop the program, milliseconds: about. */
  async price(): Promise<number> {
    return (await estimateSnapshot(this.#cdp)).pause;
  }

  /**
   * Where the functions stand that were found behind an anchor, the innermost first: more than one where an async function
   * awaits another of which nobody knew. None when none was found, or when they have gone on.
   */
  async states({ number }: Anchor): Promise<readonly GeneratorState[]> {
    const generators = this.#found.get(number);
    if (generators === undefined) return [];
    const states = await Promise.all(
      generators.map((generator) => generatorState(this.#cdp, generator, false).catch(() => undefined)),
    );
    const suspended = states.filter((state) => state?.state === "suspended");
    if (suspended.length === generators.length) return suspended as GeneratorState[];
    // Whom they await now, another search must tell.
    this.#drop(number, generators);
    return [];
  }

  /** Looks for functions in a heap snapshot: the program stands still meanwhile. One at a time. */
  find(anchors: readonly Anchor[]): Promise<void> {
    const search = this.#search.then(() =>
      this.#whileStopped(() => this.#find(anchors.filter(({ number }) => !this.#found.has(number)))),
    );
    this.#search = search.catch(() => undefined);
    return search;
  }

  async #find(anchors: readonly Anchor[]): Promise<void> {
    if (anchors.length === 0) return;
    try {
      const heap = await takeSnapshot(this.#cdp);
      // V8 numbers its objects for a snapshot.
      const numbers = await Promise.all(
        anchors.map(async ({ object }) => {
          const reply = await this.#cdp.send("HeapProfiler.getHeapObjectId", { objectId: object.objectId! });
          return Number(reply.heapSnapshotObjectId);
        }),
      );
      const functions = new SuspendedFunctions(heap);
      for (const [i, anchor] of anchors.entries()) {
        const generators = functions.behind(numbers[i]!).map(async (node) => {
          const objectId = String(heap.id(node));
          return this.#cdp.send("HeapProfiler.getObjectByHeapObjectId", { objectId, objectGroup: GROUP });
        });
        if (generators.length > 0)
          this.#keep(
            anchor.number,
            (await Promise.all(generators)).map(({ result }) => result),
          );
      }
    } catch (error) {
      fail("snapshotFailed", { detail: messageOf(error) });
    } finally {
      // V8 keeps numbers of all objects until then.
      await this.#cdp.send("HeapProfiler.disable").catch(() => undefined);
    }
  }

  #keep(number: number, generators: readonly Remote[]): void {
    this.#found.set(number, generators);
    if (this.#found.size <= MOST_KEPT) return;
    const [oldest, objects] = this.#found.entries().next().value!;
    this.#drop(oldest, objects);
  }

  #drop(number: number, generators: readonly Remote[]): void {
    this.#found.delete(number);
    for (const { objectId } of generators)
      if (objectId !== undefined)
        this.#cdp.send("Runtime.releaseObject", { objectId }).catch(() => undefined);
  }
}
