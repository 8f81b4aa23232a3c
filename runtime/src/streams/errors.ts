/** The stream ended before all that was asked for had come (rules SR-04, SR-10). */
export class IncompleteReadError extends Error {
  override name = "IncompleteReadError";

  constructor(
    /** What came; it is taken out of the buffer. */
    readonly partial: Buffer,
    /** How many bytes were asked for; null when it was a separator. */
    readonly expected: number | null,
  ) {
    super(
      expected === null
        ? `the stream ended after ${partial.length} bytes, before the separator`
        : `the stream ended after ${partial.length} of ${expected} bytes`,
    );
  }
}

/** A separator is not found within the reader's limit (rule SR-09). What was read stays in the buffer. */
export class LimitOverrunError extends Error {
  override name = "LimitOverrunError";

  constructor(
    message: string,
    /** How many bytes can be read off without missing a separator. */
    readonly consumed: number,
  ) {
    super(message);
  }
}
