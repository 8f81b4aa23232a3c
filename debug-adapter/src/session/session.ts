import { DebugSession, Event, Response } from "@vscode/debugadapter";
import type { DebugProtocol } from "@vscode/debugprotocol";
import type { Assets } from "../backends/node/launch/command.js";
import type { TargetEvents } from "../backends/node/target.js";
import { AdapterError, fail, messageOf } from "../errors.js";
import type { LastState, TaskBackend } from "../tasks/backend.js";
import { Pins } from "../tasks/pins.js";
import { RateLimit } from "../tasks/rate-limit.js";
import { TimelineRecorder } from "../tasks/timeline-recorder.js";
import { TaskModel } from "../tasks/task-model.js";
import { pendingText } from "../text/pending-text.js";
import { Arguments } from "./arguments.js";
import { BreakpointRequests } from "./breakpoints.js";
import { capabilities } from "./capabilities.js";
import {
  forget,
  MAIN_THREAD,
  type ClientAbilities,
  type Handlers,
  type LineConverter,
  type SessionContext,
} from "./context.js";
import { DumpOnExit } from "./dump-on-exit.js";
import { evaluateHandlers } from "./evaluate.js";
import { EventStops } from "./event-stops.js";
import { Handles } from "./handles.js";
import { HeapSnapshots } from "./heap-snapshot.js";
import { Lifecycle } from "./lifecycle.js";
import type { OutputSink } from "./output.js";
import type { RunInTerminal } from "./program.js";
import { recordingHandlers } from "./recording.js";
import { Sources } from "./sources.js";
import { Stacks } from "./stack.js";
import { steppingHandlers } from "./stepping.js";
import { taskHandlers } from "./tasks.js";
import { pinEvents, stoppedEvent, threadHandlers } from "./threads.js";
import { variableHandlers } from "./variables.js";

/** At most four `asyncscope/changed` events a second, in milliseconds. */
const CHANGED_INTERVAL_MS = 250;
/** Views are told of what holds the event loop for longer than this, in milliseconds. */
const VIEWED_BLOCK_MS = 2000;
const TERMINAL_TIMEOUT_MS = 20_000;

export interface SessionOptions {
  readonly assets: Assets;
  /** Whether output is taken as fast as it is sent. */
  readonly flow?: { readonly congested: boolean; drained(): Promise<void> };
  /** Told the name of each command sent to the program's inspector. */
  readonly trace?: (method: string) => void;
}

/**
 * One debug session: dispatches requests to the families of handlers and makes sure that each is answered exactly
 * once, whatever happens.
 */
export class AsyncscopeSession extends DebugSession {
  readonly #options: SessionOptions;
  readonly #handlers: Handlers;
  readonly #lifecycle: Lifecycle;
  readonly #breakpoints: BreakpointRequests;
  readonly #snapshots: HeapSnapshots;
  readonly #stops: EventStops;
  readonly #stacks: Stacks;
  readonly #tasks = new TaskModel();
  readonly #dumps = new DumpOnExit(this.#tasks, (text) => this.#console(text));
  readonly #recorder = new TimelineRecorder((body) => this.#send("asyncscope/recording", body));
  readonly #pins: Pins;
  readonly #context: SessionContext;
  readonly #changed: RateLimit;
  #initialized = false;
  #closed = false;
  #abilities: ClientAbilities = { runInTerminal: false, variablePaging: false, invalidated: false };
  #lineBase = 1;
  #columnBase = 1;
  /** Called once when the session is over and the process may end. */
  onClosed: () => void = () => undefined;

