import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/lib/root.mjs";
import { eventually } from "../support/eventually.js";
import { stepsInOrder } from "../support/steps.js";
import { Workbench } from "../support/workbench.js";
import { copyOfExamples } from "../support/workspace.js";

const PROGRAM = "workshop.ts";
const PLAIN = "post-office.mjs";
const source = readFileSync(join(root, "test/fixtures", PROGRAM), "utf8").split("\n");

/** The 1-based line that carries a marker. */
function lineOf(marker: string): number {
  const index = source.findIndex((line) => line.includes(`// @${marker}`));
  assert.ok(index >= 0, `no line is marked @${marker}`);
  return index + 1;
}

/** Whether it becomes visible within three seconds. */
function isShown(row: { waitFor(options: { timeout: number }): Promise<void> }): Promise<boolean> {
  return row.waitFor({ timeout: 3000 }).then(
    () => true,
    () => false,
  );
}

for (const [name, theme] of [
  ["dark", "Default Dark Modern"],
  ["light", "Default Light Modern"],
] as const)
  describe(`a person debugs a program in the editor, ${name} theme [slow]`, function () {
    this.timeout(120_000);
    let workspace: ReturnType<typeof copyOfExamples>;
    let workbench: Workbench;

    before(async function () {
      this.timeout(120_000);
      workspace = copyOfExamples();
      for (const program of [PROGRAM, PLAIN])
        cpSync(join(root, "test/fixtures", program), join(workspace.folder, program));
      workbench = await Workbench.open({ folder: workspace.folder, theme, name });
    });

    after(async () => {
      await workbench.close();
      workspace.remove();
    });

    stepsInOrder(() => workbench);

    it("sees the tasks of the program after F5", async () => {
      await workbench.openFile(PROGRAM);
      await workbench.startDebugging();
      for (const view of ["Variables", "Watch", "Loaded Scripts", "Breakpoints"]) await workbench.fold(view);
      await workbench.widenSideBar(180);
      await workbench.enlarge("Tasks", 330);
      await workbench.moveTop("Queues & Locks", 620);
      for (const task of ["producer", "smith", "carver", "weaver", "clock", "auditor"])
        await workbench.row("Tasks", task).waitFor();
      await workbench.picture("tasks");
    });

    it("sees what each task waits for", async () => {
      await workbench.row("Tasks", /auditor.*closing/).waitFor();
      await workbench.row("Tasks", /producer.*jobs/).waitFor();
    });

    it("goes to the line of a task whose row changes all the time", async () => {
      const clock = workbench.row("Tasks", "clock");
      for (let click = 0; click < 25; click++) await clock.click();
      // It waits in the line before the marked one.
      await workbench.cursorAt(lineOf("after-sleep") - 1);
      await workbench.picture("clicked");
    });

    it("opens a queue and sees its items and who waits to put one more", async () => {
      await workbench.unfold("Queues & Locks");
      const jobs = workbench.row("Queues & Locks", "jobs");
      await jobs.waitFor();
      // Rows move while the program runs, and a click may meet another one: a person would look and click again.
      await eventually(
        "the items of the queue are shown",
        async () => {
          await workbench.expand(jobs);
          await workbench.expand(workbench.row("Queues & Locks", "Items"));
          await workbench.expand(workbench.row("Queues & Locks", "Putters"));
          return isShown(workbench.row("Queues & Locks", /job-\d+/));
        },
        40_000,
      );
      await workbench.row("Queues & Locks", "producer").waitFor();
      await workbench.picture("queue");
    });

    it("pins a task: it stands in the Call Stack as stopped, while the program runs on", async () => {
      const thread = workbench.row("Call Stack", /auditor.*suspended/i);
      await eventually(
        "the task stands in the Call Stack",
        async () => {
          await workbench.row("Tasks", "auditor").click();
          await workbench.command("Asyncscope: Pin Task to Call Stack");
          return isShown(thread);
        },
        40_000,
      );
      await workbench.expand(thread);
      await workbench.row("Call Stack", /audit.*workshop\.ts/).waitFor();
      await workbench.picture("pinned");
      const before = await workbench.row("Tasks", "clock").innerText();
      // The clock ticks several times a second: its row changes as long as the program runs.
      await eventually(
        "the clock goes on",
        async () => before !== (await workbench.row("Tasks", "clock").innerText()),
      );
    });

    it("reads the locals of the pinned task in Variables", async () => {
      await workbench.fold("Queues & Locks");
      await workbench.unfold("Variables");
      await workbench.row("Call Stack", /audit.*workshop\.ts/).click();
      await workbench.row("Variables", /account.*A-17/).waitFor();
      await workbench.row("Variables", /total.*42/).waitFor();
      await workbench.picture("locals");
    });

    it("stops at a breakpoint", async () => {
      await workbench.openFile(PROGRAM);
      await workbench.goToLine(lineOf("tick"));
      await workbench.press("F9");
      await stoppedAt(workbench, lineOf("tick"));
      await workbench.picture("breakpoint");
    });

    it("steps over a yield* and is still in the same task", async () => {
      await workbench.press("F10");
      await stoppedAt(workbench, lineOf("tick") + 1);
      await workbench.press("F10");
      await stoppedAt(workbench, lineOf("after-sleep"));
      await workbench.row("Variables", /before.*\d/).waitFor();
      await workbench.picture("stepped");
    });

    it("stops the program", async () => {
      await workbench.press("Shift+F5");
      await workbench.stopButton.waitFor({ state: "hidden" });
      await workbench.picture("ended");
    });

    // Once is enough: colours differ in nothing that was not seen yet.
    if (name === "light") return;

    it("pins a plain async function of another program and opens its variables, while that runs on", async () => {
      await workbench.openFile(PLAIN);
      await workbench.startDebugging();
      const thread = workbench.row("Call Stack", /courier\("bert"\).*suspended/i);
      await eventually(
        "the task stands in the Call Stack",
        async () => {
          await workbench.row("Tasks", 'courier("bert")').click();
          await workbench.command("Asyncscope: Pin Task to Call Stack");
          return isShown(thread);
        },
        40_000,
      );
      await workbench.expand(thread);
      await workbench.row("Call Stack", /^deliver.*post-office\.mjs/).click();
      const search = workbench.row("Variables", /Locals: stops the program for about/);
      await search.waitFor();
      await workbench.picture("plain-pinned");
      await search.click();
      const local = workbench.row("Variables", /^Local \(deliver\)/);
      await local.waitFor();
      await workbench.expand(local);
      await workbench.row("Variables", /street.*Ada Street/).waitFor();
      await workbench.row("Call Stack", /^courier.*post-office\.mjs/).click();
      await workbench.row("Variables", /^parcel =.*Ada/).waitFor();
      await workbench.expand(workbench.row("Variables", /^Local \(courier\)/));
      await workbench.row("Variables", /parcels.*\(2\)/).waitFor();
      await workbench.picture("plain-locals");
      await workbench.press("Shift+F5");
      await workbench.stopButton.waitFor({ state: "hidden" });
    });

    it("attaches to a program that somebody has started, and finds what it waits for in its heap", async () => {
      const child = spawn(process.execPath, ["--inspect-port=0", join(workspace.folder, PLAIN)], {
        stdio: "ignore",
      });
      try {
        await workbench.commandAndChoose("Asyncscope: Attach to Node Process", String(child.pid), PLAIN);
        const find = workbench.welcomeButton("Find Suspended Functions in the Heap");
        await find.waitFor();
        await workbench.picture("attached");
        await find.click();
        await workbench.dialogButton("Read the Heap").click();
        await workbench.row("Tasks", /courier.*post-office/).waitFor();
        await workbench.picture("heap");
        await workbench.press("Shift+F5");
        await workbench.row("Tasks", /courier/).waitFor();
        assert.equal(child.exitCode, null);
      } finally {
        child.kill("SIGKILL");
      }
    });
  });

/** Waits until the innermost frame in the Call Stack stands at a line, in the task that was stopped. */
async function stoppedAt(workbench: Workbench, line: number): Promise<void> {
  await workbench.row("Call Stack", new RegExp(`^clock.*workshop\\.ts.*${line}:`)).waitFor();
}
