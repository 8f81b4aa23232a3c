/** A list of numbers in a typed array that grows. */
export interface Column<T extends NumberArray> {
  /** What is behind the length means nothing. */
  readonly data: T;
  readonly length: number;
  push(value: number): void;
}

type NumberArray = Float64Array | Uint32Array | Int32Array | Uint8Array;

class GrowingColumn<T extends NumberArray> implements Column<T> {
  length = 0;

  constructor(
    public data: T,
    readonly make: (length: number) => T,
  ) {}

  push(value: number): void {
    if (this.length === this.data.length) {
      const larger = this.make(this.length * 2);
      larger.set(this.data);
      this.data = larger;
    }
    this.data[this.length++] = value;
  }

  /** Forgets what is behind. */
  cut(length: number): void {
    this.length = length;
  }
}

export type Floats = GrowingColumn<Float64Array>;
export type Words = GrowingColumn<Uint32Array>;
export type Bytes = GrowingColumn<Uint8Array>;

const FIRST = 1024;

export const floats = (): Floats => new GrowingColumn(new Float64Array(FIRST), (n) => new Float64Array(n));
export const words = (): Words => new GrowingColumn(new Uint32Array(FIRST), (n) => new Uint32Array(n));
export const bytes = (): Bytes => new GrowingColumn(new Uint8Array(FIRST), (n) => new Uint8Array(n));
