import { parse } from "acorn";
import type { Options } from "acorn";
import { EditList } from "./edits.js";
import type { Edit } from "./edits.js";
import { PREFIX } from "./emitted.js";
import { FunctionRewriter } from "./function-rewriter.js";
import { KnownCalls } from "./known-calls.js";
import type { Point } from "./points.js";
import type { Node } from "./syntax.js";

export type SourceType = "module" | "commonjs";

/** What is put into a source, and the points that it names. */
export interface Rewriting {
  readonly edits: readonly Edit[];
  /** Functions and suspension points; an edit names one by its index. */
  readonly points: readonly Point[];
}

/** Cheap look before a source is parsed. */
const MAY_SUSPEND = /\basync\b|\bawait\b|\bsetTimeout\b/;

/**
 * Finds what to put into a source so that each call of an async function with a suspension point is a frame whose
 * position is known.
 *
 * @returns undefined when there is nothing to do, or when the source cannot be parsed: then it runs as it is, and V8
 * reports what is wrong with it.
 */
export function rewrite(source: string, sourceType: SourceType): Rewriting | undefined {
  if (!MAY_SUSPEND.test(source) || source.includes(PREFIX)) return undefined;
  try {
    const program = parseSource(source, sourceType);
    const edits = new EditList();
    const rewriter = new FunctionRewriter(source, edits, new KnownCalls(program));
    rewriter.program(program, sourceType === "module");
    return edits.length === 0 ? undefined : { edits: edits.list(), points: rewriter.points };
  } catch {
    return undefined;
  }
}

function parseSource(source: string, sourceType: SourceType): Node {
  const options: Options = {
    ecmaVersion: "latest",
    sourceType,
    allowHashBang: true,
    // Whether a body is in parentheses decides where it begins.
    preserveParens: true,
  };
  return parse(source, options) as unknown as Node;
}
