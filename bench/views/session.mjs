// A program under the real debug adapter, in processes of their own, spoken to as an editor does.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/lib/root.mjs";

/** Of Linux: a tick of a process's processor time. Milliseconds. */
const TICK_MS = 10;

/**
 * @typedef {object} Session
 * @property {(command: string, args?: object) => Promise<any>} request
 * @property {(word: string) => Promise<number>} said resolves with the number behind the word in the next such line
 * @property {() => { cpu: number, rss: number }} adapter processor time in milliseconds, memory in MB; NaN elsewhere than on Linux
 * @property {() => Promise<void>} end
 */

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {Promise<Session>}
 */
export async function debug(program, args) {
  const adapter = spawn(process.execPath, [join(root, "dist/debug-adapter.cjs")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  /** @type {Map<number, (message: any) => void>} */
  const pending = new Map();
  /** @type {{ word: string, resolve: (value: number) => void }[]} */
  const waiting = [];
  /** @type {() => void} */
  let initialized = () => undefined;
  const ready = new Promise((resolve) => (initialized = () => resolve(undefined)));
  let received = Buffer.alloc(0);
  adapter.stdout.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (;;) {
      const head = received.indexOf("\r\n\r\n");
      if (head < 0) return;
      const length = Number(/Content-Length: (\d+)/.exec(received.toString("utf8", 0, head))?.[1]);
      if (received.length < head + 4 + length) return;
      const message = JSON.parse(received.toString("utf8", head + 4, head + 4 + length));
      received = received.subarray(head + 4 + length);
      if (message.type === "response") pending.get(message.request_seq)?.(message);
      else if (message.event === "initialized") initialized();
      else if (message.event === "output") hear(String(message.body.output));
    }
  });
  /** @param {string} text */
  function hear(text) {
    for (const [, word, value] of text.matchAll(/^(\w+) ([\d.e+-]+)$/gm)) {
      const index = waiting.findIndex((each) => each.word === word);
      if (index >= 0) waiting.splice(index, 1)[0]?.resolve(Number(value));
    }
  }
  let seq = 0;
  /** @type {Session["request"]} */
  const request = (command, given = {}) =>
    new Promise((resolve, reject) => {
      const text = JSON.stringify({ seq: ++seq, type: "request", command, arguments: given });
      pending.set(seq, (message) => {
        pending.delete(message.request_seq);
        if (message.success) resolve(message.body);
        else reject(new Error(`${command}: ${message.message}`));
      });
      adapter.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    });
  await request("initialize", { adapterID: "asyncscope" });
  const launched = request("launch", {
    program: join(root, "bench/programs/views", program),
    args,
    cwd: root,
    runtimeArgs: ["--expose-gc", "--max-old-space-size=8000"],
  });
  await ready;
  await request("configurationDone");
  await launched;
  return {
    request,
    said: (word) => new Promise((resolve) => waiting.push({ word, resolve })),
    adapter() {
      try {
        const stat = readFileSync(`/proc/${adapter.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
        const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${adapter.pid}/status`, "utf8"))?.[1];
        return { cpu: (Number(stat[11]) + Number(stat[12])) * TICK_MS, rss: Number(rss) / 1000 };
      } catch {
        return { cpu: NaN, rss: NaN };
      }
    },
    async end() {
      await request("disconnect", { terminateDebuggee: true }).catch(() => undefined);
      adapter.kill();
    },
  };
}
