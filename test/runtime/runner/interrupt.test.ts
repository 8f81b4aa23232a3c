import assert from "node:assert/strict";
import type { Ended, ProgramOptions } from "../../support/runtime-process.js";
import { runProgram } from "../../support/runtime-process.js";

const CTRL_C: ProgramOptions = { signals: [{ after: "ready\n", send: "SIGINT" }] };
const CTRL_C_TWICE: ProgramOptions = {
  signals: [
    { after: "ready\n", send: "SIGINT" },
    { after: "cleaning up\n", send: "SIGINT" },
  ],
};

/** A main function in one of the two forms, with what it does while it is cancelled. */
const forms = {
  "yield*": (steps: string) => `coro(function* main() { ${steps.replaceAll("WAIT", "yield*")} })`,
  await: (steps: string) => `async function main() { ${steps.replaceAll("WAIT", "await")} }`,
};

function endsBySigint({ code, signal, stderr }: Ended): void {
  assert.equal(signal, "SIGINT", `ended with code ${code}; ${stderr}`);
}

describe("Ctrl+C", function () {
  this.timeout(120_000);

  for (const [name, form] of Object.entries(forms))
    describe(`with ${name}`, () => {
      it("RU-09 cancels the main task, which cleans up, and run throws KeyboardInterrupt", async () => {
        const ended = await runProgram(
          `
          import { coro, KeyboardInterrupt, run, sleep } from "asyncscope";
          const main = ${form(`
            console.log("ready");
            try { WAIT sleep(60_000); }
            catch (error) { console.log(error.name, error.message); throw error; }
            finally { WAIT sleep(20); console.log("cleaned up"); }
          `)};
          run(main).catch((error) => {
            console.log(error instanceof KeyboardInterrupt, error.name);
          });
          `,
          CTRL_C,
        );
        assert.equal(ended.stdout, "ready\nCancelledError Ctrl+C\ncleaned up\ntrue KeyboardInterrupt\n");
        assert.equal(ended.code, 0, "the program handled it");
      });

      it("RU-09 reaches what the main task waits for: a task group and its children", async () => {
        const { stdout } = await runProgram(
          `
          import { coro, run, sleep, taskGroup } from "asyncscope";
          const child = ${form('try { WAIT sleep(60_000); } finally { console.log("child cleaned up"); }')};
          const main = ${form(`
            WAIT taskGroup(async (group) => {
              group.createTask(child);
              group.createTask(async () => { await sleep(1); console.log("ready"); });
            });
          `).replaceAll("main()", "parent()")};
          run(main).catch((error) => console.log(error.name));
          `,
          CTRL_C,
        );
        assert.equal(stdout, "ready\nchild cleaned up\nKeyboardInterrupt\n");
      });

      it("RU-09 a second one ends the process in the middle of its cleaning up", async () => {
        const ended = await runProgram(
          `
          import { coro, run, sleep } from "asyncscope";
          const main = ${form(`
            console.log("ready");
            try { WAIT sleep(60_000); }
            finally { console.log("cleaning up"); WAIT sleep(60_000); }
          `)};
          run(main).catch((error) => console.log(error.name));
          `,
          CTRL_C_TWICE,
        );
        assert.equal(ended.stdout, "ready\ncleaning up\n");
        endsBySigint(ended);
        assert.ok(ended.took < 20_000);
      });

      it("RU-10 is no KeyboardInterrupt when somebody else cancelled the main task too", async () => {
        const { stdout } = await runProgram(
          `
          import { coro, currentTask, run, sleep } from "asyncscope";
          const main = ${form(`
            const task = currentTask();
            console.log("ready");
            try { WAIT sleep(60_000); }
            catch (error) { task.cancel("mine"); throw error; }
          `)};
          run(main).catch((error) => console.log(error.name));
          `,
          CTRL_C,
        );
        assert.equal(stdout, "ready\nCancelledError\n");
      });

      it("a main task that carries on gives its result", async () => {
        const { stdout, code } = await runProgram(
          `
          import { coro, run, sleep } from "asyncscope";
          const main = ${form(`
            console.log("ready");
            try { WAIT sleep(60_000); } catch {}
            WAIT sleep(5);
            return "stopped";
          `)};
          run(main).then(console.log);
          `,
          CTRL_C,
        );
        assert.equal(stdout, "ready\nstopped\n");
        assert.equal(code, 0);
      });
    });

  const uncaught = {
    "run(main)": { format: "cjs", start: "run(main);" },
    "await run(main) in a module": { format: "esm", start: "await run(main);" },
    "run(main) without await in a module": { format: "esm", start: "void run(main);" },
  } as const;
  for (const [name, { format, start }] of Object.entries(uncaught))
    it(`that nobody catches ends ${name} by the signal, silently, after its cleaning up`, async () => {
      const ended = await runProgram(
        `
        import { run, sleep } from "asyncscope";
        process.on("exit", () => console.log("exit"));
        const main = async () => {
          console.log("ready");
          try { await sleep(60_000); } finally { await sleep(5); console.log("cleaned up"); }
        };
        ${start}
        `,
        { ...CTRL_C, format },
      );
      assert.equal(ended.stdout, "ready\ncleaned up\nexit\n");
      assert.equal(ended.stderr, "");
      endsBySigint(ended);
    });

  it("that nobody catches is 130 to a shell", async () => {
    const { stdout } = await runProgram(`
      import { spawnSync } from "node:child_process";
      import { fileURLToPath } from "node:url";
      import { run, sleep } from "asyncscope";
      if (process.env.INNER === undefined) {
        const command = '"' + process.execPath + '" "$0"; echo "code $?"';
        const shell = spawnSync("sh", ["-c", command, fileURLToPath(import.meta.url)], {
          env: { ...process.env, INNER: "1" },
          encoding: "utf8",
        });
        console.log(shell.stdout);
      } else await run(async () => { process.kill(process.pid, "SIGINT"); await sleep(60_000); });
    `);
    assert.equal(stdout.trim(), "code 130");
  });

  it("is left to the program when it has a handler of its own before the run", async () => {
    const { stdout, code } = await runProgram(
      `
      import { run, sleep } from "asyncscope";
      let stop;
      const stopped = new Promise((resolve) => (stop = resolve));
      process.on("SIGINT", () => { console.log("mine"); stop(); });
      await run(async () => {
        console.log("ready");
        await Promise.race([stopped, sleep(60_000)]);
        console.log("the task went on");
      });
      process.exit();
      `,
      CTRL_C,
    );
    assert.equal(stdout, "ready\nmine\nthe task went on\n");
    assert.equal(code, 0);
  });

  it("is left to the program when it sets a handler during the run", async () => {
    const { stdout, code } = await runProgram(
      `
      import { Event, run } from "asyncscope";
      const before = process.listenerCount("newListener");
      await run(async () => {
        const stop = new Event();
        process.once("SIGINT", () => { console.log("mine"); stop.set(); });
        console.log("ready");
        await stop.wait();
        console.log("the task went on", process.listenerCount("SIGINT"), process.listenerCount("newListener") - before);
      });
      `,
      CTRL_C,
    );
    assert.equal(stdout, "ready\nmine\nthe task went on 0 0\n");
    assert.equal(code, 0);
  });

  it("is as by default between two runs and after them", async () => {
    const ended = await runProgram(
      `
      import { Runner, sleep } from "asyncscope";
      const runner = new Runner();
      const before = process.listenerCount("newListener");
      await runner.run(() => sleep(1));
      console.log(process.listenerCount("SIGINT"), process.listenerCount("newListener") - before);
      console.log("ready");
      setInterval(() => {}, 1000);
      `,
      CTRL_C,
    );
    assert.equal(ended.stdout, "0 0\nready\n");
    endsBySigint(ended);
  });

  it("of a KeyboardInterrupt that the program handles with uncaughtException changes nothing", async () => {
    const { stdout, code } = await runProgram(
      `
      import { run, sleep } from "asyncscope";
      process.on("uncaughtException", (error) => { console.log("handled", error.name); });
      void run(async () => { console.log("ready"); await sleep(60_000); });
      `,
      CTRL_C,
    );
    assert.equal(stdout, "ready\nhandled KeyboardInterrupt\n");
    assert.equal(code, 0);
  });

  it("the next run of the same runner works after an interrupted one", async () => {
    const { stdout, code } = await runProgram(
      `
      import { Runner, sleep } from "asyncscope";
      const runner = new Runner();
      await runner.run(async () => { console.log("ready"); await sleep(60_000); }).catch((e) => console.log(e.name));
      console.log(await runner.run(async () => { await sleep(1); return "again"; }));
      await runner.close();
      `,
      CTRL_C,
    );
    assert.equal(stdout, "ready\nKeyboardInterrupt\nagain\n");
    assert.equal(code, 0);
  });

  it("RU-11 a run in a worker thread works, and touches no signal", async () => {
    const { stdout, code } = await runProgram(
      `
      import { isMainThread, Worker } from "node:worker_threads";
      import { fileURLToPath } from "node:url";
      import { run, sleep } from "asyncscope";
      if (isMainThread) new Worker(fileURLToPath(import.meta.url));
      else console.log(await run(async () => {
        await sleep(1);
        return process.listenerCount("SIGINT");
      }));
      `,
    );
    assert.equal(stdout, "0\n");
    assert.equal(code, 0);
  });
});
