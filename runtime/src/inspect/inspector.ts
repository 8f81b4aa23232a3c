import type {
  ActivationOptions,
  DiagnosisQuery,
  FutureQuery,
  GroupQuery,
  HaltOptions,
  Inspector,
  InspectorHello,
  LongWaitQuery,
  ResourceQuery,
  SuspensionQuery,
  TreeQuery,
} from "@asyncscope/protocol";
import { PROTOCOL_VERSION } from "@asyncscope/protocol";
import type { EventLoop } from "../core/event-loop.js";
import type { Task } from "../core/task.js";
import { chainAnchors, chainObjects, describeChain, topObject } from "./chain.js";
import { diagnose } from "./diagnosis.js";
import { frameSource } from "../frames/source.js";
import { emit } from "./events.js";
import { queryFutures } from "./futures.js";
import { queryGroups } from "./groups.js";
import { Halts } from "./halts.js";
import { encode } from "./json.js";
import { longWaits } from "./long-waits.js";
import { Listeners } from "./listeners.js";
import { NativeTasks } from "./native-tasks.js";
import { atMost, count } from "./numbers.js";
import { deref, realTime, whenTurnIsOver } from "./primordials.js";
import { Recorder } from "./recorder.js";
import { Registry } from "./registry.js";
import type { World } from "./registry.js";
import { queryResources } from "./resources.js";
import { ADOPT } from "./runtime-copy.js";
import type { RuntimeCopy } from "./runtime-copy.js";
import { SiteTable } from "./sites.js";
import { querySuspensions } from "./suspensions.js";
import { clean, plainText } from "./text.js";
import { queryTree } from "./tree.js";

const FRAMES = 50;
const MOST_FRAMES = 1000;
const MOST_ITEMS = 1000;
const MOST_OBJECTS = 20_000;
const NAME = 200;

/** An inspector that other copies of the runtime can join. */
export interface AdoptingInspector extends Inspector {
  [ADOPT](copy: RuntimeCopy): void;
}

