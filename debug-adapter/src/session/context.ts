import type { NodeTarget } from "../backends/node/target.js";
import { fail } from "../errors.js";
import type { Pins } from "../tasks/pins.js";
import type { TaskModel } from "../tasks/task-model.js";
import type { FrameView } from "../target/execution.js";
import type { VariableContainer } from "../target/values.js";
import type { Arguments } from "./arguments.js";
import { Handles } from "./handles.js";

/** Id of the program's main thread. */
export const MAIN_THREAD = 1;

/** How long a handed-out number means something. `main`: until the program moves on. A thread id: until it does. */
export type Lifetime = number;

export interface OpenFrame {
  readonly frame: FrameView;
  readonly thread: Lifetime;
}
export interface OpenContainer {
  readonly container: VariableContainer;
  /** 0: as long as the session lasts. */
  readonly thread: Lifetime;
}

/** What the request families share. */
export interface SessionContext {
  /** The program; throws when there is none. */
  target(command: string): NodeTarget;
  readonly tasks: TaskModel;
  readonly pins: Pins;
  readonly frames: Handles<OpenFrame>;
  readonly variables: Handles<OpenContainer>;
  readonly client: ClientAbilities;
  send(event: string, body?: object): void;
  /** Lines and columns of the client begin at 0 or 1; ours at 1. */
  readonly clientLines: LineConverter;
}

/** What the client said it can do. */
export interface ClientAbilities {
  readonly runInTerminal: boolean;
  readonly variablePaging: boolean;
  readonly invalidated: boolean;
}

export interface LineConverter {
  toClientLine(line: number): number;
  toClientColumn(column: number): number;
  fromClientLine(line: number): number;
  fromClientColumn(column: number): number;
}

/** Answers one request: returns the body of the response or throws. */
export type Handler = (args: Arguments) => Promise<object | undefined> | object | undefined;
export type Handlers = Readonly<Record<string, Handler>>;

export function frameOf(context: SessionContext, frameId: number): FrameView {
  return (context.frames.get(frameId) ?? fail("staleFrame")).frame;
}

/** Forgets what was handed out for a thread that has moved on. */
export function forget(context: SessionContext, thread: Lifetime): void {
  context.frames.prune((open) => open.thread === thread);
  context.variables.prune((open) => open.thread === thread);
}
