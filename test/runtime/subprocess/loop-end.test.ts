import assert from "node:assert/strict";
import { isAlive } from "../../support/processes.js";
import { runProgram } from "../../support/runtime-process.js";

/** Programs of their own: what is left when they have ended can only be seen from outside. */
describe("subprocesses and the end of the program", function () {
  this.timeout(120_000);
  before(function () {
    if (process.platform === "win32") this.skip();
  });

  it("[slow] the end of the loop kills what still runs, and the program ends at once", async () => {
    const { code, stdout, stderr, took } = await runProgram(`
      import { createSubprocessExec, PIPE, run } from "asyncscope";
      await run(async () => {
        const children = [
          await createSubprocessExec("sleep", ["60"]),
          await createSubprocessExec("sleep", ["60"], { stdin: PIPE, stdout: PIPE, stderr: PIPE }),
        ];
        console.log(children.map(({ pid }) => pid).join(" "));
      });
    `);
    assert.equal(code, 0, stderr);
    assert.equal(stderr, "");
    assert.ok(took < 20_000);
    const pids = stdout.trim().split(" ").map(Number);
    assert.equal(pids.length, 2);
    for (const pid of pids) assert.ok(!isAlive(pid));
  });

  it("[slow] a detached one is left running", async () => {
    const { code, stdout, stderr } = await runProgram(`
      import { createSubprocessExec, DEVNULL, run } from "asyncscope";
      await run(async () => {
        const none = { stdin: DEVNULL, stdout: DEVNULL, stderr: DEVNULL };
        const child = await createSubprocessExec("sleep", ["60"], { ...none, detached: true });
        console.log(child.pid);
      });
    `);
    assert.equal(code, 0, stderr);
    const pid = Number(stdout);
    assert.ok(isAlive(pid));
    process.kill(pid);
  });

  for (const form of ["yield*", "await"])
    it(`[slow] a task that is cancelled at the end can still wait for its process (${form})`, async () => {
      const make = (body: string): string =>
        form === "await"
          ? `async () => { ${body} }`
          : `coro(function* () { ${body.replaceAll("await ", "yield* ")} })`;
      const { code, stdout, stderr } = await runProgram(`
        import { coro, createSubprocessExec, createTask, PIPE, run, sleep } from "asyncscope";
        const worker = ${make(`
          const child = await createSubprocessExec("sh", ["-c", "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.01; done"], { stdout: PIPE });
          try {
            await child.stdout.readLine();
            console.log("ready");
            await sleep(60_000);
          } finally {
            child.terminate();
            console.log(await child.wait(), String(await child.stdout.read()).trim());
          }
        `)};
        await run(${make(`
          createTask(worker${form === "await" ? "" : "()"});
          await sleep(300);
        `)}${form === "await" ? "" : "()"});
      `);
      assert.equal(stderr, "");
      assert.equal(code, 0);
      assert.equal(stdout, "ready\n3 bye\n");
    });
});
