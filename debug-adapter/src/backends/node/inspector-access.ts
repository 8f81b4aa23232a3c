import {
  ACTIVATE_KEY,
  EVENT_BINDING,
  FRAMES_KEY,
  INSPECTOR_KEY,
  PROTOCOL_VERSION,
  type ActivationOptions,
  type HaltOptions,
  type Inspector,
  type InspectorEvent,
  type InspectorHello,
} from "@asyncscope/protocol";
import { AdapterError } from "../../errors.js";
import type { ExitReport } from "../../preload/options.js";
import { ProgramBlockedError } from "../../tasks/backend.js";
import type { LogPointEvent } from "./conditions.js";
import type { CdpConnection } from "./cdp/connection.js";
import type { Remote } from "./values/values.js";

/** How long a running program may take to answer, in milliseconds. */
export const ANSWER_TIMEOUT_MS = 1000;

/** The inspector object, as an expression. */
export const INSPECTOR = `globalThis[Symbol.for(${JSON.stringify(INSPECTOR_KEY)})]`;
/** What the loader left there, as an expression. */
export const FRAMES = `globalThis[Symbol.for(${JSON.stringify(FRAMES_KEY)})]`;

/** The inspector object that is there, as an expression. The loader knows whether it is time to bring one. */
const PRESENT = `(${FRAMES} === undefined ? ${INSPECTOR} : ${FRAMES}.presentInspector())`;

/** What arrives through the event binding: the inspector's events, and those of our own code in the program. */
export type ProgramEvent = InspectorEvent | LogPointEvent | ExitReport;

type ListMethod =
  | "hello"
  | "enable"
  | "tree"
  | "resources"
  | "groups"
  | "futures"
  | "diagnosis"
  | "suspensions"
  | "chain"
  | "longWaits"
  | "startRecording"
  | "stopRecording"
  | "recordingChunk";
type PlainMethod = "cancel" | "setName" | "watch" | "goOn" | "disable" | "dropRecording";
type ObjectMethod =
  | "frameObjects"
  | "frameAnchors"
  | "topFrameObjects"
  | "items"
  | "error"
  | "haltedError"
  | "taskObject"
  | "resourceObject";

/**
 * Talks with the inspector object in the program. Every list is one evaluate that returns one JSON string; breaks and
 * exception stops are off while it runs, so that asking never stops the program.
 */
export class InspectorAccess {
  readonly #cdp: CdpConnection;
  #hello: InspectorHello | undefined;
  #problem: string | undefined;
  onEvent: (event: ProgramEvent) => void = () => undefined;
  onReady: (hello: InspectorHello) => void = () => undefined;

  constructor(cdp: CdpConnection) {
    this.#cdp = cdp;
    cdp.on("Runtime.bindingCalled", ({ name, payload }) => {
      if (name === EVENT_BINDING) this.#receive(payload);
    });
  }

  get ready(): boolean {
    return this.#hello !== undefined;
  }

  get hello(): InspectorHello | undefined {
    return this.#hello;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  /** Installs the event binding, and takes up an inspector that is there already. */
  async start(): Promise<void> {
    await this.#cdp.send("Runtime.addBinding", { name: EVENT_BINDING });
  }

  /** For programs that run already: switches an existing inspector on, and leaves word for one to come. */
  async adopt(): Promise<void> {
    const options: ActivationOptions = { protocolVersion: PROTOCOL_VERSION };
    const text = JSON.stringify(options);
    const activate = `globalThis[Symbol.for(${JSON.stringify(ACTIVATE_KEY)})] ??= ${text}`;
    await this.#meet(`(${activate}, ${INSPECTOR} === undefined ? "" : ${INSPECTOR}.enable(${text}))`);
  }

  /** At what the program stops by itself, from its first task on. */
  async haltAt(options: HaltOptions): Promise<void> {
    const [text, activation] = [JSON.stringify(options), `globalThis[Symbol.for("${ACTIVATE_KEY}")]`];
    await this.#evaluate(
      `if (${activation} !== undefined) ${activation}.haltAt = ${text}; ${PRESENT}?.haltAt?.(${text}); undefined`,
      true,
    );
  }

