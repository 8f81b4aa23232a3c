import { get } from "node:http";
import { fail, messageOf } from "../../../errors.js";
import type { AttachConfiguration } from "../../../target/configuration.js";

const ANSWER_TIMEOUT_MS = 3000;
const MAX_ANSWER = 1024 * 1024;

/** The WebSocket address of a Node that listens for debuggers. */
export async function inspectorUrl({
  websocketUrl,
  address,
  port,
}: Omit<AttachConfiguration, "processId">): Promise<string> {
  if (websocketUrl !== undefined) return websocketUrl;
  const place = `${address}:${port}`;
  let text: string;
  try {
    text = await fetchText(address.replace(/^\[|\]$/g, ""), port);
  } catch (error) {
    return fail("attachFailed", { address: place, detail: messageOf(error) });
  }
  try {
    const list = JSON.parse(text) as readonly { webSocketDebuggerUrl?: unknown }[];
    const url = list.map((entry) => entry.webSocketDebuggerUrl).find((entry) => typeof entry === "string");
    if (url !== undefined) {
      // The answer names the address it was asked under; a redirect to another machine is not followed.
      const parsed = new URL(url);
      return `ws://${address.includes(":") && !address.startsWith("[") ? `[${address}]` : address}:${port}${parsed.pathname}`;
    }
  } catch {
    // Something that is no Node answered.
  }
  return fail("attachFailed", { address: place, detail: "what answers there is not Node's debugger" });
}

function fetchText(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get({ host, port, path: "/json/list", timeout: ANSWER_TIMEOUT_MS }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > MAX_ANSWER) request.destroy(new Error("its answer is too long"));
      });
      response.on("end", () => resolve(text));
      response.on("error", reject);
    });
    request.on("timeout", () => request.destroy(new Error("no answer within 3 s")));
    request.on("error", reject);
  });
}
