import type { DumpCancel, DumpTask, DumpWait, TaskId, WaitKind } from "@asyncscope/protocol";
import type { DocumentBuilder, DumpLine } from "./document-builder.js";
import { DURATION, parseDuration } from "./durations.js";
import { FLOATING, FUNCTION, parseFunction, POSITION, TASK_STATES } from "./notation.js";
import { ageOfWaits } from "./write.js";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface Draft extends Mutable<Omit<DumpTask, "waits" | "frames" | "cancelledBy">> {
  waits: (Mutable<DumpWait> & { tasks: { id: number; name: string }[] })[];
  frames: DumpTask["frames"][number][];
  cancelledBy?: Mutable<DumpCancel>;
}

const HEAD = new RegExp(`^- (.*) \\[(${TASK_STATES.join("|")})\\] #(\\d{1,15})$`);
const RUNS = new RegExp(`^runs ${FUNCTION} \\((generator|async)\\)$`);
const FOR = new RegExp(`^for (${DURATION})$`);
const ERROR = /^(unretrieved )?error(?: (.*))?$/;
const WAITS = new RegExp(`^waits for (.*) \\[([a-z-]{1,40})\\](?: (${DURATION})(?:, (${DURATION}) left)?)?$`);
const ON = /^on (.*) ([#@])(\d{1,15})$/;
const MORE = /^\.\.\. (\d{1,15}) more (waits|frames|tasks)$/;
const CANCELS = /^cancel requests (\d{1,15})$/;
const CANCELLED = /^cancelled (?:from outside any task|by (.*) #(\d{1,15}))$/;
const MESSAGE = /^message (.*)$/;
const FRAME = new RegExp(`^at (?:(async|native) )?${FUNCTION} \\((?:no source|${POSITION})\\)$`);
const CREATED = new RegExp(`^created (at|about) ${FUNCTION} \\(${POSITION}\\)$`);
const STARTED = /^started by (.*) #(\d{1,15})$/;

/** The section of tasks: entries under those that created them, their own lines indented once more. */
export class TasksReader {
  readonly tasks: Draft[] = [];
  readonly #document: DocumentBuilder;
  readonly #ids = new Set<TaskId>();
  /** The tasks on the levels above the line. */
  #path: Draft[] = [];
  /** What lines below the task's own belong to. */
  #part: "wait" | "cancel" | undefined;
  /** Whether the task has said how long it is in its state. */
  #timed = false;

  constructor(document: DocumentBuilder) {
    this.#document = document;
  }

  read(line: DumpLine): void {
    const head = HEAD.exec(line.body);
    if (head !== null) return this.#open(line, head[1]!, head[2]!, head[3]!);
    const task = this.#path.at(-1);
    if (task === undefined) return this.#document.unreadable(line, "a task (“- name [state] #1”)");
    const below = line.level > this.#path.length;
    if (below ? !this.#readPart(line, task) : !this.#readOwn(line, task))
      this.#document.unreadable(line, below ? "more of a wait or cancel" : "something about the task above");
  }

  #open(line: DumpLine, name: string, stateName: string, number: string): void {
    const id = Number(number);
    let { level } = line;
    const range = { line: line.number, start: line.indent + 2, end: line.indent + 2 + name.length };
    if (level > this.#path.length) {
      level = this.#path.length;
      const message = "This task stands deeper than under the task above: it is taken to be started by that.";
      this.#document.problem("indentation", "warning", range, message);
    }
    if (this.#ids.has(id)) {
      const message = `There is a task #${id} above already. Each number names one task.`;
      this.#document.problem("duplicate", "warning", range, message);
    }
    this.#ids.add(id);
    this.#path.length = level;
    const parent = this.#path.at(-1);
    const state = TASK_STATES.find((each) => each === stateName)!;
    const task: Draft = {
      id,
      name,
      state,
      ...(parent === undefined ? {} : { parent: { id: parent.id, name: parent.name } }),
      coroutine: "",
      form: "generator",
      age: 0,
      waits: [],
      hiddenWaits: 0,
      cancelling: 0,
      unretrieved: false,
      frames: [],
      hiddenFrames: 0,
      createdIsInferred: false,
    };
    this.tasks.push(task);
    this.#path.push(task);
    this.#part = undefined;
    this.#timed = false;
    this.#document.open({ kind: "task", id, name, detail: state, range, level: level + 1 });
  }

  #readOwn(line: DumpLine, task: Draft): boolean {
    const { body } = line;
    let found: RegExpExecArray | null;
    if ((found = WAITS.exec(body)) !== null) {
      this.#addWait(task, found);
      return true;
    }
    if ((found = CANCELLED.exec(body)) !== null) {
      const [, name, id] = found;
      const by =
        id === undefined ? undefined : this.#document.taskRef(line, name!, id, "cancelled by ".length);
      task.cancelledBy = { ...(by === undefined ? {} : { by }), message: "" };
      this.#part = "cancel";
      return true;
    }
    this.#part = undefined;
    if ((found = FRAME.exec(body)) !== null) {
      const location = found[3] === undefined ? {} : { location: this.#position(line, found, 3) };
      const kind = found[1] === undefined ? "generator" : (found[1] as "async" | "native");
      task.frames.push({ functionName: parseFunction(found[2]!), kind, ...location });
    } else if ((found = RUNS.exec(body)) !== null) {
      task.coroutine = parseFunction(found[1]!);
      task.form = found[2] as DumpTask["form"];
    } else if (body === FLOATING) {
      task.floating = true;
      this.#document.detail(`${task.state}, floating`);
    } else if ((found = FOR.exec(body)) !== null) {
      task.age = parseDuration(found[1]!);
      this.#timed = true;
    } else if ((found = ERROR.exec(body)) !== null) {
      task.error = found[2] ?? "";
      task.unretrieved = found[1] !== undefined;
    } else if ((found = CREATED.exec(body)) !== null) {
      task.created = { ...this.#position(line, found, 3), functionName: parseFunction(found[2]!) };
      task.createdIsInferred = found[1] === "about";
    } else if ((found = CANCELS.exec(body)) !== null) task.cancelling = Number(found[1]);
    else if ((found = STARTED.exec(body)) !== null)
      task.parent = this.#document.taskRef(line, found[1]!, found[2]!, "started by ".length);
    else if ((found = MORE.exec(body)) !== null && found[2] === "waits") task.hiddenWaits = Number(found[1]);
    else if (found !== null && found[2] === "frames") task.hiddenFrames = Number(found[1]);
    else return false;
    return true;
  }

  #addWait(task: Draft, [, label, kind, age, left]: RegExpExecArray): void {
    task.waits.push({
      // A kind of a later version is kept as it is.
      kind: kind as WaitKind,
      label: label!,
      age: parseDuration(age ?? ""),
      ...(left === undefined ? {} : { left: parseDuration(left) }),
      tasks: [],
      hiddenTasks: 0,
    });
    if (!this.#timed) task.age = ageOfWaits(task.waits);
    this.#part = "wait";
  }

  /** A line of the last wait or cancel. */
  #readPart(line: DumpLine, task: Draft): boolean {
    const { body } = line;
    let found: RegExpExecArray | null;
    const wait = this.#part === "wait" ? task.waits.at(-1) : undefined;
    if (wait !== undefined && (found = ON.exec(body)) !== null) {
      const [, name, mark, id] = found;
      if (mark === "#") wait.tasks.push(this.#document.taskRef(line, name!, id!, "on ".length));
      else wait.resource = this.#document.resourceRef(line, name!, id!, "on ".length);
      return true;
    }
    if (wait !== undefined && (found = MORE.exec(body)) !== null && found[2] === "tasks") {
      wait.hiddenTasks = Number(found[1]);
      return true;
    }
    const cancel = this.#part === "cancel" ? task.cancelledBy : undefined;
    if (cancel === undefined) return false;
    if ((found = MESSAGE.exec(body)) !== null) cancel.message = found[1]!;
    else if ((found = FRAME.exec(body)) !== null && found[3] !== undefined)
      cancel.location = { ...this.#position(line, found, 3), functionName: parseFunction(found[2]!) };
    else return false;
    return true;
  }

  #position(line: DumpLine, found: RegExpExecArray, at: number) {
    return this.#document.position(line, found[at]!, found[at + 1]!, found[at + 2]!);
  }
}
