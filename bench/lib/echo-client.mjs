import { connect } from "node:net";

/**
 * The client of a TCP echo. Each connection sends a message when the one before has come back.
 * @param {number} port on 127.0.0.1
 * @param {{ connections: number, messageBytes: number }} options
 */
export async function echoClient(port, { connections, messageBytes }) {
  const message = Buffer.alloc(messageBytes, "a");
  const sockets = await Promise.all(
    Array.from(
      { length: connections },
      () =>
        /** @type {Promise<import("node:net").Socket>} */ (
          new Promise((resolve, reject) => {
            const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => resolve(socket));
            socket.once("error", reject);
          })
        ),
    ),
  );
  return {
    /** Sends so many messages over each connection, and waits for them to come back. @param {number} messages */
    send: (messages) =>
      Promise.all(
        sockets.map(
          (socket) =>
            /** @type {Promise<void>} */ (
              new Promise((resolve, reject) => {
                let [left, bytes] = [messages, 0];
                const closed = () => reject(new Error("the server closed a connection"));
                const data = (/** @type {Buffer} */ chunk) => {
                  bytes += chunk.length;
                  if (bytes < messageBytes) return;
                  bytes -= messageBytes;
                  left--;
                  if (left > 0) socket.write(message);
                  else {
                    socket.off("data", data).off("close", closed);
                    resolve();
                  }
                };
                socket.on("data", data).on("close", closed);
                socket.write(message);
              })
            ),
        ),
      ),
    end: () => sockets.forEach((socket) => socket.destroy()),
  };
}
