/** Kept of each string, in UTF-16 units: names of functions, classes, properties and files are shorter. */
const KEPT = 400;
const FIRST_SIZE = 1 << 20;

/**
 * The strings of a heap snapshot, cut, one behind the other in one buffer: a snapshot holds all texts of a program, of
 * which some thousand names are wanted.
 */
export class StringTable {
  #text = new Uint16Array(FIRST_SIZE);
  #used = 0;
  #starts = new Uint32Array(FIRST_SIZE >> 4);
  #count = 0;
  /** Characters of the present string that were kept. */
  #length = 0;
  readonly #known = new Map<number, string>();
  #ids: Map<string, number> | undefined;

  append(text: string, from: number, to: number): void {
    const end = Math.min(to, from + KEPT - this.#length);
    if (end <= from) return;
    if (this.#used + KEPT > this.#text.length) this.#text = grown(this.#text);
    let used = this.#used;
    for (let i = from; i < end; i++) this.#text[used++] = text.charCodeAt(i);
    this.#used = used;
    this.#length += end - from;
  }

  endString(): void {
    if (this.#count + 2 > this.#starts.length) this.#starts = grown32(this.#starts);
    this.#starts[++this.#count] = this.#used;
    this.#length = 0;
  }

  /** No string will be added. */
  seal(): void {
    this.#text = this.#text.slice(0, this.#used);
    this.#starts = this.#starts.slice(0, this.#count + 1);
  }

  get(index: number): string {
    let text = this.#known.get(index);
    if (text === undefined) {
      if (index >= this.#count) return "";
      text = String.fromCharCode(...this.#text.subarray(this.#starts[index], this.#starts[index + 1]));
      this.#known.set(index, text);
    }
    return text;
  }

  /** Number of a string, -1 when the program has none like it. */
  find(text: string): number {
    this.#ids ??= new Map();
    let id = this.#ids.get(text);
    if (id === undefined) this.#ids.set(text, (id = this.#search(text)));
    return id;
  }

  #search(text: string): number {
    const { length } = text;
    for (let i = 0; i < this.#count; i++) {
      const start = this.#starts[i]!;
      if (this.#starts[i + 1]! - start !== length) continue;
      let same = 0;
      while (same < length && this.#text[start + same] === text.charCodeAt(same)) same++;
      if (same === length) return i;
    }
    return -1;
  }

  /** All strings that `test` accepts. */
  matching(test: (text: string) => boolean): Set<number> {
    const found = new Set<number>();
    for (let i = 0; i < this.#count; i++) {
      const text = String.fromCharCode(...this.#text.subarray(this.#starts[i], this.#starts[i + 1]));
      if (test(text)) found.add(i);
    }
    return found;
  }
}

function grown(old: Uint16Array<ArrayBuffer>): Uint16Array<ArrayBuffer> {
  const bigger = new Uint16Array(old.length * 2);
  bigger.set(old);
  return bigger;
}

function grown32(old: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const bigger = new Uint32Array(old.length * 2);
  bigger.set(old);
  return bigger;
}
