import assert from "node:assert/strict";
import type { DiagnosisReply, Finding } from "@asyncscope/protocol";
import { createTask, Queue, sleep, timeout } from "asyncscope";
import { forms, type Form, type Steps } from "../support/both-forms.js";
import { inspector, task, watched } from "./support/watched.js";

function diagnosis(): DiagnosisReply {
  return JSON.parse(inspector.diagnosis({})) as DiagnosisReply;
}

function sentences(): string[] {
  return diagnosis().findings.map(({ words }) => words.join(""));
}

/**
 * Three jobs, the second of which is broken, and somebody who joins; the main task sleeps, so that something may still
 * happen. What is found after 4 and after 10 s.
 */
async function finds(
  form: Form,
  work: (jobs: Queue<string>) => Steps,
  items = ["good", "broken", "good"],
): Promise<{ early: string[]; late: string[]; findings: readonly Finding[] }> {
  let early: string[] = [];
  let late: string[] = [];
  let findings: readonly Finding[] = [];
  await watched(function* () {
    const jobs = new Queue<string>(0, { name: "jobs" });
    const worker = form.start(() => work(jobs), { name: "worker" });
    worker.addDoneCallback(() => {
      if (!worker.cancelled()) worker.exception();
    });
    form.start(
      function* () {
        for (const item of items) jobs.putNowait(item);
        yield* form.wait(jobs.join());
      },
      { name: "producer" },
    );
    yield* sleep(4000);
    early = sentences();
    yield* sleep(6000);
    late = sentences();
    findings = diagnosis().findings;
  });
  return { early, late, findings };
}

for (const form of forms)
  describe(`Diagnosis: a forgotten taskDone() (${form.name})`, () => {
    it("names the queue, how many items, who got them and who waits, when all has been quiet for 5 s", async () => {
      let ids: number[] = [];
      let workerId = 0;
      const { early, late, findings } = await finds(form, function* (jobs) {
        ids = [task("producer").id];
        workerId = task("worker").id;
        for (;;) if ((yield* form.wait(jobs.get())) !== "broken") jobs.taskDone();
      });
      assert.deepEqual(early, []);
      assert.deepEqual(late, [
        "1 item of Queue jobs was got by task worker and never marked with taskDone(); it waits for the next one. Task producer waits in join().",
      ]);
      const [found] = findings as [Finding];
      assert.equal(found.kind, "missing-task-done");
      assert.equal(found.certain, false);
      assert.deepEqual(found.tasks, ids);
      assert.equal(found.places[0]!.task, workerId);
    });

    it("names a worker that failed on its item", async () => {
      const { late } = await finds(
        form,
        function* (jobs) {
          yield* form.wait(jobs.get());
          throw new TypeError("no such account");
        },
        ["broken"],
      );
      assert.deepEqual(late, [
        "1 item of Queue jobs was got by task worker and never marked with taskDone(); it failed with TypeError: no such account. Task producer waits in join().",
      ]);
    });

    const controls: Readonly<Record<string, (jobs: Queue<string>) => Steps>> = {
      "all are marked": function* (jobs) {
        for (;;) {
          yield* form.wait(jobs.get());
          jobs.taskDone();
        }
      },
      "the worker is still at work": function* (jobs) {
        for (;;) {
          if ((yield* form.wait(jobs.get())) === "broken") yield* form.wait(sleep(60_000));
          jobs.taskDone();
        }
      },
      "the worker has handed an item to a task that is still at work": function* (jobs) {
        for (;;) {
          const item = yield* form.wait(jobs.get());
          if (item === "broken") form.start(() => form.wait(sleep(60_000)));
          else jobs.taskDone();
        }
      },
      "the wait for the next item has a time limit": function* (jobs) {
        for (;;) {
          const get = form.body(function* (): Steps {
            if ((yield* form.wait(jobs.get())) !== "broken") jobs.taskDone();
          });
          yield* form.wait(timeout(60_000, get));
        }
      },
      "another task marks what this one got": function* (jobs) {
        const done = new Queue<string>();
        form.start(function* () {
          for (;;) {
            yield* form.wait(done.get());
            yield* form.wait(sleep(30_000));
            jobs.taskDone();
          }
        });
        for (;;) done.putNowait(yield* form.wait(jobs.get()));
      },
      "nothing has been marked so far": function* (jobs) {
        for (;;) {
          yield* form.wait(jobs.get());
          // Work of which the runtime sees nothing.
          queueMicrotask(() => undefined);
        }
      },
    };
    for (const [name, work] of Object.entries(controls))
      it(`control: ${name}`, async () => {
        const { early, late } = await finds(form, work);
        assert.deepEqual([early, late], [[], []]);
      });

    it("control: items that are still in the queue", async () => {
      const { late } = await finds(form, function* (jobs) {
        yield* form.wait(jobs.get());
        jobs.taskDone();
      });
      assert.deepEqual(late, []);
    });
  });

describe("Diagnosis: where an item was got that was not marked", () => {
  it("says at which line the item was got that was not marked", async () => {
    await watched(
      function* () {
        const jobs = new Queue<number>(0, { name: "jobs" });
        for (const n of [1, 2]) jobs.putNowait(n);
        createTask(
          function* worker() {
            yield* jobs.get();
            jobs.taskDone();
            yield* jobs.get(); // This one.
          },
          { name: "worker" },
        );
        createTask(jobs.join(), { name: "producer" });
        yield* sleep(6000);
        const { findings, sites } = diagnosis();
        const [found] = findings as [Finding];
        assert.equal(
          found.words.join("|"),
          "1 item of Queue jobs was got by task worker| and never marked with taskDone(); it has ended. Task producer waits| in join().",
        );
        const site = sites.find(({ id }) => id === found.places[0]!.site)!;
        assert.equal(site.functionName, "worker");
        const made = sites.find(({ id }) => id === task("worker").created)!;
        assert.equal(site.line - made.line, 4);
      },
      { captureSites: true },
    );
  });
});
