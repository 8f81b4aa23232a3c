import assert from "node:assert/strict";
import { currentFrame, observe } from "../../runtime/src/frames/calls.js";
import { eachFrame } from "../../runtime/src/frames/frame-list.js";
import type { Frame } from "../../runtime/src/frames/frame.js";
import { installCalls } from "../../runtime/src/frames/install.js";
import { addFile, pointAt, reserve } from "../../runtime/src/frames/points-table.js";
import { applyEdits, Columns } from "../../runtime/src/loader/edits.js";
import { rewrite } from "../../runtime/src/loader/rewrite.js";

const nameOf = (frame: Frame | null): string => (frame === null ? "-" : pointAt(frame.point)!.point.text);
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

describe("Frames of plain async functions", () => {
  before(installCalls);

  /** Runs rewritten code; `now()` in it gives the name of the current frame. */
  const run = (body: string): Promise<unknown> => {
    const source = `(async function main() { ${body} })`;
    const { edits, points } = rewrite(source, "commonjs")!;
    const base = reserve(points.length);
    const url = `test-${base}`;
    const columns = Columns.of(source, edits);
    addFile({ url, base, points, generatedColumn: (line, column) => columns.generated(line, column) });
    const code = `(now, never) => (${applyEdits(source, edits, base)})()\n//# sourceURL=${url}`;
    const make = (0, eval)(code) as (now: () => string, never: Promise<void>) => Promise<unknown>;
    return make(() => nameOf(currentFrame()), new Promise(() => undefined));
  };

  /** The frames that have begun since: each with its place, and behind `<` who awaits it, behind `*` who called it. */
  const began = async (body: string): Promise<string[]> => {
    const before = new Set<Frame>();
    eachFrame((frame) => before.add(frame));
    void run(body);
    await turn();
    const lines: string[] = [];
    eachFrame((frame) => {
      if (before.has(frame)) return;
      const at = pointAt(frame.site)!.point.text;
      lines.push(`${nameOf(frame)} ${at} ${frame.linked === 1 ? "<" : "*"} ${nameOf(frame.parent)}`);
    });
    return lines.sort();
  };

  it("know exactly whose code runs", async () => {
    const seen = await run(`
      const seen = [now()];
      const tick = () => Promise.resolve();
      const leaf = async (fails) => { seen.push(now()); await tick(); seen.push(now()); if (fails) throw 1; };
      async function* gen() { seen.push(now()); yield 1; seen.push(now()); await tick(); seen.push(now()); }
      await leaf(); seen.push(now());
      try { await leaf(true); } catch { seen.push(now()); } finally { seen.push(now()); await tick(); }
      seen.push(now());
      for await (const x of gen()) seen.push(now());
      seen.push(now());
      for await (const x of [tick(), 2]) seen.push(now());
      const [a] = await Promise.all([leaf(), tick().then(() => seen.push(now()))]); seen.push(now());
      return seen.join(" ");`);
    assert.equal(
      seen,
      "main leaf leaf main leaf leaf main main main gen main gen gen main main main leaf leaf - main",
    );
    assert.equal(currentFrame(), null);
  });

  it("are callees of who awaits them at once", async () => {
    assert.deepEqual(
      await began(`
        const leaf = async () => { await never; };
        const tail = async () => { await null; return leaf(); };
        const middle = async () => { await tail(); };
        await middle();`),
      ["leaf never < middle", "main middle() * -", "middle tail() < main"],
    );
  });

  it("are tasks of their own when they are inputs of a combinator, stored, or not awaited", async () => {
    assert.deepEqual(
      await began(`
        const leaf = async (n) => { await never; };
        leaf("floating");
        const stored = leaf("stored");
        await Promise.all([leaf("input"), stored]);`),
      [
        "leaf never * main",
        "leaf never * main",
        "leaf never * main",
        'main Promise.all([leaf("input"), stored]) * -',
      ],
    );
  });

  it("say what a stranger began while they waited is not theirs", async () => {
    assert.deepEqual(
      await began(`
        const leaf = async () => { await never; };
        const sleep = () => new Promise(() => undefined);
        leaf();
        await sleep();`),
      ["leaf never * main", "main sleep() * -"],
    );
  });

  it("do not take what was called last and dropped for what their function returns", async () => {
    assert.deepEqual(
      await began(`
        const leaf = async () => { await never; };
        const drops = async () => { await null; leaf(); };
        const returns = async () => { await null; const promise = leaf(); return promise; };
        const passes = async () => (await null, leaf());
        await drops(); await Promise.all([returns(), passes()]);`),
      [
        // Whose caller has ended: it belongs to nobody.
        "leaf never * drops",
        "leaf never * main",
        "leaf never * main",
        "main Promise.all([returns(), passes()]) * -",
      ],
    );
  });

  it("tell when a turn in which one was suspended is over", async () => {
    let turns = 0;
    observe({ afterTurn: () => turns++ });
    await run("await null; await null;");
    await turn();
    observe({ afterTurn: null });
    assert.ok(turns >= 1);
  });

  it("end with their function", async () => {
    await run("const leaf = async () => { await null; }; await Promise.all([leaf(), leaf()]);");
    eachFrame((frame) => assert.notEqual(pointAt(frame.site)!.point.text, "null"));
  });
});
