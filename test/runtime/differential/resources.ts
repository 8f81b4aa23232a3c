import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  Semaphore,
} from "asyncscope";
import type { Resources } from "./program.js";

const queueKinds = { fifo: Queue<number[]>, lifo: LifoQueue<number[]>, priority: PriorityQueue<number[]> };

/** The primitives of a program. */
export function makeResources(resources: Resources) {
  const locks = times(resources.locks, () => new Lock());
  return {
    queues: resources.queues.map(({ kind, maxsize }) => new queueKinds[kind](maxsize)),
    locks,
    semaphores: resources.semaphores.map(({ value, bounded }) =>
      bounded ? new BoundedSemaphore(value) : new Semaphore(value),
    ),
    events: times(resources.events, () => new Event()),
    conditions: resources.conditions.map((lock) => new Condition(lock === null ? {} : { lock: locks[lock] })),
    barriers: resources.barriers.map((parties) => new Barrier(parties)),
  };
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}
