import assert from "node:assert/strict";
import { createSubprocessExec, createTask, PIPE, sleep } from "asyncscope";
import type { Startable } from "asyncscope";
import { task, waits, watched } from "./support/watched.js";

describe("What a task waits for: subprocesses", () => {
  before(function () {
    if (process.platform === "win32") this.skip();
  });

  it("the end of a process, its output, each of its streams, by pid and program", () =>
    watched(function* () {
      const command = ["-c", "exec sleep 60", "a", "b"];
      const child = yield* createSubprocessExec("/bin/sh", command, {
        stdin: PIPE,
        stdout: PIPE,
        stderr: PIPE,
      });
      const name = `process ${child.pid} (sh -c …)`;
      const waiters: [string, Startable<unknown>, string][] = [
        ["waits", child.wait(), `process: ${name}`],
        ["reads", child.stdout.read(), `read: stdout of ${name}`],
        ["drains", drain(), `drain: stdin of ${name}`],
      ];
      function* drain() {
        child.stdin.write(Buffer.alloc(4_000_000));
        yield* child.stdin.drain();
      }
      for (const [who, what] of waiters) createTask(what, { name: who });
      yield* sleep(1);
      for (const [who, , label] of waiters) assert.deepEqual(waits(who), [label]);
      assert.equal(task("waits").waits[0]!.kind, "process");

      const other = yield* createSubprocessExec("sleep", ["60"], { stdout: PIPE });
      createTask(other.communicate(), { name: "communicates" });
      createTask(async () => other.wait(), { name: "waits in an async function" });
      yield* sleep(1);
      assert.deepEqual(waits("communicates"), [`process: output of process ${other.pid} (sleep 60)`]);
      assert.deepEqual(waits("waits in an async function"), [`process: process ${other.pid} (sleep 60)`]);
    }));
});
