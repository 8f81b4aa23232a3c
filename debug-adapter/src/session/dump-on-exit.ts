import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join } from "node:path";
import { writeDump } from "../dump/write.js";
import { AdapterError, messageOf } from "../errors.js";
import type { DumpConfiguration } from "../target/configuration.js";
import { collectDump, pendingTasks } from "../tasks/collect-dump.js";
import type { TaskModel } from "../tasks/task-model.js";

/** Nothing waits longer for a dump, in milliseconds. */
const DEADLINE_MS = 4500;

/** Writes a dump when the program ends, once, if that is wanted. */
export class DumpOnExit {
  readonly #model: TaskModel;
  readonly #say: (text: string) => void;
  #config: DumpConfiguration = { onExit: "never", folder: undefined };
  #written: Promise<void> | undefined;

  /** @param say shows a line to the user. */
  constructor(model: TaskModel, say: (text: string) => void) {
    this.#model = model;
    this.#say = say;
  }

  /** A program has been connected. */
  arm(config: DumpConfiguration): void {
    this.#config = config;
    this.#written = undefined;
  }

  /** The program stays alive without us: there is no end to dump. */
  disarm(): void {
    this.#config = { onExit: "never", folder: undefined };
  }

  /** The program is about to end, or has ended. Resolves when the file is there, or after 4.5 s; never rejects. */
  write(): Promise<void> {
    if (this.#config.onExit === "never") return Promise.resolve();
    this.#written ??= this.#inTime(this.#config);
    return this.#written;
  }

  async #inTime(config: DumpConfiguration): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#say("The task dump took too long and was given up.");
        resolve();
      }, DEADLINE_MS);
    });
    const done = this.#write(config).catch((error: unknown) => this.#say(messageOf(error)));
    await Promise.race([done, late]);
    clearTimeout(timer);
  }

  async #write({ onExit, folder }: DumpConfiguration): Promise<void> {
    let dump;
    try {
      dump = await collectDump(this.#model);
    } catch (error) {
      // A program without tasks has nothing to dump, and needs no word about it.
      if (error instanceof AdapterError) return;
      throw error;
    }
    const pending = pendingTasks(dump);
    if (onExit === "pending" && pending === 0) return;
    const { program, pid } = await this.#model.facts();
    const target = folder ?? (isAbsolute(program) ? dirname(program) : process.cwd());
    const stamp = dump.time.replace(/[-:]|\.\d+Z$/g, "").replace("T", "-");
    const name = basename(program, extname(program)).replace(/[^\w.-]+/g, "_") || "program";
    const file = join(target, `${name}-${stamp}-${pid}.taskdump`);
    try {
      if (folder !== undefined) await mkdir(folder, { recursive: true });
      // Previews of queue items may be anybody's secrets: readable by the user alone.
      await writeFile(file, writeDump(dump), { mode: 0o600 });
    } catch (error) {
      throw new AdapterError("dumpFile", { file, detail: messageOf(error) });
    }
    this.#say(`Task dump (${pending === 1 ? "1 task" : `${pending} tasks`} pending): ${file}`);
  }
}
