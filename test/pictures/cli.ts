import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/lib/root.mjs";
import { eventually } from "../support/eventually.js";
import { Workbench } from "../support/workbench.js";
import { copyOfExamples } from "../support/workspace.js";

/**
 * Takes the pictures of README.md in the real editor, in a dark and a light theme, into docs/images.
 * Usage: npm run pictures
 */
const IMAGES = join(root, "docs/images");
const SIZE = { width: 1280, height: 800 };
const THEMES = [
  ["dark", "Default Dark Modern"],
  ["light", "Default Light Modern"],
] as const;
const VIEWS = [
  "Variables",
  "Watch",
  "Call Stack",
  "Loaded Scripts",
  "Breakpoints",
  "Queues & Locks",
  "Futures",
  "Diagnosis",
];

mkdirSync(IMAGES, { recursive: true });
for (const [name, theme] of THEMES) await take(name, theme);

async function take(theme: string, themeName: string): Promise<void> {
  const workspace = copyOfExamples();
  for (const program of ["workshop.ts", "gridlock.ts"])
    cpSync(join(root, "test/fixtures", program), join(workspace.folder, program));
  const workbench = await Workbench.open({
    folder: workspace.folder,
    theme: themeName,
    name: theme,
    size: SIZE,
    settings: { "workbench.startupEditor": "none", "chat.commandCenter.enabled": false },
  });
  const save = async (what: string): Promise<void> => {
    await workbench.clearNotifications();
    await workbench.page.screenshot({ path: join(IMAGES, `${what}-${theme}.png`) });
    console.log(`docs/images/${what}-${theme}.png`);
  };
  try {
    await workbench.openFile("workshop.ts");
    await workbench.startDebugging();
    for (const view of VIEWS) await workbench.fold(view);
    await workbench.widenSideBar(200);
    for (const task of ["producer", "clock", "auditor"]) await workbench.row("Tasks", task).waitFor();
    await workbench.closePanel();
    await workbench.unfold("Queues & Locks");
    await workbench.moveTop("Queues & Locks", 430);
    for (const row of ["jobs", "Items", "Putters"])
      await workbench.expand(workbench.row("Queues & Locks", row));
    await save("tasks");

    await workbench.fold("Queues & Locks");
    await workbench.row("Tasks", "auditor").click();
    await workbench.command("Asyncscope: Pin Task to Call Stack");
    await workbench.unfold("Call Stack");
    await workbench.moveTop("Tasks", 480);
    const thread = workbench.row("Call Stack", /auditor.*suspended/i);
    await workbench.expand(thread);
    await workbench.row("Call Stack", /audit.*workshop\.ts/).click();
    await workbench.unfold("Variables");
    await workbench.row("Variables", /account.*A-17/).waitFor();
    await save("pinned");
    for (const view of ["Variables", "Call Stack"]) await workbench.fold(view);

    await workbench.fold("Tasks");
    await workbench.unfold("Futures");
    const future = workbench.row("Futures", /./);
    await workbench.expand(future);
    await save("futures");
    await workbench.fold("Futures");
    await workbench.unfold("Tasks");

    await workbench.command("Asyncscope: Start Recording Timeline");
    await workbench.page.waitForTimeout(6000);
    await workbench.command("Asyncscope: Stop Recording Timeline");
    await workbench.page.waitForTimeout(1500);
    await save("timeline");

    await workbench.command("Asyncscope: Dump Tasks to a File");
    await workbench.page.locator(".tab.active", { hasText: /Untitled|Tasks/ }).waitFor();
    await workbench.page.waitForTimeout(1500);
    await save("dump");
    await workbench.press("Shift+F5");
    await workbench.stopButton.waitFor({ state: "hidden" });

    await workbench.openFile("gridlock.ts");
    await workbench.startDebugging();
    await workbench.closePanel();
    await workbench.unfold("Diagnosis");
    await workbench.row("Diagnosis", "Deadlock").waitFor();
    await eventually("both problems are shown", () =>
      workbench.row("Diagnosis", /never released/i).isVisible(),
    );
    await workbench.expand(workbench.row("Diagnosis", "Deadlock"));
    await save("diagnosis");
  } catch (error) {
    await workbench.picture("failed");
    throw error;
  } finally {
    await workbench.close();
    workspace.remove();
  }
}
