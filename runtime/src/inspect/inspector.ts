import type {
  ActivationOptions,
  Inspector,
  InspectorHello,
  ResourceQuery,
  TaskId,
  TreeQuery,
} from "@asyncscope/protocol";
import { PROTOCOL_VERSION } from "@asyncscope/protocol";
import { setInstrument } from "../core/instrument.js";
import { tryGetRunningLoop } from "../core/running-loop.js";
import { chainObjects, describeChain, topObject } from "./chain.js";
import { emit, Registry } from "./registry.js";
import { queryResources } from "./resources.js";
import { queryTree } from "./tree.js";
import { clean } from "./text.js";

/** Replaced by the build with the version in package.json. */
declare const ASYNCSCOPE_VERSION: string;

// The program may patch these later.
const { stringify } = JSON;
const MOST_FRAMES = 1000;
const MOST_ITEMS = 1000;

/** Makes the object that answers a debug adapter. It records nothing until it is enabled. */
export function createInspector(): Inspector {
  let registry: Registry | null = null;

  /** What every list needs: the registry, with the next change to be told. */
  const asked = (): Registry => {
    registry ??= start(true);
    registry.arm();
    return registry;
  };

  const start = (captureSites: boolean): Registry => {
    const made = new Registry();
    made.captureSites = captureSites;
    setInstrument(made);
    for (const task of [...(tryGetRunningLoop()?._tasks() ?? [])].reverse()) made.adoptExisting(task);
    return made;
  };

  const now = (): number => tryGetRunningLoop()?.time() ?? performance.now();

  const hello = (): InspectorHello => ({
    protocolVersion: PROTOCOL_VERSION,
    runtimeVersion: ASYNCSCOPE_VERSION,
    pid: process.pid,
    scripts: (registry ?? new Registry()).sites.scripts,
    enabled: registry !== null,
  });

  return {
    hello: () => stringify(hello()),
    enable(options: ActivationOptions): string {
      registry ??= start(options.captureSites ?? true);
      registry.captureSites = options.captureSites ?? true;
      return stringify(hello());
    },
    disable(): void {
      setInstrument(null);
      registry = null;
      for (const task of tryGetRunningLoop()?._tasks() ?? []) task._record = null;
    },
    tree: (query: TreeQuery) => stringify(queryTree(asked(), query, now())),
    resources: (query: ResourceQuery) => stringify(queryResources(asked(), query, now())),
    chain: (task: TaskId, limit = 50) =>
      stringify(describeChain(asked(), task, Math.min(limit, MOST_FRAMES))),
    frameObjects: (task: TaskId, limit = 50) =>
      registry === null ? [] : chainObjects(registry, task, Math.min(limit, MOST_FRAMES)),
    topFrameObjects: (tasks: readonly TaskId[]) =>
      tasks.map((task) => (registry === null ? null : topObject(registry, task))),
    items(resource, offset, limit): readonly unknown[] {
      return (
        registry?.resources.get(resource)?._items?.(Math.max(0, offset), Math.min(limit, MOST_ITEMS)) ?? []
      );
    },
    error(task): unknown {
      return registry?.get(task)?.ended?.deref()?._peekError();
    },
    taskObject(task): object | undefined {
      const record = registry?.get(task);
      return record?.task ?? record?.ended?.deref();
    },
    resourceObject: (resource) => registry?.resources.get(resource),
    cancel(task, message): boolean {
      return registry?.get(task)?.task?.cancel(clean(message, 200)) ?? false;
    },
    setName(id, name): boolean {
      const task = registry?.get(id)?.task;
      if (task == null) return false;
      task.name = name;
      return true;
    },
    watch(tasks): void {
      registry?.watch(tasks);
    },
  };
}

/** Tells a listening debug adapter that this program can be asked now. */
export function announce(inspector: Inspector): void {
  emit({ type: "ready", hello: JSON.parse(inspector.hello()) as InspectorHello });
}
