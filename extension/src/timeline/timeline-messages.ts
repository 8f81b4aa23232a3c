/** What a timeline and the extension say to each other. Both sides check what arrives. Knows neither editor nor DOM. */

/** To the timeline. */
export type TimelineMessage =
  /** More of the recording's text. `fresh`: it is that of another recording, from its beginning. */
  | { readonly type: "text"; readonly text: string; readonly fresh: boolean }
  /** What has come is all, for now (`recording`) or for ever. */
  | { readonly type: "state"; readonly recording: boolean; readonly complete: boolean }
  /** There is nothing to show, for this reason. */
  | { readonly type: "nothing"; readonly message: string };

/** From the timeline. */
export type TimelineRequest =
  /** It has loaded and wants the recording. */
  | { readonly type: "ready" }
  | { readonly type: "open"; readonly path: string; readonly line: number; readonly column: number };

export function isTimelineMessage(value: unknown): value is TimelineMessage {
  if (!isObject(value)) return false;
  switch (value["type"]) {
    case "text":
      return typeof value["text"] === "string" && typeof value["fresh"] === "boolean";
    case "state":
      return typeof value["recording"] === "boolean" && typeof value["complete"] === "boolean";
    case "nothing":
      return typeof value["message"] === "string";
    default:
      return false;
  }
}

export function isTimelineRequest(value: unknown): value is TimelineRequest {
  if (!isObject(value)) return false;
  if (value["type"] === "ready") return true;
  return (
    value["type"] === "open" &&
    typeof value["path"] === "string" &&
    value["path"].length < 10_000 &&
    isPosition(value["line"]) &&
    isPosition(value["column"])
  );
}

function isPosition(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
