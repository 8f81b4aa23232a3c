// Saves orders over a pool of connections: see docs/tutorial-endless-test.md.
import { setTimeout as sleep } from "node:timers/promises";

export class Pool {
  #free;
  #waiting = [];
  #pings;

  constructor(connections) {
    this.#free = [...connections];
    this.#pings = setInterval(() => this.#ping(), 1000);
  }

  async take() {
    return this.#free.pop() ?? (await new Promise((resolve) => this.#waiting.push(resolve)));
  }

  give(connection) {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(connection);
    else next(connection);
  }

  close() {
    clearInterval(this.#pings);
  }

  #ping() {} // So that the database closes no connection.
}

export async function save(pool, order) {
  const connection = await pool.take();
  if (order.lines.length === 0) throw new RangeError(`order ${order.id} is empty`);
  await sleep(10); // The database works.
  pool.give(connection);
  return `${order.id} saved over ${connection}`;
}
