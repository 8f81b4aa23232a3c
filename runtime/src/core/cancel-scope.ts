import type { Suspension } from "./awaitable.js";
import { complete, enterScope } from "./awaitable.js";
import { CancelledError, CancelRequest } from "./errors.js";
import type { Task } from "./task.js";

/**
 * @internal A part of a task that can be cancelled by itself: the block of a timeout or of a task group, and, as the
 * root of the others, the whole task. A request reaches what waits inside the block, however many async functions
 * wait there side by side, and nothing beside it. A scope is left with the requests of its own taken back.
 */
export class CancelScope {
  /** Requests made on this scope that were not taken back. */
  requests = 0;
  /** Its block has ended: what still waits in here was left behind. */
  closed = false;
  /** A timer will cancel it: what waits in here does not wait for ever. */
  timed = false;
  // Not `#`: each task that is cancelled has one, and V8 defines private fields one by one.
  /** The first of the requests, for signals. */
  _request: CancelRequest | null = null;
  /** A request that nothing has taken yet: due at the next suspension inside. */
  _pending: CancelRequest | null = null;
  _controller: AbortController | null = null;

  /** The whole task. */
  readonly root: TaskScope;

  /**
   * @param _task whose part it is.
   * @param _parent the scope around it; null for the whole task.
   */
  constructor(
    readonly _task: Task<unknown>,
    readonly _parent: CancelScope | null,
  ) {
    this.root = _parent === null ? (this as unknown as TaskScope) : _parent.root;
  }

  /** Aborted when this scope or one around it is cancelled; another one after that was taken back (rule JS-16). */
  get signal(): AbortSignal {
    if (this._controller === null) {
      this._controller = new AbortController();
      if (!this.closed) (this.root.signals ??= new Set()).add(this);
      const request = this._cancelledBy();
      if (request !== null) this._controller.abort(request.toError());
      else if (this._parent === null && this._task.cancelled()) this._controller.abort(new CancelledError());
    }
    return this._controller.signal;
  }

  /** Whether a request on this scope reaches what waits in `inner` (null: in the task, outside every scope). */
  reaches(inner: CancelScope | null): boolean {
    if (this._parent === null) return true;
    for (let scope = inner; scope !== null; scope = scope._parent) if (scope === this) return true;
    return false;
  }

  /** Requests on the scopes around this one: those that it must not swallow (rule UC-05). */
  outsideRequests(): number {
    let requests = 0;
    for (let scope = this._parent; scope !== null; scope = scope._parent) requests += scope.requests;
    return requests;
  }

  requested(request: CancelRequest): void {
    if (++this.requests === 1 && this._parent !== null) (this.root.requestedInside ??= new Set()).add(this);
    this.root.allRequests++;
    this._request ??= request;
  }

  /** Nothing that waits in here has taken `request`. */
  makeDue(request: CancelRequest): void {
    this._pending = request;
  }

  /** Takes a request back; with the last one, one that was not delivered is withdrawn (rule UC-03). */
  takeBack(): void {
    this.root.allRequests--;
    if (--this.requests > 0) return;
    this.root.requestedInside?.delete(this);
    this._request = null;
    this._pending = null;
    // A signal cannot be un-aborted: whoever asks from now on gets a new one (rule JS-16).
    const { signals } = this.root;
    if (signals !== null) for (const scope of [...signals]) if (scope._renewSignal()) signals.delete(scope);
  }

  /** Its block has ended: its own requests end with it. @returns those from outside. */
  close(): number {
    while (this.requests > 0) this.takeBack();
    this.closed = true;
    this.root.signals?.delete(this);
    return this.outsideRequests();
  }

  /** What is due at the next suspension in here: the request of the outermost scope that has one. */
  due(): CancelRequest | null {
    // What was left behind must not take what is meant for the block around.
    if (this.closed) return null;
    let pending: CancelRequest | null = null;
    for (let scope: CancelScope | null = this; scope !== null; scope = scope._parent)
      pending = scope._pending ?? pending;
    return pending;
  }

  /** It was delivered: one error for all requests that were due (rule CA-14). */
  delivered(): void {
    if (this.closed) return;
    for (let scope: CancelScope | null = this; scope !== null; scope = scope._parent) scope._pending = null;
  }

  /** A request from outside that the block has hidden is due again at the next suspension (rule TG-07). */
  renewOutside(): void {
    for (let scope = this._parent; scope !== null; scope = scope._parent) scope._pending ??= scope._request;
  }

  /** Aborts the signals of this scope and of those that a request on `reach` reaches. */
  abortSignals(request: CancelRequest, reach: CancelScope): void {
    if (this.root.signals === null) return;
    for (const scope of [...this.root.signals])
      if (scope === this || reach.reaches(scope)) scope._controller?.abort(request.toError());
  }

  _renewSignal(): boolean {
    if (this._controller?.signal.aborted !== true || this._cancelledBy() !== null) return false;
    this._controller = null;
    return true;
  }

  _cancelledBy(): CancelRequest | null {
    for (let scope: CancelScope | null = this; scope !== null; scope = scope._parent)
      if (scope._request !== null) return scope._request;
    return null;
  }
}

/** @internal The scope that is a whole task, and what is known of all scopes in it. */
export class TaskScope extends CancelScope {
  /** Requests on any scope of the task. */
  allRequests = 0;
  /** Scopes whose signal was asked for; null: none. */
  signals: Set<CancelScope> | null = null;
  /** Scopes inside with requests, the latest one last; null: there was none. */
  requestedInside: Set<CancelScope> | null = null;

  constructor(task: Task<unknown>) {
    super(task, null);
  }

  /** Takes one request back: on the whole task, else on the scope around `innermost` that the caller has met. */
  uncancel(innermost: CancelScope | null): void {
    if (this.requests > 0) this.takeBack();
    else requestedAround(innermost)?.takeBack();
  }

  /**
   * As {@link uncancel}, for a caller outside of the task. Which blocks an async function stands in is not known there:
   * then it is the latest request.
   */
  uncancelFromOutside(innermost: CancelScope | null): void {
    if (this.requests > 0) this.takeBack();
    else (requestedAround(innermost) ?? [...(this.requestedInside ?? [])].at(-1))?.takeBack();
  }
}

function requestedAround(innermost: CancelScope | null): CancelScope | null {
  let scope = innermost;
  while (scope !== null && scope.requests === 0) scope = scope._parent;
  return scope;
}

/** @internal `yield*` it: from there on the frames that run wait in `to`. Costs no suspension. */
export class ScopeChange {
  #done = false;

  /** @param to null: the task, outside every scope. */
  constructor(readonly to: CancelScope | null) {}

  [Symbol.iterator](): Iterator<Suspension, void, unknown> {
    return this;
  }

  next(): IteratorResult<Suspension, void> {
    if (this.#done) return complete(undefined);
    this.#done = true;
    return enterScope(this.to);
  }
}
