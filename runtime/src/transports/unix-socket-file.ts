import { linkSync, lstatSync, renameSync, unlinkSync } from "node:fs";
import type { Stats } from "node:fs";
import { dirname, join } from "node:path";

/**
 * @internal The file of a listening Unix socket. Node removes whatever has its path when it closes the socket, and
 * never removes a stale one before: here it is the other way round (rules SV-05, SV-06).
 */
export class UnixSocketFile {
  readonly #path: string;
  readonly #cleanUp: boolean;
  #own: Stats | null = null;

  constructor(path: string, cleanUp: boolean) {
    this.#path = path;
    this.#cleanUp = cleanUp;
  }

  /** Before listening: a socket that is left over goes; any other file stays, and listening fails. */
  removeStale(): void {
    if (statOf(this.#path)?.isSocket() === true) unlinkSync(this.#path);
  }

  /** The socket listens: the file is ours. */
  created(): void {
    this.#own = statOf(this.#path);
  }

  /** Closes the socket by `close()`, which removes the file; keeps it when it is to stay or is no longer ours. */
  closing(close: () => void): void {
    const present = statOf(this.#path);
    if (present === null || (this.#cleanUp && this.#isOwn(present))) {
      close();
      return;
    }
    // Node has no way to close without removing: a second name carries the file over.
    const other = join(dirname(this.#path), `.${process.pid}-${Date.now().toString(36)}`);
    try {
      linkSync(this.#path, other);
    } catch {
      close();
      return;
    }
    close();
    renameSync(other, this.#path);
  }

  #isOwn(present: Stats): boolean {
    return this.#own !== null && present.ino === this.#own.ino && present.dev === this.#own.dev;
  }
}

function statOf(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}
