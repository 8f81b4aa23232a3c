import * as inspector from "node:inspector";
import {
  EVENT_BINDING,
  FRAMES_KEY,
  INSPECTOR_KEY,
  type ChainReply,
  type RecordingChunk,
  type TreeReply,
} from "@asyncscope/protocol";
import { watchDraining } from "./draining.js";
import { EXIT_EVENT, type ExitChain, type ExitFrame, type ExitReport } from "./options.js";

/** Await chains are read for so long at most, in milliseconds: the program wants to end. */
const CHAINS_MS = 300;
/** Tasks that have not ended, up to which they are diagnosed: about 0.1 s. */
const MOST_DIAGNOSED = 100_000;
/** Of a recording: what comes between two looks of the debug adapter, many times over. */
const EVENTS = 50_000;
const MOST_CHUNKS = 6;
/** Frames of a chain. */
const MOST_FRAMES = 20;

// Taken before the program can change them.
const { stringify, parse } = JSON;
const { defineProperty } = Object;
const { deleteProperty } = Reflect;
const now = performance.now.bind(performance);

/** What is asked of the inspector object here; not of another version's, whose answers are another's to read. */
interface Tasks {
  tree(query: object): string;
  resources(query: object): string;
  diagnosis(query: object): string;
  chain(task: number, limit: number): string;
  recordingChunk?(query: object): string;
  frameObjects(task: number, limit: number): readonly (object | null)[];
}

type Position = NonNullable<ExitFrame["at"]>;

/**
 * At the end of the program the inspector protocol can no longer evaluate anything ("illegal access"), so the last
 * state of the tasks is pushed from here while JavaScript still runs.
 */
export function reportEnd(): void {
  const isDrained = watchDraining();
  process.on("exit", (code) => {
    const send = (globalThis as Record<string, unknown>)[EVENT_BINDING];
    if (typeof send !== "function") return;
    try {
      (send as (payload: string) => void)(stringify(lastState(code, isDrained())));
    } catch {
      // Whatever went wrong here must not change how the program ends.
    }
  });
}

/** What can be said at the end of the program. @param drained It ends because nothing is left to do. */
export function lastState(code: number, drained: boolean): ExitReport {
  const tasks = inspectorIn(globalThis);
  const query = { order: "creation", pages: [{ task: 0, limit: 1000 }], deep: true, limit: 2000 };
  const tree = tasks?.tree(query) ?? "";
  return {
    type: EXIT_EVENT,
    code,
    drained,
    tree,
    resources: optional(() => tasks?.resources({ limit: 500 }), ""),
    diagnosis: optional(() => (tasks === undefined ? "" : findings(tasks, tree, drained)), ""),
    chains: tasks === undefined ? [] : optional(() => chains(tasks, parse(tree) as TreeReply), []),
    recording: tasks === undefined ? [] : optional(() => recorded(tasks), []),
    pid: process.pid,
    node: process.version,
    program: process.argv[1] ?? process.title,
  };
}

/** The inspector that is there; the loader knows whether it is time to bring one. */
function inspectorIn(scope: Record<symbol, unknown>): Tasks | undefined {
  const frames = scope[Symbol.for(FRAMES_KEY)] as { presentInspector(): unknown } | undefined;
  return (frames === undefined ? scope[Symbol.for(INSPECTOR_KEY)] : frames.presentInspector()) as
    Tasks | undefined;
}

/** The rest of a recording; a program that has much left tells the first of it. */
function recorded(tasks: Tasks): string[] {
  const chunks: string[] = [];
  for (let more = true; more && chunks.length < MOST_CHUNKS;) {
    const text = tasks.recordingChunk?.({ limit: EVENTS }) ?? "{}";
    const { capacity = 0, to = 0, next = 0 } = parse(text) as Partial<RecordingChunk>;
    if (capacity === 0) break;
    chunks[chunks.length] = text;
    more = to < next;
  }
  return chunks;
}

/** A part that cannot be had does not take the others with it. */
function optional<T>(get: () => T | undefined, otherwise: T): T {
  try {
    return get() ?? otherwise;
  } catch {
    return otherwise;
  }
}

function findings(tasks: Tasks, tree: string, drained: boolean): string {
  const { created, scheduled, running, suspended } = (parse(tree) as TreeReply).counts;
  const alive = created + scheduled + running + suspended;
  return alive > MOST_DIAGNOSED ? "" : tasks.diagnosis({ limit: 20, ends: drained ? "drained" : "stopped" });
}

function chains(tasks: Tasks, tree: TreeReply): ExitChain[] {
  const end = now() + CHAINS_MS;
  const out: ExitChain[] = [];
  const places = new Positions();
  try {
    for (const { id, state } of tree.tasks) {
      if (state !== "suspended") continue;
      if (now() > end) break;
      const { frames, hidden } = parse(tasks.chain(id, MOST_FRAMES)) as ChainReply;
      const objects = tasks.frameObjects(id, MOST_FRAMES);
      out.push({
        task: id,
        frames: frames.map(({ functionName, kind, site }, i) => {
          const at = places.of(objects[i] ?? null);
          return { functionName, kind, site, ...(at === undefined ? {} : { at }) };
        }),
        hidden,
      });
    }
  } finally {
    places.close();
  }
  return out;
}

interface Remote {
  readonly objectId?: string;
  readonly value?: { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber?: number };
}

/** Where suspended generators stand, asked of V8 through a connection of this thread to itself. */
class Positions {
  readonly #session = new inspector.Session();
  readonly #urls = new Map<string, string>();
  readonly #key = Symbol.for(`asyncscope.exit.${process.pid}`);

  constructor() {
    this.#session.connect();
    this.#session.on("Debugger.scriptParsed", ({ params: { scriptId, url } }) => {
      this.#urls.set(scriptId, url);
    });
    // Names the scripts; only this connection is told.
    this.#post("Debugger.enable", { maxScriptsCacheSize: 0 });
    this.#post("Debugger.setSkipAllPauses", { skip: true });
  }

  of(generator: object | null): Position | undefined {
    if (generator === null) return undefined;
    // The only way to hand an object over: under a name of its own, for as long as V8 needs to take it.
    defineProperty(globalThis, this.#key, { value: generator, configurable: true });
    const expression = `globalThis[Symbol.for(${stringify(this.#key.description)})]`;
    const taken = this.#post("Runtime.evaluate", { expression, silent: true }) as { result: Remote };
    deleteProperty(globalThis, this.#key);
    const { objectId } = taken.result;
    if (objectId === undefined) return undefined;
    const { internalProperties } = this.#post("Runtime.getProperties", { objectId, ownProperties: true }) as {
      internalProperties?: readonly { readonly name: string; readonly value?: Remote }[];
    };
    const location = internalProperties?.find(({ name }) => name === "[[GeneratorLocation]]")?.value?.value;
    const url = location === undefined ? undefined : this.#urls.get(location.scriptId);
    if (location === undefined || url === undefined) return undefined;
    return { url, line: location.lineNumber + 1, column: (location.columnNumber ?? 0) + 1 };
  }

  #post(method: string, params: object): unknown {
    let result: unknown;
    this.#session.post(method, params, (error, value) => {
      result = error === null ? value : { result: {} };
    });
    return result;
  }

  close(): void {
    this.#session.disconnect();
  }
}
