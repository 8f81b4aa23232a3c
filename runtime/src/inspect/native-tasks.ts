import type { SiteId } from "@asyncscope/protocol";
import type { Task } from "../core/task.js";
import type { FailedCall } from "../frames/failures.js";
import type { Frame } from "../frames/frame.js";
import { AT_YIELD, ENDED, isLinked, RUNNING } from "../frames/frame.js";
import { A_LOOP, OF_A_TASK } from "../frames/source.js";
import type { FrameSource } from "../frames/source.js";
import { PointKind } from "../loader/points.js";
import { deref, isArray, mapGet, mapSet, realTime, setAdd, setHas } from "./primordials.js";
import { NATIVE_LOOP, NativeFrame, NativeTask, NativeWait } from "./native-task.js";
import { nativeWait, pendingAmong } from "./native-waits.js";
import type { Registry } from "./registry.js";

/** A call that a function has begun and not awaited at once. */
interface Started {
  readonly task: NativeTask;
  /** Point of the await in whose operand it was called. */
  readonly born: number;
}

/** Calls that have waited so long are held weakly from now on, in milliseconds: see {@link NativeTask.abandoned}. */
const WEAK_AFTER_MS = 2000;
/** A function and what it has called and awaits are suspended within this time, in milliseconds. */
const LATER_MS = 1000;
/** Abandoned calls that are kept, the latest: a program may leave one behind with each request. */
const MOST_ABANDONED = 1000;

/** Keeps the registry's tasks in step with the frames of plain async functions: looked at when somebody asks. */
export class NativeTasks {
  readonly #source: FrameSource;
  /** Those that were there the last time. */
  #known: NativeTask[] = [];
  /** Oldest first. */
  #abandoned: NativeTask[] = [];
  /** Frames whose code ran when it was looked, which is where a program is paused. */
  #running = new Set<Frame>();
  #runningTasks: NativeTask[] = [];

  constructor(source: FrameSource) {
    this.#source = source;
    source.watch();
  }