  constructor(options: SessionOptions) {
    super();
    this.#options = options;
    this.#lifecycle = new Lifecycle(() => this.#host(), {
      target: this.#targetEvents(),
      connected: async (target) => {
        this.#snapshots.clear();
        this.#tasks.attach(target.tasks);
        target.tasks.onEvent = (event) => {
          if (event.type === "exit") this.#exits(event.last);
          else if (event.type === "task") this.#pins.changed(event.task);
          else {
            this.#followProgram();
            this.#changed.request();
            this.#stops.changed();
          }
        };
        await this.#breakpoints.applyTo(target);
        if (target.tasks.ready) this.#changed.request();
      },
      dumps: (config) => this.#dumps.arm(config),
      ending: async () => {
        if (this.#lifecycle.current?.isClosed === true) this.#tasks.end();
        await this.#pending;
        await Promise.all([this.#dumps.write(), this.#recorder.leave()]);
      },
      leaving: () => {
        this.#dumps.disarm();
        return this.#stops.release();
      },
      gone: () => this.#gone(),
      send: (event, body) => this.#send(event, body),
      warn: (text) => this.#console(text),
    });
    this.#pins = new Pins(
      (task, known) => this.#tasks.task(task, known),
      pinEvents(() => this.#context),
    );
    this.#context = this.#makeContext();
    this.#snapshots = new HeapSnapshots(this.#context, () => this.#changed.request());
    this.#stops = new EventStops(this.#context);
    this.#breakpoints = new BreakpointRequests(this.#context, this.#stops);
    const sources = new Sources();
    this.#stacks = new Stacks(this.#context, sources, () => this.#backend());
    this.#changed = new RateLimit(CHANGED_INTERVAL_MS, () =>
      this.#send("asyncscope/changed", { version: this.#tasks.version, status: this.#tasks.status }),
    );
    this.#tasks.loop.onChanged = () => this.#changed.request();
    this.#tasks.threadOf = (task) => this.#pins.of(task)?.threadId;
    this.#tasks.stoppedAt = () => this.#stacks.topLocation();
    this.#tasks.itemsReference = (resource, size) => this.#itemsReference(resource, size);
    this.#handlers = {
      initialize: (args) => this.#initialize(args),
      disconnect: (args) => this.#disconnect(args),
      cancel: () => undefined,
      ...this.#lifecycle.handlers(),
      ...this.#breakpoints.handlers(),
      ...this.#stacks.handlers(this.#stops),
      ...sources.handlers(this.#context),
      ...variableHandlers(this.#context),
      ...evaluateHandlers(this.#context),
      ...steppingHandlers(this.#context, this.#stops),
      ...threadHandlers(this.#context, () => this.#lifecycle.programName),
      ...taskHandlers(
        this.#context,
        () => this.#backend(),
        () => this.#lifecycle.current?.loop.want("views", VIEWED_BLOCK_MS),
      ),
      ...this.#snapshots.handlers(),
      ...recordingHandlers(this.#context, this.#recorder),
    };
  }

  #makeContext(): SessionContext {
    const lines: LineConverter = {
      toClientLine: (line) => line - 1 + this.#lineBase,
      toClientColumn: (column) => column - 1 + this.#columnBase,
      fromClientLine: (line) => line + 1 - this.#lineBase,
      fromClientColumn: (column) => column + 1 - this.#columnBase,
    };
    const abilities = (): ClientAbilities => this.#abilities;
    return {
      target: (command) => this.#lifecycle.target(command),
      tasks: this.#tasks,
      pins: this.#pins,
      frames: new Handles(1),
      variables: new Handles(1),
      get client() {
        return abilities();
      },
      send: (event, body) => this.#send(event, body),
      clientLines: lines,
    };
  }

  #backend(): TaskBackend {
    const { tasks } = this.#lifecycle.target("tasks");
    return this.#snapshots.shown ?? tasks;
  }

  /** It tells tasks now: what was read from its heap is not shown any more. */
  #followProgram(): void {
    if (this.#snapshots.shown === undefined) return;
    this.#snapshots.clear();
    this.#pins.clear();
    this.#tasks.attach(this.#lifecycle.target("tasks").tasks);
  }

  readonly #itemReferences = new Map<number, number>();

  /** One reference per queue for the whole session; it always lists the items of the moment. */
  #itemsReference(resource: number, size: number): number {
    if (size === 0) return 0;
    const known = this.#itemReferences.get(resource);
    if (known !== undefined) return known;
    const container = { list: (page: object) => this.#backend().items(resource).list(page) };
    const reference = this.#context.variables.add({ container, thread: 0 });
    this.#itemReferences.set(resource, reference);
    return reference;
  }

  #host() {
    const flow = this.#options.flow ?? { congested: false, drained: () => Promise.resolve() };
    const output: OutputSink = {
      write: (category, text) => this.#send("output", { category, output: text }),
      get congested() {
        return flow.congested;
      },
      drained: () => flow.drained(),
    };
    return {
      assets: this.#options.assets,
      output,
      runInTerminal: this.#abilities.runInTerminal ? this.#terminal : undefined,
      trace: this.#options.trace,
    };
  }

  readonly #terminal: RunInTerminal = ({ kind, title, cwd, args, env }) =>
    new Promise((resolve, reject) => {
      const request = { kind, title, cwd, args: [...args], env: { ...env } };
      this.runInTerminalRequest(request, TERMINAL_TIMEOUT_MS, (response) => {
        if (response.success) resolve();
        else reject(new Error(response.message ?? "the editor refused"));
      });
    });

  #targetEvents(): TargetEvents {
    return {
      stopped: (stop) => {
        this.#tasks.paused = true;
        this.#send(
          "stopped",
          stoppedEvent(stop, (id) => this.#breakpoints.idOf(id)),
        );
        this.#changed.request();
      },
      resumed: () => {
        this.#tasks.paused = false;
        this.#stops.resumed();
        this.#stacks.moved(MAIN_THREAD);
        forget(this.#context, MAIN_THREAD);
        this.#send("continued", { threadId: MAIN_THREAD, allThreadsContinued: false });
      },
      halted: (event) => this.#stops.halted(event),
      held: (block) => {
        this.#tasks.loop.held(block, this.#lifecycle.current!.tasks);
        this.#stops.held(block);
      },
      freed: (block) => {
        this.#tasks.loop.freed(block);
        this.#stops.freed();
      },
      breakpointChanged: (status) => this.#breakpoints.changed(status),
      logPoint: ({ breakpoint, text }) => {
        const place = this.#breakpoints.placeOf(breakpoint);
        const where = place === undefined ? {} : { source: { path: place.path }, line: place.line };
        this.#send("output", { category: "console", output: `${text}\n`, ...where });
      },
      exiting: (code) => this.#lifecycle.exiting(code),
      warning: (text) => this.#console(text),
      finished: () => {
        this.#tasks.end();
        // The sources can still be asked for while the connection is there.
        void Promise.all([this.#pending, this.#dumps.write()]).then(() => this.#lifecycle.current?.close());
      },
    };
  }

  /** The program ends by itself: it says what it leaves undone, as Node does not. */
  #exits(last: LastState | undefined): void {
    this.#tasks.end(last);
    void this.#recorder.end(last?.recording);
    if (!this.#lifecycle.isEnding) this.#pending = this.#tellPending().catch(() => undefined);
  }

  /** Settles when it has been said. */
  #pending: Promise<void> = Promise.resolve();

  async #tellPending(): Promise<void> {
    const all = { order: "creation", pages: [{ task: 0, limit: 1000 }], deep: true, limit: 2000 } as const;
    const [tree, { findings }] = await Promise.all([this.#tasks.tree(all), this.#tasks.diagnosis({})]);
    const text = pendingText(tree, findings);
    if (text !== undefined) this.#send("output", { category: "important", output: text });
  }

  #gone(): void {
    this.#tasks.end();
    void this.#recorder.end();
    this.#tasks.paused = false;
    this.#pins.clear();
    this.#breakpoints.detach();
    this.#stacks.moved(MAIN_THREAD);
    this.#itemReferences.clear();
    this.#context.frames.prune(() => true);
    this.#context.variables.prune(() => true);
    this.#changed.request();
  }

  #initialize(args: Arguments): object {
    if (this.#initialized) fail("alreadyInitialized");
    this.#initialized = true;
    this.#lineBase = args.optionalFlag("linesStartAt1") === false ? 0 : 1;
    this.#columnBase = args.optionalFlag("columnsStartAt1") === false ? 0 : 1;
    this.#abilities = {
      runInTerminal: args.flag("supportsRunInTerminalRequest"),
      variablePaging: args.flag("supportsVariablePaging"),
      invalidated: args.flag("supportsInvalidatedEvent"),
    };
    // After the response: the client may configure breakpoints from now on.
    setImmediate(() => this.#send("initialized"));
    return capabilities();
  }

  async #disconnect(args: Arguments): Promise<undefined> {
    await this.#lifecycle.disconnect(args.optionalFlag("terminateDebuggee"));
    this.#changed.dispose();
    // The response goes out first.
    setImmediate(() => this.#close());
    return undefined;
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#recorder.dispose();
    this.#changed.dispose();
    this.#pins.clear();
    this.onClosed();
  }

  /** The client is gone without a word: what we started ends. */
  async abandon(): Promise<void> {
    await this.#lifecycle.disconnect(undefined).catch(() => undefined);
    this.#close();
  }

  /** Something arrived that is no message: said where the user and whoever reads logs can see it. */
  reportProblem(text: string): void {
    process.stderr.write(`asyncscope: ${text}\n`);
    this.#console(`Debug adapter: ${text}`);
  }

  #console(text: string): void {
    this.#send("output", { category: "console", output: `${text}\n` });
  }

  #send(event: string, body?: object): void {
    if (this.#closed) return;
    this.sendEvent(body === undefined ? new Event(event) : new Event(event, body));
  }

  protected override dispatchRequest(request: DebugProtocol.Request): void {
    void this.#answer(request);
  }

  async #answer(request: DebugProtocol.Request): Promise<void> {
    const { command } = request;
    const response = new Response(request) as DebugProtocol.Response;
    try {
      const handler = Object.hasOwn(this.#handlers, command) ? this.#handlers[command] : undefined;
      if (!this.#initialized && command !== "initialize" && command !== "disconnect")
        fail("notInitialized", { command });
      if (handler === undefined)
        return this.#respond(response, new AdapterError("unknownCommand", { command }));
      if (this.#closed) fail("disposed", { command });
      const body = await handler(new Arguments(command, request.arguments));
      if (body !== undefined) response.body = body;
      this.sendResponse(response);
    } catch (error) {
      this.#respond(response, this.#asAdapterError(error, command));
    }
  }

  #asAdapterError(error: unknown, command: string): AdapterError {
    if (error instanceof AdapterError) return error;
    if (this.#lifecycle.ended) return new AdapterError("ended", { command });
    if (error instanceof Error && error.name === "ProgramBlockedError") return new AdapterError("blocked");
    if (error instanceof Error && error.name === "CdpClosedError")
      return new AdapterError("ended", { command });
    return new AdapterError("internal", { command, detail: messageOf(error) });
  }

  #respond(response: DebugProtocol.Response, error: AdapterError): void {
    response.success = false;
    response.message = error.message;
    response.body = { error: { id: error.id, format: error.message, showUser: error.showUser } };
    this.sendResponse(response);
  }
}
