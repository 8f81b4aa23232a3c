import type { Item, Op, Program } from "./program.js";

/**
 * Makes `program` as small as it can while `fails` holds: operations, items and bodies go one after the other,
 * numbers become small. @param fails must not depend on anything but the program.
 */
export async function shrink(
  program: Program,
  fails: (program: Program) => Promise<boolean>,
): Promise<Program> {
  let smallest = program;
  for (let progress = true; progress;) {
    progress = false;
    for (let at = 0; ; at++) {
      const next = nth(smaller(smallest), at);
      if (next === undefined) break;
      if (await fails(next)) {
        smallest = next;
        progress = true;
        // The candidates are others now: those before have most likely been tried.
        at--;
      }
    }
  }
  return smallest;
}

function nth<T>(values: Iterable<T>, at: number): T | undefined {
  let index = 0;
  for (const value of values) if (index++ === at) return value;
  return undefined;
}

/** Programs with one thing less. */
function* smaller(program: Program): Generator<Program> {
  for (const body of smallerOps(program.body)) yield { ...program, body };
}

function* smallerOps(ops: readonly Op[]): Generator<readonly Op[]> {
  // Halves first: most of a program has nothing to do with what went wrong.
  if (ops.length > 3) {
    const middle = ops.length >> 1;
    yield ops.slice(middle);
    yield ops.slice(0, middle);
  }
  for (const [at, op] of ops.entries()) {
    const replaced = (...by: readonly Op[]): readonly Op[] => [
      ...ops.slice(0, at),
      ...by,
      ...ops.slice(at + 1),
    ];
    yield replaced();
    if (op.ops !== undefined) yield replaced(...op.ops);
    if (op.handler !== undefined) yield replaced(...op.ops!, ...op.handler, ...op.finally!);
    for (const simpler of simplerOps(op)) yield replaced(simpler);
  }
}

function* simplerOps(op: Op): Generator<Op> {
  for (const key of ["ops", "handler", "finally"] as const) {
    const inner = op[key];
    if (inner !== undefined) for (const fewer of smallerOps(inner)) yield { ...op, [key]: fewer };
  }
  for (const [at, item] of (op.items ?? []).entries()) {
    const items = op.items!;
    yield { ...op, items: [...items.slice(0, at), ...items.slice(at + 1)] };
    if ("ops" in item)
      for (const fewer of smallerOps(item.ops)) {
        const simpler: Item = { id: item.id, ops: fewer };
        yield { ...op, items: [...items.slice(0, at), simpler, ...items.slice(at + 1)] };
      }
  }
  if (op.catch !== undefined) {
    const { catch: _, ...without } = op;
    yield without;
  }
  if (op.message !== undefined && op.op === "cancel") {
    const { message: _, ...without } = op;
    yield without;
  }
  for (const ms of [null, 0, 1, 2, 3])
    if (typeof op.ms === "number" && (ms === null ? op.op !== "sleep" && op.op !== "callLater" : ms < op.ms))
      yield { ...op, ms };
}
