import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../../scripts/lib/root.mjs";

const REPOSITORY = "https://github.com/asyncscope/asyncscope/blob/main/";
const pages = ["README.md", "CHANGELOG.md", "runtime/README.md"].concat(
  readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
);

/** What a page links to, without the samples in it. */
function linksOf(text: string): string[] {
  const prose = text.replace(/^```[^]*?^```$/gm, "").replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
}

/** The headings of a page as GitHub makes anchors of them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("the links of the documentation", () => {
  for (const page of pages)
    it(`${page}: lead to what exists`, () => {
      const text = readFileSync(join(root, page), "utf8");
      const broken = linksOf(text).filter((target) => {
        const inRepository = target.startsWith(REPOSITORY);
        if (!inRepository && /^[a-z]+:/.test(target)) return false;
        const [path = "", anchor] = target.replace(REPOSITORY, "").split("#");
        const file =
          path === "" ? join(root, page) : join(root, inRepository ? "." : dirname(page), decodeURI(path));
        if (!existsSync(file)) return true;
        return anchor !== undefined && !anchorsOf(readFileSync(file, "utf8")).includes(anchor);
      });
      assert.deepEqual(broken, []);
    });

  it("of the npm package lead to the web: npm shows no other files", () => {
    const text = readFileSync(join(root, "runtime/README.md"), "utf8");
    assert.deepEqual(
      linksOf(text).filter((target) => !/^(?:https:|#)/.test(target)),
      [],
    );
  });
});
