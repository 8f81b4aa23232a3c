import type { HeapSnapshotBody } from "@asyncscope/protocol";
import type { SnapshotBackend } from "../backends/node/heap/snapshot-backend.js";
import { fail } from "../errors.js";
import type { Handler, Handlers, SessionContext } from "./context.js";

/** Tasks whose positions are looked up at once: about as many as a view shows. */
const PLACED = 200;

/** `asyncscope/heapSnapshot`: the tasks of a program that tells none. */
export class HeapSnapshots {
  readonly #context: SessionContext;
  readonly #changed: () => void;
  #shown: SnapshotBackend | undefined;
  #isReading = false;

  /** @param changed there are other tasks to show. */
  constructor(context: SessionContext, changed: () => void) {
    this.#context = context;
    this.#changed = changed;
  }

  /** What is shown in place of what the program tells: nothing once it tells something. */
  get shown(): SnapshotBackend | undefined {
    return this.#shown;
  }

  /** Another program has come, or it tells its tasks itself now. */
  clear(): void {
    this.#shown = undefined;
  }

  /** Positions take time, for which no answer waits; nothing else would have them asked for again. */
  async #placed(backend: SnapshotBackend): Promise<void> {
    const { tasks } = await backend.tree({
      order: "creation",
      pages: [{ task: 0 }],
      deep: true,
      limit: PLACED,
    });
    await backend.locations(tasks.map(({ id }) => id));
    if (this.#shown === backend) this.#changed();
  }

  handlers(): Handlers {
    const heapSnapshot: Handler = async (args) => {
      const target = this.#context.target("asyncscope/heapSnapshot");
      if (target.tasks.ready) fail("snapshotNeedless");
      const price = await target.heapPrice();
      if (args.flag("estimate")) return price satisfies HeapSnapshotBody;
      if (this.#isReading) fail("snapshotFailed", { detail: "it is being read already." });
      this.#isReading = true;
      try {
        const backend = await target.readHeap();
        const time = new Date().toLocaleTimeString("en-GB");
        backend.note = `As it was at ${time}, read from the heap: this does not follow the program.`;
        this.#context.pins.clear();
        this.#shown = backend;
        this.#context.tasks.attach(backend);
        void this.#placed(backend).catch(() => undefined);
        return { ...price, functions: backend.counts.functions } satisfies HeapSnapshotBody;
      } finally {
        this.#isReading = false;
        this.#changed();
      }
    };
    return { "asyncscope/heapSnapshot": heapSnapshot };
  }
}
