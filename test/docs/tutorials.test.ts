import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { root } from "../../scripts/lib/root.mjs";
import { freePort } from "../support/cli.js";
import { eventually } from "../support/eventually.js";

/** A command with what it says that is printed, or a change of a file. */
interface Step {
  readonly command?: string;
  readonly prints?: string | undefined;
  readonly change?: string;
}

const BLOCK = /^```(sh|diff)\n([^]*?)^```\n(?:\n```text\n([^]*?)^```$)?/gm;
const CLI = resolve("runtime/dist/cli.cjs");
/** Process id in the pages. */
const PID = /\b4711\b/g;

function stepsOf(page: string): Step[] {
  return Array.from(page.matchAll(BLOCK), ([, kind, text = "", prints]) =>
    kind === "diff" ? { change: text } : { command: text.trim(), prints },
  );
}

/** What differs from one run to the next. */
const steady = (text: string): string =>
  text
    .replace(/\d+(?:\.\d+)? (?:ms|s|min)\b/g, "TIME")
    .replace(/^\S*\/([\w.]+) \(process \d+, Node [^,]+, asyncscope [^)]+\)$/gm, "$1 (process)")
    .replace(/\bport \d+/g, "port N")
    .trimEnd();

describe("the tutorials, followed as they are written [slow]", function () {
  this.timeout(240_000);
  let folder = "";
  const running: { child: ChildProcess; output: () => string }[] = [];
  let environment: NodeJS.ProcessEnv = {};
  beforeEach(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "asyncscope-tutorial-")));
    cpSync(join(root, "examples/stuck"), folder, { recursive: true });
    environment = { ...process.env, PORT: String(await freePort()) };
  });
  const end = async (): Promise<void> => {
    for (const { child } of running.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = new Promise((done) => child.once("close", done));
      // The program that it runs is told so.
      child.kill("SIGTERM");
      await gone;
    }
  };
  afterEach(async () => {
    await end();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts what goes on while the next commands are given, and waits for what it prints. */
  const begin = async (args: readonly string[], prints: string | undefined): Promise<void> => {
    await end();
    const child = spawn(process.execPath, [CLI, ...args], { cwd: folder, env: environment });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += String(text)));
    running.push({ child, output: () => output });
    const ended = (): boolean => child.exitCode !== null;
    await eventually(`${args.join(" ")} prints what it should`, () =>
      prints === undefined ? ended() : steady(output) === steady(prints),
    );
    if (prints === undefined)
      assert.deepEqual([child.exitCode, /asyncscope: /.test(output)], [0, false], output);
  };

  /** Runs a command until it prints what it should: what stands still is no moment's picture. */
  const runs = async (args: readonly string[], prints: string): Promise<void> => {
    let output = "";
    const matches = (): boolean => {
      output = spawnSync(process.execPath, args, { cwd: folder, env: environment, encoding: "utf8" }).stdout;
      return steady(output) === steady(prints);
    };
    try {
      await eventually(args.join(" "), matches);
    } catch {
      assert.equal(steady(output), steady(prints));
    }
  };

  const programOf = ({ pid }: ChildProcess): string =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();

  /** Lines with - become those with +, in whichever file has them. */
  const change = (text: string): void => {
    const lines = text.trimEnd().split("\n");
    const side = (sign: string): string =>
      lines
        .filter((line) => line.startsWith(" ") || line.startsWith(sign))
        .map((line) => line.slice(1))
        .join("\n");
    const files = ["report.mjs", "orders.mjs", "service.mjs"].map((name) => join(folder, name));
    const file = files.find((name) => readFileSync(name, "utf8").includes(side("-")));
    assert.ok(file, "the lines of the change are in no file");
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace(side("-"), () => side("+")),
    );
  };

  for (const page of ["tutorial-hangs-at-exit", "tutorial-endless-test", "tutorial-silent-service"])
    it(`docs/${page}.md`, async () => {
      const steps = stepsOf(readFileSync(join(root, "docs", `${page}.md`), "utf8"));
      assert.ok(steps.length >= 4);
      for (const { command = "", prints, change: text } of steps) {
        const [program = "", ...args] = command.split(" ");
        if (text !== undefined) change(text);
        else if (args[0] === "run") await begin(args, prints);
        else {
          const given = args.map((arg) => arg.replace(PID, () => programOf(running.at(-1)!.child)));
          assert.ok(prints !== undefined);
          if (program === "node") await runs(given, prints);
          else await runs([CLI, ...given], prints);
        }
      }
    });
});
