import type { TaskId } from "@asyncscope/protocol";

/** A few of many tasks, evenly spread: when full every second one goes, and from then on half as many come. */
export class Samples {
  #ids: TaskId[] = [];
  #stride = 1;
  #seen = 0;

  constructor(private readonly most: number) {}

  add(id: TaskId): void {
    if (this.#seen++ % this.#stride !== 0) return;
    if (this.#ids.length === this.most) {
      const half: TaskId[] = [];
      for (let i = 0; i < this.most; i += 2) half[half.length] = this.#ids[i]!;
      this.#ids = half;
      this.#stride *= 2;
    }
    this.#ids[this.#ids.length] = id;
  }

  /** At most that many of them, as evenly spread as all. */
  spread(most: number): TaskId[] {
    const ids: TaskId[] = [];
    const { length } = this.#ids;
    const shown = length < most ? length : most;
    for (let i = 0; i < shown; i++) ids[i] = this.#ids[Math.floor((i * length) / shown)]!;
    return ids;
  }
}
