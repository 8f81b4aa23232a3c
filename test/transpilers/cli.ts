import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { root } from "../../scripts/lib/root.mjs";
import { markerLine, Session } from "../support/dap-session.js";

/**
 * Debugs a program behind tools that compile it while it loads: stops, steps and locals are to be those of the source.
 * Usage: npm run transpilers
 */
const FOLDER = join(root, "compatibility/transpilers");
const WAYS: readonly (readonly [tool: string, runtimeArgs: readonly string[], file: string])[] = [
  ["tsx", ["--import", "tsx"], "steps.ts"],
  ["tsx that is found beside the program", [], "steps.ts"],
  ["ts-node", ["--require", "ts-node/register"], "steps.ts"],
  ["Babel", ["--require", "@babel/register"], "steps.js"],
];

for (const instrument of [true, false])
  for (const [tool, runtimeArgs, file] of WAYS) {
    const name = `${tool}, debugged${instrument ? "" : " without the loader"}`;
    const session = Session.spawn();
    try {
      await debug(session, join(FOLDER, file), { runtimeArgs, instrument, cwd: FOLDER });
      console.log(`ok     ${name}`);
    } catch (error) {
      process.exitCode = 1;
      console.log(`WRONG  ${name}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await session.close();
    }
  }

async function debug(session: Session, program: string, config: Record<string, unknown>): Promise<void> {
  const lines = readFileSync(program, "utf8").split("\n");
  /** Where the code begins that stands in a line: `file:line:column`. */
  const at = (marker: string, code: string): string => {
    const line = markerLine(program, marker);
    return `${program}:${line}:${lines[line - 1]!.indexOf(code) + 1}`;
  };
  const top = async (): Promise<string[]> =>
    (await session.frames()).slice(0, 2).map(({ path, line, column }) => `${path}:${line}:${column}`);
  /** Parameters that are taken apart have a scope of their own. */
  const locals = async (): Promise<Record<string, string | undefined>> => {
    const { scopes } = await session.request<DebugProtocol.ScopesResponse["body"]>("scopes", {
      frameId: (await session.frames())[0]!.id,
    });
    const own = scopes.filter(({ name }) => /^(?:Local|Block)/.test(name));
    const all = await Promise.all(own.map(({ variablesReference }) => session.children(variablesReference)));
    const values = new Map(all.flatMap((variables) => [...variables]));
    return Object.fromEntries(["id", "label", "answer"].map((name) => [name, values.get(name)?.value]));
  };

  await session.launch(program, { stopAt: ["await"], config });
  await session.stopAt("await");
  const before = await locals();
  assert.deepEqual([before["id"], before["label"]], ["7", "'item 7'"], "locals at the await");
  assert.deepEqual(await top(), [at("await", "await"), at("call", "load(")], "the stack at the await");
  await session.step("next");
  await session.step("next");
  assert.deepEqual(
    (await session.frames())[0]?.line,
    markerLine(program, "return"),
    "the line behind the await",
  );
  assert.deepEqual(
    await locals(),
    { id: "7", label: "'item 7'", answer: "'item 7'" },
    "locals behind the await",
  );
  assert.match(
    (await top())[0]!,
    new RegExp(`:${markerLine(program, "return")}:3$`),
    "the column of a return",
  );
  await session.resume();
  assert.equal(await session.ended(), 0, "the exit code");
  assert.equal(session.client.output("stdout"), "item 7 of 1, Stored\n");
}
