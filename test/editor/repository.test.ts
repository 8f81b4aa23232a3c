import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../scripts/lib/root.mjs";
import { eventually } from "../support/eventually.js";
import { Workbench } from "../support/workbench.js";

/** The files of the repository as a clone would have them: nothing installed, nothing built. */
function bareCopy(): string {
  const folder = mkdtempSync(join(tmpdir(), "asyncscope-clone-"));
  const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  for (const file of files.split("\0"))
    if (file !== "" && existsSync(join(root, file))) cpSync(join(root, file), join(folder, file));
  return folder;
}

/** The build that F5 starts installs the dependencies first. */
function buildBegins(folder: string): Promise<boolean> {
  return eventually("the build begins", () => existsSync(join(folder, "node_modules")), 15_000).then(
    () => true,
    () => false,
  );
}

describe("a contributor presses F5 in a fresh clone [slow]", function () {
  // It installs and builds everything: three quarters of a minute on four cores, minutes on a busy machine.
  this.timeout(600_000);
  let folder: string;
  let workbench: Workbench;

  before(async () => {
    folder = bareCopy();
    workbench = await Workbench.open({
      folder,
      theme: "Default Dark Modern",
      name: "repository",
      installed: false,
    });
  });
  afterEach(async function () {
    if (this.currentTest?.state === "failed") await workbench.picture("failed");
  });
  after(async () => {
    await workbench.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it("and debugs an example in a window with the extension that was just built", async () => {
    const opened = workbench.nextWindow("repository-host", 500_000);
    opened.catch(() => undefined);
    // A window that has just opened knows no debugger yet, and one whose debugger does not come to life is reloaded.
    for (let tries = 1; ; tries++) {
      await workbench.press("F5");
      if (await buildBegins(folder)) break;
      if (tries === 16) throw new Error("F5 does not build the extension");
      if (tries % 4 === 0) await workbench.reload();
    }
    await workbench.stopButton.waitFor({ timeout: 300_000 });
    const host = await opened;
    await workbench.picture("started");
    await host.openFile("numbers-and-letters.ts");
    await host.startDebugging();
    await host.row("Tasks", /letters.*timer/).waitFor();
    await host.picture("tasks");
  });
});
