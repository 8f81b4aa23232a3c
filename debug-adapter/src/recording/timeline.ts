import { EventFlag, RECORDED_WAITS } from "@asyncscope/protocol";
import type { RecordingHeader, SourceLocation, WaitKind } from "@asyncscope/protocol";
import type { RecordingSink } from "./read.js";
import { READY, RUNNING, Segments, WAITING } from "./segments.js";
import type { SegmentState, WaitFacts } from "./segments.js";

const FOREIGN = RECORDED_WAITS.indexOf("foreign") + 1;
const OWN: WaitFacts = { kind: FOREIGN, a: 0, b: 0, fn: 0, site: 0, text: 0 };
const NOTHING: WaitFacts = { kind: 0, a: 0, b: 0, fn: 0, site: 0, text: 0 };

/** How a task ended. */
export const ENDINGS = ["done", "failed", "cancelled"] as const;

/** A task of a recording. Times are ticks. */
export interface TimelineTask {
  readonly id: number;
  name: string;
  /** Place of its creator in {@link Timeline.tasks}, -1 when it has none there. */
  creator: number;
  /** Of its coroutine: in {@link Timeline.functions} from 1. */
  fn: number;
  site: number;
  isAsync: boolean;
  /** It was there before the recording. */
  existed: boolean;
  created: number;
  /** Infinity while it lives. */
  ended: number;
  /** In {@link ENDINGS}, -1 while it lives. */
  ending: number;
}

/** A task as it is now, while events are read. */
interface Current {
  state: SegmentState;
  since: number;
  wait: WaitFacts;
  by: number;
  /** Of one that runs: until when that is certain, an async function whose last step nobody saw end; -1 otherwise. */
  until: number;
}

/**
 * What a recording says, as stretches of tasks that run, are ready or wait. It draws the conclusions that the program
 * leaves out: above all when an async function runs between two of its awaits, which no event says.
 */
export class Timeline implements RecordingSink {
  info: RecordingHeader | undefined;
  readonly tasks: TimelineTask[] = [];
  readonly segments = new Segments();
  readonly functions: string[] = [];
  readonly texts: string[] = [];
  readonly resources = new Map<number, string>();
  readonly sites = new Map<number, SourceLocation>();
  /** When the process slept, in order: begin and end, in ticks. */
  readonly sleeps: number[] = [];
  /** Time of the last event. */
  lastTime = 0;
  lostEvents = 0;
  hiddenTasks = 0;
  /** Grows with each change. */
  version = 0;
  readonly #places = new Map<number, number>();
  readonly #current: (Current | undefined)[] = [];
  readonly #textPlaces = new Map<string, number>();
  /** Time of the last event of any task, or at which the process woke: code of a task began then at the earliest. */
  #last = 0;

  /** Place of a task in {@link tasks}, -1 when it is not known. */
  place(id: number): number {
    return this.#places.get(id) ?? -1;
  }

