import assert from "node:assert/strict";
import { collect, counts, differing, judge, parseTap } from "../../compatibility/lib/outcomes.mjs";

const test = (name: string, outcome: string, file = "test/a.js") => ({ file, name, outcome });

describe("npm run compatibility", () => {
  it("reads TAP, with the comment before an assertion as part of its name", () => {
    const text = [
      "TAP version 13",
      "# opens",
      "ok 1 no error",
      "not ok 2 - should be equal",
      "  ---",
      "    operator: equal",
      "# closes",
      "ok 3",
      "ok 4 later # TODO",
      "ok 5 # SKIP",
      "1..5",
    ].join("\n");
    assert.deepEqual(
      parseTap(text).map(({ name, outcome }) => `${name}: ${outcome}`),
      [
        "opens > no error: pass",
        "opens > should be equal: fail",
        "closes > : pass",
        "closes > later: todo",
        "closes > : skip",
      ],
    );
  });

  it("counts tests that have the same name one by one", () => {
    const outcomes = collect([test("same", "pass"), test("same", "fail"), test("other", "skip")]);
    assert.deepEqual(counts(outcomes), { pass: 1, fail: 1, skip: 1 });
    assert.deepEqual([...outcomes.keys()], ["test/a.js: same", "test/a.js: same (2)", "test/a.js: other"]);
  });

  it("finds tests that came out differently, or did not run", () => {
    const one = collect([test("same", "pass"), test("changed", "pass"), test("gone", "pass")]);
    const other = collect([test("same", "pass"), test("changed", "fail"), test("new", "pass")]);
    assert.deepEqual(differing(one, other), ["test/a.js: changed", "test/a.js: gone", "test/a.js: new"]);
  });

  it("tells tests that differ each time from those that do so only at times", () => {
    const runs = (changed: string, unsteady: string) =>
      collect([test("changed", changed, ""), test("unsteady", unsteady, "")]);
    const untouched = [runs("pass", "pass"), runs("pass", "fail")];
    const loaded = [runs("fail", "fail"), runs("fail", "fail")];
    assert.deepEqual(judge(["changed", "unsteady"], untouched, loaded), {
      differences: ["changed: untouched pass, pass; with the loader fail, fail"],
      unsteady: ["unsteady: untouched pass, fail; with the loader fail, fail"],
    });
    assert.deepEqual(judge(["absent"], [runs("pass", "pass")], [new Map()]).unsteady.length, 1);
  });
});
