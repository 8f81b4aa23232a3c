/** The loop clock of the program between two of its answers. Milliseconds. */
export class ProgramClock {
  #atAnswer = 0;
  #receivedAt = 0;
  /** Local time at which it stopped, undefined while it goes. */
  #stoppedAt: number | undefined = 0;

  /** @param local milliseconds, local */
  constructor(private readonly local: () => number) {}

  /** An answer said what time it is there. It goes on from there only while the program runs. */
  set(now: number, running: boolean): void {
    this.#atAnswer = now;
    this.#receivedAt = this.local();
    this.#stoppedAt = running ? undefined : this.#receivedAt;
  }

  /**
   * Stops it until the next answer: the program has stopped or ended, or something has changed that is not shown
   * yet and no row may claim to wait longer than it did.
   */
  stop(): void {
    this.#stoppedAt ??= this.local();
  }

  now(): number {
    return this.#atAnswer + (this.#stoppedAt ?? this.local()) - this.#receivedAt;
  }
}
