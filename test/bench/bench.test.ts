import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { contestants, fits } from "../../bench/contestants.mjs";
import { judge, judgeAsync } from "../../bench/lib/goals.mjs";
import { parseOptions } from "../../bench/lib/options.mjs";
import { median } from "../../bench/lib/statistics.mjs";
import { workloads } from "../../bench/workloads.mjs";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `npm run bench` in the smallest sizes, without what others publish. */
function bench(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Outcome> {
  return new Promise((done) => {
    const line = [resolve("bench/main.mjs"), "--smoke", "--no-build", "--no-peers", ...args];
    execFile(process.execPath, line, { env, timeout: 100_000 }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
  });
}

/** A result in which each contestant has the same value in all rounds. */
function result(id: string, medians: Record<string, number>): Parameters<typeof judge>[0] {
  const measured = new Map(
    Object.entries(medians).map(([name, value]) => [
      name,
      { median: value, min: value, max: value, rounds: 1 },
    ]),
  );
  return {
    workload: workloads.find((workload) => workload.id === id)!,
    measured,
    failed: new Map(),
    skipped: new Map(),
  };
}

describe("npm run bench", () => {
  describe("in the smallest sizes [slow]", function () {
    this.timeout(110_000);
    let folder: string;
    let outcome: Outcome;
    let written: string;

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), "asyncscope-bench-"));
      outcome = await bench(["--output", join(folder, "performance.md")]);
      written = existsSync(join(folder, "performance.md"))
        ? readFileSync(join(folder, "performance.md"), "utf8")
        : "";
    });

    after(() => rmSync(folder, { recursive: true }));

    it("succeeds", () => assert.equal(outcome.code, 0, outcome.stderr));

    for (const { id, title } of workloads)
      it(`measures ${id} for the runtime, native promises and the floor`, () => {
        const section = outcome.stdout.split("\n## ").find((text) => text.startsWith(`${title} (${id})`));
        assert.ok(section !== undefined, outcome.stderr);
        const names = ["floor", "generators", "generators-registry", "async", "async-registry", "native"];
        const expected = contestants.filter(
          (contestant) => names.includes(contestant.id) && fits(contestant, id),
        );
        assert.ok(expected.length >= names.length - 1);
        for (const { title: row } of expected) {
          const cells = section
            .split("\n")
            .find((line) => line.startsWith(`| ${row} `))
            ?.split(/ *\| */u);
          const value = cells?.[2];
          assert.ok(value !== undefined && Number.isFinite(Number(value)), `${row}: ${value ?? "no row"}`);
        }
      });

    it("says which peers it left out", () =>
      assert.match(outcome.stdout, /Without Effect: left out by --no-peers\./u));

    it("writes the document it was asked for", () => {
      assert.match(written, /^# Performance\n/u);
      for (const { title } of workloads) assert.ok(written.includes(`\n## ${title}\n`), title);
    });
  });

  it("does without python3, and says so", async () => {
    const { code, stdout } = await bench(["--only", "spawn,tcp-echo"], { ...process.env, PATH: "" });
    assert.equal(code, 0);
    assert.equal(stdout.match(/Without CPython asyncio: there is no python3\./gu)?.length, 2);
    assert.match(stdout, /not measured/u);
  }).timeout(60_000);

  it("names the workloads when it is asked for one that does not exist", async () => {
    const { code, stderr } = await bench(["--only", "juggling"]);
    assert.equal(code, 2);
    assert.match(stderr, /no workload juggling[^]*spawn, switch/u);
  });

  it("leaves the document alone when only a part was measured", () => {
    assert.equal(parseOptions([]).whole, true);
    assert.equal(parseOptions(["--rounds", "1"]).whole, true);
    for (const args of [["--quick"], ["--only", "lock"], ["--no-peers"]])
      assert.equal(parseOptions(args).whole, false, args.join(" "));
  });

  it("takes rounds from 1 on", () => {
    assert.equal(parseOptions(["--rounds=7"]).rounds, 7);
    for (const bad of ["0", "many", ""])
      assert.throws(() => parseOptions(["--rounds", bad]), /--rounds takes a number from 1 on/u);
  });
});

describe("goals of npm run bench", () => {
  it("are factors of asyncio's time in the same run, for generators with the registry on", () => {
    const verdict = (ours: number) =>
      judge(result("switch", { "generators-registry": ours, generators: 0, asyncio: 2 }))?.verdict;
    assert.equal(verdict(0.12), "reached");
    assert.equal(verdict(0.13), "missed");
  });

  it("are numbers where there is nothing to compare with", () => {
    assert.equal(judge(result("bytes-1m", { "generators-registry": 400 }))?.verdict, "reached");
    assert.equal(judge(result("bytes-1m", { "generators-registry": 401 }))?.verdict, "missed");
  });

  it("are neither reached nor missed when a side was not measured", () => {
    assert.equal(judge(result("switch", { "generators-registry": 1 }))?.verdict, "not measured");
    assert.equal(judge(result("switch", { asyncio: 1 }))?.verdict, "not measured");
    assert.equal(judge(result("bytes-1m", {}))?.verdict, "not measured");
    assert.equal(judge(result("bytes-100k", { "generators-registry": 1 })), undefined);
  });

  it("allow async functions what native promises cost inside an AsyncLocalStorage", () => {
    const verdict = (async: number) =>
      judgeAsync(result("switch", { "generators-registry": 1, "async-registry": async, "native-als": 2 }))
        ?.verdict;
    assert.equal(verdict(3), "reached");
    assert.equal(verdict(3.1), "missed");
  });

  it("go by the median", () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 3, 2]), 2.5);
  });
});
