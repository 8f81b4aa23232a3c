import type { ValueView, VariableContainer } from "./values.js";

/** A breakpoint as the user set it. Lines and columns are 1-based. */
export interface BreakpointRequest {
  readonly line: number;
  readonly column?: number | undefined;
  readonly condition?: string | undefined;
  /** `5`, `>5`, `>=5`, `%3`, `==2`. */
  readonly hitCondition?: string | undefined;
  readonly logMessage?: string | undefined;
}

/** What became of a breakpoint. */
export interface BreakpointStatus {
  readonly id: number;
  readonly verified: boolean;
  readonly line: number;
  readonly column?: number;
  /** Why it is not verified. */
  readonly message?: string;
}

export type StopReason =
  | "entry"
  | "breakpoint"
  | "step"
  | "pause"
  | "exception"
  | "debugger statement"
  | "task created"
  | "task cancelled";

/** The program stands still. */
export interface Stop {
  readonly reason: StopReason;
  /** For people: `Paused in worker-7`. */
  readonly description: string | undefined;
  readonly text: string | undefined;
  readonly breakpointIds: readonly number[];
}

/** Why the program is made to stop where it is, see {@link Stop}. */
export interface AnnouncedStop {
  readonly reason: StopReason;
  /** In a few words, for lists. */
  readonly description: string;
  /** The whole sentence, asked for when the program stands. */
  readonly text: () => string;
  /**
   * Frames to show above those of the program.
   * @param alone whether no code of the program is on the stack
   */
  readonly above?: (alone: boolean) => Promise<readonly FrameView[]>;
}

/** One row of a stack. */
export interface FrameView {
  readonly name: string;
  readonly kind: "code" | "label";
  readonly source?: SourceView;
  readonly line: number;
  readonly column: number;
  /** Passed over while stepping: shown dimmed. */
  readonly subtle?: boolean;
  scopes(): Promise<ScopeView[]>;
  evaluate(expression: string, purpose: EvaluatePurpose): Promise<ValueView>;
  /** Names visible in the frame, for completions. */
  names(): Promise<string[]>;
}

export interface SourceView {
  /** Absolute path of a file, or a URL. */
  readonly path: string;
  readonly name: string;
  /** Fetches the text when there is no such file. */
  readonly content?: () => Promise<string>;
  readonly origin?: string;
}

export interface ScopeView {
  readonly name: string;
  readonly kind: "locals" | "arguments" | "other";
  readonly expensive: boolean;
  /**
   * Listing its variables finds out more, once: what is to be asked for again then, the scopes of the frame or the whole
   * stack.
   */
  readonly brings?: () => "variables" | "stacks";
  readonly variables: VariableContainer;
}

/** Why an expression is evaluated; decides what it may do and how long it may take. */
export type EvaluatePurpose = "hover" | "watch" | "repl" | "clipboard" | "variables";
