import assert from "node:assert/strict";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { withLock } from "../../scripts/lib/lock.mjs";

describe("a lock between processes", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "asyncscope-lock-"));
    path = join(folder, "lock");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("lets one after the other in", async () => {
    const order: string[] = [];
    await Promise.all(
      ["first", "second"].map((name) =>
        withLock(path, async () => {
          order.push(`${name} in`);
          await new Promise((resolve) => setTimeout(resolve, 20));
          order.push(`${name} out`);
        }),
      ),
    );
    assert.deepEqual(order, ["first in", "first out", "second in", "second out"]);
  });

  it("is free again when the work has failed", async () => {
    await assert.rejects(
      withLock(path, () => Promise.reject(new Error("no"))),
      /no/,
    );
    assert.equal(await withLock(path, () => Promise.resolve(1)), 1);
  });

  it("of a process that died is taken over", async () => {
    // No process has this id: it is above Linux's largest.
    writeFileSync(path, `4194305 ${hostname()} 0\n`);
    assert.equal(await withLock(path, () => Promise.resolve(1), { timeout: 5000 }), 1);
  });

  it("of another machine is taken over once it has not been touched for long", async () => {
    writeFileSync(path, "1 elsewhere 0\n");
    await assert.rejects(
      withLock(path, () => Promise.resolve(1), { timeout: 400 }),
      /delete this file/,
    );
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(path, longAgo, longAgo);
    assert.equal(await withLock(path, () => Promise.resolve(1), { timeout: 5000 }), 1);
  });
});
