import type { TaskFilter } from "@asyncscope/protocol";
import { VISIBLE } from "./marks.js";
import type { Marks } from "./marks.js";
import { charAt, contains, lowerCase } from "./primordials.js";
import type { Registry } from "./registry.js";
import type { Shape } from "./shape.js";
import { STATES, SUSPENDED } from "./task-record.js";
import type { TaskRecord } from "./task-record.js";
import { isNamed, NAME, nameOf, rawCoroutineOf } from "./task-info.js";
import { sinceWhen, stateOf } from "./task-state.js";
import { clean } from "./text.js";
import { eachLabel, LABEL } from "./waits.js";

/** Marks the tasks that match, and those that lead to them, as {@link VISIBLE}. */
export function markMatching(
  registry: Registry,
  shape: Shape,
  filter: TaskFilter,
  now: number,
  marks: Marks,
): void {
  const text = lowerCase(filter.text ?? "");
  const search = text === "" ? null : new TextSearch(registry, text);
  const wanted = statesWanted(filter);
  registry.tasks.forEach((record) => {
    const state = stateOf(registry, record);
    if (wanted[state] === false) return;
    if (filter.olderThan !== undefined && now - sinceWhen(record, state) < filter.olderThan) return;
    if (search !== null && !search.finds(record)) return;
    markUpwards(shape, record, marks);
  });
}

/** For each state whether it is wanted. */
function statesWanted({ states }: TaskFilter): boolean[] {
  const wanted: boolean[] = [];
  for (let i = 0; i < STATES.length; i++) {
    wanted[i] = states === undefined;
    if (states !== undefined)
      for (let j = 0; j < states.length; j++) if (states[j] === STATES[i]) wanted[i] = true;
  }
  return wanted;
}

function markUpwards(shape: Shape, record: TaskRecord, marks: Marks): void {
  if (!marks.add(record, VISIBLE)) return;
  const stack = [record];
  for (let length = 1; length > 0;) {
    shape.eachParent(stack[--length]!, (parent) => {
      if (marks.add(parent, VISIBLE)) stack[length++] = parent;
    });
  }
}

/** Finds a text in what is shown of a task. Most tasks have what the one before had: that is looked at once. */
export class TextSearch {
  readonly #registry: Registry;
  readonly #text: string;
  /** Whether the name of a task that was given none, `Task-17`, may contain it. */
  readonly #inDefaultNames: boolean;
  readonly #coroutines: Remembered;
  readonly #labels: Remembered;

  constructor(registry: Registry, text: string) {
    this.#registry = registry;
    this.#text = text;
    let possible = true;
    for (let i = 0; i < text.length; i++) possible &&= contains("task-0123456789", charAt(text, i));
    this.#inDefaultNames = possible;
    this.#coroutines = new Remembered(text, NAME);
    this.#labels = new Remembered(text, LABEL);
  }

  finds(record: TaskRecord): boolean {
    if ((this.#inDefaultNames || isNamed(record)) && contains(lowerCase(nameOf(record)), this.#text))
      return true;
    if (this.#coroutines.contains(rawCoroutineOf(record))) return true;
    if (stateOf(this.#registry, record) !== SUSPENDED) return false;
    let found = false;
    eachLabel(this.#registry, record, (label) => {
      found ||= this.#labels.contains(label);
    });
    return found;
  }
}

/** Whether the last text looked at contains another. */
class Remembered {
  readonly #wanted: string;
  readonly #limit: number;
  #last: string | null = null;
  #answer = false;

  constructor(wanted: string, limit: number) {
    this.#wanted = wanted;
    this.#limit = limit;
  }

  contains(text: string): boolean {
    if (text !== this.#last) {
      this.#last = text;
      this.#answer = contains(lowerCase(clean(text, this.#limit)), this.#wanted);
    }
    return this.#answer;
  }
}
