// A chat server. Start it (a port may follow), then join from several terminals:
//   nc 127.0.0.1 8888
// The first line is your nick name, /who says who is there, /quit leaves; Ctrl+C here ends the server.
// Each client has two tasks, one that reads and one that writes what is in the client's queue: a client that does not
// read holds nobody up, and is dropped when its queue is full. While it runs, look at the queues and their tasks.
import {
  coro,
  currentTask,
  Future,
  isCancelled,
  Queue,
  QueueShutDown,
  run,
  startServer,
  taskGroup,
  TimeoutError,
  waitFor,
} from "asyncscope";
import type { Server, StreamReader, StreamWriter } from "asyncscope";

const HOST = "127.0.0.1";
const MOST_UNREAD = 100;
const NICK_TIMEOUT = 60_000;
const GOODBYE_TIMEOUT = 1000;

class Client {
  readonly outbox: Queue<string>;
  #leaving = false;

  constructor(
    readonly nick: string,
    readonly writer: StreamWriter,
  ) {
    this.outbox = new Queue<string>(MOST_UNREAD, { name: `to ${nick}` });
  }

  /** Never waits: who is too slow to read is dropped. */
  send(line: string): void {
    if (this.#leaving) return;
    if (this.outbox.full()) this.writer.transport.abort();
    else this.outbox.putNowait(line);
  }

  /** The connection ends when the last line is written. */
  leave(line: string): void {
    this.send(line);
    this.#leaving = true;
    this.outbox.shutdown();
  }

  /** Writes what is in the queue, until that is shut down. */
  readonly deliver = coro(function* deliver(client: Client) {
    try {
      for (;;) {
        client.writer.write(Buffer.from(`${yield* client.outbox.get()}\n`));
        yield* client.writer.drain();
      }
    } catch (error) {
      if (!(error instanceof QueueShutDown)) throw error;
      client.writer.close();
    }
  });
}

const clients = new Map<string, Client>();
/** Connections without a nick name. */
const strangers = new Set<StreamWriter>();

function broadcast(line: string, except?: Client): void {
  for (const client of clients.values()) if (client !== except) client.send(line);
}

/** The text of a line without control characters: it goes to other people's terminals. */
function clean(line: Buffer): string {
  return line.toString().replace(/[\u0000-\u001f\u007f-\u009f]/g, "");
}

const askNick = coro(function* askNick(reader: StreamReader, writer: StreamWriter) {
  writer.write(Buffer.from("Your nick name?\n"));
  for (;;) {
    const line = yield* waitFor(reader.nextLine(), NICK_TIMEOUT);
    if (line === null) return null;
    const nick = clean(line).trim().slice(0, 20);
    if (nick !== "" && !nick.startsWith("/") && !clients.has(nick)) return nick;
    writer.write(Buffer.from(nick === "" ? "Some letters, please.\n" : `${nick} is taken. Another one?\n`));
  }
});

/** Reads what a client says, until it leaves. */
const listen = coro(function* listen(client: Client, reader: StreamReader) {
  let line;
  while ((line = yield* reader.nextLine()) !== null) {
    const text = clean(line).trim();
    if (text === "/quit") return;
    if (text === "/who") client.send(`Here: ${[...clients.keys()].join(", ")}`);
    else if (text !== "") broadcast(`<${client.nick}> ${text}`, client);
  }
});

const talk = coro(function* talk(client: Client, reader: StreamReader) {
  clients.set(client.nick, client);
  broadcast(`* ${client.nick} joined`);
  try {
    yield* taskGroup(function* (group) {
      group.createTask(client.deliver(client), { name: `write to ${client.nick}` });
      yield* listen(client, reader);
      client.leave("Bye!");
    });
  } finally {
    clients.delete(client.nick);
    broadcast(`* ${client.nick} left`);
  }
});

const serveClient = coro(function* serveClient(reader: StreamReader, writer: StreamWriter) {
  strangers.add(writer);
  try {
    const nick = yield* askNick(reader, writer);
    strangers.delete(writer);
    if (nick === null) return;
    currentTask()!.name = `client ${nick}`;
    yield* talk(new Client(nick, writer), reader);
  } catch (error) {
    if (isCancelled(error)) throw error;
    // A lost connection or a line that is too long ends this client, not the server.
    if (!(error instanceof TimeoutError)) console.log(`a client is gone: ${reasonOf(error)}`);
  } finally {
    strangers.delete(writer);
    writer.close();
  }
});

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}

/** Everybody hears of the end; who does not read it is cut off. */
const endServer = coro(function* endServer(server: Server) {
  server.close();
  for (const client of clients.values()) client.leave("* the server ends");
  for (const writer of strangers) writer.close();
  try {
    yield* waitFor(server.waitClosed(), GOODBYE_TIMEOUT);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    server.abortClients();
    yield* server.waitClosed();
  }
});

const main = coro(function* main(port: number) {
  const task = currentTask()!;
  process.once("SIGINT", () => void task.cancel("Ctrl+C"));
  const server = yield* startServer(serveClient, { host: HOST, port });
  for (const address of server.addresses)
    if (typeof address === "object") console.log(`chat server at ${address.host} ${String(address.port)}`);
  try {
    // Until it is cancelled. server.serveForever() would give the clients all the time they want.
    yield* new Future<never>();
  } finally {
    yield* endServer(server);
  }
});

try {
  await run(main(Number(process.argv[2] ?? 8888)));
} catch (error) {
  if (!isCancelled(error)) throw error;
  console.log("chat server ended");
}