/** Makes the object that answers a debug adapter. It records nothing until it is enabled. */
export function createInspector(first: RuntimeCopy): AdoptingInspector {
  const copies: RuntimeCopy[] = [first];
  const others: { runtimeVersion: string; script: string }[] = [];
  let registry: Registry | null = null;
  let native: NativeTasks | null = null;

  const scripts = (): SiteTable => {
    const sites = new SiteTable();
    for (let i = 0; i < copies.length; i++) sites.addScript(copies[i]!.script);
    return sites;
  };

  const currentTask = (): ReturnType<RuntimeCopy["currentTask"]> => {
    for (let i = 0; i < copies.length; i++) {
      const task = copies[i]!.currentTask();
      if (task !== null) return task;
    }
    return null;
  };

  const eachInterrupted = (visit: (task: Task<unknown>) => void): void => {
    for (let i = 0; i < copies.length; i++) {
      const tasks = copies[i]!.interruptedTasks;
      for (let j = 0; j < tasks.length; j++) visit(tasks[j]!);
    }
    native?.eachRunning((task) => visit(task as unknown as Task<unknown>));
  };

  const listeners = new Listeners((activity) => {
    for (let i = 0; i < copies.length; i++) copies[i]!.setActivity(activity);
  });
  const listen: World["listen"] = (listener, listens) => {
    if (listens) listeners.add(listener);
    else listeners.remove(listener);
  };

  /** Lets a copy report to `to`, and takes in what it has already. */
  const join = (copy: RuntimeCopy, to: Registry): void => {
    to.sites.addScript(copy.script);
    copy.setInstrument(to);
    copy.setActivity(listeners.activity);
    const tasks: Parameters<Registry["adoptExisting"]>[0][] = [];
    // Newest first.
    for (let task = copy.runningLoop()?._firstTask ?? null; task !== null; task = task._after)
      tasks[tasks.length] = task;
    for (let i = tasks.length - 1; i >= 0; i--) to.adoptExisting(tasks[i]!);
  };

  const start = (captureSites: boolean): Registry => {
    const made = new Registry({ currentTask, eachInterrupted, listen }, scripts());
    // A question that came in the middle of this has made one, to which all report by now.
    if (registry !== null) return registry;
    registry = made;
    made.captureSites = captureSites;
    for (let i = 0; i < copies.length; i++) join(copies[i]!, made);
    const source = frameSource();
    native = source === undefined ? null : new NativeTasks(source);
    source?.observe({
      afterTurn: () => {
        native?.turnIsOver();
        made.changedOutside();
      },
    });
    return made;
  };

  /** A change is going to be told that nobody else would tell. */
  let isSecondLook = false;

  /** What every list needs: the registry, with the next change to be told. @param query when the tree is asked for. */
  const asked = (query?: TreeQuery): Registry => {
    registry ??= start(true);
    if (!registry.isChanging) native?.update(registry);
    if (query === undefined) registry.recordAll();
    else registry.recordFor(query);
    registry.arm();
    // In the middle of code that runs. The step of that task may be over, which has been told then: what is answered
    // would stand for ever if nothing else happened. Tasks without a record may be ready and not counted as that.
    if ((currentTask() !== null || registry.hasUnrecorded) && !isSecondLook) {
      isSecondLook = true;
      whenTurnIsOver(() => {
        isSecondLook = false;
        registry?.changedOutside();
      });
    }
    return registry;
  };

  const now = (): number => {
    for (let i = 0; i < copies.length; i++) {
      const loop = copies[i]!.runningLoop();
      if (loop !== null) return loop.time();
    }
    return registry?.loops.last?.time() ?? realTime();
  };

  const runningLoops = (): EventLoop[] => {
    const loops: EventLoop[] = [];
    for (let i = 0; i < copies.length; i++) {
      const loop = copies[i]!.runningLoop();
      if (loop !== null) loops[loops.length] = loop;
    }
    return loops;
  };

  let halts: Halts | null = null;
  const haltAt = (options: HaltOptions): void => {
    if (registry === null) return;
    if (halts === null || registry.halts !== halts) halts = new Halts(registry);
    registry.halts = halts.set(options) ? halts : null;
  };

  const recorder = new Recorder(now);
  const hello = (): InspectorHello => ({
    protocolVersion: PROTOCOL_VERSION,
    runtimeVersion: first.version,
    pid: process.pid,
    scripts: (registry?.sites ?? scripts()).scripts,
    enabled: registry !== null,
    ...(others.length === 0 ? {} : { otherCopies: others }),
  });

  const inspector: AdoptingInspector = {
    hello: () => encode(hello()),
    enable(options?: Partial<ActivationOptions>): string {
      const captureSites = options?.captureSites !== false;
      registry ??= start(captureSites);
      registry.captureSites = captureSites;
      if (options?.haltAt !== undefined) haltAt(options.haltAt);
      return encode(hello());
    },
    disable(): void {
      for (let i = 0; i < copies.length; i++) copies[i]!.setInstrument(null);
      frameSource()?.observe({ afterTurn: null });
      native?.close();
      native = null;
      registry?.close();
      recorder.drop();
      registry = null;
    },
    tree: (query: TreeQuery) => encode(queryTree(asked(query), query, now())),
    resources: (query: ResourceQuery) => encode(queryResources(asked(), query, now())),
    futures: (query: FutureQuery) => encode(queryFutures(asked(), query, now())),
    diagnosis: (query: DiagnosisQuery) => encode(diagnose(asked(), query, now(), runningLoops(), native)),
    groups: (query: GroupQuery) => encode(queryGroups(asked(), query, now())),
    suspensions: (query: SuspensionQuery) => encode(querySuspensions(asked(), query, now())),
    // Asked again and again by itself: it must not re-arm what is told once after each question.
    longWaits(query: LongWaitQuery): string {
      registry ??= start(true);
      registry.recordAll();
      return encode(longWaits(registry, query, now()));
    },
    haltAt,
    goOn: (halt) => halts?.goOn(halt),
    haltedError: () => halts?.error,
    chain: (task, limit) => encode(describeChain(asked(), task, atMost(limit, FRAMES, MOST_FRAMES))),
    frameObjects: (task, limit) =>
      registry === null ? [] : chainObjects(registry, task, atMost(limit, FRAMES, MOST_FRAMES)),
    frameAnchors: (task, limit) =>
      registry === null ? [] : chainAnchors(registry, native, task, atMost(limit, FRAMES, MOST_FRAMES)),
    topFrameObjects(tasks) {
      const objects: (object | null)[] = [];
      for (let i = 0; i < tasks.length && i < MOST_OBJECTS; i++)
        objects[i] = registry === null ? null : topObject(registry, tasks[i]!);
      return objects;
    },
    items: (resource, offset, limit) =>
      registry?.resources.get(resource)?._items?.(count(offset, 0), atMost(limit, 100, MOST_ITEMS)) ?? [],
    error(task): unknown {
      const ended = registry?.get(task)?.rare?.ended ?? null;
      return ended === null ? undefined : deref(ended)?._peekError();
    },
    taskObject(task): object | undefined {
      const record = registry?.get(task);
      const ended = record?.rare?.ended ?? null;
      return record?.task ?? (ended === null ? undefined : deref(ended));
    },
    resourceObject: (resource) => registry?.resources.get(resource),
    cancel(id, message): boolean {
      const task = registry?.get(id)?.task;
      if (registry === null || task == null) return false;
      registry.fromOutside = true;
      try {
        return task.cancel(clean(plainText(message), NAME));
      } finally {
        registry.fromOutside = false;
      }
    },
    setName(id, name): boolean {
      const task = registry?.get(id)?.task;
      if (task == null) return false;
      task.name = plainText(name);
      return true;
    },
    watch(tasks): void {
      registry?.watch(tasks);
    },
    startRecording(options) {
      registry ??= start(true);
      return encode(recorder.begin(registry, options));
    },
    stopRecording: () => encode(recorder.end()),
    recordingChunk: (query) => encode(recorder.chunk(query)),
    dropRecording: () => recorder.drop(),
    [ADOPT](copy: RuntimeCopy): void {
      // Another version may keep its tasks in another form: then it is only said that it is there.
      if (copy.version !== first.version)
        others[others.length] = { runtimeVersion: plainText(copy.version), script: plainText(copy.script) };
      else {
        copies[copies.length] = copy;
        if (registry !== null) join(copy, registry);
      }
      if (registry !== null) announce(hello());
    },
  };
  Object.defineProperty(inspector, ADOPT, { enumerable: false });
  return inspector;
}

/** Tells a listening debug adapter that this program can be asked now, or that what it was told has changed. */
export function announce(hello: InspectorHello): void {
  emit({ type: "ready", hello });
}
