import assert from "node:assert/strict";
import { fixtureSays } from "./support/program.js";

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
