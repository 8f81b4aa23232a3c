import assert from "node:assert/strict";
import type { DiagnosisReply, Finding } from "@asyncscope/protocol";
import {
  createTask,
  gather,
  Lock,
  Queue,
  sleep,
  taskGroup,
  timeout,
  wait,
  type Task,
  type TaskGroup,
} from "asyncscope";
import { forms, type Form, type Steps } from "../support/both-forms.js";
import { fixtureSays } from "./support/program.js";
import { inspector, task, watched } from "./support/watched.js";

function diagnosis(): DiagnosisReply {
  return JSON.parse(inspector.diagnosis({})) as DiagnosisReply;
}

/** What is found, as sentences without positions. */
function sentences({ findings }: DiagnosisReply): string[] {
  return findings.map(({ words }) => words.join(""));
}

/** Runs the program in both forms and looks at it 10 ms after it was started. */
function finds(
  title: string,
  program: (form: Form) => void,
  expected: (reply: DiagnosisReply) => void,
): void {
  for (const form of forms)
    it(`${title} (${form.name})`, async () => {
      await watched(function* () {
        program(form);
        yield* sleep(10);
        expected(diagnosis());
      });
    });
}

function says(...expected: string[]): (reply: DiagnosisReply) => void {
  return (reply) => assert.deepEqual(sentences(reply), expected);
}

/** Takes one lock, and while it holds that another one. */
function* both(form: Form, first: Lock, second: Lock): Steps {
  yield* form.wait(first.acquire());
  yield* form.wait(sleep(1));
  yield* form.wait(second.acquire());
  second.release();
  first.release();
}

