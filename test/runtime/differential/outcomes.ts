/** What an operation names has not been made yet. */
export class Absent extends Error {
  override name = "Absent";
}

/** A body ends early with a value. */
export class Return {
  constructor(readonly value: number) {}
}
