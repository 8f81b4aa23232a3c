import type { SiteId, TaskFilter, TaskPlaces } from "@asyncscope/protocol";
import { topObject } from "./chain.js";
import { VISIBLE } from "./marks.js";
import type { Marks } from "./marks.js";
import { charAt, contains, getPrototype, lowerCase, setAdd, setHas } from "./primordials.js";
import type { Registry } from "./registry.js";
import type { Shape } from "./shape.js";
import { STATES, SUSPENDED } from "./task-record.js";
import type { TaskRecord } from "./task-record.js";
import { isNamed, NAME, nameOf, rawCoroutineOf } from "./task-info.js";
import { sinceWhen, stateOf } from "./task-state.js";
import { clean } from "./text.js";
import { eachLabel, eachWait, LABEL } from "./waits.js";

/** Marks the tasks that match, and those that lead to them, as {@link VISIBLE}. */
export function markMatching(
  registry: Registry,
  shape: Shape,
  filter: TaskFilter,
  now: number,
  marks: Marks,
): void {
  const matcher = new TaskMatcher(registry, filter, now);
  registry.tasks.forEach((record) => {
    if (matcher.matches(record)) markUpwards(shape, record, marks);
  });
}

/** Whether tasks match a {@link TaskFilter}. */
export class TaskMatcher {
  readonly #registry: Registry;
  readonly #wanted: boolean[];
  readonly #latest: number;
  readonly #searches: TextSearch[] = [];
  readonly #places: PlaceSearch | null;

  constructor(registry: Registry, filter: TaskFilter, now: number) {
    this.#registry = registry;
    this.#wanted = statesWanted(filter);
    this.#latest = filter.olderThan === undefined ? Infinity : now - filter.olderThan;
    this.#search(filter.text, true, true);
    this.#search(filter.name, true, false);
    this.#search(filter.waitsFor, false, true);
    this.#places = filter.places === undefined ? null : new PlaceSearch(registry, filter.places);
  }

  matches(record: TaskRecord): boolean {
    const state = stateOf(this.#registry, record);
    if (this.#wanted[state] === false || sinceWhen(record, state) > this.#latest) return false;
    for (let i = 0; i < this.#searches.length; i++)
      if (!this.#searches[i]!.finds(record, state)) return false;
    return this.#places === null || this.#places.finds(record);
  }

  #search(text: string | undefined, inNames: boolean, inLabels: boolean): void {
    if (text !== undefined && text !== "")
      this.#searches[this.#searches.length] = new TextSearch(
        this.#registry,
        lowerCase(text),
        inNames,
        inLabels,
      );
  }
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
  readonly #inNames: boolean;
  readonly #inLabels: boolean;
  /** Whether the name of a task that was given none, `Task-17`, may contain it. */
  readonly #inDefaultNames: boolean;
  readonly #coroutines: Remembered;
  readonly #labels: Remembered;

  constructor(registry: Registry, text: string, inNames: boolean, inLabels: boolean) {
    this.#registry = registry;
    this.#text = text;
    this.#inNames = inNames;
    this.#inLabels = inLabels;
    let possible = true;
    for (let i = 0; i < text.length; i++) possible &&= contains("task-0123456789", charAt(text, i));
    this.#inDefaultNames = possible;
    this.#coroutines = new Remembered(text, NAME);
    this.#labels = new Remembered(text, LABEL);
  }

  finds(record: TaskRecord, state: number): boolean {
    if (this.#inNames && this.#findsName(record)) return true;
    if (!this.#inLabels || state !== SUSPENDED) return false;
    let found = false;
    eachLabel(this.#registry, record, (label) => {
      found ||= this.#labels.contains(label);
    });
    return found;
  }

  #findsName(record: TaskRecord): boolean {
    if ((this.#inDefaultNames || isNamed(record)) && contains(lowerCase(nameOf(record)), this.#text))
      return true;
    return this.#coroutines.contains(rawCoroutineOf(record));
  }
}

/** Finds tasks that were created or wait in some places. */
class PlaceSearch {
  readonly #registry: Registry;
  readonly #sites = new Set<SiteId>();
  /** The generator functions that are meant, by what they give their generators as a prototype. */
  readonly #functions = new Set<object>();

  constructor(registry: Registry, { sites, like }: TaskPlaces) {
    this.#registry = registry;
    for (let i = 0; i < sites.length; i++) setAdd(this.#sites, sites[i]!);
    for (let i = 0; i < like.length; i++) {
      const known = functionOf(topObject(registry, like[i]!));
      if (known !== null) setAdd(this.#functions, known);
    }
  }

  finds(record: TaskRecord): boolean {
    const { created } = record;
    if (created !== 0 && setHas(this.#sites, created < 0 ? -created : created)) return true;
    if (record.task === null) return false;
    const known = functionOf(topObject(this.#registry, record.id));
    if (known !== null && setHas(this.#functions, known)) return true;
    let found = false;
    eachWait(record, (_future, _since, awaitable) => {
      if (awaitable !== null) found ||= setHas(this.#sites, this.#registry.awaitSite(awaitable));
    });
    return found;
  }
}

/** What tells the generators of one function from those of another: their prototype is an object of its own. */
export function functionOf(generator: object | null): object | null {
  return generator === null ? null : getPrototype(generator);
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
