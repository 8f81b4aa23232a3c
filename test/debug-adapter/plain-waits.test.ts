import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TaskNode, TreeBody, WaitInfo } from "@asyncscope/protocol";
import { Session } from "../support/dap-session.js";
import { eventually } from "../support/eventually.js";

describe("what plain async functions wait for", () => {
  let folder = "";
  let body: TreeBody;
  let port = "";
  let fifo = "";
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "asyncscope-waits-"));
    fifo = join(folder, "never-written");
    execFileSync("mkfifo", [fifo]);
    const session = Session.inMemory();
    await session.launch("plain-waits.mjs", { config: { args: [fifo] } });
    await eventually("all waits", async () => {
      body = await session.request("asyncscope/tree", {
        order: "creation",
        pages: [{ task: 0 }],
        deep: true,
      });
      return wait("gathers")?.label.includes("1 of") === true && /data/.test(wait("hears")?.label ?? "");
    });
    port = session.client.output("stdout").trim();
    // A read of the thread pool would hold the end of the program up.
    writeFileSync(fifo, "");
    await Session.closeAll();
  });
  after(async () => {
    await Session.closeAll();
    rmSync(folder, { recursive: true, force: true });
  });

  const task = (name: string): TaskNode | undefined => body.tasks.find(({ coroutine }) => coroutine === name);
  const wait = (name: string): WaitInfo | undefined => task(name)?.waits[0];
  const told = (name: string): readonly unknown[] => [wait(name)?.kind, wait(name)?.label];
  /** How long the wait lasts as a whole. */
  const lasts = (name: string): number => Math.round((wait(name)!.due! - wait(name)!.since) / 100) * 100;

  it("timers of timers/promises, and those that a promise is made of, with when they are due", () => {
    assert.deepEqual(told("pauses"), ["sleep", "timer"]);
    assert.equal(lasts("pauses"), 60_000);
    assert.deepEqual(told("rests"), ["sleep", "rest(50_000)"]);
    assert.equal(lasts("rests"), 50_000);
  });

  it("a timer that was cleared, which nothing can end any more", () => {
    assert.match(wait("cleared")!.label, /^new Promise\(.* \(its timer has fired or was cleared\)$/);
    assert.equal(wait("cleared")!.due, undefined);
  });

  it("file system operations with their file", () => {
    assert.deepEqual(told("reads"), ["other", `file system: readFile ${fifo}`]);
  });

  it("child processes with their command", () => {
    assert.deepEqual(told("runs"), ["process", "child process cat"]);
    assert.match(wait("spawns")!.label, /^child process cat - -u \(pid \d+\)$/);
  });

  it("events of sockets with their peer", () => {
    assert.deepEqual(told("hears"), ["other", `once(socket, "data"): Socket to 127.0.0.1:${port}`]);
  });

  it("requests over HTTP with their address, without what may be secret in it", () => {
    assert.deepEqual(told("asks"), ["read", `GET http://127.0.0.1/slow`]);
    assert.deepEqual(told("fetches"), ["other", `fetch http://127.0.0.1:${port}/never`]);
  });

  it("combinators with how many of their inputs are left", () => {
    assert.deepEqual(told("gathers"), ["gather", "Promise.all: 1 of 4 pending"]);
    assert.deepEqual(told("races"), ["wait", "Promise.race: 2 of 2 pending"]);
  });
});
