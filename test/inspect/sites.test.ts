import assert from "node:assert/strict";
import { coro, createTask, sleep } from "asyncscope";
import { fixtureSays } from "./support/program.js";
import { tree, watched } from "./support/watched.js";

interface Said {
  readonly created: Record<string, string>;
  readonly waits: Record<string, string>;
  readonly resources: Record<string, string>;
  readonly chains: Record<string, string[]>;
  readonly cancelledBy: Record<string, string>;
  readonly scripts: readonly string[];
}

describe("Positions in the user's program", () => {
  for (const [build, fixture] of [
    ["ESM", "sites.mjs"],
    ["CommonJS", "sites.cjs"],
  ] as const)
    describe(`with the ${build} build of the runtime`, () => {
      let said: Said;
      before(async () => {
        said = await fixtureSays<Said>(fixture);
      });

      it("of a task: the line that created it, also through the runtime's own functions", () => {
        const { created } = said;
        assert.equal(created["direct"], "direct in main");
        assert.equal(created["async"], "async in main");
        assert.equal(created["in a group"], "group in ");
        assert.equal(Object.values(created).filter((place) => place === "gather in main").length, 2);
      });

      it("of an await in an async function: the line of the await", () => {
        assert.deepEqual(said.waits, { async: "async-await in handler", getting: "async-get in joined" });
        assert.deepEqual(said.chains["async"], ["sleep: none", "handler: async-await in handler"]);
      });

      it("of a queue or lock: the line that made it", () => {
        assert.deepEqual(said.resources, { jobs: "queue in main", db: "lock in main" });
      });

      it("of a cancellation: the line that asked for it", () => {
        assert.deepEqual(said.cancelledBy, { victim: "cancel in main" });
      });

      it("are never in the runtime, which says which scripts are its own", () => {
        assert.equal(said.scripts.length, 1);
        assert.match(said.scripts[0]!, build === "ESM" ? /dist.esm.index\.js$/ : /dist.cjs.index\.js$/);
        assert.doesNotMatch(JSON.stringify(said.created), /elsewhere/);
      });
    });
});

describe("Positions of tasks that are made in a hot loop", () => {
  const worker = coro(function* madeInLoop() {
    yield* sleep(1000);
  });
  /** The rows of the workers, in the order of their creation. */
  const rows = () => {
    const { tasks, sites } = tree({ deep: true, limit: 20_000 });
    const lines = new Map(sites.map(({ id, line }) => [id, line]));
    return tasks
      .filter(({ coroutine }) => coroutine === "madeInLoop")
      .sort((a, b) => a.id - b.id)
      .map(({ created, createdIsInferred }) => ({ line: lines.get(created), inferred: createdIsInferred }));
  };

  it("are looked at for the first hundred, and for most others inferred and marked so", async () => {
    await watched(
      function* () {
        for (let i = 0; i < 900; i++) createTask(worker());
        yield* sleep(0);
        const all = rows();
        assert.equal(all.length, 900);
        assert.equal(new Set(all.map(({ line }) => line)).size, 1);
        assert.notEqual(all[0]!.line, undefined);
        assert.deepEqual(new Set(all.slice(0, 100).map(({ inferred }) => inferred)), new Set([undefined]));
        // Those made across the beginning of a second are looked at again.
        const inferred = all.filter((each) => each.inferred === true).length;
        assert.ok(inferred > 600, `${inferred} are inferred`);
      },
      { captureSites: true },
    );
  });

  it("are looked at one by one as soon as the same function makes them in two places", async () => {
    await watched(
      function* () {
        for (let i = 0; i < 300; i++) createTask(worker());
        const first = rows()[0]!.line;
        for (let i = 0; i < 600; i++) createTask(worker());
        yield* sleep(0);
        const all = rows();
        const second = all.at(-1)!;
        assert.notEqual(second.line, first);
        assert.equal(second.inferred, undefined);
        assert.ok(all.slice(-300).every(({ line, inferred }) => line === second.line && inferred !== true));
      },
      { captureSites: true },
    );
  });
});
