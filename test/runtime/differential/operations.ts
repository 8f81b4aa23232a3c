import {
  asCompleted,
  CancelledError,
  createTask,
  gather,
  isCancelled,
  isFuture,
  shield,
  sleep,
  Task,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "asyncscope";
import type { Future } from "asyncscope";
import { generatorForm } from "../../support/both-forms.js";
import type { Form, Steps } from "../../support/both-forms.js";
import type { Interpreter } from "./interpreter.js";
import { Absent, Return } from "./outcomes.js";
import type { ImmediateName, Op, WaitingName } from "./program.js";
import { Boom, showError, showState, showValue } from "./values.js";

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Absent();
  return value;
}

function task(run: Interpreter, op: Op): Task<unknown> {
  const target = run.ref(op.target!);
  if (!(target instanceof Task)) throw new Absent();
  return target;
}

const queue = (run: Interpreter, op: Op) => run.resources.queues[op.on!]!;
const lock = (run: Interpreter, op: Op) => run.resources.locks[op.on!]!;
const semaphore = (run: Interpreter, op: Op) => run.resources.semaphores[op.on!]!;
const event = (run: Interpreter, op: Op) => run.resources.events[op.on!]!;
const condition = (run: Interpreter, op: Op) => run.resources.conditions[op.on!]!;
const barrier = (run: Interpreter, op: Op) => run.resources.barriers[op.on!]!;
const scope = (run: Interpreter, op: Op) => there(run.timeouts.get(op.id!));

/** Operations that end where they are: what they give, or throw. */
export const immediate: Record<ImmediateName, (run: Interpreter, op: Op) => unknown> = {
  note: () => undefined,
  spawn: (run, op) =>
    run.spawn(op.id!, op.ops!, (body) => createTask(body, { eagerStart: op.eager ?? false })),
  groupSpawn: (run, op) => {
    const group = there(run.groups.get(op.group!));
    return run.spawn(op.id!, op.ops!, (body) => group.createTask(body));
  },
  cancel: (run, op) => run.ref(op.target!).cancel(op.message),
  uncancel: (run, op) => task(run, op).uncancel(),
  cancelling: (run, op) => task(run, op).cancelling(),
  state: (run, op) => showState(run.ref(op.target!), run.nameOf),
  setResult: (run, op) => run.ref(op.target!).setResult(op.n),
  setError: (run, op) => run.ref(op.target!).setException(new Boom(String(op.n))),
  addCallback: (run, op) => {
    const callback = run.doneCallback(op);
    run.callbacks.set(op.id!, callback);
    run.ref(op.target!).addDoneCallback(callback);
  },
  removeCallback: (run, op) => {
    const callback = there(run.callbacks.get(op.id!));
    return run.ref(op.target!).removeDoneCallback(callback);
  },
  callSoon: (run, op) => void run.handles.set(op.id!, run.loop.callSoon(run.called(op))),
  callLater: (run, op) => void run.handles.set(op.id!, run.loop.callLater(op.ms!, run.called(op))),
  cancelHandle: (run, op) => there(run.handles.get(op.id!)).cancel(),
  make: (run, op) => {
    const items = run.items(op);
    const future: Future<unknown> =
      op.kind === "gather"
        ? gather(items, { returnExceptions: op.returnExceptions! })
        : shield(there(items[0]));
    return run.made(op.id!, future);
  },
  putNowait: (run, op) => queue(run, op).putNowait([...op.value!]),
  getNowait: (run, op) => queue(run, op).getNowait(),
  taskDone: (run, op) => queue(run, op).taskDone(),
  shutdown: (run, op) => queue(run, op).shutdown({ immediate: op.immediate! }),
  queueState: (run, op) => [queue(run, op).qsize(), queue(run, op).empty(), queue(run, op).full()],
  release: (run, op) => lock(run, op).release(),
  locked: (run, op) => lock(run, op).locked(),
  releasePermit: (run, op) => semaphore(run, op).release(),
  permitLocked: (run, op) => semaphore(run, op).locked(),
  setEvent: (run, op) => event(run, op).set(),
  clearEvent: (run, op) => event(run, op).clear(),
  eventIsSet: (run, op) => event(run, op).isSet(),
  notify: (run, op) => condition(run, op).notify(op.limit),
  notifyAll: (run, op) => condition(run, op).notifyAll(),
  barrierState: (run, op) => [barrier(run, op).nWaiting, barrier(run, op).broken],
  reschedule: (run, op) => scope(run, op).reschedule(op.ms === null ? null : run.loop.time() + op.ms!),
  expired: (run, op) => [scope(run, op).expired(), scope(run, op).when()],
  raise: (_run, op) => {
    throw new Boom(String(op.n));
  },
  raiseCancelled: (_run, op) => {
    throw new CancelledError(op.message);
  },
  return: (_run, op) => new Return(op.n),
  setVariable: (run, op) => void run.variable.set(op.n),
  getVariable: (run) => run.variable.get(),
};

