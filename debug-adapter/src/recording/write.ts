import { EVENT_BYTES, EventType, TICKS } from "@asyncscope/protocol";
import type {
  EndLine,
  EventsLine,
  RecordingChunk,
  RecordingHeader,
  SiteId,
  SourceLocation,
} from "@asyncscope/protocol";

/** Events in one line: what is lost when it is damaged. */
const EVENTS_IN_LINE = 1000;
const { created, scheduled, entered, left, done, named, idle, cancelled, ran } = EventType;

export function headerLine(header: Omit<RecordingHeader, "asyncscope" | "version">, version: number): string {
  return `${JSON.stringify({ asyncscope: "recording", version, ...header } satisfies RecordingHeader)}\n`;
}

export function sitesLine(sites: readonly (readonly [SiteId, SourceLocation])[]): string {
  const list = sites.map(([id, { path, line, column, functionName = "" }]) => [
    id,
    path,
    line,
    column,
    functionName,
  ]);
  return `${JSON.stringify({ sites: list })}\n`;
}

export function endLine(end: EndLine["end"]): string {
  return `${JSON.stringify({ end })}\n`;
}

/**
 * The events of a program's answer as lines.
 * @param skip how many of them are known already
 * @param start loop time at which the recording began, in milliseconds
 */
export function eventLines(chunk: RecordingChunk, skip: number, start: number): string[] {
  const bytes = Buffer.concat(chunk.events.map((piece) => Buffer.from(piece, "base64")));
  const count = Math.floor(bytes.length / EVENT_BYTES);
  const times = new Float64Array(bytes.buffer, bytes.byteOffset, count * 4);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, count * 8);
  const labels = new Map(chunk.labels);
  const lines: string[] = [];
  for (let from = skip; from < count; from += EVENTS_IN_LINE) {
    const events: number[] = [];
    const texts: string[] = [];
    const text = (event: number): number => {
      const label = labels.get(chunk.from + event);
      return label === undefined ? 0 : texts.push(label);
    };
    const tick = (event: number): number => Math.round((times[event * 4]! - start) * TICKS);
    const at = tick(from);
    let last = at;
    for (let event = from; event < Math.min(count, from + EVENTS_IN_LINE); event++) {
      const word = event * 8;
      const [head, task, a, b, fn, site] = [
        words[word + 2]!,
        words[word + 3]!,
        words[word + 4]!,
        words[word + 5]!,
        words[word + 6]!,
        words[word + 7]!,
      ];
      const [type, kind] = [head & 255, (head >>> 8) & 255];
      const now = tick(event);
      const since = now - last;
      last = now;
      if (type === created) events.push(type, since, task, a, fn, site, head >>> 16, text(event) || -b);
      else if (type === scheduled || type === cancelled) events.push(type, since, task, a);
      else if (type === entered || type === ran) events.push(type, since, task);
      else if (type === left) events.push(type, since, task, kind, a, b, fn, site, text(event));
      else if (type === done) events.push(type, since, task, kind, text(event));
      else if (type === named) events.push(type, since, task, text(event));
      else if (type === idle) events.push(type, since, a);
    }
    const line: EventsLine = { at, events, ...(texts.length === 0 ? {} : { texts }) };
    lines.push(`${JSON.stringify(line)}\n`);
  }
  return lines;
}
