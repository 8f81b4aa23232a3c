import { spawn, type ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";

/** How long a program may take to end after SIGTERM before it is killed, in milliseconds. */
export const TERMINATE_GRACE_MS = 2000;

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that we started: in a process group of its own, so that it ends with everything it started. */
export class LaunchedProcess {
  readonly #child: ChildProcess;
  #ended = false;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when it could be started; rejects with the reason otherwise. */
  readonly started: Promise<void>;
  /** Resolves when the process has ended (its output may still be on its way). */
  readonly exited: Promise<ExitStatus>;

  constructor(executable: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
    this.#child = spawn(executable, args, {
      cwd,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    this.stdout = this.#child.stdout!;
    this.stderr = this.#child.stderr!;
    this.started = new Promise((resolve, reject) => {
      this.#child.once("spawn", resolve);
      this.#child.once("error", reject);
    });
    this.started.catch(() => undefined);
    // Whatever ends the adapter ends the program with it.
    process.once("exit", this.#onAdapterExit);
    this.exited = new Promise((resolve) => {
      this.#child.once("exit", (code, signal) => {
        this.#ended = true;
        process.off("exit", this.#onAdapterExit);
        resolve({ code, signal });
      });
      this.#child.once("error", () => {
        this.#ended = true;
        process.off("exit", this.#onAdapterExit);
        resolve({ code: null, signal: null });
      });
    });
  }

  readonly #onAdapterExit = (): void => this.#signal("SIGKILL");

  /** From now on the program may outlive the adapter. */
  setFree(): void {
    process.off("exit", this.#onAdapterExit);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Asks the program to end, and makes it end after {@link TERMINATE_GRACE_MS}. Resolves when it has. */
  async terminate(): Promise<void> {
    this.#signal("SIGTERM");
    const timer = setTimeout(() => this.#signal("SIGKILL"), TERMINATE_GRACE_MS);
    await this.exited;
    clearTimeout(timer);
    // Whatever it started in its group and did not take along.
    this.#signal("SIGKILL");
  }

  /** Ends the program and its group at once. */
  kill(): void {
    this.#signal("SIGKILL");
  }

  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    if (process.platform === "win32") {
      if (this.#ended) return;
      const force = signal === "SIGKILL" ? ["/F"] : [];
      spawn("taskkill", ["/PID", String(pid), "/T", ...force], { stdio: "ignore", windowsHide: true }).on(
        "error",
        () => this.#child.kill(),
      );
      return;
    }
    try {
      process.kill(-pid, signal);
    } catch {
      // ESRCH: nobody is left in the group.
    }
  }
}
