import assert from "node:assert/strict";
import { runProgram } from "../../support/runtime-process.js";

describe("run", () => {
  it("ends the process although a leftover task is inside a promise that nobody settles", async () => {
    const { code, stdout, stderr } = await runProgram(`
      import { createTask, run, sleep } from "asyncscope";
      run(async () => {
        createTask(async () => { await new Promise(() => {}); }, { name: "stuck" });
        await sleep(1);
        console.log("main has ended");
      });
    `);
    assert.equal(stdout, "main has ended\n");
    assert.equal(code, 0, "it was not killed");
    assert.match(stderr, /stuck/, "the report names the task");
  });

  it("waits for a leftover task that cleans up in a promise that settles later", async () => {
    const { code, stdout } = await runProgram(`
      import { createTask, run, sleep } from "asyncscope";
      run(async () => {
        createTask(async () => {
          try { await sleep(10_000); }
          finally { await new Promise((resolve) => setTimeout(resolve, 50)); console.log("cleaned up"); }
        });
        await sleep(1);
        return "result";
      }).then(console.log);
    `);
    assert.equal(stdout, "cleaned up\nresult\n");
    assert.equal(code, 0);
  });
});