  /** Takes in what has begun since the last time, lets go of what has ended, and reads where the others stand. */
  update(registry: Registry): void {
    const running = this.#lookWhatRuns();
    const outermost = running[running.length - 1];
    // The function of a task of the runtime, which is known to be that when it has been called.
    if (outermost !== undefined && isFirstRun(outermost) && outermost.parent === null)
      if (registry.currentTask() !== null) outermost.linked = OF_A_TASK;
    const frames: Frame[] = [];
    const callees = new Map<Frame, Frame>();
    const look = (frame: Frame): void => {
      // A generator between two steps waits for nobody.
      if (frame.at === AT_YIELD || (frame.site <= 0 && !setHas(this.#running, frame))) return;
      frames[frames.length] = frame;
      if (this.#isCallee(frame)) mapSet(callees, frame.parent!, frame);
    };
    this.#source.eachFrame(look);
    for (let i = running.length - 1; i >= 0; i--) if (isFirstRun(running[i]!)) look(running[i]!);
    const tasks: NativeTask[] = [];
    const seen = new Set<NativeTask>();
    const inside = new Map<Frame, Started[]>();
    for (let i = 0; i < frames.length; i++) {
      const root = frames[i]!;
      if (this.#isCallee(root) || root.linked === OF_A_TASK) continue;
      if (isUnread(root.task) && waitsForLoop(root, callees)) {
        // Made while it ran, when that could not be known.
        if (root.task !== null) registry.drop(root.task as unknown as Task<unknown>);
        root.task = null;
        continue;
      }
      const task = this.#taskOf(root, callees, registry);
      tasks[tasks.length] = task;
      setAdd(seen, task);
      const { parent } = root;
      if (parent === null) continue;
      const started = mapGet(inside, parent);
      if (started === undefined) mapSet(inside, parent, [{ task, born: root.born }]);
      else started[started.length] = { task, born: root.born };
    }
    for (let i = 0; i < frames.length; i++)
      if (frames[i]!.task instanceof NativeTask && !this.#isCallee(frames[i]!))
        this.#read(frames[i]!, callees, inside, registry);
    this.#runningTasks = [];
    for (let i = 0; i < running.length; i++) {
      const task = this.#rootOf(running[i]!)!.task;
      if (task instanceof NativeTask) this.#runningTasks[this.#runningTasks.length] = task;
    }
    for (let i = 0; i < this.#known.length; i++)
      if (!setHas(seen, this.#known[i]!)) this.#gone(this.#known[i]!, registry);
    this.#known = tasks;
    this.#source.holdWeakly(realTime() - WEAK_AFTER_MS);
  }

  /** Calls `visit` with those in which code ran when it was looked; one may come more than once. */
  eachRunning(visit: (task: NativeTask) => void): void {
    for (let i = 0; i < this.#runningTasks.length; i++) visit(this.#runningTasks[i]!);
  }

  /** What ran when it was looked runs no more. */
  turnIsOver(): void {
    if (this.#runningTasks.length > 0) this.#runningTasks = [];
  }

  /** The frames whose code runs now, innermost first: each was called, or made to go on, by the one behind it. */
  #lookWhatRuns(): Frame[] {
    const frames: Frame[] = [];
    this.#running = new Set<Frame>();
    for (
      let frame = this.#source.currentFrame();
      frame !== null && !setHas(this.#running, frame);
      frame = frame.ret
    ) {
      setAdd(this.#running, frame);
      frames[frames.length] = frame;
    }
    if (frames.length > 0) NATIVE_LOOP._iterationTime = realTime();
    return frames;
  }

  /** Whether its caller awaits it at once, or will as soon as it is suspended. */
  #isCallee(frame: Frame): boolean {
    if (isLinked(frame)) return true;
    const { parent, born } = frame;
    if (!isFirstRun(frame) || parent === null || born <= 0) return false;
    // The inputs of a combinator are tasks of their own.
    const isInput = this.#source.pointAt(born)?.point.kind === PointKind.Combinator;
    return !isInput && parent.at === born && setHas(this.#running, parent);
  }

  #rootOf(frame: Frame | null): Frame | null {
    let root = frame;
    while (root !== null && this.#isCallee(root)) root = root.parent;
    return root;
  }

  /** Suspended or running, and not yet known as a task. */
  #isNew(frame: Frame): boolean {
    return (
      (frame.site > 0 || setHas(this.#running, frame)) &&
      frame.at !== AT_YIELD &&
      frame.linked !== OF_A_TASK &&
      frame.task === null
    );
  }

  /** A task whose frame waits no more, or is there no more. */
  #gone(task: NativeTask, registry: Registry): void {
    if (registry.recordOf(task) === undefined) return;
    const frame = deref(task.frame);
    if (!task.ended && frame === undefined && !task.leftBehind) {
      task.abandoned = true;
      this.#abandoned[this.#abandoned.length] = task;
      if (this.#abandoned.length <= MOST_ABANDONED) return;
      task = this.#abandoned[0]!;
      const left: NativeTask[] = [];
      for (let i = 1; i < this.#abandoned.length; i++) left[i - 1] = this.#abandoned[i]!;
      this.#abandoned = left;
    }
    // One that stands at a `yield` is another task when it waits again.
    if (frame?.task === task) frame.task = null;
    task.ended = true;
    NATIVE_LOOP._iterationTime = realTime();
    registry.taskDone(task as unknown as Task<unknown>);
  }

  /** Forgets all: another registry may come. */
  close(): void {
    this.#source.eachFrame((frame) => (frame.task = null));
    this.#source.holdAgain();
    this.#known = this.#abandoned = this.#runningTasks = [];
    this.#running = new Set();
  }

  /** The frames of a task, innermost first; none of one that is no plain call. Looked for: tasks do not hold them. */
  framesOf(task: object): Frame[] {
    if (!(task instanceof NativeTask)) return [];
    const callees = new Map<Frame, Frame>();
    this.#source.eachFrame((frame) => {
      if (isLinked(frame)) mapSet(callees, frame.parent!, frame);
    });
    const outermostFirst: Frame[] = [];
    for (let frame = deref(task.frame); frame !== undefined; frame = mapGet(callees, frame))
      outermostFirst[outermostFirst.length] = frame;
    const frames: Frame[] = [];
    for (let i = outermostFirst.length - 1; i >= 0; i--) frames[frames.length] = outermostFirst[i]!;
    return frames;
  }

  /** Its task, which is made when it is new; those that started it come first. */
  #taskOf(frame: Frame, callees: ReadonlyMap<Frame, Frame>, registry: Registry): NativeTask {
    const missing: Frame[] = [];
    for (let each: Frame | null = frame; each !== null && this.#isNew(each); each = this.#rootOf(each.parent))
      if (!waitsForLoop(each, callees)) missing[missing.length] = each;
    for (let i = missing.length - 1; i >= 0; i--) this.#make(missing[i]!, registry);
    return frame.task as NativeTask;
  }

  #make(frame: Frame, registry: Registry): void {
    const point = this.#source.pointAt(frame.point)?.point;
    const floating = frame.born < 0 && this.#source.isFloating(frame.born);
    const task = new NativeTask(point?.text ?? "(anonymous)", frame, floating);
    frame.task = task;
    NATIVE_LOOP._iterationTime = isFirstRun(frame) ? realTime() : frame.time;
    const creator = this.#rootOf(frame.parent)?.task;
    registry.nativeTaskCreated(
      task as unknown as Task<unknown>,
      creator instanceof NativeTask ? (creator as unknown as Task<unknown>) : null,
      this.siteOf(frame.born, registry),
    );
  }

  /** The calls whose errors nobody has handled. */
  get failed(): readonly FailedCall[] {
    return this.#source.failedCalls();
  }

  /** Where a call was made, 0 when that is not known. @param born See {@link Frame.born}. */
  siteOf(born: number, registry: Registry): SiteId {
    if (born > 0) return this.#site(born, registry);
    const site = born < 0 ? this.#source.calledAt(born) : undefined;
    return site === undefined
      ? 0
      : registry.sites.intern(site.url, site.line, site.column, site.functionName);
  }

  #read(
    root: Frame,
    callees: ReadonlyMap<Frame, Frame>,
    inside: ReadonlyMap<Frame, readonly Started[]>,
    registry: Registry,
  ): void {
    const task = root.task as NativeTask;
    let caller: NativeFrame | null = null;
    let innermost = root;
    for (let frame: Frame | undefined = root; frame !== undefined; frame = mapGet(callees, frame)) {
      const name = this.#source.pointAt(frame.point)?.point.text ?? "(anonymous)";
      caller = new NativeFrame(name, this.#site(frame.site, registry), caller);
      innermost = frame;
    }
    task._frame = caller;
    task._since = innermost.time;
    task.leftBehind = !task.floating && isLeftBehind(root, innermost);
    task._waiter = null;
    if (setHas(this.#running, innermost)) return;
    task.waits++;
    task._waiter = this.#wait(innermost, caller!._site, mapGet(inside, innermost) ?? []);
  }

  #wait(frame: Frame, site: SiteId, begun: readonly Started[]): NativeWait {
    const point = this.#source.pointAt(frame.site)?.point;
    const text = point?.text ?? "";
    if (point?.kind !== PointKind.Combinator) {
      const { kind, label, due } =
        point === undefined || point.kind === PointKind.ForAwait
          ? { kind: "promise", label: `next of ${text}`, due: undefined }
          : nativeWait(frame, point);
      return new NativeWait(site, {
        kind,
        resource: null,
        describe: () => label,
        ...(due === undefined ? {} : { due: () => due }),
      });
    }
    const how = /^Promise\s*\.\s*(\w+)/.exec(text)?.[1] ?? "all";
    const total = isArray(frame.on) ? frame.on.length : 0;
    const started = inputsOf(frame, begun, total);
    const kind = how === "all" || how === "allSettled" ? "gather" : "wait";
    // Who holds the inputs holds the frame: they lead to who waits for them.
    const weak = new WeakRef(frame);
    return new NativeWait(site, {
      kind,
      resource: null,
      children: () => started,
      // Counted when it is shown: a look at each input of each combinator is too much for every question.
      describe: () => {
        const on = deref(weak)?.on;
        const left = isArray(on) ? pendingAmong(on) : started.length;
        return total === 0 ? text : `Promise.${how}: ${Math.max(left, started.length)} of ${total} pending`;
      },
    });
  }

  /** The site of a point, in the code as it runs: the source map leads back. */
  #site(id: number, registry: Registry): SiteId {
    const found = this.#source.pointAt(id);
    if (found === undefined) return 0;
    const { file, point } = found;
    const owner = point.owner < 0 ? point.text : (file.points[point.owner]?.text ?? "");
    const column = file.generatedColumn(point.line, point.column);
    return registry.sites.intern(file.url, point.line + 1, column + 1, owner);
  }
}

/**
 * Those of the calls that a function has begun which are inputs of the combinator it waits for: all of them when there
 * are no more than inputs, else those that were called in the await itself.
 */
function inputsOf(frame: Frame, begun: readonly Started[], total: number): NativeTask[] {
  const tasks: NativeTask[] = [];
  for (let i = 0; i < begun.length; i++)
    if (begun.length <= total || begun[i]!.born === frame.site) tasks[tasks.length] = begun[i]!.task;
  return tasks;
}

/** Nobody has seen yet what it waits for. */
const isUnread = (task: object | null): boolean =>
  task === null || (task instanceof NativeTask && task.waits === 0);

/** It has never been suspended. */
const isFirstRun = (frame: Frame): boolean => frame.time < 0;

/** Whether the caller of a function has gone on without it: it has ended, or waits elsewhere, or has waited later. */
function isLeftBehind({ parent, born }: Frame, { time }: Frame): boolean {
  // Of one that was called before anybody watched it is not known what was done with its promise.
  if (parent === null || parent.site === RUNNING || born === 0) return false;
  return parent.site === ENDED || (born > 0 && parent.site !== born) || parent.time - time > LATER_MS;
}

/** Whether a function, by itself or by what it calls, awaits a run of the runtime's loop and nothing else. */
function waitsForLoop(root: Frame, callees: ReadonlyMap<Frame, Frame>): boolean {
  let innermost = root;
  for (let frame: Frame | undefined = root; frame !== undefined; frame = mapGet(callees, frame))
    innermost = frame;
  return innermost.on === A_LOOP;
}
