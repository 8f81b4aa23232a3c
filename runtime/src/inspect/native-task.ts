import type { SiteId } from "@asyncscope/protocol";
import { FUTURE_BRAND } from "../core/future.js";
import type { Frame, WatchedCall } from "../frames/frame.js";
import { realTime } from "./primordials.js";

/** Clock of the tasks that no loop of ours runs. */
export const NATIVE_LOOP = {
  _iterationTime: 0,
  /** Never empty, and lists nothing: each of them has its record. */
  _firstTask: { _record: null, _after: null },
  _lastTask: null,
  _isIdle: false,
  time: realTime,
  isRunning: () => false,
  _eachReady: () => undefined,
};

/** A frame of a plain async function, as the views read those of the runtime's tasks. */
export class NativeFrame {
  readonly _isUserCode = true;
  /** As of the call of an async function: see `isAsyncFrame`. */
  readonly _iterator = this;

  constructor(
    readonly _name: string,
    readonly _site: SiteId,
    readonly _caller: NativeFrame | null,
  ) {}
}

/** What a plain async function waits for, as the views read a future. */
export class NativeWait {
  readonly [FUTURE_BRAND] = true;

  constructor(
    /** Where the await stands. */
    readonly _site: SiteId,
    readonly _origin: {
      readonly kind: string;
      readonly resource: null;
      readonly describe: () => string;
      readonly due?: () => number;
      readonly children?: () => readonly NativeTask[];
    },
  ) {}

  done(): boolean {
    return false;
  }
}

/** A logical task of a program that knows nothing of us: a call of an async function that nobody awaited at once. */
export class NativeTask implements WatchedCall {
  readonly [FUTURE_BRAND] = true;
  readonly _isAsync = true;
  readonly _strands = null;
  readonly _readyStrands = 0;
  readonly _origin = null;
  readonly _scope = null;
  readonly _cancelArrives = null;
  readonly _number = 0;
  readonly _loop = NATIVE_LOOP;
  _record: object | null = null;
  _givenName: string | null;
  _frame: NativeFrame | null = null;
  _waiter: NativeWait | null = null;
  _since = 0;
  ended = false;
  /** How often it was read what it waits for. */
  waits = 0;
  /** Its frame is gone and had not ended: nobody has anything left that could make it go on. */
  abandoned = false;
  /** Who called it has gone on or ended without it, as with what a `Promise.race` leaves: nobody misses its end. */
  leftBehind = false;
  /** For its keeper. Weak: a call that nothing can resume is collected as without us. */
  readonly frame: WeakRef<Frame>;

  constructor(
    readonly _coroutineName: string,
    frame: Frame,
    /** Called by a statement that does nothing with its promise. */
    readonly floating: boolean,
  ) {
    this._givenName = nameWith(_coroutineName, frame.argument);
    this.frame = new WeakRef(frame);
  }

  set name(name: string) {
    this._givenName = name;
  }

  done(): boolean {
    return this.ended;
  }
  cancelled(): boolean {
    return false;
  }
  cancelling(): number {
    return 0;
  }
  /** Nobody can cancel it from outside. */
  cancel(): boolean {
    return false;
  }
  /** Who hears of its end, only V8 knows. */
  _listeners(): readonly [] {
    return [];
  }
  _hasError(): boolean {
    return false;
  }
  _peekError(): unknown {
    return undefined;
  }
  _isUnretrieved(): boolean {
    return false;
  }
}

/** `load(42)`: with the first argument, where that is short. */
function nameWith(name: string, argument: unknown): string {
  if (typeof argument === "string" && argument.length <= 40) return `${name}(${JSON.stringify(argument)})`;
  return typeof argument === "number" || typeof argument === "boolean" || typeof argument === "bigint"
    ? `${name}(${String(argument)})`
    : name;
}

/** Whether a task is a call of a plain async function that nothing can make go on any more. */
export function isAbandoned(task: object | null): boolean {
  return task instanceof NativeTask && task.abandoned;
}

/** Whether a task is a call of a plain async function whose end nobody misses. */
export function isLeftBehind(task: object | null): boolean {
  return task instanceof NativeTask && task.leftBehind;
}

/** Whether a task is a call of a plain async function whose promise nobody keeps. */
export function isFloating(task: object | null): boolean {
  return task instanceof NativeTask && task.floating;
}
