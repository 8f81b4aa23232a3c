import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { launchBrowser } from "../../scripts/lib/browser.mjs";
import { quietly } from "../../scripts/lib/processes.mjs";
import { root } from "../../scripts/lib/root.mjs";
import { eventually } from "./eventually.js";
import { startServer, type Server } from "../../scripts/lib/vscode-server.mjs";
import { ensureChromium } from "../../scripts/setup-chromium.mjs";
import { ensureEditor } from "../../scripts/setup-editor.mjs";

const SCREENSHOTS = join(root, "test/artefacts/screenshots");

const SIZE = { width: 1600, height: 1000 };

export interface WorkbenchOptions {
  /** Folder to open. */
  readonly folder: string;
  /** Name of a built-in colour theme. */
  readonly theme: string;
  /** Stands before the names of its screenshots. */
  readonly name: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Of the window, in pixels. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Whether the packaged extension is installed. Default true. */
  readonly installed?: boolean;
}

/**
 * The real VS Code with the packaged extension installed, in a headless browser, used as a person does: by keyboard
 * and mouse, looking at what is on the screen.
 */
export class Workbench {
  readonly #pictures: string;
  #count = 0;

  private constructor(
    readonly page: Page,
    private readonly server: Server,
    private readonly browser: Browser,
    name: string,
  ) {
    this.#pictures = name;
  }

