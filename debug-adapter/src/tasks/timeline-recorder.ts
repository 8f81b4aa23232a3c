import { RECORDING_VERSION, TICKS } from "@asyncscope/protocol";
import type {
  RecordingBody,
  RecordingChunk,
  RecordingDataBody,
  RecordingQuery,
  RecordingStartArguments,
  RecordingState,
  Site,
  SiteId,
  SourceLocation,
} from "@asyncscope/protocol";
import { AdapterError } from "../errors.js";
import { endLine, eventLines, headerLine, sitesLine } from "../recording/write.js";
import { ProgramBlockedError } from "./backend.js";
import type { ProgramFacts } from "./backend.js";

/** Between two looks into the ring: it holds a second of a program that switches as fast as it can. Milliseconds. */
const DRAIN_MS = 100;
/** How long a program that ends is waited for. Milliseconds. */
const LEAVE_MS = 2000;
/** Events of one answer: 2 ms of the program's time. */
const EVENTS = 10_000;
/** Characters of a recording that is kept. */
const MOST_CHARACTERS = 256 * 1024 * 1024;
/** Characters of one answer. */
const MOST_IN_ANSWER = 2_000_000;

/** What the recorder needs of a program. */
export interface RecordingBackend {
  startRecording(options: RecordingStartArguments): Promise<RecordingState>;
  stopRecording(): Promise<RecordingState>;
  recordingChunk(query: RecordingQuery): Promise<RecordingChunk>;
  dropRecording(): Promise<void>;
  about(): Promise<ProgramFacts>;
  resolveSite(site: Site): Promise<SourceLocation | undefined>;
}

/**
 * Takes a program's recording out of it piece by piece, while it runs, and keeps it as the lines of a recording file:
 * to be shown, saved, and read after the program has ended.
 */
export class TimelineRecorder {
  #backend: RecordingBackend | undefined;
  #state: RecordingBody["state"] = "none";
  #id = 0;
  #lines: string[] = [];
  #characters = 0;
  #next = 0;
  #lost = 0;
  #start = 0;
  #last = 0;
  #hiddenTasks = 0;
  #functions = 0;
  #resources = 0;
  #sites: SiteId = 0;
  /** Sites are looked up beside the draining: the program's sources may be slow to read. */
  #lookingUp: Promise<void> = Promise.resolve();
  #draining: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  readonly #changed: (body: RecordingBody) => void;

  /** @param changed told when a recording begins or ends. */
  constructor(changed: (body: RecordingBody) => void) {
    this.#changed = changed;
  }

  get body(): RecordingBody {
    return {
      state: this.#state,
      id: this.#id,
      lines: this.#lines.length,
      events: this.#next - this.#lost,
      lost: this.#lost,
      duration: this.#last - this.#start,
    };
  }

  async start(backend: RecordingBackend, args: RecordingStartArguments): Promise<RecordingBody> {
    await this.stop();
    const { program, pid, node, runtime } = await backend.about();
    const { start } = await backend.startRecording(args);
    this.#backend = backend;
    this.#id++;
    this.#lines = [];
    this.#characters = this.#next = this.#lost = this.#hiddenTasks = 0;
    this.#functions = this.#resources = this.#sites = 0;
    this.#start = this.#last = start;
    this.#state = "recording";
    this.#add(headerLine({ program, pid, node, runtime, time: new Date().toISOString() }, RECORDING_VERSION));
    this.#changed(this.body);
    this.#later(0);
    return this.body;
  }

