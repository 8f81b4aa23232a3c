const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUES = new Map(Array.from(DIGITS).map((digit, value) => [digit.charCodeAt(0), value]));

/** One mapping: column in the code; source, line and column there; name. All 0-based. */
export type Segment = number[];

/** The mappings of a source map by line. Throws when they are malformed. */
export function decodeMappings(mappings: string): Segment[][] {
  const lines: Segment[][] = [];
  const state = [0, 0, 0, 0, 0];
  let line: Segment[] = [];
  let segment: number[] = [];
  let value = 0;
  let shift = 0;
  const endSegment = (): void => {
    if (segment.length > 0) line.push(segment);
    segment = [];
  };
  for (let i = 0; i < mappings.length; i++) {
    const code = mappings.charCodeAt(i);
    if (code === 44) endSegment();
    else if (code === 59) {
      endSegment();
      lines.push(line);
      line = [];
      state[0] = 0;
    } else {
      const digit = VALUES.get(code);
      if (digit === undefined || segment.length === 5) throw new Error("malformed mappings");
      value += (digit & 31) * 2 ** shift;
      shift += 5;
      if (digit & 32) continue;
      const delta = value % 2 === 1 ? -((value - 1) / 2) : value / 2;
      segment.push((state[segment.length]! += delta));
      value = shift = 0;
    }
  }
  endSegment();
  lines.push(line);
  return lines;
}

export function encodeMappings(lines: readonly (readonly Segment[])[]): string {
  const state = [0, 0, 0, 0, 0];
  return lines
    .map((segments) => {
      state[0] = 0;
      return segments
        .map((segment) =>
          segment.map((value, i) => encode(value - state[i]!, () => (state[i] = value))).join(""),
        )
        .join(",");
    })
    .join(";");
}

function encode(delta: number, done: () => void): string {
  done();
  let rest = delta < 0 ? -delta * 2 + 1 : delta * 2;
  let text = "";
  do {
    const digit = rest & 31;
    rest >>>= 5;
    text += DIGITS[rest > 0 ? digit | 32 : digit]!;
  } while (rest > 0);
  return text;
}
