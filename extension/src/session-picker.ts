import * as vscode from "vscode";
import type { SessionTracker } from "./sessions.js";
import { cleanText } from "./text.js";

/** Asks which of several sessions the views show. */
export async function chooseSession(sessions: SessionTracker): Promise<void> {
  const picked = await vscode.window.showQuickPick(
    sessions.live.map((session) => ({
      // Names come from launch.json: no icon syntax.
      label: cleanText(session.name).replaceAll("$(", "$ ("),
      description: session === sessions.current ? "shown now" : "",
      session,
    })),
    { title: "Session Shown in Tasks and Queues & Locks" },
  );
  if (picked) sessions.choose(picked.session);
}
