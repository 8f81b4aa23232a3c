const EMPTY = Buffer.alloc(0);

/** @internal Bytes as they came, in chunks that are not copied: what lies within one chunk is a view of it. */
export class ChunkBuffer {
  #chunks: Buffer[] = [];
  /** Index of the first chunk that is left. */
  #first = 0;
  /** How much of it is gone. */
  #offset = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
  }

  /** The first `count` bytes, which must be there. */
  take(count: number): Buffer {
    if (count === 0) return EMPTY;
    const chunk = this.#chunks[this.#first]!;
    const here = chunk.length - this.#offset;
    if (count > here) return this.#join(count);
    this.#size -= count;
    if (count === here) {
      const rest = this.#offset === 0 ? chunk : chunk.subarray(this.#offset);
      this.#dropFirst();
      return rest;
    }
    const from = this.#offset;
    this.#offset += count;
    return chunk.subarray(from, from + count);
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#first = this.#offset = this.#size = 0;
  }

  /** Where `separator` begins at or after `from`; -1 when it is not there. Also across chunks (rule SR-11). */
  indexOf(separator: Uint8Array, from: number): number {
    const chunks = this.#chunks;
    let begin = 0;
    for (let i = this.#first; i < chunks.length; i++) {
      const chunk = chunks[i]!;
      const skip = i === this.#first ? this.#offset : 0;
      const end = begin + chunk.length - skip;
      if (end > from) {
        const at = chunk.indexOf(
          separator.length === 1 ? separator[0]! : separator,
          skip + Math.max(0, from - begin),
        );
        if (at >= 0) return begin + at - skip;
        if (separator.length > 1 && end < this.#size) {
          const across = this.#indexAcross(end, separator, from);
          if (across >= 0) return across;
        }
      }
      begin = end;
    }
    return -1;
  }

  /** Whether `bytes` stand at `at`. */
  hasAt(bytes: Uint8Array, at: number): boolean {
    return at + bytes.length <= this.#size && this.#copy(at, at + bytes.length).equals(bytes);
  }

  #indexAcross(border: number, separator: Uint8Array, from: number): number {
    const begin = Math.max(from, border - separator.length + 1);
    const end = Math.min(this.#size, border + separator.length - 1);
    const at = this.#copy(begin, end).indexOf(separator);
    return at < 0 ? -1 : begin + at;
  }

  #copy(begin: number, end: number): Buffer {
    const target = Buffer.allocUnsafe(end - begin);
    let at = -this.#offset;
    for (let i = this.#first; i < this.#chunks.length && at < end; i++) {
      const chunk = this.#chunks[i]!;
      if (at + chunk.length > begin) {
        const from = Math.max(0, begin - at);
        chunk.copy(target, at + from - begin, from, Math.min(chunk.length, end - at));
      }
      at += chunk.length;
    }
    return target;
  }

  #join(count: number): Buffer {
    const target = Buffer.allocUnsafe(count);
    let filled = 0;
    while (filled < count) {
      const chunk = this.#chunks[this.#first]!;
      const length = Math.min(count - filled, chunk.length - this.#offset);
      chunk.copy(target, filled, this.#offset, this.#offset + length);
      filled += length;
      if (this.#offset + length === chunk.length) this.#dropFirst();
      else this.#offset += length;
    }
    this.#size -= count;
    return target;
  }

  #dropFirst(): void {
    this.#offset = 0;
    const chunks = this.#chunks;
    if (++this.#first === chunks.length) {
      chunks.length = 0;
      this.#first = 0;
    } else if (this.#first >= 64 && this.#first * 2 >= chunks.length) {
      // What is gone must not be kept alive, nor moved for each chunk.
      this.#chunks = chunks.slice(this.#first);
      this.#first = 0;
    } else chunks[this.#first - 1] = EMPTY;
  }
}