  /** Opens a folder and waits until the workbench is there. */
  static async open(options: WorkbenchOptions): Promise<Workbench> {
    const { folder, theme, name, settings = {}, installed = true, size = SIZE } = options;
    const quiet = () => undefined;
    const [editor, chromium] = [await ensureEditor(quiet), await ensureChromium(quiet)];
    const server = await startServer({
      editor,
      vsix: installed ? [await packaged()] : [],
      settings: {
        "workbench.colorTheme": theme,
        "editor.minimap.enabled": false,
        "debug.toolBarLocation": "docked",
        ...settings,
      },
    });
    try {
      const browser = await launchBrowser(chromium);
      const page = await browser.newPage({ viewport: size });
      const workbench = new Workbench(page, server, browser, name);
      await page.goto(server.url({ folder }), { timeout: 60_000 });
      await workbench.ready();
      return workbench;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** The next window that this one opens, within a time in milliseconds. */
  async nextWindow(name: string, timeout: number): Promise<Workbench> {
    const page = await this.page.context().waitForEvent("page", { timeout });
    const workbench = new Workbench(page, this.server, this.browser, name);
    await workbench.ready();
    return workbench;
  }

  private async ready(): Promise<void> {
    this.page.setDefaultTimeout(60_000);
    await this.files.first().waitFor();
  }

  /** Ends the editor and all its windows. */
  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
  }

  /** The end of what the server printed, for the report of a failure. */
  log(): string {
    return this.server.log();
  }

  /** Takes a picture of the window: `test/artefacts/screenshots/NAME-NUMBER-WHAT.png`. */
  async picture(what: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    this.#count += 1;
    const number = String(this.#count).padStart(2, "0");
    await this.page.screenshot({ path: join(SCREENSHOTS, `${this.#pictures}-${number}-${what}.png`) });
  }

  /** Runs a command by its title, through the command palette. */
  async command(title: string): Promise<void> {
    await this.press("F1");
    await this.choose(`>${title}`, title);
    await this.quickInput.waitFor({ state: "hidden" });
  }

  /** Runs a command that lets one choose, and takes the entry that holds a text. */
  async commandAndChoose(title: string, filter: string, entry: string | RegExp): Promise<void> {
    await this.press("F1");
    await this.choose(`>${title}`, title);
    await this.choose(filter, entry);
    await this.quickInput.waitFor({ state: "hidden" });
  }

  private async choose(filter: string, text: string | RegExp): Promise<void> {
    const input = this.quickInput.locator("input").first();
    const entry = this.quickInput.locator(".monaco-list-row", { hasText: text }).first();
    await input.waitFor();
    await eventually("the entry is listed", async () => {
      await input.fill(filter);
      return entry.waitFor({ timeout: 3000 }).then(
        () => true,
        () => false,
      );
    });
    await entry.click();
  }

  private get quickInput(): Locator {
    return this.page.locator(".quick-input-widget");
  }

  /** A button in the text of a view without rows. */
  welcomeButton(text: string): Locator {
    return this.page.locator(".welcome-view .monaco-button", { hasText: text }).first();
  }

  /** A button of a dialog that everything else waits for. */
  dialogButton(text: string): Locator {
    return this.page.locator(".monaco-dialog-box .monaco-button", { hasText: text }).first();
  }

  /** Goes to a file of the top folder: to its tab, or from the explorer. */
  async openFile(name: string): Promise<void> {
    const tab = this.page.locator(".tab", { hasText: name });
    if (await tab.isVisible()) await tab.click();
    else {
      await this.press("Control+Shift+KeyE");
      await this.page.locator(".explorer-folders-view .monaco-list-row", { hasText: name }).dblclick();
    }
    await this.page.locator(".tab.active", { hasText: name }).waitFor();
    const editor = this.page.locator(".editor-instance .view-lines").first();
    await editor.waitFor();
    await editor.click();
  }

  /** Waits until the cursor is on a line of the active editor (1-based). */
  async cursorAt(line: number): Promise<void> {
    await this.page.locator("#status\\.editor\\.selection", { hasText: `Ln ${line},` }).waitFor();
  }

  /** Puts the cursor on a line of the active editor (1-based). */
  async goToLine(line: number): Promise<void> {
    await this.page.keyboard.press("Control+KeyG");
    const input = this.page.locator(".quick-input-widget input");
    await input.waitFor();
    await input.fill(`:${line}`);
    await this.page.keyboard.press("Enter");
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  /**
   * Presses F5, again when nothing has come of it: a window that has just opened knows no debugger yet.
   * @param timeout milliseconds until a session must be there, with what is built before it.
   */
  async startDebugging(timeout = 90_000): Promise<void> {
    await eventually(
      "a debug session after F5",
      async () => {
        await this.press("F5");
        return await this.stopButton.waitFor({ timeout: 15_000 }).then(
          () => true,
          () => false,
        );
      },
      timeout,
    );
  }

  /** As *Developer: Reload Window*; then the explorer is shown, whatever was before. */
  async reload(): Promise<void> {
    await this.page.reload();
    await eventually("the explorer of the new window", async () => {
      await this.press("Control+Shift+KeyE");
      return await this.files
        .first()
        .waitFor({ timeout: 3000 })
        .then(
          () => true,
          () => false,
        );
    });
  }

  /** The rows of the explorer. */
  private get files(): Locator {
    return this.page.locator(".monaco-workbench .explorer-folders-view .monaco-list-row");
  }

  /** Visible while a debug session lives. */
  get stopButton(): Locator {
    return this.page.locator(".codicon-debug-stop").first();
  }

  /** Takes away what stands in the lower right corner. */
  async clearNotifications(): Promise<void> {
    await this.command("Notifications: Clear All Notifications");
  }

  /** Closes the panel under the editor. */
  async closePanel(): Promise<void> {
    if (await this.page.locator(".part.panel").isVisible())
      await this.command("View: Toggle Panel Visibility");
  }

  /** What the editor reports as errors in its lower right corner. */
  async errors(): Promise<string[]> {
    const toasts = this.page.locator(".notifications-toasts .notification-list-item");
    return toasts.filter({ has: this.page.locator(".codicon-error") }).allInnerTexts();
  }

  async press(key: string): Promise<void> {
    await this.page.keyboard.press(key);
  }

  /** A view of the side bar by the title in its header. */
  view(title: string): Locator {
    const header = this.page.locator(`.pane-header[aria-label^="${title}"]`);
    return this.page.locator(".pane").filter({ has: header });
  }

  /** The row of a view that holds a text. */
  row(view: string, text: string | RegExp): Locator {
    return this.view(view).locator(".monaco-list-row").filter({ hasText: text }).first();
  }

  /** Opens a view's section when it is folded. */
  async unfold(view: string): Promise<void> {
    const header = this.view(view).locator(".pane-header");
    if ((await header.getAttribute("aria-expanded")) !== "true") await header.click();
  }

  /** Folds a view's section. */
  async fold(view: string): Promise<void> {
    const header = this.view(view).locator(".pane-header");
    if ((await header.getAttribute("aria-expanded")) === "true") await header.click();
  }

  /** Drags the upper edge of a view upwards. */
  async enlarge(view: string, pixels: number): Promise<void> {
    const box = await this.view(view).boundingBox();
    if (box) await this.drag(box.x + box.width / 2, box.y, 0, -pixels);
  }

  /** Drags the upper edge of a view to a height in the window, so that the views above it get the room. */
  async moveTop(view: string, y: number): Promise<void> {
    const box = await this.view(view).boundingBox();
    if (box) await this.drag(box.x + box.width / 2, box.y, 0, y - box.y);
  }

  /** Drags the edge between side bar and editor to the right. */
  async widenSideBar(pixels: number): Promise<void> {
    const box = await this.page.locator(".part.sidebar").boundingBox();
    if (box) await this.drag(box.x + box.width, box.y + box.height / 2, pixels, 0);
  }

  private async drag(x: number, y: number, right: number, down: number): Promise<void> {
    const { mouse } = this.page;
    await mouse.move(x, y);
    await mouse.down();
    await mouse.move(x + right, y + down, { steps: 8 });
    await mouse.up();
  }

  /** Opens a row of a tree when it is closed. Clicks again when the row has moved away under the mouse. */
  async expand(row: Locator): Promise<void> {
    await row.waitFor();
    await eventually(`open row ${String(row)}`, async () => {
      if ((await row.getAttribute("aria-expanded")) !== "false") return true;
      await row.locator(".monaco-tl-twistie").click();
      // Until its children are there it still reads as closed: a second click would close it again.
      await this.page.waitForTimeout(700);
      return false;
    });
  }
}

let vsix: Promise<string> | undefined;

/** The extension as users get it, packaged once per run from what is built. */
function packaged(): Promise<string> {
  vsix ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), "asyncscope-vsix-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "asyncscope.vsix");
    await quietly(process.execPath, [join(root, "scripts/package.mjs"), "--out", file]);
    return file;
  })();
  return vsix;
}
