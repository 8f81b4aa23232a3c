import { spawn, spawnSync } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Program } from "./program.js";

/** What asyncio's rules are compared with; older ones lack Queue.shutdown and the reset of uncancel(). */
const OLDEST = [3, 13] as const;
const INTERPRETER = "test/runtime/differential/interpreter.py";
/** Milliseconds for one program, far more than any takes. */
const PATIENCE = 20_000;

/** The command of a CPython that is new enough, or null. `ASYNCSCOPE_PYTHON` names another one. */
export function findPython(): string | null {
  const given = process.env["ASYNCSCOPE_PYTHON"];
  const candidates =
    given === undefined
      ? ["python3", "python3.15", "python3.14", "python3.13", ...installedByPyenv()]
      : [given];
  return candidates.find(isNewEnough) ?? null;
}

function installedByPyenv(): string[] {
  const versions = join(process.env["PYENV_ROOT"] ?? join(homedir(), ".pyenv"), "versions");
  if (!existsSync(versions)) return [];
  return readdirSync(versions).map((version) => join(versions, version, "bin/python3"));
}

function isNewEnough(command: string): boolean {
  const { stdout } = spawnSync(command, ["-c", "import sys; print(*sys.version_info[:2])"], {
    encoding: "utf8",
    timeout: PATIENCE,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [major = 0, minor = 0] = ((stdout as string | null) ?? "").split(" ").map(Number);
  return major === OLDEST[0] && minor >= OLDEST[1];
}

/** A CPython that runs programs, one after the other. */
export class Python {
  readonly version: string;
  /** Whether an error behind a cancelled shield is reported (rule SH-04; from 3.14 on). */
  readonly reportsShields: boolean;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  readonly #stderr: string[] = [];

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.version = "";
    this.reportsShields = false;
  }

  static async start(command: string): Promise<Python> {
    const child = spawn(command, [INTERPRETER], { stdio: "pipe" });
    const python = new Python(child);
    const hello = python.#nextLine();
    child.stdin.on("error", () => undefined);
    child.stderr.on("data", (chunk: Buffer) => python.#stderr.push(chunk.toString()));
    child.on("error", (error) => python.#ended(error));
    child.on("exit", (code) =>
      python.#ended(new Error(`python ended with code ${code}: ${python.#stderr.join("")}`)),
    );
    createInterface(child.stdout).on("line", (line) => python.#waiting.shift()?.resolve(line));
    return Object.assign(python, JSON.parse(await hello) as { version: string; reportsShields: boolean });
  }

  /** The trace of `program`. */
  async run(program: Program): Promise<string[]> {
    const line = this.#nextLine();
    this.#child.stdin.write(`${JSON.stringify(program)}\n`);
    return JSON.parse(await line) as string[];
  }

  async #nextLine(): Promise<string> {
    const line = new Promise<string>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
    const timer = setTimeout(() => this.#ended(new Error("python does not answer")), PATIENCE);
    try {
      return await line;
    } finally {
      clearTimeout(timer);
    }
  }

  #ended(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  stop(): void {
    this.#child.kill();
  }
}