describe("Diagnosis: tasks that wait for each other", () => {
  const twoLocks = (form: Form, sameOrder: boolean): void => {
    const [a, b] = [new Lock({ name: "a" }), new Lock({ name: "b" })];
    form.start(() => both(form, a, b), { name: "transfer" });
    form.start(() => (sameOrder ? both(form, a, b) : both(form, b, a)), { name: "refund" });
  };

  finds(
    "two locks taken in different orders",
    (form) => twoLocks(form, false),
    (reply) => {
      says(
        "Deadlock: task transfer waits for Lock b, which task refund holds; task refund waits for Lock a, which task transfer holds.",
      )(reply);
      const [found] = reply.findings as [Finding];
      assert.equal(found.kind, "wait-cycle");
      assert.deepEqual(found.tasks, [task("transfer").id, task("refund").id]);
      assert.deepEqual(
        found.places.map((place) => place.task),
        found.tasks,
      );
      assert.equal(found.resources.length, 2);
      assert.equal(found.since, 1);
    },
  );
  finds("control: the same order", (form) => twoLocks(form, true), says());

  finds(
    "a lock taken again by the one who holds it",
    (form) => {
      const settings = new Lock({ name: "settings" });
      const set = function* (): Steps {
        yield* form.wait(
          settings.withLock(form.body(() => form.wait(settings.withLock(form.body(nothing))))),
        );
      };
      form.start(set, { name: "set" });
      form.start(() => form.wait(settings.acquire()), { name: "get" });
    },
    says(
      "Deadlock: task set waits for Lock settings, which it holds itself: a lock is not re-entrant. Task get waits for that task.",
    ),
  );
  finds(
    "control: it is released before",
    (form) => {
      const settings = new Lock({ name: "settings" });
      form.start(function* () {
        yield* form.wait(settings.withLock(form.body(nothing)));
        yield* form.wait(settings.withLock(form.body(nothing)));
        yield* form.wait(sleep(1000));
      });
    },
    says(),
  );

  const awaitEachOther = (form: Form, circular: boolean): void => {
    const tasks: Task<unknown>[] = [];
    tasks[0] = form.start(
      function* () {
        yield* form.wait(sleep(1));
        yield* form.wait(tasks[1]!);
      },
      { name: "a" },
    );
    tasks[1] = form.start(() => form.wait(circular ? tasks[0]! : sleep(1000)), { name: "b" });
    form.start(() => form.wait(tasks[0]!), { name: "c" });
    form.start(() => form.wait(gather(tasks[0]!, tasks[1]!)), { name: "d" });
  };
  finds(
    "tasks that await each other, and those behind them",
    (form) => awaitEachOther(form, true),
    (reply) => {
      says(
        "Deadlock: task a waits for task b; task b waits for task a. Task c and 1 other wait for those tasks.",
      )(reply);
      assert.deepEqual(reply.findings[0]!.behind, [task("c").id, task("d").id]);
      assert.equal(reply.findings[0]!.behindCount, 2);
    },
  );
  finds("control: a chain of awaits", (form) => awaitEachOther(form, false), says());

  const groupUnderLock = (form: Form, needed: boolean): void => {
    const db = new Lock({ name: "db" });
    const children = form.body(function* (group: TaskGroup): Steps {
      for (const name of ["one", "two"])
        group.createTask<unknown>(needed ? db.acquire() : sleep(1000), { name });
      yield* form.wait(sleep(1));
    });
    form.start(() => form.wait(db.withLock(form.body(() => form.wait(taskGroup(children))))), {
      name: "parent",
    });
  };
  finds(
    "children of a task group that need a lock which their parent holds",
    (form) => groupUnderLock(form, true),
    (reply) => {
      assert.match(
        sentences(reply)[0]!,
        /^Deadlock: task parent waits for its task group with task (one|two); task \1 waits for Lock db, which task parent holds\. 1 more task is entangled with them\.$/,
      );
      assert.equal(reply.findings.length, 1);
      assert.equal(reply.findings[0]!.taskCount, 3);
    },
  );
  finds("control: children that only take their time", (form) => groupUnderLock(form, false), says());

  const withDeadline = (how: (form: Form, lock: Lock) => Steps<unknown>) => (form: Form) => {
    const lock = new Lock({ name: "db" });
    form.start(function* () {
      yield* form.wait(lock.acquire());
      yield* how(form, lock);
    });
  };
  finds(
    "control: a wait with a timeout ends by itself",
    withDeadline((form, lock) =>
      form.wait(
        timeout(
          1000,
          form.body(() => form.wait(lock.acquire())),
        ),
      ),
    ),
    says(),
  );
  finds(
    "without a deadline the same timeout ends nothing",
    withDeadline((form, lock) =>
      form.wait(
        timeout(
          null,
          form.body(() => form.wait(lock.acquire())),
        ),
      ),
    ),
    (reply) => assert.equal(reply.findings[0]?.kind, "wait-cycle"),
  );
  finds(
    "control: wait() with a timeout",
    withDeadline((form, lock) => form.wait(wait([createTask(lock.acquire())], { timeout: 1000 }))),
    says(),
  );
  finds(
    "wait() without one",
    withDeadline((form, lock) => form.wait(wait([createTask(lock.acquire(), { name: "inner" })]))),
    (reply) => assert.equal(reply.findings[0]?.kind, "wait-cycle"),
  );
  finds(
    "control: a gather of which one may still fail",
    withDeadline((form, lock) => form.wait(gather(lock.acquire(), sleep(1000)))),
    says(),
  );

  it("says where the locks were taken and where the tasks wait, when it is captured", async () => {
    await watched(
      async () => {
        const lock = new Lock({ name: "db" });
        createTask(
          async () => {
            await lock.acquire();
            await lock.acquire();
          },
          { name: "a" },
        );
        await sleep(1);
        const { findings, sites } = diagnosis();
        const [found] = findings as [Finding];
        assert.deepEqual(found.words, [
          "Deadlock: task a waits",
          " for Lock db, which it took itself",
          ": a lock is not re-entrant.",
        ]);
        const lines = found.places.map(({ site }) => sites.find(({ id }) => id === site)!.line);
        assert.equal(lines[0], lines[1]! + 1);
      },
      { captureSites: true },
    );
  });

  it("is no longer found when it was broken by a cancel", async () => {
    await watched(function* () {
      const lock = new Lock();
      const stuck = createTask(
        (function* () {
          yield* lock.acquire();
          yield* lock.acquire();
        })(),
      );
      yield* sleep(1);
      assert.equal(diagnosis().findings.length, 1);
      stuck.cancel();
      yield* sleep(1);
      assert.deepEqual(sentences(diagnosis()), []);
    });
  });

  it("is not certain for an async function, which may race the wait against a promise of its own", async () => {
    await watched(function* () {
      for (const form of forms) {
        const lock = new Lock({ name: form.name });
        form.start(() => both(form, lock, lock), { name: form.name });
      }
      yield* sleep(10);
      const found = diagnosis().findings.map(({ tasks, certain }) => [tasks[0], certain]);
      assert.deepEqual(found, [
        [task("yield*").id, true],
        [task("await").id, false],
      ]);
    });
  });

  it("caps the findings and counts the tasks of the others", async () => {
    await watched(function* () {
      for (let i = 0; i < 30; i++)
        createTask(
          (function* () {
            const lock = new Lock();
            yield* lock.acquire();
            yield* lock.acquire();
          })(),
        );
      yield* sleep(1);
      const reply = diagnosis();
      assert.equal(reply.findings.length, 20);
      assert.equal(reply.hiddenTasks, 10);
      assert.equal(new Set(reply.findings.map(({ key }) => key)).size, 20);
    });
  });
});

