import assert from "node:assert/strict";
import { build } from "esbuild";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../../scripts/lib/root.mjs";
import { eventually } from "../../support/eventually.js";
import { isAlive } from "../../support/processes.js";

describe("examples/job-runner.ts", function () {
  this.timeout(120_000);
  let folder: string | undefined;
  let program: string;

  before(async function () {
    if (process.platform === "win32") this.skip();
    folder = mkdtempSync(join(tmpdir(), "asyncscope-jobs-"));
    program = join(folder, "job-runner.mjs");
    await build({
      entryPoints: [join(root, "examples/job-runner.ts")],
      outfile: program,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      conditions: ["asyncscope-source"],
      define: { ASYNCSCOPE_VERSION: '"0.0.0-test"' },
      logLevel: "silent",
    });
  });

  after(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  const started: ChildProcess[] = [];
  // One that a failed test left: it ends its jobs.
  afterEach(() => {
    for (const runner of started.splice(0)) if (runner.exitCode === null) runner.kill("SIGINT");
  });

  /** Starts the runner with `jobs` on its stdin, in the folder. */
  function start(jobs: string, atATime: number) {
    const runner = spawn(process.execPath, [program, "-", String(atATime)], {
      cwd: folder!,
      stdio: ["pipe", "pipe", "inherit"],
    });
    started.push(runner);
    let output = "";
    runner.stdout.on("data", (data: Buffer) => (output += data.toString()));
    runner.stdin.end(jobs);
    const ended = once(runner, "close").then(([code]) => ({ code: code as number | null, output }));
    return { runner, ended };
  }

  it("[slow] runs jobs side by side, shows the output of each in one piece, and says which failed", async () => {
    // Each of the first two waits for the other.
    const jobs = `
      # a comment
      touch a; while [ ! -e b ]; do sleep 0.01; done; echo first 1; echo first 2 >&2
      touch b; while [ ! -e a ]; do sleep 0.01; done; echo second 1; echo second 2
      exit 3
    `;
    const { code, output } = await start(jobs, 2).ended;
    assert.match(output, /first 1\nfirst 2\n/);
    assert.match(output, /second 1\nsecond 2\n/);
    assert.match(output, /# failed with 3 after \d+\.\d s: exit 3\n/);
    assert.match(output, /# 3 jobs, 1 failed\n$/);
    assert.equal(code, 1);
  });

  it("[slow] runs no more at a time than asked for", async () => {
    const job = "mkdir lock && sleep 0.05 && rmdir lock\n";
    const { code, output } = await start(job.repeat(5), 1).ended;
    assert.equal(output.match(/^# ok/gm)?.length, 5, output);
    assert.equal(code, 0);
  });

  it("[slow] Ctrl+C ends the jobs that run, also one that does not listen to SIGTERM at once", async () => {
    const pidFile = join(folder!, "pids");
    writeFileSync(pidFile, "");
    const job = `echo $$ >> pids; trap 'echo bye > said; exit 0' TERM; while :; do sleep 0.01; done\n`;
    const { runner, ended } = start(`${job}echo $$ >> pids; exec sleep 60\n`, 2);
    const pids = (): number[] =>
      readFileSync(pidFile, "latin1").trim().split("\n").filter(Boolean).map(Number);
    await eventually("both jobs run", () => pids().length === 2, 4000);
    runner.kill("SIGINT");
    const { code, output } = await ended;
    assert.equal(code, 130);
    assert.equal(output, "# ended by Ctrl+C\n");
    for (const pid of pids()) assert.ok(!isAlive(pid));
    assert.ok(existsSync(join(folder!, "said")));
  });
});
