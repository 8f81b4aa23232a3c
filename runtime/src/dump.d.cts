/** `asyncscope/dump`: writes the tasks of the program that calls it to a file. */

export interface DumpOptions {
  /** Where the file goes. Default: the environment variable ASYNCSCOPE_DUMP_FOLDER, else `taskdumps` where the program runs. */
  readonly folder?: string;
  /** What the file is called, before the process id. Default `tasks`. */
  readonly name?: string;
  /** Most tasks. Default 2000. */
  readonly limit?: number;
}

/** What was written. */
export interface WrittenDump {
  /** Absolute path of the file. */
  readonly file: string;
  /** Tasks that have not finished. */
  readonly pending: number;
  /** What is wrong with them, a sentence each, the worst first. */
  readonly findings: readonly string[];
}

/**
 * Writes the tasks of this program, what each one waits for and where, to a `.taskdump` file.
 *
 * ```ts
 * const dump = await dumpTasks({ name: "import-job" });
 * console.error(`${dump?.pending ?? 0} tasks are pending: ${dump?.file ?? "-"}`);
 * ```
 *
 * @returns undefined when the program has not loaded the asyncscope runtime
 * @throws Error when the file cannot be written
 */
export declare function dumpTasks(options?: DumpOptions): Promise<WrittenDump | undefined>;

/** Records tasks from now on, so that a dump says who started whom, and where. */
export declare function recordTasks(): void;
