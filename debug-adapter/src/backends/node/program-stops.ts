import type { HaltEvent, HaltOptions, SourceLocation, TaskInfo } from "@asyncscope/protocol";
import type { AnnouncedStop, FrameView } from "../../target/execution.js";
import type { CdpConnection } from "./cdp/connection.js";
import type { Execution } from "./execution.js";
import { INSPECTOR, type InspectorAccess } from "./inspector-access.js";
import { LOOP_HELPER } from "./loop-helper.js";
import { labelFrame, positionFrame } from "./static-frames.js";
import type { NodeTaskBackend } from "./task-backend.js";
import type { Remote } from "./values/values.js";

const ERROR_GROUP = "halted-error";

/** Stops of the program that are no breakpoints: at what happens to its tasks, and in what blocks its event loop. */
export class ProgramStops {
  readonly #cdp: CdpConnection;
  readonly #execution: Execution;
  readonly #access: InspectorAccess;
  readonly #tasks: NodeTaskBackend;

  constructor(cdp: CdpConnection, execution: Execution, access: InspectorAccess, tasks: NodeTaskBackend) {
    this.#cdp = cdp;
    this.#execution = execution;
    this.#access = access;
    this.#tasks = tasks;
  }

  /** At what the program stands still and tells a {@link HaltEvent}. */
  haltAt(options: HaltOptions): Promise<void> {
    return this.#access.haltAt(options);
  }

  /** Stops where the program stands. */
  async stopAtHalt(
    { halt, kind, task, name }: HaltEvent,
    stop: Omit<AnnouncedStop, "above">,
  ): Promise<boolean> {
    const goOn = `${INSPECTOR}.goOn(${halt})`;
    const isError = kind === "failed" || kind === "unretrieved";
    const info = task === 0 ? undefined : await this.#find(task);
    const error = isError ? await this.#error() : undefined;
    const above = async (alone: boolean): Promise<readonly FrameView[]> => {
      if (isError) return this.#errorFrames(error, info, name, alone);
      return kind === "cancelled" && alone && info !== undefined ? this.#tasks.frames(info) : [];
    };
    return this.#execution.stopHere(goOn, "true", { ...stop, above }, { answers: true, error });
  }

  /** Lets the program go on that stands at a halt. */
  async goOn(halt: number): Promise<void> {
    await this.#access.plain("goOn", halt);
  }

  /**
   * Stops in the code that keeps the event loop from going on, if it still does when the program can be stopped.
   * @param answers whether it can be now: where native code runs everything must be on its way before that comes back
   */
  stopInBlock(stop: AnnouncedStop, answers: boolean): Promise<boolean> {
    const others = JSON.stringify(this.#access.hello?.scripts ?? []);
    return this.#execution.stopHere("0", `${LOOP_HELPER}.isHeld(${others})`, stop, { answers });
  }

  /** A frame that shows a position alone. */
  frameAt(location: SourceLocation, name = location.functionName): FrameView {
    return positionFrame(this.#cdp, name === undefined || name === "" ? "(anonymous)" : name, {
      ...location,
      script: undefined,
      skipped: false,
    });
  }

  label(text: string): FrameView {
    return labelFrame(text);
  }

  async #find(id: number): Promise<TaskInfo | undefined> {
    const query = {
      order: "creation",
      pages: [{ task: 0, limit: 1000 }],
      deep: true,
      limit: 20_000,
    } as const;
    const { tasks } = await this.#tasks.tree(query).catch(() => ({ tasks: [] }));
    return tasks.find((task) => task.id === id);
  }

  async #error(): Promise<Remote | undefined> {
    await this.#cdp.send("Runtime.releaseObjectGroup", { objectGroup: ERROR_GROUP });
    return this.#access.object(ERROR_GROUP, "haltedError").catch(() => undefined);
  }

  /** Where the error was thrown, then who created the task: the program itself has left both behind. */
  async #errorFrames(
    error: Remote | undefined,
    info: TaskInfo | undefined,
    name: string,
    alone: boolean,
  ): Promise<FrameView[]> {
    const frames: FrameView[] = [];
    for (const { url, line, column, functionName } of stackLines(error?.description ?? "")) {
      const location = await this.#tasks.resolveSite({ id: 0, url, line, column, functionName });
      if (location !== undefined && this.#access.hello?.scripts.includes(url) !== true)
        frames.push(this.frameAt(location, functionName));
    }
    const site = info === undefined ? undefined : this.#tasks.site(info.created);
    const created = site === undefined ? undefined : await this.#tasks.resolveSite(site);
    if (created !== undefined) frames.push(labelFrame(`${info!.name} created by`), this.frameAt(created));
    if (!alone && frames.length > 0) frames.push(labelFrame(`${name} ended inside of`));
    return frames;
  }
}

/** The positions in the text of an error's stack. */
function stackLines(
  stack: string,
): { readonly url: string; readonly line: number; readonly column: number; readonly functionName: string }[] {
  const lines: { url: string; line: number; column: number; functionName: string }[] = [];
  for (const text of stack.split("\n")) {
    const match = /^\s+at (?:async )?(?:(.*?) \()?((?:file:|\/|[a-zA-Z]:\\).*?):(\d+):(\d+)\)?$/.exec(text);
    if (match === null) continue;
    const [, functionName = "", url = "", line, column] = match;
    lines.push({ url, line: Number(line), column: Number(column), functionName });
  }
  return lines;
}
