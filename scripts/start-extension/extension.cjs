// What `npm start` adds to the editor: it starts the program under the debugger, as F5 would, and sends what the
// terminal shows (the session's task tree and the program's output) over a socket, as lines of JSON.
// @ts-check
"use strict";
const net = require("node:net");
const vscode = require("vscode");

/** How often the tree is asked for, in milliseconds. */
const PERIOD = 250;
/** Tasks that a terminal can show; what is left out is counted in the reply. */
const LIMIT = 200;
const TREE = { order: "creation", pages: [{ task: 0 }], deep: true, limit: LIMIT };

/** @param {vscode.ExtensionContext} context */
exports.activate = (context) => {
  const program = process.env["ASYNCSCOPE_START_PROGRAM"];
  const feed = process.env["ASYNCSCOPE_START_FEED"];
  if (!program || !feed) return;
  const socket = net.connect(feed);
  // The terminal may go away before the window does.
  socket.on("error", () => {});
  const send = (/** @type {object} */ message) =>
    socket.writable && socket.write(`${JSON.stringify(message)}\n`);
  context.subscriptions.push(
    { dispose: () => socket.destroy() },
    vscode.debug.registerDebugAdapterTrackerFactory("asyncscope", {
      createDebugAdapterTracker: (session) => track(session, send),
    }),
  );
  void startProgram(program).then(
    (started) => started || send({ type: "failed", message: "The editor did not start the program." }),
    (error) => send({ type: "failed", message: String(error?.message ?? error) }),
  );
};

/** @param {string} program */
async function startProgram(program) {
  const file = vscode.Uri.file(program);
  await vscode.window.showTextDocument(file, { preview: false });
  return await vscode.debug.startDebugging(vscode.workspace.getWorkspaceFolder(file), {
    type: "asyncscope",
    request: "launch",
    name: "npm start",
    program,
  });
}

/** @param {vscode.DebugSession} session @param {(message: object) => unknown} send */
function track(session, send) {
  let asking = false;
  const timer = setInterval(() => {
    if (asking) return;
    asking = true;
    session
      .customRequest("asyncscope/tree", TREE)
      .then(
        (body) => send({ type: "tree", body }),
        // Too early, or just ended: the next tick or the end will tell.
        () => {},
      )
      .then(() => {
        asking = false;
      });
  }, PERIOD);
  return {
    onWillStartSession: () => send({ type: "started", name: session.name }),
    onDidSendMessage: (/** @type {any} */ message) => {
      if (message.type === "event" && message.event === "output" && message.body.category !== "telemetry")
        send({ type: "output", category: message.body.category ?? "console", text: message.body.output });
      if (message.type === "event" && message.event === "exited")
        send({ type: "exited", code: message.body.exitCode });
      if (message.type === "response" && message.command === "launch" && !message.success)
        send({ type: "failed", message: message.body?.error?.format ?? message.message ?? "launch failed" });
    },
    onWillStopSession: () => clearInterval(timer),
    onExit: () => {
      clearInterval(timer);
      send({ type: "ended" });
    },
  };
}