  /** Asks whether an inspector has come whose greeting is still on its way. */
  async probe(): Promise<void> {
    if (this.#hello === undefined && this.#problem === undefined)
      await this.#meet(`${PRESENT}?.hello() ?? ""`);
  }

  async #meet(expression: string): Promise<void> {
    const { result } = await this.#evaluate(expression, true);
    if (this.#hello === undefined && typeof result.value === "string" && result.value !== "")
      this.#greet(JSON.parse(result.value) as InspectorHello);
  }

  #receive(payload: string): void {
    let event: ProgramEvent;
    try {
      event = JSON.parse(payload) as ProgramEvent;
    } catch {
      return;
    }
    if (event.type === "ready") this.#greet(event.hello);
    this.onEvent(event);
  }

  #greet(hello: InspectorHello): void {
    if (hello.protocolVersion !== PROTOCOL_VERSION) {
      this.#problem = new AdapterError("versionMismatch", {
        theirs: hello.protocolVersion,
        ours: PROTOCOL_VERSION,
        runtime: hello.runtimeVersion,
      }).message;
      return;
    }
    this.#problem = undefined;
    this.#hello = hello;
    this.onReady(hello);
  }

  /** Calls a method that answers with JSON. */
  async json<T>(method: ListMethod, ...args: readonly unknown[]): Promise<T> {
    const { result } = await this.#call(method, args, true);
    return JSON.parse(String(result.value)) as T;
  }

  /** Calls a method that answers with a plain value. */
  async plain<M extends PlainMethod>(method: M, ...args: Parameters<Inspector[M]>): Promise<unknown> {
    const { result } = await this.#call(method, args, true);
    return result.value as unknown;
  }

  /** Calls a method that answers with live objects. */
  async object<M extends ObjectMethod>(
    group: string,
    method: M,
    ...args: Parameters<Inspector[M]>
  ): Promise<Remote> {
    const { result } = await this.#call(method, args, false, group);
    return result;
  }

  /** Calls a method that answers with a list of live objects, and gives them one by one; undefined for what is none. */
  async objects<M extends ObjectMethod>(
    group: string,
    method: M,
    ...args: Parameters<Inspector[M]>
  ): Promise<(Remote | undefined)[]> {
    const values = await this.values(group, method, ...args);
    return values.map((value) => (value?.objectId ? value : undefined));
  }

  /** The same, with what is no object as well. */
  async values<M extends ObjectMethod>(
    group: string,
    method: M,
    ...args: Parameters<Inspector[M]>
  ): Promise<(Remote | undefined)[]> {
    const list = await this.object(group, method, ...args);
    if (list.objectId === undefined) return [];
    const { result } = await this.#cdp.send("Runtime.getProperties", {
      objectId: list.objectId,
      ownProperties: true,
    });
    return result.filter(({ name }) => /^\d+$/.test(name)).map(({ value }) => value);
  }

  async #call(
    method: string,
    args: readonly unknown[],
    byValue: boolean,
    group?: string,
  ): Promise<{ result: Remote }> {
    if (!this.ready) throw new AdapterError("noTasks");
    const list = args.map((arg) => (arg === undefined ? "undefined" : JSON.stringify(arg))).join(", ");
    return this.#evaluate(`${INSPECTOR}.${method}(${list})`, byValue, group);
  }

  async #evaluate(expression: string, byValue: boolean, group?: string): Promise<{ result: Remote }> {
    const answer = this.#cdp.send("Runtime.evaluate", {
      expression,
      returnByValue: byValue,
      silent: true,
      disableBreaks: true,
      ...(group === undefined ? {} : { objectGroup: group }),
    });
    const { result, exceptionDetails } = await withTimeout(answer, ANSWER_TIMEOUT_MS);
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return { result };
  }
}

/** Rejects with {@link ProgramBlockedError} when the program takes longer than that. */
export function withTimeout<T>(answer: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new ProgramBlockedError()), milliseconds);
    answer.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
