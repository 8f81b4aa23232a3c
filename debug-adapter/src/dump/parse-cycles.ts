import type { DumpTaskRef } from "@asyncscope/protocol";
import { whole, type DocumentBuilder, type DumpLine } from "./document-builder.js";

const MEMBER = /^(.*) #(\d{1,15})$/;
const HEAD = /^- ([\d,]{1,20} tasks?) in a circle, each waiting for the next$/;

/** The section of tasks that wait for each other. */
export class CyclesReader {
  readonly cycles: DumpTaskRef[][] = [];
  readonly #document: DocumentBuilder;

  constructor(document: DocumentBuilder) {
    this.#document = document;
  }

  read(line: DumpLine): void {
    const head = HEAD.exec(line.body);
    if (head !== null) {
      this.cycles.push([]);
      const name = `Cycle of ${head[1]!}`;
      this.#document.open({ kind: "cycle", id: 0, name, detail: "", range: whole(line), level: 1 });
      return;
    }
    const [, name, id] = MEMBER.exec(line.body) ?? [];
    const cycle = this.cycles.at(-1);
    if (name === undefined || id === undefined || cycle === undefined)
      this.#document.unreadable(line, "a cycle, or a task in one");
    else cycle.push(this.#document.taskRef(line, name, id, 0));
  }
}