  /** The stretches of tasks that have not ended, up to now. */
  eachCurrent(visit: (task: number, current: Readonly<Current>) => void): void {
    for (const [task, current] of this.#current.entries()) if (current !== undefined) visit(task, current);
  }

  header(header: RecordingHeader): void {
    this.info = header;
  }

  created(
    time: number,
    id: number,
    creator: number,
    fn: number,
    site: number,
    flags: number,
    name: string,
  ): void {
    const task = this.#task(id, time);
    const facts = this.tasks[task]!;
    if (name !== "") facts.name = name;
    facts.creator = creator === 0 ? -1 : this.#task(creator, time);
    // A damaged file may say anything; who created whom is walked along.
    if (facts.creator >= task) facts.creator = -1;
    facts.fn = fn;
    facts.site = site;
    facts.isAsync = (flags & EventFlag.async) !== 0;
    facts.existed = (flags & EventFlag.existed) !== 0;
    this.#happened(time);
  }

  scheduled(time: number, id: number, by: number): void {
    const task = this.#task(id, time);
    const current = this.#settle(task, time);
    if (current?.state === WAITING)
      this.#enter(task, READY, time, NOTHING, by === 0 ? 0 : this.#task(by, time) + 1);
    this.#happened(time);
  }

  entered(time: number, id: number): void {
    const task = this.#task(id, time);
    const current = this.#settle(task, time);
    if (current !== undefined && current.state !== RUNNING)
      // Without having been woken: an async function that ran already begins another await.
      this.#enter(task, RUNNING, current.state === READY ? time : this.#beganAt(current, time), NOTHING, 0);
    this.#happened(time);
  }

  ran(time: number, id: number): void {
    const task = this.#task(id, time);
    const current = this.#settle(task, time);
    if (current?.state === WAITING) {
      const began = this.#beganAt(current, time);
      if (began < time) {
        this.#enter(task, RUNNING, began, NOTHING, 0);
        current.until = time;
      }
    }
    this.#happened(time);
  }

  left(
    time: number,
    id: number,
    kind: number,
    a: number,
    b: number,
    fn: number,
    site: number,
    text: string | undefined,
  ): void {
    const task = this.#task(id, time);
    const current = this.#settle(task, time);
    const wait = { kind, a, b, fn, site, text: text === undefined ? 0 : this.#text(text) };
    if (current?.state === WAITING) {
      const began = this.#beganAt(current, time);
      if (began < time) this.#enter(task, RUNNING, began, NOTHING, 0);
    }
    if (current !== undefined)
      this.#enter(task, kind === 0 ? READY : WAITING, time, wait, kind === 0 ? task + 1 : 0);
    this.#happened(time);
  }

  done(time: number, id: number, kind: number, name: string | undefined): void {
    const task = this.#task(id, time);
    const facts = this.tasks[task]!;
    if (name !== undefined) facts.name = name;
    const current = this.#settle(task, time);
    if (current !== undefined) {
      if (current.state === WAITING && current.wait.kind === FOREIGN) {
        const began = this.#beganAt(current, time);
        if (began < time) this.#enter(task, RUNNING, began, NOTHING, 0);
      }
      this.#close(task, this.#current[task]!, time);
      this.#current[task] = undefined;
    }
    facts.ended = time;
    facts.ending = kind < ENDINGS.length ? kind : 0;
    this.#happened(time);
  }

  named(id: number, name: string): void {
    const task = this.place(id);
    if (task >= 0) this.tasks[task]!.name = name;
    this.version++;
  }

  idle(time: number, microseconds: number): void {
    this.sleeps.push(Math.max(this.#last, time - microseconds * 10), time);
    this.#happened(time);
  }

  cancelled(time: number): void {
    this.#happened(time);
  }

  addFunction(name: string): void {
    this.functions.push(name);
  }

  resource(id: number, label: string): void {
    this.resources.set(id, label);
  }

  site(id: number, path: string, line: number, column: number, functionName: string): void {
    this.sites.set(id, { path, line, column, functionName });
  }

  lost(events: number): void {
    this.lostEvents += events;
    this.version++;
  }

  end(time: number, hiddenTasks: number): void {
    this.lastTime = Math.max(this.lastTime, time);
    this.hiddenTasks = hiddenTasks;
    this.version++;
  }

  /** What kind of thing a stretch waits for. */
  kindOf(kind: number): WaitKind | undefined {
    return RECORDED_WAITS[kind - 1];
  }

  /** The task, with what it did since code of it was seen the last time: it ran on, or somebody else did. */
  #settle(task: number, time: number): Current | undefined {
    const current = this.#current[task];
    if (current === undefined || current.until < 0) return current;
    const { until } = current;
    current.until = -1;
    if (Math.min(time, this.#last) > until) this.#enter(task, WAITING, until, OWN, 0);
    return current;
  }

  /** When code of a task began that is seen only now: it ran since the last event of any task. */
  #beganAt(current: Current, time: number): number {
    return Math.min(time, Math.max(current.since, this.#last));
  }

  #enter(task: number, state: SegmentState, time: number, wait: WaitFacts, by: number): void {
    const current = this.#current[task]!;
    // An await that begins in two steps, or a second one beside it: what is waited for first counts.
    if (
      current.state === state &&
      (state !== WAITING || current.since === time || current.wait.kind === wait.kind)
    ) {
      if (state === WAITING && current.since === time) current.wait = wait;
      return;
    }
    this.#close(task, current, time);
    current.state = state;
    current.since = time;
    current.wait = wait;
    current.by = by;
  }

  #close(task: number, { state, since, wait, by }: Current, time: number): void {
    if (since < time || by > 0) this.segments.add(task, since, state, wait, by);
  }

  #happened(time: number): void {
    if (time > this.#last) this.#last = time;
    if (time > this.lastTime) this.lastTime = time;
    this.version++;
  }

  #task(id: number, time: number): number {
    const known = this.#places.get(id);
    if (known !== undefined) return known;
    const task = this.tasks.length;
    this.#places.set(id, task);
    this.tasks.push({
      id,
      name: `Task #${id}`,
      creator: -1,
      fn: 0,
      site: 0,
      isAsync: false,
      existed: false,
      created: time,
      ended: Infinity,
      ending: -1,
    });
    this.#current.push({ state: READY, since: time, wait: NOTHING, by: 0, until: -1 });
    return task;
  }

  #text(text: string): number {
    const known = this.#textPlaces.get(text);
    if (known !== undefined) return known;
    this.#textPlaces.set(text, this.texts.push(text));
    return this.texts.length;
  }
}
