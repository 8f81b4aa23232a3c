import type { Protocol } from "devtools-protocol";
import type { CdpConnection } from "./cdp/connection.js";

/** What the loader puts in as statements: at the start and end of a function, of handlers and of loop bodies. */
const STATEMENT = /^(?:__as[FU]\d*=)?__as[ECU]\(/;
/** The statement with which a function ends. */
const END = /^__asX\(/;
/** What it puts in around or behind an operand: calls at which nothing of the program begins. */
const IN_AN_EXPRESSION = /^(?:__as[SMAYWID]\(|__asF\.at=)/;
/** The call that says behind an `await` or `yield` that the function goes on. */
const GOES_ON = /^\(__asF,(?:await|yield)\b/;
/** In front of the call's own position, which is behind where it begins. */
const OPTIONAL_CALL = /__as[RGT]\?\.$/;
/** In front of an operand in which functions are called: a comma, at which V8 stops as at a statement. */
const OPERAND = /__asF\.at=0x[0-9a-f]{8},[\s(]*$/;

/** Lines down to which the first statement behind a place is looked for. */
const MOST_LINES = 50;
/** Characters in front of a place that are looked at; a name may stand in them. */
const LONGEST = 120;

/** The source map of a script that the loader has rewritten and kept on disk. */
export const isLoaderMap = (url: string): boolean => /\/loader-[^/]+\/[0-9a-f]{40}\.map$/.test(url);

/** The script's own variable of the loader, which is none of the program. */
export const isLoaderName = (name: string): boolean => /^__as[A-Z]/.test(name);

/** Tells what in a running script was put in by the loader. Needs the Debugger domain. */
export class RewrittenCode {
  readonly #cdp: CdpConnection;
  /** Lines of the scripts; null for those that are as they were written. */
  readonly #scripts = new Map<string, Promise<readonly string[] | null>>();

  constructor(cdp: CdpConnection) {
    this.#cdp = cdp;
  }

  /** Whether a statement of the loader begins there. */
  async isStatement(at: Protocol.Debugger.Location): Promise<boolean> {
    return STATEMENT.test(await this.#textAt(at));
  }

  /** Whether the function ends with what is done there. */
  async isEnd(at: Protocol.Debugger.Location): Promise<boolean> {
    return END.test(await this.#textAt(at));
  }

  /** Whether a function that has been suspended goes on there, in one of the ways in which it can. */
  async goesOn(at: Protocol.Debugger.Location): Promise<boolean> {
    const text = await this.#textAt(at);
    return GOES_ON.test(text) || END.test(text) || text.startsWith("__asC(");
  }

  /** Whether something of the loader begins there at which no code of the program does. */
  async isInserted(at: Protocol.Debugger.Location): Promise<boolean> {
    const text = await this.#textAt(at);
    if (STATEMENT.test(text) || IN_AN_EXPRESSION.test(text) || END.test(text)) return true;
    return OPTIONAL_CALL.test(await this.#textBefore(at));
  }

  /** Whether a step stops there only because of what the loader put in. */
  async isNoStep(at: Protocol.Debugger.Location): Promise<boolean> {
    const text = await this.#textAt(at);
    if (STATEMENT.test(text) || IN_AN_EXPRESSION.test(text)) return true;
    const before = await this.#textBefore(at);
    return OPTIONAL_CALL.test(before) || OPERAND.test(before);
  }

  /**
   * Where a breakpoint goes that is wanted at a place or behind it: the first one at which code of the program begins.
   * In a script that was not rewritten that is for V8 to find.
   */
  async placeFrom(start: Protocol.Debugger.Location): Promise<Protocol.Debugger.Location> {
    if ((await this.#lines(start.scriptId)) === null) return start;
    const end = { scriptId: start.scriptId, lineNumber: start.lineNumber + MOST_LINES };
    const { locations } = await this.#cdp.send("Debugger.getPossibleBreakpoints", { start, end });
    for (const location of locations) if (!(await this.isInserted(location))) return location;
    return start;
  }

  /** Whether the block that begins there is the one around the body of a function. */
  async isBody(at: Protocol.Debugger.Location): Promise<boolean> {
    return /__asF=__asE\([^()]*\);try$/.test(await this.#textBefore(at));
  }

  async #textBefore({ scriptId, lineNumber, columnNumber = 0 }: Protocol.Debugger.Location): Promise<string> {
    const lines = await this.#lines(scriptId);
    const text = lines?.[lineNumber]?.slice(Math.max(0, columnNumber - LONGEST), columnNumber) ?? "";
    return text.trim() === "" ? (lines?.[lineNumber - 1]?.slice(-LONGEST) ?? "") : text;
  }

  async #textAt({ scriptId, lineNumber, columnNumber = 0 }: Protocol.Debugger.Location): Promise<string> {
    const lines = await this.#lines(scriptId);
    return lines?.[lineNumber]?.slice(columnNumber, columnNumber + 24) ?? "";
  }

  #lines(scriptId: string): Promise<readonly string[] | null> {
    let lines = this.#scripts.get(scriptId);
    if (lines === undefined) {
      lines = this.#cdp
        .send("Debugger.getScriptSource", { scriptId })
        .then(({ scriptSource }) =>
          /__as[A-Z]/.test(scriptSource) ? scriptSource.split(/\r\n|[\n\r\u2028\u2029]/) : null,
        )
        .catch(() => null);
      this.#scripts.set(scriptId, lines);
    }
    return lines;
  }
}
