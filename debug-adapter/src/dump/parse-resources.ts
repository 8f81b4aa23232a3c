import type { DumpItem, DumpResource, DumpWaiter, ResourceKind } from "@asyncscope/protocol";
import type { DocumentBuilder, DumpLine } from "./document-builder.js";
import { DURATION, parseDuration } from "./durations.js";
import { FUNCTION, parseFunction, POSITION } from "./notation.js";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface Draft extends Mutable<Omit<DumpResource, "items" | "waiters">> {
  items: DumpItem[];
  waiters: DumpWaiter[];
}

const HEAD = /^- (.*) \[([a-z-]{1,40}): ([^[\]]*)\] @(\d{1,15})$/;
const UNFINISHED = /^unfinished (\d{1,15})$/;
const ON = /^on (.*) @(\d{1,15})$/;
const ITEM = /^\[(\d{1,15})\](?: (.*))?$/;
const MORE = /^\.\.\. (\d{1,15}) more (items|waiters)$/;
const OWNER = new RegExp(`^owner (.*) #(\\d{1,15})(?: (${DURATION}))?$`);
const WAITER = new RegExp(
  `^(getter|putter|joiner|waiter) (?:\\(no task\\)|(.*) #(\\d{1,15}))(?: (${DURATION}))?$`,
);
const CREATED = new RegExp(`^created at ${FUNCTION} \\(${POSITION}\\)$`);

/** The section of queues, locks and others. */
export class ResourcesReader {
  readonly resources: Draft[] = [];
  readonly #document: DocumentBuilder;
  readonly #ids = new Set<number>();

  constructor(document: DocumentBuilder) {
    this.#document = document;
  }

  read(line: DumpLine): void {
    const head = line.level === 0 ? HEAD.exec(line.body) : null;
    if (head !== null) return this.#open(line, head);
    const resource = this.resources.at(-1);
    if (resource === undefined)
      return this.#document.unreadable(line, "a queue or lock (“- name [queue: 3/10] @1”)");
    if (!this.#readOwn(line, resource))
      this.#document.unreadable(line, "something about the queue or lock above");
  }

  #open(line: DumpLine, [, name, kind, state, number]: RegExpExecArray): void {
    const id = Number(number);
    const range = { line: line.number, start: line.indent + 2, end: line.indent + 2 + name!.length };
    if (this.#ids.has(id)) {
      const message = `There is an entry @${id} above already. Each number names one queue or lock.`;
      this.#document.problem("duplicate", "warning", range, message);
    }
    this.#ids.add(id);
    this.resources.push({
      id,
      name: name!,
      // A kind of a later version is kept as it is.
      kind: kind as ResourceKind,
      state: state!,
      items: [],
      hiddenItems: 0,
      waiters: [],
      hiddenWaiters: 0,
    });
    this.#document.open({
      kind: "resource",
      id,
      name: name!,
      detail: `${kind!}: ${state!}`,
      range,
      level: 1,
    });
  }

  #readOwn(line: DumpLine, resource: Draft): boolean {
    const { body } = line;
    let found: RegExpExecArray | null;
    if ((found = ITEM.exec(body)) !== null)
      resource.items.push({ index: Number(found[1]), preview: found[2] ?? "" });
    else if ((found = WAITER.exec(body)) !== null) {
      const [, role, name, id, age] = found;
      const at = role!.length + 1;
      const task = id === undefined ? {} : { task: this.#document.taskRef(line, name!, id, at) };
      resource.waiters.push({ role: role as DumpWaiter["role"], ...task, age: parseDuration(age ?? "") });
    } else if ((found = OWNER.exec(body)) !== null) {
      const [, name, id, age] = found;
      const owner = this.#document.taskRef(line, name!, id!, "owner ".length);
      resource.owner = { ...owner, age: parseDuration(age ?? "") };
    } else if ((found = CREATED.exec(body)) !== null) {
      const [, functionName, path, lineNumber, column] = found;
      const position = this.#document.position(line, path!, lineNumber!, column!);
      resource.created = { ...position, functionName: parseFunction(functionName!) };
    } else if ((found = ON.exec(body)) !== null)
      resource.lock = this.#document.resourceRef(line, found[1]!, found[2]!, "on ".length);
    else if ((found = UNFINISHED.exec(body)) !== null) resource.unfinished = Number(found[1]);
    else if ((found = MORE.exec(body)) !== null)
      resource[found[2] === "items" ? "hiddenItems" : "hiddenWaiters"] = Number(found[1]);
    else return false;
    return true;
  }
}
