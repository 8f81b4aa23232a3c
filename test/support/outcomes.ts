import assert from "node:assert/strict";
import { CancelledError } from "asyncscope";
import type { Awaitable, CoroutineGenerator, Future } from "asyncscope";
import type { Form } from "./both-forms.js";

/** The error that `awaitable` throws; fails when it throws none. */
export function* thrownBy(form: Form, awaitable: Awaitable<unknown>): CoroutineGenerator<unknown> {
  try {
    yield* form.wait(awaitable);
  } catch (error) {
    return error;
  }
  return assert.fail("it did not throw");
}

/** The error of a cancelled future. */
export function cancellationOf(future: Future<unknown>): CancelledError {
  assert.ok(future.cancelled(), "it is not cancelled");
  try {
    future.result();
  } catch (error) {
    assert.ok(error instanceof CancelledError);
    return error;
  }
  return assert.fail("a cancelled future had a result");
}
