import { CancelScope } from "../core/cancel-scope.js";
import { currentPlaceOrNull } from "../core/current-task.js";
import { RuntimeError } from "../core/errors.js";

/** @internal The scope that the running code is in, null when it is in none. */
export function innermostScope(): CancelScope | null {
  const place = currentPlaceOrNull();
  return place instanceof CancelScope ? place : null;
}

/** @internal A scope of the current task, inside the one that the code is in. @throws RuntimeError outside a task. */
export function openScope(what: string): CancelScope {
  const place = currentPlaceOrNull();
  if (place === null) throw new RuntimeError(`${what} must be used inside a task`);
  return new CancelScope(place._task, place instanceof CancelScope ? place : place._rootScope());
}

/** @internal @throws RuntimeError when the block has not been entered. */
export function signalOf(scope: CancelScope | null, call: string): AbortSignal {
  if (scope === null)
    throw new RuntimeError(`it has no signal before its block is entered: use ${call}, whose body gets it`);
  return scope.signal;
}
