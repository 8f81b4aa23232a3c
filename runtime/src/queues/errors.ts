/** `getNowait` found nothing. Wait with `get()` instead. */
export class QueueEmpty extends Error {
  override name = "QueueEmpty";
}

/** `putNowait` found no room. Wait with `put()` instead. */
export class QueueFull extends Error {
  override name = "QueueFull";
}

/** The queue was shut down: nothing can be put any more, and what was in it has been got (rules QS-01, QS-02). */
export class QueueShutDown extends Error {
  override name = "QueueShutDown";
}
