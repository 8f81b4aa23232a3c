import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { connect } from "node:net";
import { resolve } from "node:path";

export const CLI = resolve("runtime/dist/cli.cjs");

/** How a command ended. */
export interface CliEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds. */
  readonly took: number;
}

/** Runs `asyncscope ARGS` as a user does. It is killed after two minutes. */
export function asyncscope(...args: readonly (string | number)[]): Promise<CliEnd> {
  const started = performance.now();
  return new Promise((done) => {
    execFile(
      process.execPath,
      [CLI, ...args.map(String)],
      { timeout: 120_000, maxBuffer: 256 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        done({ code, stdout, stderr, took: performance.now() - started });
      },
    );
  });
}

/** A real program to look at. */
export class Subject {
  readonly pid: number;
  stderr = "";
  #stdout = "";
  readonly #child: ChildProcess;
  static readonly #all = new Set<Subject>();

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid!;
    Subject.#all.add(this);
    child.stdout!.on("data", (chunk: Buffer) => (this.#stdout += chunk.toString()));
    child.stderr!.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
  }

  /** Starts `test/fixtures/cli/FILE` and waits until it says `ready`. */
  static async start(
    file: string,
    { node = [], args = [] }: { readonly node?: readonly string[]; readonly args?: readonly string[] } = {},
  ): Promise<Subject> {
    const path = resolve("test/fixtures/cli", file);
    const child = spawn(process.execPath, [...node, path, ...args], { stdio: ["pipe", "pipe", "pipe"] });
    const subject = new Subject(child);
    await new Promise<void>((ready, failed) => {
      child.stdout.on("data", () => subject.#stdout.includes("ready") && ready());
      child.once("exit", (code) => failed(new Error(`${file} ended with ${code}: ${subject.stderr}`)));
    });
    return subject;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  static get allAlive(): boolean {
    return [...Subject.#all].every((each) => each.alive);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async #end(): Promise<void> {
    if (!this.alive) return;
    const gone = new Promise((done) => this.#child.once("exit", done));
    this.#child.kill("SIGKILL");
    await gone;
  }

  static async endAll(): Promise<void> {
    await Promise.all([...Subject.#all].map((each) => each.#end()));
    Subject.#all.clear();
  }
}

/** Whether somebody listens on this port of 127.0.0.1. */
export function isOpen(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("connect", () => {
      socket.destroy();
      done(true);
    });
    socket.on("error", () => done(false));
  });
}

/** A port that is free at the moment: a subject's inspector gets one of its own. */
export async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  return new Promise((done, failed) => {
    const server = createServer().once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}
