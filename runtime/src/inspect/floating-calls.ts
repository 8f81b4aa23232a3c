import type { DiagnosisQuery, Finding } from "@asyncscope/protocol";
import { called, capital, FindingText, waitedFor } from "./finding-text.js";
import type { NativeTasks } from "./native-tasks.js";
import { isFloating } from "./native-task.js";
import type { Registry } from "./registry.js";
import type { TaskRecord } from "./task-record.js";
import { clean } from "./text.js";

const MESSAGE = 300;

/**
 * Calls of plain async functions whose promise nobody keeps: that the end of the program has cut off, and that have
 * failed. Before the end there is nothing wrong with one that is pending.
 */
export function floatingCalls(
  registry: Registry,
  native: NativeTasks | null,
  { ends }: DiagnosisQuery,
  limit: number,
): Finding[] {
  const findings: Finding[] = [];
  if (native === null) return findings;
  const { failed } = native;
  for (let i = 0; i < failed.length && i < limit; i++) {
    const { functionName, born, error } = failed[i]!;
    const name = clean(functionName, MESSAGE);
    const text = new FindingText(registry)
      .say(`${name} failed with ${clean(error, MESSAGE)}, which nobody handled: it was called`)
      .at(0, native.siteOf(born, registry))
      .say(", and nobody awaits its promise.");
    findings[findings.length] = text.finding("floating-promise", `failed ${i}`, {
      certain: true,
      since: 0,
      tasks: [],
    });
  }
  if (ends !== "stopped") return findings;
  registry.tasks.forEach((record) => {
    if (isFloating(record.task) && findings.length < limit)
      findings[findings.length] = cutOff(registry, record);
  });
  return findings;
}

function cutOff(registry: Registry, record: TaskRecord): Finding {
  const waiter = record.task?._waiter ?? null;
  const text = new FindingText(registry)
    .say(`${capital(called(record))} was cut off by the end of the program: it was called`)
    .at(record.id, Math.abs(record.created))
    .say(", where nobody awaits its promise");
  if (waiter !== null)
    text
      .say(", and waited")
      .where(record, null)
      .say(` for ${waitedFor(registry, waiter)}`);
  return text.say(".").finding("floating-promise", `task ${record.id}`, {
    certain: true,
    since: record.task?._since ?? 0,
    tasks: [record.id],
  });
}
