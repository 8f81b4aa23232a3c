import type { CdpConnection } from "../cdp/connection.js";
import { generatorState, type GeneratorState } from "../suspended-frames.js";
import type { Remote } from "../values/values.js";
import type { SuspendedFunction } from "./async-graph.js";
import type { HeapGraph, Node } from "./heap-graph.js";

/** Fetches objects of a snapshot out of the running program. */
export class HeapObjects {
  readonly #cdp: CdpConnection;
  readonly #heap: HeapGraph;

  constructor(cdp: CdpConnection, heap: HeapGraph) {
    this.#cdp = cdp;
    this.#heap = heap;
  }

  /** Undefined when it is gone. */
  async object(node: Node, objectGroup: string): Promise<Remote | undefined> {
    try {
      const objectId = String(this.#heap.id(node));
      return (await this.#cdp.send("HeapProfiler.getObjectByHeapObjectId", { objectId, objectGroup })).result;
    } catch {
      return undefined;
    }
  }

  /** Whether a promise has not settled since; false also when it is gone. */
  async isPending(promise: Node, objectGroup: string): Promise<boolean> {
    const object = await this.object(promise, objectGroup);
    if (object?.objectId === undefined) return false;
    const { internalProperties = [] } = await this.#cdp.send("Runtime.getProperties", {
      objectId: object.objectId,
      ownProperties: true,
    });
    return internalProperties.some(
      ({ name, value }) => name === "[[PromiseState]]" && value?.value === "pending",
    );
  }

  /** Where a function stands now; undefined when it has gone on and ended. */
  async state({ node }: SuspendedFunction, objectGroup: string): Promise<GeneratorState | undefined> {
    const object = await this.object(node, objectGroup);
    if (object?.objectId === undefined) return undefined;
    const state = await generatorState(this.#cdp, object, false).catch(() => undefined);
    return state?.state === "suspended" ? state : undefined;
  }
}
