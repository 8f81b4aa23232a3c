import type { TaskFilter } from "@asyncscope/protocol";
import { VISIBLE } from "./marks.js";
import type { Marks } from "./marks.js";
import { contains, lowerCase } from "./primordials.js";
import type { Registry } from "./registry.js";
import type { Shape } from "./shape.js";
import { STATES, SUSPENDED } from "./task-record.js";
import type { TaskRecord } from "./task-record.js";
import { coroutineOf, nameOf, stateOf } from "./task-info.js";
import { describeWaits } from "./waits.js";

/** Marks the tasks that match, and those that lead to them, as {@link VISIBLE}. */
export function markMatching(
  registry: Registry,
  shape: Shape,
  filter: TaskFilter,
  now: number,
  marks: Marks,
): void {
  const text = lowerCase(filter.text ?? "");
  const wanted = statesWanted(filter);
  registry.tasks.forEach((record) => {
    if (wanted[stateOf(registry, record)] === false) return;
    if (filter.olderThan !== undefined && now - record.since < filter.olderThan) return;
    if (text !== "" && !mentions(registry, record, text)) return;
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

function mentions(registry: Registry, record: TaskRecord, text: string): boolean {
  if (contains(lowerCase(nameOf(record)), text)) return true;
  if (contains(lowerCase(coroutineOf(record)), text)) return true;
  if (record.state !== SUSPENDED) return false;
  const { waits } = describeWaits(registry, record);
  for (let i = 0; i < waits.length; i++) if (contains(lowerCase(waits[i]!.label), text)) return true;
  return false;
}
