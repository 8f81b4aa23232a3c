import type { DebugProtocol } from "@vscode/debugprotocol";
import type { SourceLocation } from "@asyncscope/protocol";
import { fail } from "../errors.js";
import type { FrameView } from "../target/execution.js";
import type { VariableContainer } from "../target/values.js";
import type { TaskBackend } from "../tasks/backend.js";
import { frameOf, MAIN_THREAD, type Handler, type Handlers, type SessionContext } from "./context.js";
import type { EventStops } from "./event-stops.js";
import type { Sources } from "./sources.js";

interface ThreadStack {
  readonly frames: readonly FrameView[];
  readonly ids: Map<number, number>;
}

/** `stackTrace`, `scopes` and `exceptionInfo`. */
export class Stacks {
  readonly #context: SessionContext;
  readonly #sources: Sources;
  readonly #backend: () => TaskBackend;
  /** The stack of each thread until it moves on, so that pages of it fit together. */
  readonly #stacks = new Map<number, Promise<ThreadStack>>();

  constructor(context: SessionContext, sources: Sources, backend: () => TaskBackend) {
    this.#context = context;
    this.#sources = sources;
    this.#backend = backend;
  }

  /** A thread has moved on. */
  moved(threadId: number): void {
    this.#stacks.delete(threadId);
  }

  #stack(threadId: number): Promise<ThreadStack> {
    let stack = this.#stacks.get(threadId);
    if (stack === undefined) {
      stack = this.#read(threadId).then((frames) => ({ frames, ids: new Map<number, number>() }));
      this.#stacks.set(threadId, stack);
      stack.catch(() => this.#stacks.delete(threadId));
    }
    return stack;
  }

  #read(threadId: number): Promise<readonly FrameView[]> {
    if (threadId === MAIN_THREAD) return this.#context.target("stackTrace").frames();
    const pin = this.#context.pins.byThread(threadId) ?? fail("unknownThread", { threadId });
    return this.#context.pins.frames(pin, this.#backend());
  }

  /** Where the program is stopped: its innermost frame that is not passed over while stepping. */
  async topLocation(): Promise<SourceLocation | undefined> {
    const { frames } = await this.#stack(MAIN_THREAD);
    for (const { kind, source, subtle, line, column } of frames) {
      if (kind === "label") return undefined;
      if (source !== undefined && subtle !== true) return { path: source.path, line, column };
    }
    return undefined;
  }

  handlers(stops: EventStops): Handlers {
    const stackTrace: Handler = async (args) => {
      const threadId = args.requiredCount("threadId");
      const { frames, ids } = await this.#stack(threadId);
      const start = args.count("startFrame") ?? 0;
      const levels = args.count("levels") ?? 0;
      const end = levels === 0 ? frames.length : start + levels;
      const stackFrames = frames.slice(start, end).map((frame, i) => {
        let id = ids.get(start + i);
        if (id === undefined)
          ids.set(start + i, (id = this.#context.frames.add({ frame, thread: threadId })));
        return this.#view(id, frame);
      });
      return { stackFrames, totalFrames: frames.length };
    };
    const scopes: Handler = async (args) => {
      const frameId = args.requiredCount("frameId");
      const frame = frameOf(this.#context, frameId);
      const { thread } = this.#context.frames.get(frameId)!;
      const views = await frame.scopes();
      return {
        scopes: views.map(({ name, kind, expensive, brings, variables }): DebugProtocol.Scope => {
          const container =
            brings === undefined ? variables : this.#thenAgain(variables, brings, frameId, thread);
          const variablesReference = this.#context.variables.add({ container, thread });
          return {
            name,
            expensive,
            variablesReference,
            ...(kind === "other" ? {} : { presentationHint: kind }),
          };
        }),
      };
    };
    const exceptionInfo: Handler = (args) => {
      const threadId = args.count("threadId") ?? MAIN_THREAD;
      const words = stops.wordsOf(threadId);
      const target = this.#context.target("exceptionInfo");
      const exception = threadId === MAIN_THREAD && target.isPaused ? target.exception() : undefined;
      if (words !== undefined) {
        const details =
          exception === undefined
            ? {}
            : { details: { typeName: exception.view.type, stackTrace: exception.stack } };
        return { exceptionId: words.title, description: words.text, breakMode: "always", ...details };
      }
      if (exception === undefined) return fail("notPaused");
      const { view, stack, uncaught } = exception;
      return {
        exceptionId: view.type,
        description: view.text,
        breakMode: uncaught ? "unhandled" : "always",
        details: { message: view.text, typeName: view.type, stackTrace: stack },
      };
    };
    return { stackTrace, scopes, exceptionInfo };
  }

  /** Once they have been listed, the client asks anew for what that has brought. */
  #thenAgain(
    variables: VariableContainer,
    brings: () => "variables" | "stacks",
    stackFrameId: number,
    threadId: number,
  ): VariableContainer {
    return {
      list: async (page) => {
        const list = await variables.list(page);
        const area = brings();
        if (area === "stacks") this.moved(threadId);
        if (this.#context.client.invalidated)
          this.#context.send("invalidated", { areas: [area], threadId, stackFrameId });
        return list;
      },
    };
  }

  #view(id: number, frame: FrameView): DebugProtocol.StackFrame {
    if (frame.kind === "label")
      return { id, name: frame.name, line: 0, column: 0, presentationHint: "label" };
    const { clientLines } = this.#context;
    const source = frame.source === undefined ? undefined : this.#sources.view(frame.source);
    return {
      id,
      name: frame.name,
      line: clientLines.toClientLine(frame.line),
      column: clientLines.toClientColumn(frame.column),
      ...(source === undefined
        ? {}
        : { source: frame.subtle === true ? { ...source, presentationHint: "deemphasize" } : source }),
      ...(frame.subtle === true ? { presentationHint: "subtle" } : {}),
    };
  }
}
