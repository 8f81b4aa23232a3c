/** The timeline: runs in a webview, knows the recording's text and nothing of the editor but its colours. */
import { RecordingReader } from "@asyncscope/debug-adapter/recording/read";
import { Timeline } from "@asyncscope/debug-adapter/recording/timeline";
import { duration } from "@asyncscope/debug-adapter/recording/describe";
import { isTimelineMessage, type TimelineMessage, type TimelineRequest } from "../timeline-messages.js";
import "./timeline.css";
import { element } from "./dom.js";
import { TimelineView } from "./view.js";

declare function acquireVsCodeApi(): { postMessage(message: TimelineRequest): void };

const host = acquireVsCodeApi();
const problem = element("div", { class: "problem", role: "alert" });
problem.hidden = true;
const view = new TimelineView((location) =>
  host.postMessage({ type: "open", path: location.path, line: location.line, column: location.column }),
);
document.body.append(problem, ...view.parts);

let timeline = new Timeline();
let reader = new RecordingReader(timeline);

window.addEventListener("message", (event: MessageEvent<unknown>) => {
  if (!isTimelineMessage(event.data)) return;
  try {
    take(event.data);
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
});
window.addEventListener("error", (event) => fail(event.message));
host.postMessage({ type: "ready" });

function take(message: TimelineMessage): void {
  if (message.type === "nothing") {
    fail(message.message);
    return;
  }
  if (message.type === "text") {
    if (message.fresh) {
      timeline = new Timeline();
      reader = new RecordingReader(timeline);
      problem.hidden = true;
      view.show(timeline);
    }
    reader.push(message.text);
    view.grown(false);
    return;
  }
  if (message.complete) {
    reader.end();
    const { problems } = reader;
    const words = problems.map(({ line, message: text }) => (line === 0 ? text : `Line ${line}: ${text}`));
    if (words.length > 0) fail(words.join(" "));
  }
  view.status(
    message.recording
      ? `● recording, ${duration(timeline.lastTime)}`
      : `${duration(timeline.lastTime)} recorded`,
  );
  view.grown(true);
}

function fail(text: string): void {
  problem.textContent = text;
  problem.hidden = false;
}
