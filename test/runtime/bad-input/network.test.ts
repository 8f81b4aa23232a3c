import { createSocket } from "node:dgram";
import { Socket } from "node:net";
import {
  createTask,
  getRunningLoop,
  openConnection,
  openUnixConnection,
  run,
  startServer,
  startUnixServer,
  StreamReader,
} from "asyncscope";
import type { EventLoop } from "asyncscope";
import { allBut, assertRefused, NO_NUMBER, NO_OPTIONS } from "../../support/bad-input.js";

const NO_FACTORY = allBut("function", "arrow");
const NO_PATH = allBut("string", "long string");
const NO_SOCKET = allBut();
const makeProtocol = (): object => ({});
const LOCAL = { host: "127.0.0.1", port: 0 };

describe("wrong arguments: streams, sockets and transports", () => {
  const inProgram = (title: string, test: (loop: EventLoop) => Promise<void>): void => {
    it(title, () => run(() => test(getRunningLoop())));
  };

  inProgram("streams", () =>
    assertRefused([
      { says: "openConnection() takes its options", refuses: NO_OPTIONS, call: (x) => openConnection(x) },
      {
        says: "the limit of a reader must be a positive number of bytes, got ",
        refuses: allBut("undefined", "number"),
        call: (x) => openConnection({ ...LOCAL, limit: x }),
        error: "ValueError",
      },
      {
        says: "a Unix connection takes the path of its socket as a string, got ",
        refuses: NO_PATH,
        call: (x) => openUnixConnection(x),
      },
      {
        says: "a server needs a function (reader, writer) that is told of each client, got ",
        refuses: NO_FACTORY,
        call: (x) => startServer(x, LOCAL),
      },
      {
        says: "a server takes its options",
        refuses: NO_OPTIONS,
        call: (x) => startServer(() => undefined, x),
      },
      {
        says: "the limit of a reader must be a positive number of bytes, got ",
        refuses: allBut("undefined", "number"),
        call: (x) => startServer(() => undefined, { ...LOCAL, limit: x }),
        error: "ValueError",
      },
      {
        says: "backlog is a number of connections, 0 or more; got ",
        refuses: allBut("undefined"),
        call: (x) => startServer(() => undefined, { ...LOCAL, backlog: x }),
        error: "ValueError",
      },
      {
        says: "a server takes its host as a name or address, or several, got ",
        refuses: allBut("undefined", "null", "string", "long string", "empty string", "array", "empty array"),
        call: (x) => startServer(() => undefined, { host: x, port: 0 }),
      },
      {
        says: "a Unix server takes the path of its socket as a string, got ",
        refuses: NO_PATH,
        call: (x) => startUnixServer(() => undefined, x),
      },
      { says: "new StreamReader() takes its options", refuses: NO_OPTIONS, call: (x) => new StreamReader(x) },
      {
        says: "read() takes a number of bytes, or -1 for all, got ",
        refuses: NO_NUMBER.filter((kind) => kind !== "undefined"),
        call: (x) => new StreamReader().read(x),
      },
      {
        says: "readExactly() takes a count of 0 or more bytes, got ",
        refuses: allBut("number"),
        call: (x) => new StreamReader().readExactly(x),
        error: "ValueError",
      },
      {
        says: "readUntil() takes a separator, text or bytes, or several, got ",
        refuses: allBut("undefined", "string", "long string", "empty string", "array", "empty array"),
        call: (x) => new StreamReader().readUntil(x),
      },
      {
        says: "feedData() takes bytes (a Uint8Array), got ",
        refuses: allBut(),
        call: (x) => new StreamReader().feedData(x),
      },
    ]),
  );

  inProgram("transports: what makes the protocol", async (loop) => {
    const methods = {
      createConnection: (x: never) => loop.createConnection(x, LOCAL),
      createServer: (x: never) => loop.createServer(x, LOCAL),
      createUnixConnection: (x: never) => loop.createUnixConnection(x, "/nowhere"),
      createUnixServer: (x: never) => loop.createUnixServer(x, "/nowhere"),
      createDatagramEndpoint: (x: never) => loop.createDatagramEndpoint(x, {}),
      connectReadPipe: (x: never) => loop.connectReadPipe(x, 0),
      connectWritePipe: (x: never) => loop.connectWritePipe(x, 1),
      subprocessExec: (x: never) => loop.subprocessExec(x, "true"),
      subprocessShell: (x: never) => loop.subprocessShell(x, "true"),
    };
    await assertRefused(
      Object.entries(methods).map(([name, call]) => ({
        says: `${name}() takes a function first that makes the protocol, () => new Protocol(), got `,
        refuses: NO_FACTORY,
        call: call as (wrong: unknown) => unknown,
      })),
    );
    // Found when it is made: the network would find it much later, in nobody's code.
    const says =
      "a protocol factory returns a protocol, an object with methods like dataReceived(); it returned ";
    const NO_PROTOCOL = allBut(
      "object",
      "object without prototype",
      "array",
      "empty array",
      "date",
      "instance",
    );
    await assertRefused([
      {
        says,
        refuses: NO_PROTOCOL,
        call: (x) => loop.createDatagramEndpoint(() => x as never, { localAddr: LOCAL }),
      },
      { says, refuses: NO_PROTOCOL, call: (x) => loop.subprocessExec(() => x as never, "true") },
    ]);
  });

  inProgram("transports: the rest", (loop) =>
    assertRefused([
      {
        says: "a connection or server takes its options",
        refuses: NO_OPTIONS,
        call: (x) => loop.createConnection(makeProtocol, x),
      },
      {
        says: "a connection takes a socket of node:net as its socket, got ",
        refuses: allBut("undefined", "null"),
        call: (x) => loop.createConnection(makeProtocol, { socket: x }),
      },
      {
        says: "connectAcceptedSocket() takes a socket of node:net, got ",
        refuses: NO_SOCKET,
        call: (x) => loop.connectAcceptedSocket(makeProtocol, x),
      },
      {
        says: "connectReadPipe() takes a file descriptor or a Readable of Node's, got ",
        refuses: allBut("number", "negative", "NaN"),
        call: (x) => loop.connectReadPipe(makeProtocol, x),
      },
      {
        says: "connectWritePipe() takes a file descriptor or a Writable of Node's, got ",
        refuses: allBut("number", "negative", "NaN"),
        call: (x) => loop.connectWritePipe(makeProtocol, x),
      },
      {
        says: "createDatagramEndpoint() takes its options",
        refuses: NO_OPTIONS,
        call: (x) => loop.createDatagramEndpoint(makeProtocol, x),
      },
      {
        says: "remoteAddr is given as { host, port }, got ",
        refuses: allBut("undefined"),
        call: (x) => loop.createDatagramEndpoint(makeProtocol, { remoteAddr: x }),
      },
      {
        says: "createDatagramEndpoint() takes a socket of node:dgram as its socket, got ",
        refuses: allBut("undefined"),
        call: (x) => loop.createDatagramEndpoint(makeProtocol, { socket: x }),
      },
      {
        says: "getNameInfo() takes an address as { host, port }, got ",
        refuses: allBut(),
        call: (x) => loop.getNameInfo(x),
      },
      {
        says: "sendFile() takes an open file of node:fs/promises, got ",
        refuses: allBut(),
        call: (x) => loop.sendFile({} as never, x),
      },
    ]),
  );

  inProgram("sockets of Node's", async (loop) => {
    const socket = new Socket();
    const datagrams = createSocket("udp4");
    const bytes = new Uint8Array(8);
    try {
      await assertRefused([
        {
          says: "sockRecv() takes a socket of node:net, got ",
          refuses: NO_SOCKET,
          call: (x) => loop.sockRecv(x, 1),
        },
        {
          says: "sockRecv() takes a positive number of bytes, got ",
          refuses: allBut(),
          call: (x) => loop.sockRecv(socket, x),
          error: "ValueError",
        },
        {
          says: "sockRecvInto() takes a socket of node:net, got ",
          refuses: NO_SOCKET,
          call: (x) => loop.sockRecvInto(x, bytes),
        },
        {
          says: "sockRecvInto() takes a buffer (a Uint8Array), got ",
          refuses: allBut(),
          call: (x) => loop.sockRecvInto(socket, x),
        },
        {
          says: "sockRecvFrom() takes a socket of node:dgram, got ",
          refuses: NO_SOCKET,
          call: (x) => loop.sockRecvFrom(x, 1),
        },
        {
          says: "sockRecvFromInto() takes a buffer (a Uint8Array), got ",
          refuses: allBut(),
          call: (x) => loop.sockRecvFromInto(datagrams, x),
        },
        {
          says: "sockSendAll() takes a socket of node:net, got ",
          refuses: NO_SOCKET,
          call: (x) => loop.sockSendAll(x, bytes),
        },
        {
          says: "sockSendTo() takes a socket of node:dgram, got ",
          refuses: NO_SOCKET,
          call: (x) => loop.sockSendTo(x, bytes, LOCAL),
        },
        {
          says: "sockSendTo() takes an address as { host, port }, got ",
          refuses: allBut(),
          call: (x) => loop.sockSendTo(datagrams, bytes, x),
        },
        {
          says: "bytes (a Uint8Array) are needed, got ",
          refuses: allBut("string", "long string", "empty string"),
          call: (x) => loop.sockSendTo(datagrams, x, LOCAL),
        },
        {
          says: "sockConnect() takes a socket of node:net, got ",
          refuses: NO_SOCKET,
          call: (x) => loop.sockConnect(x, LOCAL),
        },
        {
          says: "sockConnect() takes a path, or an address as { host, port }, got ",
          refuses: allBut("string", "long string", "empty string"),
          call: (x) => loop.sockConnect(socket, x),
        },
        {
          says: "sockAccept() takes a server of node:net, got ",
          refuses: NO_SOCKET,
          call: (x) => loop.sockAccept(x),
        },
        {
          says: "sockSendFile() takes an open file of node:fs/promises, got ",
          refuses: allBut(),
          call: (x) => loop.sockSendFile(socket, x),
        },
      ]);
    } finally {
      socket.destroy();
      datagrams.close();
    }
    await createTask(async () => Promise.resolve());
  });
});
