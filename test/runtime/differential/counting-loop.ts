import { EventLoop } from "asyncscope";
import { VirtualClock } from "asyncscope/testing";

type Runnable = Parameters<EventLoop["_enqueue"]>[0];
type Timer = Parameters<EventLoop["_schedule"]>[0];

/** A loop that says in which of its iterations it is. */
export interface Counting extends EventLoop {
  /** Iterations since time moved last. */
  readonly iteration: number;
}

/** The loop as it is, on a virtual clock: the first of each iteration that is made ready gets one in front that counts. */
export class CountingLoop extends EventLoop implements Counting {
  #isCounterReady = false;
  #iteration = 0;
  #time = 0;
  readonly #counter: Runnable = {
    _next: null,
    _run: () => {
      this.#isCounterReady = false;
      this.#iteration = this.iteration + 1;
    },
  };

  constructor() {
    super({ clock: new VirtualClock(), debug: false });
  }

  get iteration(): number {
    const time = this.time();
    if (time !== this.#time) this.#iteration = 0;
    this.#time = time;
    return this.#iteration;
  }

  override _enqueue(runnable: Runnable): void {
    this.#count();
    super._enqueue(runnable);
  }

  override _schedule(timer: Timer): void {
    if (timer._when <= this.time()) this.#count();
    super._schedule(timer);
  }

  #count(): void {
    if (this.#isCounterReady) return;
    this.#isCounterReady = true;
    super._enqueue(this.#counter);
  }
}

/**
 * A loop that gives async functions what CPython gives coroutines: whatever goes on in microtasks has done so before
 * the next callback of the same iteration runs (see rule 14). Then their traces are those of CPython line by line.
 */
export class DrainingLoop extends EventLoop implements Counting {
  /** Ready; the loop itself is given one at a time. */
  readonly #ready: Runnable[] = [];
  readonly #due: Timer[] = [];
  /** How many of them belong to this iteration. */
  #left = 0;
  #isFeeding = false;
  #iteration = 0;
  #time = 0;
  /** Iterations in which several ran, as `TIME/ITERATION`. */
  readonly shared = new Set<string>();

  constructor() {
    super({ clock: new VirtualClock(), debug: false });
  }

  get iteration(): number {
    const time = this.time();
    if (time !== this.#time) this.#iteration = 0;
    this.#time = time;
    return this.#iteration;
  }

  override _enqueue(runnable: Runnable): void {
    this.#ready.push(runnable);
    if (!this.#isFeeding) this.#feed();
  }

  /** What is due at once comes behind what is ready (rule LP-03). */
  override _schedule(timer: Timer): void {
    if (timer._when > this.time()) super._schedule(timer);
    else {
      this.#due.push(timer);
      if (!this.#isFeeding) this.#feed();
    }
  }

  #feed(): void {
    this.#isFeeding = this.#ready.length + this.#due.length > 0;
    if (this.#isFeeding) super._enqueue({ _next: null, _run: this.#runNext });
  }

  readonly #runNext = (): void => {
    if (this.#left === 0) {
      this.#ready.push(...this.#due.splice(0).sort((a, b) => a._when - b._when));
      this.#left = this.#ready.length;
      this.#iteration = this.iteration + 1;
      if (this.#left > 1) this.shared.add(`${this.#time}/${this.#iteration}`);
    }
    this.#left--;
    this.#ready.shift()!._run();
    this.#feed();
  };
}