  /** Ends a recording; nothing happens when there is none. */
  async stop(state: "stopped" | "ended" = "stopped"): Promise<RecordingBody> {
    const backend = this.#backend;
    if (this.#state !== "recording" || backend === undefined) return this.body;
    await backend.stopRecording();
    await this.#finish(state);
    await backend.dropRecording();
    return this.body;
  }

  /** The program is about to end, or has ended: takes what there is, for 2 s at most. Never rejects. */
  async leave(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, LEAVE_MS)));
    await Promise.race([this.stop("ended").catch(() => undefined), late]);
    clearTimeout(timer);
    await this.end();
  }

  /** The program is gone. @param rest what it said last of its recording. */
  async end(rest: readonly RecordingChunk[] = []): Promise<void> {
    if (this.#state !== "recording") return;
    for (const chunk of rest) this.#take(chunk);
    this.#backend = undefined;
    await this.#finish("ended");
  }

  data(from: number, limit = MOST_IN_ANSWER): RecordingDataBody {
    let text = "";
    let next = from;
    for (; next < this.#lines.length; next++) {
      const line = this.#lines[next]!;
      if (text !== "" && text.length + line.length > Math.min(limit, MOST_IN_ANSWER)) break;
      text += line;
    }
    return { ...this.body, text, next };
  }

  /** Stops looking into the program, whatever becomes of it. */
  dispose(): void {
    clearTimeout(this.#timer);
    this.#backend = undefined;
  }

  async #finish(state: RecordingBody["state"]): Promise<void> {
    clearTimeout(this.#timer);
    await this.#draining.catch(() => undefined);
    while (this.#backend !== undefined && (await this.#drain(this.#backend).catch(() => false)));
    await this.#lookingUp;
    if (this.#state !== "recording") return;
    const at = Math.round((this.#last - this.#start) * TICKS);
    this.#add(endLine({ at, events: this.#next - this.#lost, hiddenTasks: this.#hiddenTasks }));
    this.#state = state;
    this.#backend = undefined;
    this.#changed(this.body);
  }

  #later(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const backend = this.#backend;
      if (this.#state !== "recording" || backend === undefined) return;
      this.#draining = this.#drain(backend).then(
        (more) => this.#later(more ? 0 : DRAIN_MS),
        (error: unknown) => {
          // A blocked program goes on some time; what its ring loses until then is counted.
          if (error instanceof ProgramBlockedError) this.#later(DRAIN_MS);
        },
      );
    }, milliseconds);
    this.#timer.unref();
  }

  /** @returns whether there is more. */
  async #drain(backend: RecordingBackend): Promise<boolean> {
    const chunk = await backend.recordingChunk({
      from: this.#next,
      limit: EVENTS,
      knownSites: this.#sites,
      knownFunctions: this.#functions,
      knownResources: this.#resources,
    });
    if (backend !== this.#backend || this.#state !== "recording") return false;
    // The program has switched it off, or another debugger has.
    if (chunk.capacity === 0) return false;
    this.#take({ ...chunk, functionsFrom: this.#functions, resourcesFrom: this.#resources });
    if (this.#characters > MOST_CHARACTERS) {
      this.#backend = undefined;
      await backend.stopRecording();
      void this.#finish("full");
      await backend.dropRecording();
      return false;
    }
    return chunk.to < chunk.next;
  }

  /** @param chunk of what a program says when it ends the lists are whole. */
  #take(chunk: RecordingChunk & { functionsFrom?: number; resourcesFrom?: number }): void {
    if (chunk.to < this.#next) return;
    if (chunk.from > this.#next) {
      this.#lost += chunk.from - this.#next;
      this.#add(`${JSON.stringify({ lost: chunk.from - this.#next })}\n`);
      this.#next = chunk.from;
    }
    const functions = chunk.functions.slice(this.#functions - (chunk.functionsFrom ?? 0));
    const resources = chunk.resources.slice(this.#resources - (chunk.resourcesFrom ?? 0));
    if (functions.length > 0) this.#add(`${JSON.stringify({ functions })}\n`);
    if (resources.length > 0)
      this.#add(`${JSON.stringify({ resources: resources.map(({ id, label }) => [id, label]) })}\n`);
    this.#functions += functions.length;
    this.#resources += resources.length;
    for (const line of eventLines(chunk, this.#next - chunk.from, this.#start)) this.#add(line);
    this.#next = chunk.to;
    this.#last = Math.max(this.#last, chunk.now);
    this.#hiddenTasks = chunk.hiddenTasks;
    this.#lookUp(chunk.sites);
  }

  #lookUp(sites: readonly Site[]): void {
    const backend = this.#backend;
    const fresh = sites.filter(({ id }) => id > this.#sites);
    for (const { id } of fresh) this.#sites = Math.max(this.#sites, id);
    if (fresh.length === 0 || backend === undefined) return;
    this.#lookingUp = this.#lookingUp.then(async () => {
      const found: (readonly [SiteId, SourceLocation])[] = [];
      for (const site of fresh) {
        const location = await backend.resolveSite(site).catch(() => undefined);
        if (location !== undefined)
          found.push([site.id, { ...location, functionName: location.functionName ?? site.functionName }]);
      }
      if (found.length > 0) this.#add(sitesLine(found));
    });
  }

  #add(line: string): void {
    this.#lines.push(line);
    this.#characters += line.length;
  }
}

/** @throws AdapterError when the program cannot be recorded. */
export function recordable<T extends RecordingBackend & { readonly ready: boolean }>(backend: T): T {
  if (!backend.ready) throw new AdapterError("noTasks", { command: "asyncscope/recordingStart" });
  return backend;
}
