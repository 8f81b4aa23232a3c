import { createContext, runInContext } from "node:vm";

/** The built-in Error of a realm of our own. */
type ErrorConstructor = typeof Error;
let realmError: ErrorConstructor | null | undefined;

/**
 * Structured frames of the caller's stack, innermost first; `[]` where the platform gives none.
 *
 * They are taken with the Error of a realm of our own: its `stackTraceLimit` and `prepareStackTrace` are nobody else's,
 * so that a program that replaced, switched off or froze those of its own Error neither notices nor disturbs.
 */
export function stackFrames(limit: number): readonly NodeJS.CallSite[] {
  if (realmError === undefined) realmError = makeRealm();
  if (realmError === null) return [];
  realmError.stackTraceLimit = limit;
  const { stack } = new realmError() as unknown as { stack: unknown };
  return typeof stack === "object" && stack !== null ? (stack as readonly NodeJS.CallSite[]) : [];
}

function makeRealm(): ErrorConstructor | null {
  try {
    const error = runInContext("Error", createContext({}), {
      filename: "node:internal/asyncscope",
    }) as ErrorConstructor;
    error.prepareStackTrace = (_error, frames) => frames;
    return error;
  } catch {
    // A platform without realms: there are no positions.
    return null;
  }
}
