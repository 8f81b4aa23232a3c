import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as asyncscope from "asyncscope";
import { claimOf, namesRows } from "../support/api-names.js";
import type { Claim } from "../support/api-names.js";
import { apiSurface } from "../support/api-surface.js";
import type { ApiSurface } from "../support/api-surface.js";

const PAGE = "docs/coming-from-python.md";
/** Lies beside the project where it is developed; users of the project do not have it. */
const TABLE = resolve("../shared/spec/asyncio-api.tsv");

/** Rows of the table whose cell is prose, or whose name here is another one: the page says it for them. */
const SAID_BY_THE_PAGE: readonly string[] = [
  "AbstractServer",
  "Barrier.__aenter__",
  "Barrier.__aexit__",
  "Condition.__aexit__",
  "Future duck typing",
  "Future.__del__",
  "Lock.__aexit__",
  "Semaphore.__aexit__",
  "Server.__aenter__",
  "StreamReader.__anext__",
  "Task subclass hooks",
  "Task.set_exception",
  "Task.set_result",
  "TaskGroup.__aenter__",
  "TaskGroup.__aexit__",
  "Timeout.__aenter__",
  "Timeout.__aexit__",
  "TransportSocket.family",
  "TransportSocket.shutdown",
  "TransportSocket.type",
  "_set_running_loop",
  "asyncio ps",
  "asyncio pstree",
];

/** Symbols of the language that older Nodes lack: the runtime brings them. */
const SYMBOLS: Readonly<Record<string, symbol>> = {
  "@@asyncDispose": (Symbol as { asyncDispose?: symbol }).asyncDispose ?? Symbol.for("nodejs.asyncDispose"),
  "@@dispose": (Symbol as { dispose?: symbol }).dispose ?? Symbol.for("nodejs.dispose"),
  "@@asyncIterator": Symbol.asyncIterator,
  "@@iterator": Symbol.iterator,
};

describe("Names of asyncio [slow]", function () {
  this.timeout(120_000);
  const rows = namesRows(PAGE);
  let surface: ApiSurface;
  before(() => {
    surface = apiSurface("runtime/src/index.ts");
  });

  const exists = ({ owner, name }: Claim): boolean =>
    owner === null ? surface.exports.has(name) : surface.members(owner).has(name);

  /** Whether a name that is there for TypeScript is there when the program runs; types and abstract members have nothing there. */
  const existsAtRunTime = ({ owner, name }: Claim): boolean => {
    const values = asyncscope as unknown as Record<string, unknown>;
    const value = values[owner ?? name];
    if (owner === null || typeof value !== "function" || value.prototype === undefined) return true;
    if (surface.members(owner).get(name) === true) return true;
    const key = SYMBOLS[name] ?? name;
    if (key in (value.prototype as object) || key in value) return true;
    // A field is made by the constructor of its class.
    for (let each: unknown = value; typeof each === "function"; each = Object.getPrototypeOf(each))
      if (new RegExp(`\\b${name}\\b`).test(Function.prototype.toString.call(each))) return true;
    return false;
  };

  it("every name of the page is in the package", () => {
    assert.ok(rows.length > 350, `${rows.length} rows`);
    const missing = new Set<string>();
    for (const { python, here } of rows)
      for (const code of here) {
        const claim = claimOf(python, code);
        if (claim === null) continue;
        if (!exists(claim)) missing.add(python);
        else if (!existsAtRunTime(claim)) assert.fail(`${python}: ${code} is there for TypeScript alone`);
      }
    assert.deepEqual([...missing], []);
  });

  it("what is not there has a reason, what is there in part says which", () => {
    for (const { python, here, notes } of rows)
      if (here.length === 0) assert.ok(notes.length > 10, `${python} has neither a name nor a reason`);
  });

  describe("compared with the table of asyncio's names", () => {
    const table = existsSync(TABLE) ? readTable() : undefined;
    before(function () {
      if (table === undefined) {
        console.log(`      The table is not on this machine (${TABLE}): nothing to compare with.`);
        this.skip();
      }
    });

    it("the page has every name once", () => {
      assert.deepEqual(rows.map(({ python }) => python).sort(), table!.map(({ name }) => name).sort());
    });

    it("the page promises what the table does: names of `yes` and `partial`, reasons for `no`", () => {
      const byName = new Map(rows.map((row) => [row.python, row]));
      const wrong: string[] = [];
      const exceptions = new Set<string>();
      for (const { name, equivalent, verdict } of table!) {
        const row = byName.get(name)!;
        if (verdict === "no") {
          if (row.here.length > 0) wrong.push(`${name}: the page has ${row.here.join(", ")}`);
          continue;
        }
        if (verdict === "partial" && row.notes === "")
          wrong.push(`${name}: the page does not say which part`);
        const promised = namesIn(equivalent);
        const said = row.here.flatMap((code) => namesIn(code));
        if (said.length === 0 || !promised.some((each) => said.includes(each))) exceptions.add(name);
      }
      assert.deepEqual(wrong, []);
      assert.deepEqual([...exceptions].sort(), [...SAID_BY_THE_PAGE].sort());
    });
  });
});

interface TableRow {
  readonly name: string;
  readonly equivalent: string;
  readonly verdict: "yes" | "partial" | "no";
}

function readTable(): TableRow[] {
  return readFileSync(TABLE, "utf8")
    .split("\n")
    .slice(1)
    .filter((line) => line !== "")
    .map((line) => {
      const [, name = "", , , equivalent = "", applicable = ""] = line.split("\t");
      const verdict = /^(?:yes|partial|no)\b/.exec(applicable)?.[0];
      assert.ok(verdict !== undefined, `${name}: cannot read "${applicable}"`);
      return { name, equivalent, verdict: verdict as TableRow["verdict"] };
    });
}

/** The names that a cell is about: the last part of each chain that stands outside parentheses, first ones first. */
function namesIn(cell: string): string[] {
  return cell
    .replace(/^(?:abstract )?(?:class|interface) /, "")
    .split(/ \/ |, | and /)
    .flatMap((part) => {
      const [, symbol, name] =
        /^(?:\w+(?=[.[])\.?)?(?:\[?Symbol\.(\w+)\]?|(\w+))/.exec(part.replace(/^'/, "")) ?? [];
      return [symbol ?? name ?? ""].filter((each) => each !== "");
    });
}
