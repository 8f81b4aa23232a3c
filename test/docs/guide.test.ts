import assert from "node:assert/strict";
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
  readonly code: string;
  /** What it says that the program prints; undefined when it says nothing about that. */
  readonly prints: string | undefined;
}

/** The programs of a page: each block of TypeScript, with the block of text that follows it directly. */
function samplesOf(page: string): Sample[] {
  const samples: Sample[] = [];
  let title = "";
  for (const match of page.matchAll(/^#+ (.+)$|^```ts\n([^]*?)^```\n(?:\n```text\n([^]*?)^```$)?/gm)) {
    if (match[1] !== undefined) title = match[1];
    const line = page.slice(0, match.index).split("\n").length;
    if (match[2] !== undefined) samples.push({ title, line, code: match[2], prints: match[3] });
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

describe("the samples of the guide [slow]", function () {
  this.timeout(60_000);
  const samples = samplesOf(readFileSync(join(root, "docs/guide.md"), "utf8"));
  // Inside the repository, so that they find the package as it is built.
  const folder = join(root, "out/guide");

  before(() => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    samples.forEach(({ code }, i) => {
      writeFileSync(join(folder, `${i}.mts`), code);
      writeFileSync(join(folder, `${i}.mjs`), transformSync(code, { loader: "ts", format: "esm" }).code);
    });
  });

  it("are there", () => assert.ok(samples.length > 10));

  it("have the right types", () => {
    const files = samples.map((_, i) => join(folder, `${i}.mts`));
    const problems = ts
      .getPreEmitDiagnostics(ts.createProgram(files, OPTIONS))
      .map(
        ({ messageText, file }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
      );
    assert.deepEqual(problems, []);
  });

  samples.forEach(({ title, line, prints }, i) => {
    it(`line ${line}, ${title}: does what it says`, async () => {
      const { code, output } = await run(process.execPath, [join(folder, `${i}.mjs`)], { timeout: 20_000 });
      assert.equal(code, 0, output);
      if (prints !== undefined) assert.equal(output, prints);
    });
  });
});
