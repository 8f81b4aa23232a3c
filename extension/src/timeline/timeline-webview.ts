import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { openLocation } from "../views/open-location.js";
import { isTimelineRequest, type TimelineMessage } from "./timeline-messages.js";

/** Fills a webview with a timeline. */
export class TimelineWebview implements vscode.Disposable {
  readonly #webview: vscode.Webview;
  readonly #subscription: vscode.Disposable;

  /** @param ready called whenever the timeline has (again) been loaded and wants its recording */
  constructor(webview: vscode.Webview, extensionUri: vscode.Uri, ready: () => void) {
    this.#webview = webview;
    const dist = vscode.Uri.joinPath(extensionUri, "dist");
    webview.options = { enableScripts: true, localResourceRoots: [dist], enableForms: false };
    this.#subscription = webview.onDidReceiveMessage((message: unknown) => {
      if (!isTimelineRequest(message)) return;
      if (message.type === "ready") ready();
      else void openLocation(message, false);
    });
    webview.html = page(webview, dist);
  }

  send(message: TimelineMessage): Thenable<boolean> {
    return this.#webview.postMessage(message);
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}

function page(webview: vscode.Webview, dist: vscode.Uri): string {
  const nonce = randomBytes(16).toString("base64");
  const uri = (name: string): string => String(webview.asWebviewUri(vscode.Uri.joinPath(dist, name)));
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource};`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Timeline</title>
<link rel="stylesheet" href="${uri("timeline.css")}">
</head>
<body>
<script nonce="${nonce}" src="${uri("timeline.js")}"></script>
</body>
</html>`;
}
