/** Reads the text of a dump. Whatever the text is, it gives what can be read and says what cannot: it never throws. */
import { DUMP_FORMAT, DUMP_VERSION, type TaskDump, type TaskState } from "@asyncscope/protocol";
import { CyclesReader } from "./parse-cycles.js";
import { FindingsReader } from "./parse-findings.js";
import { ResourcesReader } from "./parse-resources.js";
import { TasksReader } from "./parse-tasks.js";
import type { DumpDocument } from "./document.js";
import { DocumentBuilder, dumpLines, whole, type DumpLine } from "./document-builder.js";
import {
  CYCLES_HEADING,
  END,
  FINDINGS_HEADING,
  RESOURCES_HEADING,
  TASK_STATES,
  TASKS_HEADING,
  TITLE,
} from "./notation.js";
import { endLine } from "./write.js";

/** Lines longer than that are of no dump; patterns are not tried on them. */
const MOST_IN_LINE = 20_000;
const STATUSES = ["live", "paused", "blocked", "ended", "none"] as const;

/** Reads the lines of one section. */
export interface SectionReader {
  read(line: DumpLine): void;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Header = Mutable<
  Pick<TaskDump, "version" | "program" | "pid" | "node" | "runtime" | "time" | "status" | "counts" | "hidden">
> & { notes: string[] };

export function parseDump(text: string): DumpDocument {
  const lines = dumpLines(text);
  const document = new DocumentBuilder();
  const header: Header = {
    version: DUMP_VERSION,
    program: "",
    pid: 0,
    node: "",
    runtime: "",
    time: "",
    status: "none",
    counts: {},
    hidden: { tasks: 0, resources: 0, chains: 0 },
    notes: [],
  };
  const findings = new FindingsReader(document);
  const cycles = new CyclesReader(document);
  const tasks = new TasksReader(document);
  const resources = new ResourcesReader(document);
  const sections: Readonly<Record<string, SectionReader>> = {
    [FINDINGS_HEADING]: findings,
    [CYCLES_HEADING]: cycles,
    [TASKS_HEADING]: tasks,
    [RESOURCES_HEADING]: resources,
  };
  const title = readTitle(lines, document, header);
  let section: SectionReader | undefined;
  let end: DumpLine | undefined;
  for (const line of lines) {
    if (line.body === "" || line === title) continue;
    if (line.text.length > MOST_IN_LINE) {
      document.unreadable(line, "a shorter line");
      continue;
    }
    if (end !== undefined) {
      document.unreadable(line, "nothing");
      continue;
    }
    const heading = line.indent === 0 && Object.hasOwn(sections, line.body) ? sections[line.body] : undefined;
    if (heading !== undefined) {
      section = heading;
      document.open({
        kind: "section",
        id: 0,
        name: line.body,
        detail: "",
        range: whole(line),
        level: 0,
      });
    } else if (line.indent === 0 && line.body.startsWith(END)) end = line;
    else if (section !== undefined) section.read(line);
    else readField(line, header, document);
  }
  if (title !== undefined)
    checkEnd(lines, end, endLine(tasks.tasks.length, resources.resources.length), document);
  const dump: TaskDump = {
    format: DUMP_FORMAT,
    ...header,
    findings: findings.findings,
    cycles: cycles.cycles,
    tasks: tasks.tasks,
    resources: resources.resources,
  };
  return document.finish(dump, end === undefined ? lines : lines.slice(0, end.number));
}

function readTitle(
  lines: readonly DumpLine[],
  document: DocumentBuilder,
  header: Header,
): DumpLine | undefined {
  const first = lines.find(({ body }) => body !== "") ?? lines[0]!;
  const [, version] = new RegExp(`^${TITLE} (\\d{1,9})$`).exec(first.body.slice(0, 100)) ?? [];
  if (version === undefined) {
    const message = `This is no task dump: its first line is not “${TITLE} ${DUMP_VERSION}”. Make one with “Asyncscope: Dump Tasks to a File” or with asyncscope dump PID.`;
    document.problem("no-dump", "error", whole(first), message);
    return undefined;
  }
  header.version = Number(version);
  if (header.version !== DUMP_VERSION) {
    const message = `This dump has version ${version}, and version ${DUMP_VERSION} is understood here: parts of it may not be shown. Update Asyncscope to read it whole.`;
    document.problem("version", "warning", whole(first), message);
  }
  return first;
}

function readField(line: DumpLine, header: Header, document: DocumentBuilder): void {
  const [, name, value] = /^([a-z]{1,20})\s+(.*)$/.exec(line.body) ?? [];
  if (name === undefined || value === undefined || !setField(header, name, value))
    document.unreadable(line, "a field of the header, or a heading");
}

function setField(header: Header, name: string, value: string): boolean {
  switch (name) {
    case "program":
    case "node":
    case "runtime":
    case "time":
      header[name] = value;
      return true;
    case "process":
      if (!/^\d{1,15}$/.test(value)) return false;
      header.pid = Number(value);
      return true;
    case "status": {
      const status = STATUSES.find((each) => each === value);
      if (status !== undefined) header.status = status;
      return status !== undefined;
    }
    case "counts":
      return readCounts(value, header);
    case "hidden":
      return readHidden(value, header);
    case "note":
      header.notes.push(value);
      return true;
    default:
      return false;
  }
}

function readCounts(value: string, header: Header): boolean {
  const counts: Partial<Record<TaskState, number>> = {};
  for (const part of value.split(", ")) {
    const [, number, name] = /^(\d{1,15}) ([a-z]+)$/.exec(part) ?? [];
    const state = TASK_STATES.find((each) => each === name);
    if (state === undefined) return false;
    counts[state] = Number(number);
  }
  header.counts = counts;
  return true;
}

function readHidden(value: string, header: Header): boolean {
  const found = { tasks: 0, resources: 0, chains: 0 };
  for (const part of value.split(", ")) {
    const [, number, what] = /^(\d{1,15}) (tasks|queues and locks|await chains)$/.exec(part) ?? [];
    if (what === undefined) return false;
    found[what === "tasks" ? "tasks" : what === "await chains" ? "chains" : "resources"] = Number(number);
  }
  header.hidden = found;
  return true;
}

function checkEnd(
  lines: readonly DumpLine[],
  end: DumpLine | undefined,
  expected: string,
  document: DocumentBuilder,
): void {
  const last = lines.findLast(({ body }) => body !== "")!;
  if (end === undefined)
    document.problem(
      "truncated",
      "error",
      whole(last),
      "This dump is cut here: its last line is missing, so tasks, queues or locks may be missing as well. Make it again, or copy the whole file.",
    );
  else if (!/^End of task dump: \d{1,15} tasks, \d{1,15} queues and locks\.$/.test(end.body))
    document.unreadable(end, `“${expected}”`);
  else if (end.body !== expected)
    document.problem(
      "counts",
      "warning",
      whole(end),
      `This line belongs to another number of entries than there are here (${expected.slice(END.length + 2)}): some have been removed or cannot be read.`,
    );
}
