import { READY, RUNNING, WAITING } from "./segments.js";
import type { Timeline } from "./timeline.js";

/** Buckets of a histogram: up to 1 µs, 2 µs, 4 µs … and the last one for all above half an hour. */
export const BUCKETS = 32;
const TICKS_IN_MICROSECOND = 10;

/** How long a task (or all of them) was in one state. Ticks. */
export interface StateTotals {
  total: number;
  count: number;
  longest: number;
  /** How many stretches took up to 2ⁿ µs. */
  readonly buckets: number[];
}
export interface Totals {
  readonly ready: StateTotals;
  readonly running: StateTotals;
  readonly waiting: StateTotals;
}

/** A stretch of a task, with its end. */
export interface Stretch {
  /** Place in {@link Lanes.index}. */
  readonly at: number;
  readonly task: number;
  readonly start: number;
  readonly end: number;
  readonly state: number;
}

/**
 * The stretches of a timeline by task, with sums that make any piece of any lane cheap to draw. Made anew when the
 * timeline has grown: 20 ms for a million events.
 */
export class Lanes {
  /** Tasks in the order of their lanes: each below its creator. */
  readonly order: readonly number[];
  /** How far each of them is indented, by place of the task. */
  readonly depth: Uint16Array;
  /** Lane of each task. */
  readonly lane: Uint32Array;
  /** Places in the timeline's segments, by task, in order of time. */
  readonly index: Uint32Array;
  readonly version: number;
  readonly #timeline: Timeline;
  /** Where the stretches of each task begin in {@link index}; one more than there are tasks. */
  readonly #first: Uint32Array;
  readonly #start: Float64Array;
  readonly #state: Uint8Array;
  /** Time that the task has run, and been ready, before each stretch. */
  readonly #ran: Float64Array;
  readonly #wasReady: Float64Array;
  /** Ready stretches by the task that woke them. */
  #woken: { readonly first: Uint32Array; readonly list: Uint32Array } | undefined;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
    this.version = timeline.version;
    const { segments, tasks } = timeline;
    // Those that go on stand behind the others only until the next event.
    const complete = segments.length;
    timeline.eachCurrent((task, { state, since, wait, by }) => segments.add(task, since, state, wait, by));
    const count = segments.length;
    this.#first = new Uint32Array(tasks.length + 1);
    for (let i = 0; i < count; i++) this.#first[segments.task.data[i]! + 1]!++;
    for (let i = 1; i <= tasks.length; i++) this.#first[i]! += this.#first[i - 1]!;
    const next = this.#first.slice();
    this.index = new Uint32Array(count);
    for (let i = 0; i < count; i++) this.index[next[segments.task.data[i]!]!++] = i;
    this.#start = new Float64Array(count);
    this.#state = new Uint8Array(count);
    this.#ran = new Float64Array(count);
    this.#wasReady = new Float64Array(count);
    for (let task = 0; task < tasks.length; task++) this.#sum(task);
    segments.cut(complete);
    [this.order, this.depth, this.lane] = laneOrder(timeline);
  }

  #sum(task: number): void {
    const { segments } = this.#timeline;
    let ran = 0;
    let ready = 0;
    const to = this.#first[task + 1]!;
    for (let at = this.#first[task]!; at < to; at++) {
      const segment = this.index[at]!;
      const start = segments.start.data[segment]!;
      this.#start[at] = start;
      this.#state[at] = segments.state.data[segment]!;
      this.#ran[at] = ran;
      this.#wasReady[at] = ready;
      const took = (at + 1 < to ? segments.start.data[this.index[at + 1]!]! : this.endOf(task)) - start;
      if (this.#state[at] === RUNNING) ran += took;
      else if (this.#state[at] === READY) ready += took;
    }
  }

  /** When a task ended, or the end of all. */
  endOf(task: number): number {
    const { ended } = this.#timeline.tasks[task]!;
    return ended === Infinity ? Math.max(this.#timeline.lastTime, 0) : ended;
  }

  countOf(task: number): number {
    return this.#first[task + 1]! - this.#first[task]!;
  }

  /** A stretch by its place in {@link index}. */
  stretch(task: number, at: number): Stretch {
    const end = at + 1 < this.#first[task + 1]! ? this.#start[at + 1]! : this.endOf(task);
    return { at, task, start: this.#start[at]!, end, state: this.#state[at]! };
  }

  /** The first stretch of a task. */
  first(task: number): Stretch | undefined {
    return this.countOf(task) === 0 ? undefined : this.stretch(task, this.#first[task]!);
  }

  /** The stretch of a task at a time: the last one that began by then; undefined before the first. */
  at(task: number, time: number): Stretch | undefined {
    const at = this.#find(task, time);
    return at < 0 || time > this.endOf(task) ? undefined : this.stretch(task, at);
  }

  /** The stretch before or behind another of the same task. */
  beside(stretch: Stretch, step: number): Stretch | undefined {
    const at = stretch.at + step;
    const { task } = stretch;
    return at < this.#first[task]! || at >= this.#first[task + 1]! ? undefined : this.stretch(task, at);
  }

  /** Calls `visit` with the stretches of a task that touch a piece of time; false when there are more than `most`. */
  between(task: number, from: number, to: number, most: number, visit: (stretch: Stretch) => void): boolean {
    const first = Math.max(this.#first[task]!, this.#find(task, from));
    const last = this.#find(task, to);
    if (last - first >= most) return false;
    for (let at = first; at <= last; at++) {
      const stretch = this.stretch(task, at);
      if (stretch.end >= from) visit(stretch);
    }
    return true;
  }

  /**
   * Cuts a piece of time into equal bins and fills in which part of each a task has run and been ready. What is left
   * of the bin it waited, or did not exist.
   */
  bins(task: number, from: number, to: number, ran: Float32Array, ready: Float32Array): void {
    const width = (to - from) / ran.length;
    let before = this.#sumsAt(task, from);
    for (let i = 0; i < ran.length; i++) {
      const after = this.#sumsAt(task, from + (i + 1) * width);
      ran[i] = (after[0] - before[0]) / width;
      ready[i] = (after[1] - before[1]) / width;
      before = after;
    }
  }

  /** Time that a task had run and been ready by then. */
  #sumsAt(task: number, time: number): readonly [number, number] {
    const at = this.#find(task, time);
    if (at < 0) return [0, 0];
    const took = Math.min(time, this.stretch(task, at).end) - this.#start[at]!;
    const state = this.#state[at]!;
    return [
      this.#ran[at]! + (state === RUNNING ? took : 0),
      this.#wasReady[at]! + (state === READY ? took : 0),
    ];
  }

  /** Place of the last stretch of a task that began by then, -1 when none had. */
  #find(task: number, time: number): number {
    let low = this.#first[task]!;
    let high = this.#first[task + 1]!;
    if (low === high || this.#start[low]! > time) return -1;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#start[middle]! <= time) low = middle;
      else high = middle;
    }
    return low;
  }

  /** How long one task, or (undefined) all of them, ran, were ready and waited. */
  totals(task?: number): Totals {
    const states = [empty(), empty(), empty()] as const;
    const [from, to] = task === undefined ? [0, this.#first.length - 1] : [task, task + 1];
    for (let each = from; each < to; each++) {
      const end = this.#first[each + 1]!;
      for (let at = this.#first[each]!; at < end; at++) {
        const took = (at + 1 < end ? this.#start[at + 1]! : this.endOf(each)) - this.#start[at]!;
        count(states[this.#state[at] as 0 | 1 | 2], took);
      }
    }
    return { ready: states[READY], running: states[RUNNING], waiting: states[WAITING] };
  }

  /** Calls `visit` with the ready stretches that a task caused by waking another in a piece of time; at most `most`. */
  wokenBy(task: number, from: number, to: number, most: number, visit: (stretch: Stretch) => void): void {
    this.#woken ??= this.#groupByWaker();
    const { first, list } = this.#woken;
    let left = most;
    // By time.
    let low = first[task]!;
    for (let high = first[task + 1]!; low < high;) {
      const middle = (low + high) >>> 1;
      if (this.#start[list[middle]!]! < from) low = middle + 1;
      else high = middle;
    }
    const { segments } = this.#timeline;
    for (let i = low; i < first[task + 1]! && left > 0; i++) {
      const at = list[i]!;
      if (this.#start[at]! > to) break;
      left--;
      visit(this.stretch(segments.task.data[this.index[at]!]!, at));
    }
  }

  #groupByWaker(): { first: Uint32Array; list: Uint32Array } {
    const { segments, tasks } = this.#timeline;
    const first = new Uint32Array(tasks.length + 1);
    const woken: number[] = [];
    for (let at = 0; at < this.index.length; at++) {
      const by = segments.by.data[this.index[at]!]!;
      if (by === 0 || this.#state[at] !== READY) continue;
      woken.push(at);
      first[by]!++;
    }
    woken.sort((a, b) => this.#start[a]! - this.#start[b]!);
    for (let i = 1; i <= tasks.length; i++) first[i]! += first[i - 1]!;
    const next = first.slice();
    const list = new Uint32Array(woken.length);
    for (const at of woken) list[next[segments.by.data[this.index[at]!]! - 1]!++] = at;
    return { first, list };
  }
}

function empty(): StateTotals {
  return { total: 0, count: 0, longest: 0, buckets: new Array<number>(BUCKETS).fill(0) };
}

function count(totals: StateTotals, took: number): void {
  totals.total += took;
  totals.count++;
  if (took > totals.longest) totals.longest = took;
  const bucket = took <= TICKS_IN_MICROSECOND ? 0 : Math.ceil(Math.log2(took / TICKS_IN_MICROSECOND));
  totals.buckets[Math.min(BUCKETS - 1, bucket)]!++;
}

/** Each task below the one that created it, in order of creation. */
function laneOrder({ tasks }: Timeline): [number[], Uint16Array, Uint32Array] {
  const firstChild = new Int32Array(tasks.length).fill(-1);
  const nextSibling = new Int32Array(tasks.length).fill(-1);
  let root = -1;
  for (let task = tasks.length - 1; task >= 0; task--) {
    const { creator } = tasks[task]!;
    if (creator < 0) {
      nextSibling[task] = root;
      root = task;
    } else {
      nextSibling[task] = firstChild[creator]!;
      firstChild[creator] = task;
    }
  }
  const order: number[] = [];
  const depth = new Uint16Array(tasks.length);
  const lane = new Uint32Array(tasks.length);
  const open = [root];
  while (open.length > 0) {
    const task = open.pop()!;
    if (task < 0) continue;
    lane[task] = order.length;
    order.push(task);
    open.push(nextSibling[task]!);
    if (firstChild[task]! < 0) continue;
    for (let child = firstChild[task]!; child >= 0; child = nextSibling[child]!)
      depth[child] = Math.min(65_535, depth[task]! + 1);
    open.push(firstChild[task]!);
  }
  return [order, depth, lane];
}
