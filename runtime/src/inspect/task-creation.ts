import type { SiteId } from "@asyncscope/protocol";
import { RareFacts } from "./task-record.js";
import type { LoopTime, TaskRecord } from "./task-record.js";

/** How a task without a record was created. One object for all that were created alike. */
export class TaskCreation {
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