describe("Diagnosis: locks of tasks that have ended", () => {
  const imports = (form: Form, release: boolean): void => {
    const vault = new Lock({ name: "vault" });
    const importAccount = function* (): Steps {
      yield* form.wait(vault.acquire());
      try {
        yield* form.wait(sleep(1));
        throw new TypeError("missing key");
      } finally {
        if (release) vault.release();
      }
    };
    for (const name of ["broken", "travel", "family"]) {
      const importing = form.start(importAccount, { name });
      importing.addDoneCallback(() => {
        if (!importing.cancelled()) importing.exception();
      });
    }
  };

  finds(
    "an error path that does not release",
    (form) => imports(form, false),
    (reply) => {
      says(
        "Task broken failed with TypeError: missing key and never released Lock vault, which it took. Task travel waits for it, and so does task family.",
      )(reply);
      assert.deepEqual(reply.findings[0]!.tasks, [task("travel").id, task("family").id]);
      assert.equal(reply.findings[0]!.kind, "leaked-lock");
      assert.equal(reply.findings[0]!.certain, false);
    },
  );
  finds("control: released in a finally block", (form) => imports(form, true), says());

  finds(
    "control: nobody waits for it",
    (form) => {
      const once = new Lock();
      form.start(() => form.wait(once.acquire()));
    },
    says(),
  );

  it("says where it was taken, in a generator too", async () => {
    await watched(
      function* () {
        const lock = new Lock({ name: "db" });
        createTask(
          function* leak() {
            yield* lock.acquire();
          },
          { name: "leak" },
        );
        createTask(lock.acquire(), { name: "next" });
        yield* sleep(1);
        const { findings, sites } = diagnosis();
        const [found] = findings as [Finding];
        assert.equal(
          found.words.join("|"),
          "Task leak has ended and never released Lock db, which it took|. Task next waits| for it.",
        );
        assert.equal(sites.find(({ id }) => id === found.places[0]!.site)!.functionName, "leak");
      },
      { captureSites: true },
    );
  });
});

describe("Diagnosis: errors that nobody looks at", () => {
  const failing = (form: Form): Task<void> =>
    form.start(
      function* (): Steps {
        yield* form.wait(sleep(1));
        throw new Error("disk full");
      },
      { name: "save" },
    );
  let kept: Task<void>;
  finds(
    "names the task and the error",
    (form) => {
      kept = failing(form);
    },
    (reply) => {
      says("Task save failed with Error: disk full, and nobody has looked at the error.")(reply);
      assert.equal(reply.findings[0]!.kind, "unretrieved-error");
      kept.exception();
      says()(diagnosis());
    },
  );
});

