// Clients that keep their connections, in this process.
import { Agent, get } from "node:http";

const CONNECTIONS = 16;

/** Asks `count` times, over connections that stay. @param {number} port on 127.0.0.1 */
export function httpClient(port) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const one = (/** @type {number} */ id) =>
    /** @type {Promise<void>} */ (
      new Promise((resolve, reject) => {
        get({ host: "127.0.0.1", port, path: `/${id}`, agent }, (response) => {
          if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
          response.resume().on("end", resolve).on("error", reject);
        }).on("error", reject);
      })
    );
  return {
    /** @param {number} count */
    async ask(count) {
      let next = 0;
      const client = async () => {
        while (next < count) await one(next++);
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, client));
    },
    end: () => agent.destroy(),
  };
}
