import assert from "node:assert/strict";
import { parseDump } from "../../debug-adapter/src/dump/parse.js";
import { withoutAges } from "../../debug-adapter/src/dump/without-ages.js";
import { writeDump } from "../../debug-adapter/src/dump/write.js";
import { Random } from "../support/random.js";
import { randomDump } from "./random-dump.js";
import { SAMPLE, SAMPLE_TEXT } from "./sample.js";

describe("the text of a task dump", () => {
  it("reads like this", () => {
    assert.equal(writeDump(SAMPLE), SAMPLE_TEXT);
  });

  it("is read back whole", () => {
    const { dump, diagnostics } = parseDump(SAMPLE_TEXT);
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(dump, SAMPLE);
  });

  it("keeps everything from data to text to data, whatever names the program gives", () => {
    for (let seed = 1; seed <= 600; seed++) {
      const dump = randomDump(new Random(seed));
      const text = writeDump(dump);
      const read = parseDump(text);
      const about = `seed ${seed}:\n${text}`;
      assert.deepEqual(
        read.diagnostics.filter(({ code }) => code !== "duplicate"),
        [],
        about,
      );
      assert.deepEqual(read.dump, dump, about);
      assert.equal(writeDump(read.dump), text, about);
    }
  });

  it("is the same for the same state, and for one that differs in a time differs in that line alone", () => {
    const later = {
      ...SAMPLE,
      tasks: SAMPLE.tasks.map((task) => (task.name === "resting" ? { ...task, age: task.age + 50 } : task)),
    };
    const [before, after] = [SAMPLE_TEXT.split("\n"), writeDump(later).split("\n")];
    assert.equal(after.length, before.length);
    assert.deepEqual(
      after.filter((line, i) => line !== before[i]).map((line) => line.trim()),
      ["for 390 ms"],
    );
  });

  it("is the same at another time when ages are left out, and still read back", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const dump = randomDump(new Random(seed));
      const later = {
        ...dump,
        tasks: dump.tasks.map((task) => ({
          ...task,
          age: task.age + 1234,
          waits: task.waits.map((wait) => ({ ...wait, age: wait.age + 1234 })),
        })),
        resources: dump.resources.map((resource) => ({
          ...resource,
          ...(resource.owner && { owner: { ...resource.owner, age: resource.owner.age + 1234 } }),
          waiters: resource.waiters.map((waiter) => ({ ...waiter, age: waiter.age + 1234 })),
        })),
      };
      const text = withoutAges(writeDump(dump));
      assert.equal(withoutAges(writeDump(later)), text, `seed ${seed}`);
      const { diagnostics, dump: read } = parseDump(text);
      assert.deepEqual(
        diagnostics.filter(({ code }) => code !== "duplicate"),
        [],
        `seed ${seed}:\n${text}`,
      );
      assert.deepEqual(
        read.tasks.map(({ id, waits }) => [id, waits.map(({ label }) => label)]),
        dump.tasks.map(({ id, waits }) => [id, waits.map(({ label }) => label)]),
      );
    }
  });

  it("indents a deep tree only so far, and says who started the tasks below", () => {
    const [root] = SAMPLE.tasks;
    const tasks = Array.from({ length: 5000 }, (_, i) => ({
      ...root!,
      id: i + 1,
      name: `t${i + 1}`,
      ...(i === 0 ? {} : { parent: { id: i, name: `t${i}` } }),
    }));
    const text = writeDump({ ...SAMPLE, tasks, cycles: [], resources: [] });
    assert.ok(Math.max(...text.split("\n").map((line) => line.search(/\S/))) < 200);
    assert.match(text, /^- t41 \[suspended\] #41\n {4}started by t40 #40$/m);
    const { dump, diagnostics } = parseDump(text);
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(dump.tasks, tasks);
  });

  it("is understood with the line ends and the mark that Windows editors write", () => {
    const { dump, diagnostics } = parseDump(`\ufeff${SAMPLE_TEXT.replaceAll("\n", "\r\n")}`);
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(dump, SAMPLE);
  });
});

