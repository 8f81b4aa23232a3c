// The floor: the least that a scheduler of generators can be. It knows no errors, no names, no inspection, no
// cancellation but of sleepers, and is fair to the rest of the process every 4096 steps. A coroutine is awaited by
// yielding its generator, which goes onto the task's own stack.

const FAIR_AFTER = 4096;
/** Yielded: run the others first. */
export const TURN = Symbol("turn");
/** Yielded: somebody else makes the task ready. */
export const WAIT = Symbol("wait");
const CANCELLED = Symbol("cancelled");

class Task {
  constructor(generator) {
    this.generator = generator;
    this.callers = null;
    this.value = undefined;
    this.cancelled = false;
    this.next = null;
    this.done = false;
    this.joiner = null;
    this.deadline = 0;
  }
}

/** Tasks in a line, linked through themselves. */
export class Line {
  head = null;
  tail = null;
  push(task) {
    task.next = null;
    if (this.head === null) this.head = task;
    else this.tail.next = task;
    this.tail = task;
  }
  shift() {
    const task = this.head;
    if (task !== null) this.head = task.next;
    return task;
  }
}

const ready = new Line();
let current = null;
let timers = [];
let cancelledTimers = 0;
let whenIdle = null;

export function wakeUp(task) {
  if (task !== null) ready.push(task);
}

export function spawn(generator) {
  const task = new Task(generator);
  ready.push(task);
  return task;
}

/** To be yielded: `while (!task.done) yield join(task)`. */
export function join(task) {
  task.joiner = current;
  return WAIT;
}

export function waitIn(line) {
  line.push(current);
  return WAIT;
}

/** To be yielded. */
export function sleep(ms) {
  current.deadline = performance.now() + ms;
  pushTimer(current);
  return WAIT;
}

/** Of a task that sleeps. Its timer stays in the heap until half of them are such. */
export function cancel(task) {
  task.cancelled = true;
  cancelledTimers++;
  ready.push(task);
}

/** Runs until nothing is left to do. */
export function runAll(generator) {
  spawn(generator);
  return new Promise((resolve) => {
    whenIdle = resolve;
    turn();
  });
}

function turn() {
  for (;;) {
    if (timers.length > 0) expire();
    for (let steps = 0; steps < FAIR_AFTER; steps++) {
      const task = ready.shift();
      if (task === null) break;
      step(task);
    }
    if (ready.head !== null) {
      setImmediate(turn);
      return;
    }
    if (cancelledTimers * 2 > timers.length) sweepTimers();
    if (timers.length === 0) {
      whenIdle();
      return;
    }
    const wait = timers[0].deadline - performance.now();
    if (wait > 0) {
      setTimeout(turn, Math.ceil(wait));
      return;
    }
  }
}

function step(task) {
  current = task;
  for (;;) {
    let result;
    if (task.cancelled) {
      task.cancelled = false;
      try {
        result = task.generator.throw(CANCELLED);
      } catch {
        result = { done: true, value: undefined };
      }
    } else result = task.generator.next(task.value);
    const { value } = result;
    if (result.done) {
      task.value = value;
      if (task.callers !== null && task.callers.length > 0) {
        task.generator = task.callers.pop();
        continue;
      }
      task.done = true;
      if (task.joiner !== null) ready.push(task.joiner);
      return;
    }
    if (value === TURN) {
      ready.push(task);
      return;
    }
    if (value === WAIT) return;
    (task.callers ??= []).push(task.generator);
    task.generator = value;
    task.value = undefined;
  }
}

function expire() {
  const now = performance.now();
  while (timers.length > 0 && (timers[0].done || timers[0].deadline <= now)) {
    const task = popTimer();
    if (!task.done) ready.push(task);
  }
}

function sweepTimers() {
  const left = timers.filter((task) => !task.done);
  timers = [];
  cancelledTimers = 0;
  for (const task of left) pushTimer(task);
}

function pushTimer(task) {
  let at = timers.length;
  timers.push(task);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (timers[parent].deadline <= task.deadline) break;
    timers[at] = timers[parent];
    at = parent;
  }
  timers[at] = task;
}

function popTimer() {
  const first = timers[0];
  const last = timers.pop();
  const { length } = timers;
  if (length > 0) {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && timers[child + 1].deadline < timers[child].deadline) child++;
      if (timers[child].deadline >= last.deadline) break;
      timers[at] = timers[child];
      at = child;
    }
    timers[at] = last;
  }
  return first;
}
