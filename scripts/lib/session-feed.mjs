import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/**
 * @typedef {{ type: "started", name: string }
 *   | { type: "tree", body: import("../../protocol/src/index.js").TreeBody }
 *   | { type: "output", category: string, text: string }
 *   | { type: "exited", code: number }
 *   | { type: "failed", message: string }
 *   | { type: "ended" }} FeedMessage
 */

/**
 * Listens for the windows of the editor that scripts/start-extension runs in. The newest window speaks; an
 * older one is only told of as `superseded`.
 * @param {{ onMessage: (message: FeedMessage) => void, onWindow: (count: number) => void }} handlers
 */
export async function listenToWindows({ onMessage, onWindow }) {
  // The folder is ours alone (0700), so that nobody else can speak.
  const folder = mkdtempSync(join(tmpdir(), "asyncscope-feed-"));
  const path =
    process.platform === "win32" ? `\\\\.\\pipe\\${folder.split("\\").pop()}` : join(folder, "feed");
  let windows = 0;
  const server = createServer((socket) => {
    const me = (windows += 1);
    onWindow(me);
    socket.on("error", () => socket.destroy());
    createInterface({ input: socket }).on("line", (line) => {
      if (me === windows) onMessage(JSON.parse(line));
    });
    socket.on("close", () => {
      if (me === windows) onMessage({ type: "ended" });
    });
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject).listen(path, () => resolve(undefined));
  });
  const close = () => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", close);
  return { path, close };
}
