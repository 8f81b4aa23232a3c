import { createInterface } from "node:readline/promises";
import type { SnapshotConsent } from "./plain-program.js";

/**
 * A program is stopped for a snapshot only when the user has said so: by `--snapshot`, or as the answer to a question.
 * Where there is nobody to ask, it is not.
 */
export function consent(given: boolean, signal: AbortSignal): SnapshotConsent {
  const { stdin, stderr } = process;
  const terminal = stdin.isTTY && stderr.isTTY;
  return {
    given,
    ask: async (price) => {
      if (given || !terminal) return given;
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        const question = `It does not use the asyncscope runtime. A snapshot of its heap shows its suspended async functions: ${price}. Take it? [y/N] `;
        return /^y(?:es)?$/i.test((await lines.question(question, { signal })).trim());
      } catch {
        return false;
      } finally {
        lines.close();
      }
    },
    progress: stderr.isTTY ? progressLine() : undefined,
  };
}

function progressLine(): (share: number) => void {
  let shown = -1;
  return (share) => {
    const percent = Math.floor(share * 100);
    if (percent === shown) return;
    shown = percent;
    process.stderr.write(percent >= 100 ? "\r\u001b[K" : `\rReading the heap: ${percent} %\u001b[K`);
  };
}
