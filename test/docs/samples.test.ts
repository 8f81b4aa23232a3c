import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import ts from "typescript";
import { run } from "../../scripts/lib/processes.mjs";
import { root } from "../../scripts/lib/root.mjs";

interface Sample {
  /** The heading that it stands under. */
  readonly title: string;
  readonly line: number;
  readonly language: "ts" | "python";
  readonly code: string;
  /** What it says that the program prints; undefined when it says nothing about that. */
  readonly prints: string | undefined;
}

const SAMPLE = /^#+ (.+)$|^```(ts|python)\n([^]*?)^```\n(?:\n```text\n([^]*?)^```$)?/gm;

/** The programs of a page: each block of TypeScript or Python, with the block of text that follows it directly. */
function samplesOf(page: string): Sample[] {
  const samples: Sample[] = [];
  let title = "";
  for (const match of page.matchAll(SAMPLE)) {
    const [, heading, language, code, prints] = match;
    if (heading !== undefined) title = heading;
    const line = page.slice(0, match.index).split("\n").length;
    if (code !== undefined)
      samples.push({ title, line, language: language as "ts" | "python", code, prints });
  }
  return samples;
}

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ["node"],
  typeRoots: [join(root, "node_modules/@types")],
  noEmit: true,
  skipLibCheck: true,
};

const PAGES = ["docs/guide.md", "docs/coming-from-python.md", "runtime/README.md"];

describe("the samples of the documentation [slow]", function () {
  this.timeout(120_000);
  // Inside the repository, so that they find the package as it is built.
  const folder = join(root, "out/samples");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const python = spawnSync("python3", ["-c", "import asyncio; asyncio.TaskGroup"]).status === 0;

  for (const [number, page] of PAGES.entries())
    describe(page, () => {
      const samples = samplesOf(readFileSync(join(root, page), "utf8"));
      const programs = samples.filter(({ language }) => language === "ts");
      const file = ({ line }: Sample, extension: string): string =>
        join(folder, `${number}-${line}.${extension}`);

      before(() => {
        for (const sample of programs) {
          writeFileSync(file(sample, "mts"), sample.code);
          writeFileSync(
            file(sample, "mjs"),
            transformSync(sample.code, { loader: "ts", format: "esm" }).code,
          );
        }
      });

      it("are there", () => assert.ok(programs.length > 0));

      it("have the right types", () => {
        const files = programs.map((sample) => file(sample, "mts"));
        const problems = ts
          .getPreEmitDiagnostics(ts.createProgram(files, OPTIONS))
          .map(
            ({ messageText, file: source }) =>
              `${source?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
          );
        assert.deepEqual(problems, []);
      });

      for (const sample of samples)
        it(`line ${sample.line}, ${sample.title}: does what it says`, async function () {
          if (sample.language === "python" && !python) {
            console.log("      There is no python3 of 3.11 or later here.");
            this.skip();
          }
          const { code, output } =
            sample.language === "python"
              ? await run("python3", ["-c", sample.code], { timeout: 20_000 })
              : await run(process.execPath, [file(sample, "mjs")], { timeout: 20_000 });
          assert.equal(code, 0, output);
          if (sample.prints !== undefined) assert.equal(output, sample.prints);
        });
    });
});
