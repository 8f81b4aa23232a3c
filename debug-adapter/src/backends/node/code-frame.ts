import type { SourceView } from "../../target/execution.js";
import type { CdpConnection } from "./cdp/connection.js";
import type { SourcePosition } from "./scripts.js";
import { sourceView } from "./source-view.js";

/** Where a frame of the program stands, as the stack shows it. */
export abstract class CodeFrame {
  readonly kind = "code";
  readonly source: SourceView;
  readonly line: number;
  readonly column: number;
  readonly subtle: boolean;

  constructor(
    cdp: CdpConnection,
    readonly name: string,
    position: SourcePosition,
  ) {
    this.source = sourceView(cdp, position);
    this.line = position.line;
    this.column = position.column;
    this.subtle = position.skipped;
  }
}
