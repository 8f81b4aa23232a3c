import type { SiteId } from "@asyncscope/protocol";
import { RareFacts } from "./task-record.js";
import type { CancelledBy, LoopTime, TaskRecord } from "./task-record.js";

/** How a task without a record was created, and cancelled. One object for all of which the same is to tell. */
export class TaskCreation {
  /** Null unless its cancellation was asked for. */
  cancelledBy: CancelledBy | null = null;
  /** When that was, on the loop's clock. */
  cancelledAt = 0;

  constructor(
    readonly parent: TaskRecord,
    readonly site: SiteId,
    readonly time: LoopTime,
  ) {}
}

/** A task that has ended before it got a record: what there is to tell, should somebody ask. */
export class UnrecordedEnd {
  readonly facts = new RareFacts(null);

  constructor(public creation: TaskCreation) {}
}
