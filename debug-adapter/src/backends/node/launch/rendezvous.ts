import { existsSync, mkdtempSync, readFileSync, rmSync, watch, type FSWatcher } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PreloadReport } from "../../../preload/options.js";

/** Some file systems report no changes; so the file is also looked for this often. */
const POLL_MS = 50;

/**
 * The place where a program that was just started says where its inspector listens: a file in a directory that only
 * this user can enter. It works the same for a child process and for one that an editor's terminal starts.
 */
export class Rendezvous {
  readonly #directory: string;
  readonly reportFile: string;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    // mkdtemp creates the directory with mode 0700.
    this.#directory = mkdtempSync(join(tmpdir(), "asyncscope-"));
    this.reportFile = join(this.#directory, "inspector.json");
  }

  /** Resolves with the report, or with undefined when `signal` aborts first. */
  wait(signal: AbortSignal): Promise<PreloadReport | undefined> {
    return new Promise((resolve) => {
      const look = (): void => {
        const report = this.#read();
        if (report !== undefined) finish(report);
      };
      const finish = (report: PreloadReport | undefined): void => {
        this.#watcher?.close();
        clearInterval(this.#timer);
        signal.removeEventListener("abort", onAbort);
        resolve(report);
      };
      const onAbort = (): void => finish(this.#read());
      try {
        this.#watcher = watch(this.#directory, look);
        this.#watcher.on("error", () => undefined);
      } catch {
        // No watches left: polling alone does it.
      }
      this.#timer = setInterval(look, POLL_MS);
      signal.addEventListener("abort", onAbort);
      if (signal.aborted) onAbort();
      else look();
    });
  }

  #read(): PreloadReport | undefined {
    if (!existsSync(this.reportFile)) return undefined;
    try {
      return JSON.parse(readFileSync(this.reportFile, "utf8")) as PreloadReport;
    } catch {
      return undefined;
    }
  }

  dispose(): void {
    this.#watcher?.close();
    clearInterval(this.#timer);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
