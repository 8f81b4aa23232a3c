// A small crawler: a scheduler hands addresses to four workers through a bounded queue, the workers report what
// they found through another one, a lock guards the index, and a page that takes too long is given up.
// It crawls a website of its own on 127.0.0.1, so it needs no network. While it runs, look at the queues, at who
// holds the lock, and at what each worker waits for.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  coro,
  createTask,
  currentTask,
  Lock,
  Queue,
  run,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
  until,
} from "asyncscope";

const PAGES = 60;
const WORKERS = 4;
const PAGE_TIMEOUT = 1500;

/** Page n links to three others; every tenth page never answers. */
function startWebsite(): Promise<{ origin: string; close(): void }> {
  const server = createServer((request, response) => {
    const page = Number(request.url?.slice("/page/".length));
    if (page % 10 === 9) return; // hangs, as some pages do
    const links = [2 * page + 1, 2 * page + 2, (page * 7) % PAGES].filter((link) => link < PAGES);
    const html = links.map((link) => `<a href="/page/${String(link)}">page ${String(link)}</a>`).join("\n");
    setTimeout(() => response.end(html), 150 + ((page * 37) % 400));
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        origin: `http://127.0.0.1:${String(port)}`,
        close: () => {
          server.closeAllConnections();
          server.close();
        },
      });
    });
  });
}

interface Report {
  readonly path: string;
  readonly links: readonly string[];
}

const fetchPage = coro(function* fetchPage(url: string) {
  // The task's signal ends the request when the timeout cancels it.
  const response = yield* until(fetch(url, { signal: currentTask()!.signal }));
  return yield* until(response.text());
});

const worker = coro(function* worker(
  origin: string,
  frontier: Queue<string>,
  found: Queue<Report>,
  index: Map<string, number>,
  indexLock: Lock,
) {
  for (;;) {
    const path = yield* frontier.get();
    let links: string[] = [];
    try {
      const html = yield* timeout(PAGE_TIMEOUT, function* () {
        return yield* fetchPage(origin + path);
      });
      links = [...html.matchAll(/href="([^"]+)"/g)].map((match) => match[1]!);
      yield* indexLock.withLock(function* () {
        yield* sleep(40); // writing the index takes a moment
        index.set(path, html.length);
      });
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      console.log(`gave up on ${path}`);
    }
    yield* found.put({ path, links });
    frontier.taskDone();
  }
});

/** Hands every address out once, and ends when nothing is left to look at. */
const schedule = coro(function* schedule(frontier: Queue<string>, found: Queue<Report>) {
  const seen = new Set(["/page/0"]);
  let open = 1;
  yield* frontier.put("/page/0");
  while (open > 0) {
    const { links } = yield* found.get();
    open--;
    for (const link of links) {
      if (seen.has(link)) continue;
      seen.add(link);
      open++;
      yield* frontier.put(link);
    }
  }
  return seen.size;
});

const main = coro(function* main() {
  const website = yield* until(startWebsite());
  const frontier = new Queue<string>(10, { name: "frontier" });
  const found = new Queue<Report>(0, { name: "found" });
  const index = new Map<string, number>();
  const indexLock = new Lock({ name: "index" });
  try {
    yield* taskGroup(function* (group) {
      const workers = Array.from({ length: WORKERS }, (_, n) =>
        group.createTask(worker(website.origin, frontier, found, index, indexLock), {
          name: `worker-${String(n + 1)}`,
        }),
      );
      const scheduler = createTask(schedule(frontier, found), { name: "scheduler" });
      const pages = yield* scheduler;
      console.log(`${String(pages)} pages seen, ${String(index.size)} in the index`);
      for (const task of workers) task.cancel("the crawl is over");
    });
  } finally {
    website.close();
  }
});

await run(main());
