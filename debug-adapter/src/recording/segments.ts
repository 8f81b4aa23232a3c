import { bytes, floats, words } from "./columns.js";

/** What a task does for a while. */
export const READY = 0;
export const RUNNING = 1;
export const WAITING = 2;
export type SegmentState = typeof READY | typeof RUNNING | typeof WAITING;

/** What a task waits for, as a `left` event says it. */
export interface WaitFacts {
  /** See RECORDED_WAITS, from 1. */
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly fn: number;
  readonly site: number;
  /** In {@link Timeline.texts} from 1, 0 when there is none. */
  readonly text: number;
}

/**
 * Stretches of tasks, each in one state, in the order in which they ended. A stretch ends where the next one of its task
 * begins, or where the task does.
 */
export class Segments {
  /** Place of the task in the timeline. */
  readonly task = words();
  /** Ticks. */
  readonly start = floats();
  readonly state = bytes();
  readonly kind = bytes();
  readonly a = words();
  readonly b = words();
  readonly fn = words();
  readonly site = words();
  readonly text = words();
  /** Of a ready one: place of the task that woke it, from 1; 0 for the loop. */
  readonly by = words();

  get length(): number {
    return this.task.length;
  }

  add(task: number, start: number, state: SegmentState, wait: WaitFacts, by: number): void {
    this.task.push(task);
    this.start.push(start);
    this.state.push(state);
    this.kind.push(wait.kind);
    this.a.push(wait.a);
    this.b.push(wait.b);
    this.fn.push(wait.fn);
    this.site.push(wait.site);
    this.text.push(wait.text);
    this.by.push(by);
  }

  cut(length: number): void {
    for (const column of [this.task, this.start, this.state, this.kind, this.a, this.b]) column.cut(length);
    for (const column of [this.fn, this.site, this.text, this.by]) column.cut(length);
  }
}
