import assert from "node:assert/strict";
import type { DiagnosisReply } from "@asyncscope/protocol";
import { Semaphore, sleep } from "asyncscope";
import { forms, type Form, type Steps } from "../support/both-forms.js";
import { inspector, watched } from "./support/watched.js";

/** What is found 1 s after the program has begun, while the main task sleeps on. */
async function finds(program: (form: Form, pool: Semaphore) => void, form: Form): Promise<DiagnosisReply> {
  let reply: DiagnosisReply | undefined;
  await watched(function* () {
    program(form, new Semaphore(2, { name: "pool" }));
    yield* sleep(1000);
    reply = JSON.parse(inspector.diagnosis({})) as DiagnosisReply;
  });
  return reply!;
}

function sentences({ findings }: DiagnosisReply): string[] {
  return findings.map(({ words }) => words.join(""));
}

/** Takes a permit and gives it back: that is how the program means it. */
function* polite(form: Form, pool: Semaphore): Steps {
  yield* form.wait(pool.acquire());
  yield* form.wait(sleep(10));
  pool.release();
}

function* greedy(form: Form, pool: Semaphore, lasting = 0): Steps {
  yield* form.wait(pool.acquire());
  yield* form.wait(sleep(lasting));
}

for (const form of forms)
  describe(`Diagnosis: permits that are not given back (${form.name})`, () => {
    it("taken by tasks that have ended: who, and who waits", async () => {
      const reply = await finds((_, pool) => {
        form.start(() => polite(form, pool));
        for (const name of ["one", "two"]) form.start(() => greedy(form, pool), { name });
        form.start(
          function* () {
            yield* form.wait(sleep(100));
            yield* form.wait(pool.acquire());
          },
          { name: "late" },
        );
      }, form);
      assert.deepEqual(sentences(reply), [
        "Task one has ended and never released 1 of 2 permits of Semaphore pool, which it took; task two has ended and never released 1 of 2 permits of Semaphore pool, which it took. Task late waits for it.",
      ]);
      assert.deepEqual([reply.findings[0]!.kind, reply.findings[0]!.certain], ["leaked-lock", false]);
    });

    it("taken by tasks that wait for each other: a deadlock, not a certain one", async () => {
      const reply = await finds((_, pool) => {
        form.start(() => polite(form, pool));
        for (const name of ["a", "b"])
          form.start(
            function* () {
              yield* form.wait(sleep(50));
              yield* form.wait(pool.acquire());
              yield* form.wait(sleep(10));
              yield* form.wait(pool.acquire());
            },
            { name },
          );
      }, form);
      assert.match(
        sentences(reply)[0]!,
        /^Deadlock: task a waits for Semaphore pool, all permits of which are taken, 1 of them by itself\. 1 more task is entangled with them\.$/,
      );
      assert.equal(reply.findings.length, 1);
      assert.equal(reply.findings[0]!.certain, false);
    });

    const controls: Readonly<Record<string, (form: Form, pool: Semaphore) => void>> = {
      "one of those who have a permit still works": (_, pool) => {
        form.start(() => polite(form, pool));
        form.start(() => greedy(form, pool));
        form.start(() => greedy(form, pool, 60_000));
        form.start(() => greedy(form, pool));
      },
      "another task gives them back, as with a buffer of so many places": (_, pool) => {
        form.start(function* () {
          for (;;) yield* form.wait(pool.acquire());
        });
        form.start(function* () {
          yield* form.wait(sleep(500));
          pool.release();
          yield* form.wait(sleep(60_000));
        });
      },
      "nobody has given one back so far": (_, pool) => {
        form.start(function* () {
          for (;;) yield* form.wait(pool.acquire());
        });
      },
    };
    for (const [name, program] of Object.entries(controls))
      it(`control: ${name}`, async () => {
        assert.deepEqual(sentences(await finds(program, form)), []);
      });
  });
