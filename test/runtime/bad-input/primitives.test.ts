import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  EventReader,
  fromCallback,
  iterate,
  LifoQueue,
  Lock,
  once,
  openReader,
  openWriter,
  PriorityQueue,
  Queue,
  Semaphore,
  until,
} from "asyncscope";
import { allBut, assertRefused, NO_FUNCTION, NO_NUMBER, NO_OPTIONS } from "../../support/bad-input.js";
import type { BadCall } from "../../support/bad-input.js";
import { generatorForm } from "../../support/both-forms.js";

const NO_BODY = allBut("function", "arrow");

describe("wrong arguments: locks, queues and bridges", () => {
  const inProgram = (title: string, test: () => Promise<void>): void => {
    it(title, () =>
      generatorForm.program(function* () {
        yield* until(test());
      }),
    );
  };

  inProgram("locks and their kin", () =>
    assertRefused([
      ...[Lock, Event, Condition].map((Primitive): BadCall => ({
        says: "a queue, lock or the like takes its options as an object",
        refuses: NO_OPTIONS,
        call: (x) => new Primitive(x),
      })),
      {
        says: "a semaphore starts with 0 or more permits, got ",
        refuses: allBut("undefined"),
        call: (x) => new Semaphore(x),
        error: "ValueError",
      },
      {
        says: "a bounded semaphore starts with 0 or more permits, got ",
        refuses: allBut("undefined"),
        call: (x) => new BoundedSemaphore(x),
        error: "ValueError",
      },
      {
        says: "a barrier needs 1 or more parties, got ",
        refuses: allBut(),
        call: (x) => new Barrier(x),
        error: "ValueError",
      },
      {
        says: "a condition takes a Lock as its lock, new Condition({ lock: new Lock() }); got ",
        refuses: allBut("undefined"),
        call: (x) => new Condition({ lock: x }),
      },
      { says: "withLock() needs a function to run", refuses: NO_BODY, call: (x) => new Lock().withLock(x) },
      {
        says: "withLock() needs a function to run",
        refuses: NO_BODY,
        call: (x) => new Condition().withLock(x),
      },
      {
        says: "withPermit() needs a function to run",
        refuses: NO_BODY,
        call: (x) => new Semaphore().withPermit(x),
      },
      {
        says: "waitFor() of a condition takes a function that returns its answer, got ",
        refuses: NO_BODY,
        call: (x) => new Condition().waitFor(x),
      },
      {
        says: "notify() takes a number of waiters, got ",
        refuses: NO_NUMBER.filter((kind) => kind !== "undefined"),
        call: (x) => new Condition().notify(x),
      },
    ]),
  );

  inProgram("queues", () =>
    assertRefused([
      ...[Queue, LifoQueue, PriorityQueue].map((Kind): BadCall => ({
        says: "a queue takes its bound as a number, got ",
        refuses: NO_NUMBER.filter((kind) => kind !== "undefined"),
        call: (x) => new Kind(x),
      })),
      {
        says: "a queue, lock or the like takes its options as an object",
        refuses: NO_OPTIONS,
        call: (x) => new Queue(0, x),
      },
      {
        says: "a priority queue takes a comparator (a, b) => number as its second argument, got ",
        refuses: NO_FUNCTION.filter((kind) => kind !== "undefined" && kind !== "null"),
        call: (x) => new PriorityQueue(0, x),
      },
    ]),
  );

  inProgram("bridges", () =>
    assertRefused([
      {
        says: "events come from an EventEmitter or an EventTarget, got ",
        refuses: allBut(),
        call: (x) => once(x, "done"),
      },
      {
        says: "events come from an EventEmitter or an EventTarget, got ",
        refuses: allBut(),
        call: (x) => new EventReader(x, "done"),
      },
      {
        says: "new EventReader() takes its options",
        refuses: NO_OPTIONS,
        call: (x) => new EventReader(new EventTarget(), "done", x),
      },
      {
        says: "the limit of an EventReader must be a positive number, got ",
        refuses: allBut("undefined", "null", "number"),
        call: (x) => new EventReader(new EventTarget(), "done", { limit: x }),
        error: "ValueError",
      },
      {
        says: "an EventReader takes its end as the name of an event or several, got ",
        refuses: allBut("undefined", "string", "long string", "empty string", "array", "empty array"),
        call: (x) => new EventReader(new EventTarget(), "done", { end: x }),
      },
      {
        says: "fromCallback() takes a function that is given the callback",
        refuses: NO_BODY,
        call: (x) => fromCallback(x),
      },
      {
        says: "iterate() takes something async iterable, a stream or an async generator; got ",
        refuses: allBut(),
        call: (x) => iterate(x),
      },
      {
        says: "openReader() takes a Readable of Node's, got ",
        refuses: allBut(),
        call: (x) => openReader(x),
      },
      {
        says: "openWriter() takes a Writable of Node's, got ",
        refuses: allBut(),
        call: (x) => openWriter(x),
      },
    ]),
  );
});