describe("a dump that is cut or damaged", () => {
  const inside = (text: string): void => {
    const lines = text.split(/\r\n|\r|\n/);
    const { diagnostics, links, references, entries } = parseDump(text);
    for (const { line, start, end } of [
      ...diagnostics,
      ...links,
      ...references,
      ...entries.map((e) => e.range),
    ])
      assert.ok(
        line < lines.length && start >= 0 && start <= end && end <= lines[line]!.length,
        `${line}:${start}-${end} is outside of\n${text}`,
      );
    for (const { range, lastLine, lastOwnLine } of entries)
      assert.ok(range.line <= lastOwnLine && lastOwnLine <= lastLine && lastLine < lines.length);
  };

  it("is shown as far as it goes, and said to be cut, wherever that is", () => {
    const step = 3;
    for (let length = 0; length < SAMPLE_TEXT.length - 1; length += step) {
      const text = SAMPLE_TEXT.slice(0, length);
      const { dump, diagnostics } = parseDump(text);
      assert.ok(
        diagnostics.some(({ severity }) => severity === "error"),
        `no error at ${length}`,
      );
      assert.ok(dump.tasks.length <= SAMPLE.tasks.length);
      inside(text);
    }
  });

  it("says where it ends too early", () => {
    const text = SAMPLE_TEXT.slice(0, SAMPLE_TEXT.indexOf("Queues & Locks"));
    const { diagnostics, dump } = parseDump(text);
    assert.deepEqual(
      diagnostics.map(({ code, line }) => [code, line]),
      [["truncated", text.trimEnd().split("\n").length - 1]],
    );
    assert.deepEqual(dump.tasks, SAMPLE.tasks);
  });

  it("names the line that cannot be read and goes on behind it", () => {
    const lines = SAMPLE_TEXT.split("\n");
    const at = lines.findIndex((line) => line.includes("runs consumer"));
    lines[at] = "        ruNs consumer";
    const { diagnostics, dump } = parseDump(lines.join("\n"));
    assert.deepEqual(
      diagnostics.map(({ code, line, start }) => [code, line, start]),
      [["unreadable-line", at, 8]],
    );
    assert.equal(dump.tasks.length, SAMPLE.tasks.length);
  });

  it("notices that an entry was removed, and one that is there twice", () => {
    const removed = SAMPLE_TEXT.replace(/^- idle[^]*?(?=^\n)/m, "");
    assert.notEqual(removed, SAMPLE_TEXT);
    assert.deepEqual(
      parseDump(removed).diagnostics.map(({ code }) => code),
      ["counts"],
    );
    const twice = SAMPLE_TEXT.replace("[scheduled] #3\n", "[scheduled] #2\n");
    assert.ok(parseDump(twice).diagnostics.some(({ code }) => code === "duplicate"));
  });

  it("says plainly that another text is no dump, and that another version may not be shown whole", () => {
    assert.match(
      parseDump("hello\n").diagnostics[0]!.message,
      /^This is no task dump: .*asyncscope dump PID/,
    );
    assert.match(parseDump("").diagnostics[0]!.message, /^This is no task dump/);
    const newer = parseDump(SAMPLE_TEXT.replace("task dump 1", "task dump 2"));
    assert.deepEqual(
      newer.diagnostics.map(({ code, severity }) => [code, severity]),
      [["version", "warning"]],
    );
    assert.equal(newer.dump.tasks.length, SAMPLE.tasks.length);
  });

  it("is never an exception, and never a position outside of the text [fuzzed]", () => {
    for (let seed = 1; seed <= 400; seed++) {
      const random = new Random(seed);
      let text = writeDump(randomDump(random));
      for (let edits = 1 + random.below(6); edits > 0; edits--) {
        const [from, to] = [random.below(text.length + 1), random.below(60)];
        const junk = random.pick([
          "",
          "\n",
          "    ",
          "- ",
          "\0",
          "\ud800",
          "[",
          " #1",
          "999999999999999999999",
          "\r",
        ]);
        text = text.slice(0, from) + junk! + text.slice(from + to);
      }
      inside(text);
    }
  });

  it("costs no more than its length: long lines and many problems", () => {
    const start = performance.now();
    const hostile = [
      `- ${" [suspended] #1".repeat(1000)}x`,
      `    at ${"(".repeat(9000)}`,
      `    at "${"\\".repeat(15_000)}`,
      `    at f (${":1".repeat(9000)}`,
      `    waits for ${" [lock] 1 ms".repeat(1500)}`,
      "x".repeat(5_000_000),
    ].join("\n");
    const text = `${SAMPLE_TEXT.split("\n").slice(0, 12).join("\n")}\nTasks\n${`${hostile}\n`.repeat(3)}`;
    const { diagnostics } = parseDump(text + "?\n".repeat(50_000));
    assert.equal(diagnostics.length, 101);
    assert.match(diagnostics.at(-1)!.message, /^\d+ more problems are not listed\.$/);
    assert.ok(performance.now() - start < 15_000, `${performance.now() - start} ms`);
  });
});
