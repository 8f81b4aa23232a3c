import { fail } from "../../errors.js";
import type { FrameView, ScopeView } from "../../target/execution.js";
import type { CdpConnection } from "./cdp/connection.js";
import type { SourcePosition } from "./scripts.js";
import { sourceView } from "./source-view.js";

/** The row between two stacks that an await separates. */
export function labelFrame(name: string): FrameView {
  return {
    name,
    kind: "label",
    line: 0,
    column: 0,
    scopes: () => Promise.resolve([]),
    evaluate: () => fail("staleFrame"),
    names: () => Promise.resolve([]),
  };
}

/** A frame of which only the position is known: V8 keeps its variables to itself. */
export function positionFrame(cdp: CdpConnection, name: string, position: SourcePosition): FrameView {
  return {
    name,
    kind: "code",
    source: sourceView(cdp, position),
    line: position.line,
    column: position.column,
    subtle: position.skipped,
    scopes: (): Promise<ScopeView[]> => Promise.resolve([]),
    evaluate: () =>
      fail("evaluateFailed", {
        detail: "This function is suspended at an await; its variables cannot be read here.",
      }),
    names: () => Promise.resolve([]),
  };
}