describe("Diagnosis: queues that only grow", () => {
  /** Looks once a second at a queue with a limit (0: none) while items come and go, so many in each second. */
  async function looks(
    limit: number,
    steps: readonly { readonly put: number; readonly take?: number }[],
  ): Promise<string[][]> {
    const said: string[][] = [];
    await watched(function* () {
      const queue = new Queue<number>(limit, { name: "lines" });
      for (const { put, take = 0 } of steps) {
        for (let i = 0; i < put; i++) queue.putNowait(i);
        for (let i = 0; i < take; i++) queue.getNowait();
        said.push(sentences(diagnosis()));
        yield* sleep(1000);
      }
    });
    return said;
  }
  const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

  it("are told after some seconds, with how much and what would help", async () => {
    const said = await looks(0, times(9, { put: 900, take: 300 }));
    assert.deepEqual(said.slice(0, 6), times(6, []));
    assert.deepEqual(said.at(-1), [
      "Queue lines only grows: it holds 5400 items, 4200 more than 7 s ago. It has no limit: with one, put() would wait for whoever takes them.",
    ]);
  });

  it("are not: those that get shorter at times, stay as they are, are short, or have a limit", async () => {
    const wave = Array.from({ length: 12 }, (_, i) => (i % 4 === 3 ? { put: 0, take: 500 } : { put: 1500 }));
    for (const [limit, steps] of [
      [0, wave],
      [0, [{ put: 5000 }, ...times(11, { put: 0 })]],
      [0, times(12, { put: 50 })],
      [100_000, times(12, { put: 900 })],
    ] as const)
      assert.deepEqual((await looks(limit, steps)).flat(), []);
  });
});

describe("Diagnosis: tasks that nothing can wake", () => {
  interface Scenario {
    readonly name: string;
    readonly form: string;
    readonly idle: boolean;
    readonly findings: readonly { readonly kind: string; readonly text: string }[];
  }
  let scenarios: readonly Scenario[] = [];

  before(async function () {
    this.timeout(120_000);
    scenarios = await fixtureSays<Scenario[]>("nothing-can-wake.mjs");
  });

  const expected: Readonly<Record<string, readonly RegExp[]>> = {
    "queue without a producer": [
      /^Nothing can wake task consumer: it waits for Queue jobs \(0\), and the process has nothing left to do/,
    ],
    "event that nobody sets": [
      /^Nothing can wake 2 tasks: task a waits for Event ready \(not set\), and so does task b, and the process .* Task c waits for those tasks\.$/,
    ],
    "barrier with too few": [/^Nothing can wake task early: it waits for Barrier start \(1 of 2 arrived\)/],
    "semaphore without permits": [/^Nothing can wake task late: it waits for Semaphore pool \(0 free\)/],
    "condition that nobody notifies": [
      /^Nothing can wake task reader: it waits for Condition stock to be notified/,
    ],
    "missed event of an emitter": [/^Nothing can wake task feed: it waits for event ready of Feed/],
    "future that was dropped": [/^Nothing can wake task lost: it waits for a future that nobody settles/],
    "leaked lock": [
      /^Task holder has ended and never released Lock db, which it took\. Task next waits for it\.$/,
    ],
    "items that were never marked": [
      /^2 items of Queue jobs were got and never marked with taskDone\(\): 1 by task (one|two), which waits for the next one; 1 by task (one|two), which waits for the next one\. Task producer waits in join\(\)\.$/,
    ],
    "items got before anybody watched": [
      /^1 item of Queue jobs was got and never marked with taskDone\(\)\. Task worker waits for the next one\. Task producer waits in join\(\)\.$/,
    ],
    "a worker that never finishes its item": [
      /^Nothing can wake task worker: it waits for Event answer/,
      /^Nothing can wake task producer: it waits for Queue jobs \(0\) to be worked off/,
    ],
    "wait cycle": [/^Deadlock: task self waits for Lock db, which it holds itself/],
  };

  for (const form of ["yield*", "await"]) {
    for (const [name, patterns] of Object.entries(expected))
      it(`${name} (${form})`, () => {
        const found = scenarios.find((scenario) => scenario.name === name && scenario.form === form)!;
        const texts = found.findings.map(({ text }) => text);
        assert.equal(texts.length, patterns.length, JSON.stringify(texts));
        patterns.forEach((pattern, i) => assert.match(texts[i]!, pattern));
        assert.ok(found.idle);
      });
    for (const name of [
      "timer of the loop",
      "timer of Node",
      "timer of Node that is unref'd",
      "job in the thread pool",
      "server of the runtime",
      "child process",
      "signal handler",
      "worker thread",
      "stopped in a debugger",
    ])
      it(`control: ${name} (${form})`, () => {
        const found = scenarios.find((scenario) => scenario.name === name && scenario.form === form)!;
        assert.deepEqual(found.findings, []);
        assert.equal(found.idle, false);
      });
  }
});

function* nothing(): Steps {
  // Holds the lock for no time.
}
