import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { asyncscope, freePort, Subject } from "../support/cli.js";
import { eventually } from "../support/eventually.js";

describe("asyncscope in a terminal: calls of plain async functions that can never go on [slow]", function () {
  this.timeout(120_000);
  afterEach(() => Subject.endAll());

  const source = readFileSync("test/fixtures/cli/stuck-calls.mjs", "utf8").split("\n");
  const at = (marker: string): string =>
    `at stuck-calls\\.mjs:${source.findIndex((text) => text.includes(`// @${marker}`)) + 1}`;
  const start = async (): Promise<Subject> =>
    Subject.start("stuck-calls.mjs", {
      node: [`--inspect-port=${await freePort()}`, ...["--require", resolve("runtime/dist/register.cjs")]],
    });

  it("tree --snapshot names what they wait for: something that is lost, or each other", async () => {
    const { pid } = await start();
    let text = "";
    // What has waited for less than two seconds is not said to be stuck.
    await eventually("all findings", async () => {
      text = (await asyncscope("tree", pid, "--snapshot")).stdout;
      return text.includes("Nothing can wake");
    });
    assert.match(
      text,
      new RegExp(
        `^Nothing can wake 2 tasks: task handle\\(1\\) waits ${at("lost")} for new Promise\\(\\(\\) => \\{\\}\\), and so does task handle\\(2\\) ${at("lost")}, and nobody has anything left`,
        "m",
      ),
    );
    const one = `one waits ${at("one")} for the end of two`;
    const two = `two waits ${at("two")} for the end of one`;
    assert.match(text, new RegExp(`^Deadlock: (?:${one}; ${two}|${two}; ${one})\\.$`, "m"));
    // Only what is wrong.
    assert.doesNotMatch(text, /(?:wake|Deadlock).*works/);
  });
});
