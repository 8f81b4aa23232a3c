import assert from "node:assert/strict";
import { basename } from "node:path";
import type { FuturesBody, GroupNode, GroupsArguments, GroupsBody, TreeBody } from "@asyncscope/protocol";
import { eventually } from "../support/eventually.js";
import { fixture, markerLine, Session } from "../support/dap-session.js";

/** Starts the crowd; 126 tasks wait then. */
async function crowd(...args: string[]): Promise<Session> {
  const session = Session.inMemory();
  await session.launch("crowd-in-groups.mjs", { config: { args } });
  await session.client.until(
    () => (session.client.output("stdout").includes("ready") ? true : undefined),
    "the crowd",
  );
  // It prints just before it begins to sleep.
  if (args.length === 0)
    await eventually("all tasks wait", async () => (await groups(session)).grouped === 126);
  return session;
}

function groups(session: Session, args: GroupsArguments = {}): Promise<GroupsBody> {
  return session.request("asyncscope/groups", args);
}

function outline({ groups: list }: GroupsBody): string[] {
  return list.map((group) => `${group.count} × ${group.functions.join(" < ")}: ${group.label}`);
}

function lines({ locations }: GroupNode): string[] {
  return locations.map(({ path, line }) => `${basename(path)}:${line}`).sort();
}

const pageLine = (marker: string): number => markerLine(fixture("crowd-pages.mjs"), marker);

describe("tasks grouped by location", () => {
  afterEach(() => Session.closeAll());

  it("are counted by function and wait, with the lines where they stand", async () => {
    const session = await crowd();
    const body = await groups(session);
    assert.equal(body.status, "live");
    assert.deepEqual(outline(body), [
      "120 × readPage < crawl: Queue frontier 0/10",
      "4 × idle: timer",
      "1 × main: timer",
      "1 × readSlowly: timer",
    ]);
    const pages = pageLine("read-page");
    assert.deepEqual(lines(body.groups[0]!), [`crowd-pages.mjs:${pages}`]);
    // Functions have one group whichever line they wait at: both are told.
    assert.deepEqual(
      lines(body.groups[1]!),
      ["idle-early", "idle-late"].map((marker) => `crowd-in-groups.mjs:${session.line(marker)}`),
    );
    assert.deepEqual(lines(body.groups[3]!), [`crowd-pages.mjs:${pageLine("read-slowly")}`]);
    assert.deepEqual([body.grouped, body.total, body.hiddenTasks], [126, 4, 0]);
  });

  it("open in pages, and what a cap hides is counted", async () => {
    const session = await crowd();
    const { groups: list } = await groups(session, { limit: 1 });
    const body = await groups(session, { limit: 1, pages: [{ group: list[0]!.id, offset: 100 }] });
    assert.equal(body.hiddenTasks, 6);
    assert.equal(body.pages[0]?.total, 120);
    assert.deepEqual(
      body.pages[0].tasks.map((id) => body.tasks.find((task) => task.id === id)?.name),
      Array.from({ length: 20 }, (_, i) => `crawler-${100 + i}`),
    );
    assert.equal(
      body.tasks[0]?.location?.line,
      pageLine("read-page"),
      "a task of a group is a row like any other",
    );
  });

  it("are filtered before, also by the file they stand in or were created in", async () => {
    const session = await crowd();
    const named = await groups(session, { filter: { name: "crawler-11", waitsFor: "FRONTIER" } });
    assert.deepEqual(outline(named), ["11 × readPage < crawl: Queue frontier 0/10"]);
    const inPages = await groups(session, { filter: { file: "crowd-pages" } });
    assert.deepEqual(outline(inPages), [
      "120 × readPage < crawl: Queue frontier 0/10",
      "1 × readSlowly: timer",
    ]);
    assert.equal(
      (await groups(session, { filter: { file: "debug-adapter/crowd-in-groups.mjs" } })).grouped,
      126,
    );
    assert.equal((await groups(session, { filter: { file: "debug-adapter" } })).grouped, 0);
    const tree = await session.request<TreeBody>("asyncscope/tree", {
      order: "creation",
      pages: [{ task: 0 }],
      deep: true,
      filter: { file: "crowd-pages", name: "slow" },
    });
    assert.deepEqual(tree.tasks.map(({ name }) => name).sort(), ["Task-1", "slow"]);
  });

  it("are known by lines after the end of the program", async () => {
    const session = await crowd("leave");
    assert.equal(await session.ended(), 0);
    const body = await groups(session);
    assert.equal(body.status, "ended");
    assert.deepEqual(
      body.groups.map((group) => `${group.count} × ${group.functions.join(" < ")} ${lines(group).join()}`),
      [
        `12 × readPage < crawl crowd-pages.mjs:${pageLine("read-page")}`,
        `2 × idle crowd-in-groups.mjs:${session.line("idle-early")}`,
        `2 × idle crowd-in-groups.mjs:${session.line("idle-late")}`,
        `1 × readSlowly crowd-pages.mjs:${pageLine("read-slowly")}`,
      ],
    );
    const page = await groups(session, {
      pages: [{ group: body.groups[1]!.id }],
      filter: { file: "crowd-in-groups.mjs" },
    });
    assert.equal(page.pages[0]?.total, 2);
    assert.equal(page.tasks.length, 2);
    assert.equal((await groups(session, { filter: { file: "crowd-pages" } })).grouped, 13);
  });
});

describe("awaited futures", () => {
  afterEach(() => Session.closeAll());

  it("are listed with the line and task that made them, and who waits", async () => {
    const session = Session.inMemory();
    await session.launch("futures.mjs");
    let body: FuturesBody | undefined;
    await eventually("both tasks wait", async () => {
      body = await session.request<FuturesBody>("asyncscope/futures", {});
      return body.futures[0]?.awaiterCount === 2;
    });
    const [answer] = body!.futures;
    const nameOf = (id: number | undefined): string | undefined =>
      body!.tasks.find((task) => task.id === id)?.name;
    assert.deepEqual(answer!.awaiters.map(nameOf), ["asker", "second"]);
    assert.equal(nameOf(answer!.creator), "asker");
    assert.equal(answer!.createdAtLocation?.line, session.line("make"));
    assert.equal(body!.tasks.find(({ name }) => name === "asker")?.location?.line, session.line("wait"));
    assert.equal(body!.otherWaits, 1);
  });
});
