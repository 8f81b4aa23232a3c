import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FrameLocator } from "playwright-core";
import { root } from "../../scripts/lib/root.mjs";
import { eventually } from "../support/eventually.js";
import { stepsInOrder } from "../support/steps.js";
import { Workbench } from "../support/workbench.js";
import { copyOfExamples } from "../support/workspace.js";

const PROGRAM = "workshop.ts";
const RECORDING = "yesterday.taskrec";
const NARROW = { width: 760, height: 820 };

describe("a person records a timeline in the editor, dark theme [slow]", function () {
  this.timeout(120_000);
  let workspace: ReturnType<typeof copyOfExamples>;
  let workbench: Workbench;

  before(async function () {
    this.timeout(120_000);
    workspace = copyOfExamples();
    cpSync(join(root, "test/fixtures", PROGRAM), join(workspace.folder, PROGRAM));
    workbench = await Workbench.open({
      folder: workspace.folder,
      theme: "Default Dark Modern",
      name: "timeline-dark",
    });
  });

  after(async () => {
    await workbench.close();
    workspace.remove();
  });

  stepsInOrder(() => workbench);

  /** The page of the timeline in the active editor. */
  const timeline = (): FrameLocator =>
    workbench.page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
  const status = (): Promise<string> => timeline().locator(".toolbar .status").innerText();
  const details = () => timeline().locator(".details");

  it("sees it grow while the program runs", async () => {
    await workbench.openFile(PROGRAM);
    await workbench.startDebugging();
    await workbench.row("Tasks", "producer").waitFor();
    await workbench.closePanel();
    await workbench.command("Asyncscope: Start Recording Timeline");
    await timeline().locator("canvas").waitFor();
    let seconds = 0;
    await eventually("more than 3 s are recorded", async () => {
      const [, number, unit] = /recording, ([\d.]+) (m?s)/.exec(await status()) ?? [];
      const now = unit === "s" ? Number(number) : 0;
      assert.ok(now >= seconds || now === 0, `it went back from ${seconds} s to ${now} s`);
      seconds = now;
      return now > 3;
    });
    await workbench.picture("recording");
  });

  it("stops it, and saves it to a file", async () => {
    await workbench.command("Asyncscope: Stop Recording Timeline");
    await eventually("it says how much was recorded", async () => /^[\d.]+ s recorded$/.test(await status()));
    await workbench.command("Asyncscope: Save Recording");
    const dialog = workbench.page.locator(".quick-input-widget", { hasText: "Save Recording" });
    const input = dialog.locator("input").first();
    // It names a file by itself, when it has looked at the folder; what is typed before is lost.
    await eventually("the dialog proposes a name", async () => /\.taskrec$/.test(await input.inputValue()));
    const file = join(workspace.folder, RECORDING);
    await input.fill(file);
    await workbench.picture("saving");
    await dialog.getByRole("button", { name: "OK" }).click();
    await eventually("the file is written", () => existsSync(file) && readFileSync(file).length > 0);
    assert.match(readFileSync(file, "utf8"), /clock/);
  });

  it("opens the file in a new window, without a program", async () => {
    await workbench.press("Shift+F5");
    await workbench.stopButton.waitFor({ state: "hidden" });
    await workbench.command("View: Close All Editors");
    const file = workbench.page.locator(".explorer-folders-view .monaco-list-row", { hasText: RECORDING });
    await workbench.reload();
    // A window that has just opened does not know yet what shows such a file.
    await eventually(
      "the file is shown as a timeline",
      async () => {
        await file.dblclick();
        const isShown = await timeline()
          .locator("canvas")
          .waitFor({ timeout: 10_000 })
          .then(
            () => true,
            () => false,
          );
        if (!isShown) await workbench.command("View: Close All Editors");
        return isShown;
      },
      90_000,
    );
    await details()
      .getByText(/^\d+, of which \d+ had not ended$/)
      .waitFor();
    await eventually("the toolbar says so", async () => /^[\d.]+ s recorded$/.test(await status()));
    assert.equal(await workbench.stopButton.isVisible(), false);
    await workbench.picture("opened");
  });

  it("searches a task, and reads what it waited for, when, and how often", async () => {
    await timeline().locator("canvas").click();
    await workbench.press("Control+KeyF");
    await workbench.page.keyboard.type("smith");
    await workbench.press("Enter");
    await timeline()
      .locator(".toolbar .hits", { hasText: /^1 of \d+$/ })
      .waitFor();
    const facts = details().locator(".column", { hasText: "Coroutine" });
    await facts.getByText("smith", { exact: true }).waitFor();
    await facts.getByText("work", { exact: true }).waitFor();
    await details().getByRole("table", { name: "Times of smith" }).waitFor();
    await workbench.picture("found");
  });

  it("chooses a stretch with the keyboard, and opens its line", async () => {
    await timeline().locator("canvas").focus();
    await workbench.press("Shift+ArrowRight");
    await details().locator("tr[aria-current=true]").waitFor();
    await workbench.picture("stretch");
    const link = details().locator("button.link").first();
    await link.click();
    await workbench.page.locator(".tab.active", { hasText: PROGRAM }).waitFor();
    await workbench.page.locator(".tab", { hasText: RECORDING }).click();
    await timeline().locator("canvas").waitFor();
  });

  it("sees all details in a narrow window", async () => {
    await workbench.page.setViewportSize(NARROW);
    await workbench.command("View: Toggle Primary Side Bar Visibility");
    await eventually("nothing is cut at the side", async () => {
      const panel = await details().boundingBox();
      const parts = timeline().locator(".toolbar > *, .details .column, .details table, .details dl");
      const boxes = await Promise.all((await parts.all()).map((part) => part.boundingBox()));
      if (panel === null || boxes.length === 0) return false;
      return boxes.every((box) => box !== null && box.x + box.width <= panel.x + panel.width + 1);
    });
    await workbench.picture("narrow");
    const last = details().getByRole("table", { name: "Times of smith" });
    await last.scrollIntoViewIfNeeded();
    await workbench.picture("narrow-scrolled");
  });
});
