// A service that stops answering: see docs/tutorial-service.md.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** Lets one at a time go on. */
class Mutex {
  #last = Promise.resolve();

  async lock() {
    const before = this.#last;
    let release;
    this.#last = new Promise((resolve) => (release = resolve));
    await before;
    return release;
  }
}

const accounts = new Map(
  ["alice", "bob", "carol"].map((name) => [name, { name, balance: 100, mutex: new Mutex() }]),
);

async function transfer(from, to, amount) {
  const releaseFrom = await from.mutex.lock();
  await sleep(20); // Asks the bank of the one who pays.
  const releaseTo = await to.mutex.lock();
  from.balance -= amount;
  to.balance += amount;
  releaseTo();
  releaseFrom();
}

async function handle(request, response) {
  const [, from, to, amount] = request.url.split("/");
  await transfer(accounts.get(from), accounts.get(to), Number(amount));
  response.end(`${from} ${accounts.get(from).balance}, ${to} ${accounts.get(to).balance}\n`);
}

const port = Number(process.env.PORT ?? 8080);
createServer(handle).listen(port, "127.0.0.1", () => console.log(`listening on port ${port}`));
