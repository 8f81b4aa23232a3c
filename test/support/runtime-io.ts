import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EventLoop, Future, getRunningLoop, openConnection, run, startServer } from "asyncscope";
import type {
  ConnectionOptions,
  CoroutineGenerator,
  ExceptionContext,
  Protocol,
  Server,
  SocketAddress,
  StreamLimit,
  StreamPair,
  StreamReader,
  StreamWriter,
  TcpServerOptions,
  Transport,
} from "asyncscope";
import { root } from "../../scripts/lib/root.mjs";
import type { Form } from "./both-forms.js";

/** A main task on a real clock. Whatever the loop reports fails it, unless it is put into `reports`. */
export async function ioProgram(
  form: Form,
  steps: () => CoroutineGenerator<void>,
  reports?: ExceptionContext[],
  limit = 1500,
): Promise<void> {
  const unexpected: ExceptionContext[] = [];
  const loop = new EventLoop();
  loop.setExceptionHandler((_loop, context) => (reports ?? unexpected).push(context));
  // One that hangs must not be in the way of the next one.
  const watchdog = setInterval(() => loop.stop(), limit);
  try {
    await run(form.body(steps), { loopFactory: () => loop });
  } finally {
    clearInterval(watchdog);
  }
  assert.deepEqual(unexpected, [], "the loop reported something");
}

/** A server at a free port of 127.0.0.1. */
export function* serve(
  form: Form,
  onClient: (reader: StreamReader, writer: StreamWriter) => CoroutineGenerator<unknown>,
  options: TcpServerOptions & StreamLimit = {},
): CoroutineGenerator<Server> {
  return yield* form.wait(startServer(form.body(onClient), { host: "127.0.0.1", ...options }));
}

/** A connection to it. */
export function* connectTo(
  form: Form,
  server: Server,
  options: ConnectionOptions & StreamLimit = {},
): CoroutineGenerator<StreamPair> {
  const address = server.addresses[0] as SocketAddress;
  return yield* form.wait(openConnection({ host: address.host, port: address.port, ...options }));
}

/** Closes a server whose clients are closed, or must be. */
export function* end(form: Form, server: Server, ...writers: StreamWriter[]): CoroutineGenerator<void> {
  for (const writer of writers) writer.close();
  server.close();
  yield* form.wait(server.waitClosed());
}

/** Text as bytes. */
export function bytes(text: string): Buffer {
  return Buffer.from(text);
}

/** A self-signed certificate for localhost and 127.0.0.1. */
export const tlsServer = {
  key: readFileSync(join(root, "test/fixtures/tls/key.pem")),
  cert: readFileSync(join(root, "test/fixtures/tls/cert.pem")),
};
export const tlsClient = { ca: tlsServer.cert };

/** Writes down what it is told. */
export class Recorder implements Protocol {
  readonly calls: string[] = [];
  transport!: Transport;
  error: Error | null | undefined;
  received = "";
  readonly lost: Future<void>;
  #waiting: { readonly until: () => boolean; readonly future: Future<void> }[] = [];

  constructor(loop: EventLoop = getRunningLoop()) {
    this.lost = new Future<void>({ loop });
  }

  /** Settled as soon as `until` holds after a call. */
  when(until: () => boolean): Future<void> {
    const future = new Future<void>({ loop: this.lost.getLoop() });
    this.#waiting.push({ until, future });
    this.#look();
    return future;
  }

  note(call: string): void {
    this.calls.push(call);
    this.#look();
  }

  connectionMade(transport: Transport): void {
    this.transport = transport;
    this.note("made");
  }

  dataReceived(data: Buffer): void {
    this.received += data.toString();
    this.note("data");
  }

  eofReceived(): boolean {
    this.note("eof");
    return false;
  }

  pauseWriting(): void {
    this.note("pause");
  }

  resumeWriting(): void {
    this.note("resume");
  }

  connectionLost(error: Error | null): void {
    this.error = error;
    this.note("lost");
    if (!this.lost.done()) this.lost.setResult();
  }

  #look(): void {
    this.#waiting = this.#waiting.filter(({ until, future }) => {
      if (!until()) return true;
      if (!future.done()) future.setResult();
      return false;
    });
  }
}

/** Two connected transports, each with a recorder (or what `make` gives). */
export function* pair<A extends Recorder, B extends Recorder>(
  form: Form,
  makeClient: () => A,
  makeServer: () => B,
): CoroutineGenerator<{ client: A; server: B; listening: Server }> {
  const loop = getRunningLoop();
  const accepted = new Future<B>();
  const listening = yield* form.wait(
    loop.createServer(
      () => {
        const protocol = makeServer();
        protocol
          .when(() => protocol.calls.includes("made"))
          .addDoneCallback(() => {
            accepted.setResult(protocol);
          });
        return protocol;
      },
      { host: "127.0.0.1" },
    ),
  );
  const { host, port } = listening.addresses[0] as SocketAddress;
  const [, client] = yield* form.wait(loop.createConnection(makeClient, { host, port }));
  const server = yield* form.wait(accepted);
  return { client, server, listening };
}
