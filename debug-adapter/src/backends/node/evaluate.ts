import type { Protocol } from "devtools-protocol";
import { fail } from "../../errors.js";
import type { EvaluatePurpose } from "../../target/execution.js";
import { describe } from "./values/describe.js";
import type { Remote } from "./values/values.js";

/** What an expression may do and how long it may take. */
export interface EvaluationLimits {
  readonly noSideEffects: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

export function limitsOf(purpose: EvaluatePurpose): EvaluationLimits {
  switch (purpose) {
    case "hover":
      return { noSideEffects: true, timeout: 200 };
    case "watch":
    case "variables":
      return { noSideEffects: false, timeout: 1000 };
    case "clipboard":
    case "repl":
      return { noSideEffects: false, timeout: 4500 };
  }
}

/** The result of an evaluation, or the error of it. */
export function checked(reply: {
  readonly result: Remote;
  readonly exceptionDetails?: Protocol.Runtime.ExceptionDetails;
}): Remote {
  const { exceptionDetails } = reply;
  if (exceptionDetails === undefined) return reply.result;
  const { exception } = exceptionDetails;
  const text = exception === undefined ? exceptionDetails.text : describe(exception);
  if (text.includes("Possible side-effect in debug-evaluate")) fail("sideEffects");
  return fail("evaluateFailed", { detail: exception?.subtype === "error" ? text : `Uncaught ${text}` });
}