/** Operations that may suspend. `form` is that of the body they stand in. */
export const waiting: Record<WaitingName, (run: Interpreter, op: Op, form: Form) => Steps<unknown>> = {
  sleep: (_run, op, form) => form.wait(sleep(op.ms!, op.n)),
  call: (run, op, form) => form.wait(form.body(() => run.runOps(op.ops!, form))()),
  *try(run, op, form) {
    try {
      return yield* run.runOps(op.ops!, form);
    } catch (error) {
      if (!(op.catches === "all" || (op.catches === "errors" && !isCancelled(error)))) throw error;
      run.mark(`${op.n}:caught ${showError(error)}`);
      return yield* run.runOps(op.handler!, form);
    } finally {
      yield* run.runOps(op.finally!, form);
    }
  },
  await: (run, op, form) => form.wait(run.ref(op.target!)),
  gather: (run, op, form) => form.wait(gather(run.items(op), { returnExceptions: op.returnExceptions! })),
  *wait(run, op, form) {
    const futures = run.items(op).map((item) => (isFuture(item) ? item : createTask(item)));
    const { done, pending } = yield* form.wait(
      wait(futures, { timeout: op.ms!, returnWhen: op.returnWhen! }),
    );
    return [[...done], [...pending]];
  },
  // A coroutine runs in the task that waits for it; an async function would be a task of its own.
  waitFor: (run, op, form) => form.wait(waitFor(run.item(there(op.items![0]), generatorForm), op.ms!)),
  shield: (run, op, form) => form.wait(shield(run.item(there(op.items![0])))),
  timeout: (run, op, form) =>
    form.wait(
      timeout(
        op.ms!,
        run.block(op, (scope) => void run.timeouts.set(op.id!, scope)),
      ),
    ),
  group: (run, op, form) =>
    form.wait(taskGroup(run.block(op, (group) => void run.groups.set(op.id!, group)))),
  *asCompleted(run, op, form) {
    const results: unknown[] = [];
    let left = op.limit!;
    for (const next of asCompleted(run.items(op), { timeout: op.ms! })) {
      if (--left < 0) {
        next.close();
        break;
      }
      try {
        results.push(yield* form.wait(next));
      } catch (error) {
        if (isCancelled(error)) throw error;
        results.push(error);
      }
      run.mark(`${op.n}:next ${showValue(results.at(-1), run.nameOf)}`);
    }
    return results;
  },
  put: (run, op, form) => form.wait(queue(run, op).put([...op.value!])),
  get: (run, op, form) => form.wait(queue(run, op).get()),
  join: (run, op, form) => form.wait(queue(run, op).join()),
  acquire: (run, op, form) => form.wait(lock(run, op).acquire()),
  withLock: (run, op, form) => form.wait(lock(run, op).withLock(run.block(op, () => undefined))),
  acquirePermit: (run, op, form) => form.wait(semaphore(run, op).acquire()),
  withPermit: (run, op, form) => form.wait(semaphore(run, op).withPermit(run.block(op, () => undefined))),
  waitEvent: (run, op, form) => form.wait(event(run, op).wait()),
  withCondition: (run, op, form) => form.wait(condition(run, op).withLock(run.block(op, () => undefined))),
  waitCondition: (run, op, form) => form.wait(condition(run, op).wait()),
  *waitConditionFor(run, op, form) {
    const event = run.resources.events[op.event!]!;
    return yield* form.wait(
      condition(run, op).waitFor(() => {
        run.mark(`${op.n}:tested ${String(event.isSet())}`);
        return event.isSet();
      }),
    );
  },
  *waitBarrier(run, op, form) {
    yield* form.wait(barrier(run, op).wait());
  },
  resetBarrier: (run, op, form) => form.wait(barrier(run, op).reset()),
  abortBarrier: (run, op, form) => form.wait(barrier(run, op).abort()),
};
