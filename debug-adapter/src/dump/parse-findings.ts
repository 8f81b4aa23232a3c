import type { DumpFinding, FindingKind } from "@asyncscope/protocol";
import { whole, type DocumentBuilder, type DumpLine } from "./document-builder.js";
import { FUNCTION, parseFunction, POSITION } from "./notation.js";

type Draft = Omit<DumpFinding, "locations"> & { readonly locations: DumpFinding["locations"][number][] };

const HEAD = /^- \[([a-z-]{1,40})\] (.*)$/;
const AT = new RegExp(`^at ${FUNCTION} \\(${POSITION}\\)$`);
/** Of the sentence, in an outline. */
const MOST_IN_NAME = 80;

/** The section of what is wrong. */
export class FindingsReader {
  readonly findings: Draft[] = [];
  readonly #document: DocumentBuilder;

  constructor(document: DocumentBuilder) {
    this.#document = document;
  }

  read(line: DumpLine): void {
    const [, kind, text] = HEAD.exec(line.body) ?? [];
    if (kind !== undefined && text !== undefined) {
      // A kind of a later version is kept as it is.
      this.findings.push({ kind: kind as FindingKind, text, locations: [] });
      const name = text.length > MOST_IN_NAME ? `${text.slice(0, MOST_IN_NAME)}…` : text;
      this.#document.open({ kind: "finding", id: 0, name, detail: kind, range: whole(line), level: 1 });
      return;
    }
    const [, functionName, path, lineNumber, column] = AT.exec(line.body) ?? [];
    const finding = this.findings.at(-1);
    if (finding === undefined || path === undefined)
      return this.#document.unreadable(line, "a finding, or a position of the one above");
    const position = this.#document.position(line, path, lineNumber!, column!);
    finding.locations.push({ ...position, functionName: parseFunction(functionName!) });
  }
}
