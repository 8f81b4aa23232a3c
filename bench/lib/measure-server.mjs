// A server in a process of its own, its client in this one: what counts is the server's CPU time.
import { createInterface } from "node:readline";
import { start } from "../../scripts/lib/processes.mjs";
import { echoClient } from "./echo-client.mjs";

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, timeout: number, size: import("../workloads.mjs").Size }} options
 * @returns {Promise<{ samples: number[], version?: string } | { skipped: string }>}
 *   samples: the server's CPU time for all messages, in ms
 * @throws Error with what the server printed
 */
export async function measureServer(command, args, { cwd, env, timeout, size }) {
  const { connections = 1, messages = 1, messageBytes = 64 } = size;
  const { child, end } = start(command, args, { cwd, env });
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text) => (errors = (errors + text).slice(-4000)));
  const lines = createInterface({ input: /** @type {import("node:stream").Readable} */ (child.stdout) });
  const answers = lines[Symbol.asyncIterator]();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    void end();
  }, timeout);
  const next = async () => {
    const { done, value } = await answers.next();
    if (timedOut) throw new Error(`longer than ${timeout / 1000} s`);
    if (done) throw new Error(errors || "the server ended");
    return JSON.parse(value);
  };
  const cpu = async () => {
    child.kill("SIGUSR2");
    return (await next()).cpu / 1000;
  };
  child.once("error", () => {
    errors ||= `${command} could not be started`;
  });
  try {
    const hello = await next();
    if ("skipped" in hello) return hello;
    const client = await echoClient(hello.port, { connections, messageBytes });
    try {
      await client.send(Math.ceil(messages / 3)); // warm-up
      const before = await cpu();
      await client.send(messages);
      return { samples: [(await cpu()) - before], version: hello.version };
    } finally {
      client.end();
    }
  } finally {
    clearTimeout(timer);
    await end();
    lines.close();
  }
}
