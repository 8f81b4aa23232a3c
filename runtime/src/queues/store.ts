/** @internal Where a queue keeps its items. The order in which `shift` gives them is what tells queues apart. */
export interface Store<T> {
  readonly length: number;
  push(item: T): void;
  /** The item that is due next. Only called when there is one. */
  shift(): T;
  /** At most `limit` items from `offset` on, in the order in which they will be got. Runs no user code. */
  page(offset: number, limit: number): T[];
  clear(): void;
}
