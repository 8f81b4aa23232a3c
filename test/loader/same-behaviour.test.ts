import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Script } from "node:vm";

const LOADER = resolve("runtime/dist/register.cjs");
const PROGRAMS = "test/fixtures/loader/programs";

const hasAwaitUsing = ((): boolean => {
  try {
    new Script("async () => { await using x = null; }");
    return true;
  } catch {
    return false;
  }
})();

const stripsTypes = Boolean((process.features as { typescript?: unknown }).typescript);

/** Programs that print what they find out: run as they are, and rewritten. */
describe("A program under the loader", function () {
  this.timeout(120_000);
  let cache: string;
  before(() => (cache = mkdtempSync(join(tmpdir(), "asyncscope-cache-"))));
  after(() => rmSync(cache, { recursive: true, force: true }));

  const run = (args: readonly string[], env: Record<string, string> = {}) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: "utf8",
      env: { ...process.env, ASYNCSCOPE_CACHE: cache, ...env },
    });
    return { status, stdout, stderr };
  };

  for (const file of readdirSync(PROGRAMS)) {
    const path = join(PROGRAMS, file);
    const [, about] = /^(?:#!.*\n)?\/\/ (.*)/.exec(readFileSync(path, "utf8"))!;
    it(`does as without: ${file}: ${about!}`, function () {
      if (file === "using.mjs" && !hasAwaitUsing) this.skip();
      if (file.endsWith(".mts") && !stripsTypes) this.skip();
      const untouched = run([path]);
      assert.notEqual(untouched.stdout, "");
      assert.deepEqual(run(["--import", LOADER, path]), untouched);
      // From the cache, and loaded in the other way.
      assert.deepEqual(run(["--require", LOADER, path]), untouched);
      assert.deepEqual(
        run([path], { NODE_OPTIONS: `--require "${LOADER}"`, ASYNCSCOPE_CACHE: "" }),
        untouched,
      );
    });
  }

  it("brings the inspector when it can, also when Node was in the middle of loading what that needs", () => {
    const program = `
      const net = require("node:net");
      const { Socket } = net;
      const inspector = () => typeof globalThis[Symbol.for("asyncscope.inspector")];
      net.Socket = undefined;
      const during = inspector();
      net.Socket = Socket;
      console.log(during, inspector());`;
    const { stdout, stderr } = run(["--require", LOADER, "--eval", program]);
    assert.equal(stderr, "");
    assert.equal(stdout, "undefined object\n");
  });

  it("keeps what it found out in a folder of the user's own", () => {
    const files = readdirSync(cache, { recursive: true, encoding: "utf8" });
    assert.ok(files.some((file) => file.endsWith(".json")));
    assert.ok(files.some((file) => file.endsWith(".map")));
  });
});
