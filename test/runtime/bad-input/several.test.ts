import assert from "node:assert/strict";
import {
  allTasks,
  asCompleted,
  BaseSubprocessTransport,
  BaseTransport,
  ExceptionGroup,
  Future,
  getRunningLoop,
  Process,
  StreamReader,
  StreamReaderProtocol,
  StreamWriter,
  wait,
} from "asyncscope";
import { allBut, assertRefused } from "../../support/bad-input.js";
import { generatorForm } from "../../support/both-forms.js";

describe("wrong arguments: several things, and the parts of transports", () => {
  it("what is one thing, or only looks like several, is refused and not iterated for ever", () =>
    generatorForm.program(function* () {
      const pending = new Future<void>();
      const fake = { [Symbol.iterator]: 5 };
      for (const wrong of [pending, fake] as unknown as Iterable<never>[]) {
        const words = / several .*, got (?:a future|a plain object)$/;
        assert.throws(() => new ExceptionGroup(wrong), words);
        assert.throws(() => asCompleted(wrong), words);
        assert.throws(() => wait(wrong), words);
      }
      pending.setResult();
      yield* pending;
    }));

  it("parts of transports", () =>
    generatorForm.program(function* () {
      const loop = getRunningLoop();
      const protocol = new StreamReaderProtocol(new StreamReader());
      class Dummy extends BaseTransport {
        close(): void {}
        isClosing(): boolean {
          return false;
        }
      }
      yield* new Future<void>().getLoop().createTask(() =>
        assertRefused([
          {
            says: "allTasks() takes an event loop, got ",
            refuses: allBut("undefined"),
            call: (x) => allTasks(x),
          },
          {
            says: "a subprocess transport takes an event loop first, got ",
            refuses: allBut(),
            call: (x) => new BaseSubprocessTransport(x, {}, x),
          },
          {
            says: "a subprocess transport takes a ChildProcess of node:child_process, got ",
            refuses: allBut(),
            call: (x) => new BaseSubprocessTransport(loop, {}, x),
          },
          {
            says: "setProtocol() takes a protocol, an object with methods like dataReceived(); got ",
            refuses: ["undefined", "null", "number", "string", "function", "class"],
            call: (x) => new Dummy(protocol, {}).setProtocol(x),
          },
          {
            says: "a StreamReaderProtocol takes a StreamReader first, got ",
            refuses: allBut(),
            call: (x) => new StreamReaderProtocol(x),
          },
          {
            says: "a StreamReaderProtocol takes a function for its clients, or null, got ",
            refuses: allBut("undefined", "null", "function", "arrow"),
            call: (x) => new StreamReaderProtocol(new StreamReader(), x),
          },
          {
            says: "a StreamWriter takes a transport, openConnection() and startServer() make writers, got ",
            refuses: allBut(),
            call: (x) => new StreamWriter(x, protocol, null, loop),
          },
          {
            says: "a Process takes the protocol of its streams, createSubprocessExec() makes processes; got ",
            refuses: allBut(),
            call: (x) => new Process(x, x),
          },
        ]),
      );
    }));
});
