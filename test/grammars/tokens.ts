import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import oniguruma from "vscode-oniguruma";
import textmate from "vscode-textmate";

const SYNTAXES = resolve("syntaxes");
const INJECTION = "asyncscope.suspension-points.injection";

/** Grammars as the manifest contributes them, and those named here. */
export function registry(others: Readonly<Record<string, string>> = {}): textmate.Registry {
  const files: Readonly<Record<string, string>> = {
    "source.taskdump": resolve(SYNTAXES, "taskdump.tmLanguage.json"),
    [INJECTION]: resolve(SYNTAXES, "suspension-points.tmLanguage.json"),
    ...others,
  };
  return new textmate.Registry({
    onigLib: engine(),
    loadGrammar: async (scope) => {
      const file = files[scope];
      return file === undefined ? null : textmate.parseRawGrammar(readFileSync(file, "utf8"), file);
    },
    getInjections: (scope) => (scope === "source.taskdump" ? [] : [INJECTION]),
  });
}

let loaded: Promise<textmate.IOnigLib> | undefined;

/** The regular expressions of the editor. */
function engine(): Promise<textmate.IOnigLib> {
  loaded ??= (async () => {
    const file = createRequire(resolve("package.json")).resolve("vscode-oniguruma/release/onig.wasm");
    await oniguruma.loadWASM(readFileSync(file));
    return {
      createOnigScanner: (sources) => new oniguruma.OnigScanner(sources),
      createOnigString: (text) => new oniguruma.OnigString(text),
    };
  })();
  return loaded;
}

/** One coloured piece of text. */
export interface Token {
  readonly text: string;
  /** Innermost last, without the grammar's own. */
  readonly scopes: readonly string[];
  /** From 0. */
  readonly line: number;
}

export async function tokens(registered: textmate.Registry, scope: string, text: string): Promise<Token[]> {
  const grammar = await registered.loadGrammar(scope);
  if (grammar === null) throw new Error(`there is no grammar ${scope}`);
  const out: Token[] = [];
  let stack = textmate.INITIAL;
  for (const [line, source] of text.split("\n").entries()) {
    const result = grammar.tokenizeLine(source, stack);
    stack = result.ruleStack;
    for (const { startIndex, endIndex, scopes } of result.tokens)
      out.push({ text: source.slice(startIndex, endIndex), scopes: scopes.slice(1), line });
  }
  return out;
}

/** The text, and under each line its pieces with their scopes. */
export function rendered(text: string, list: readonly Token[]): string {
  const lines = text
    .split("\n")
    .flatMap((source, line) => [
      `>${source}`,
      ...list
        .filter((token) => token.line === line && token.scopes.length > 0)
        .map((token) => `# ${JSON.stringify(token.text)} ${token.scopes.join(" ")}`),
    ]);
  return `${lines.join("\n")}\n`;
}

/** What a snapshot holds; it is written first where there is none, and with `UPDATE_SNAPSHOTS=1`. */
export function snapshot(name: string, actual: string): string {
  const file = resolve("test/grammars/snapshots", `${name}.snap`);
  const update = process.env["UPDATE_SNAPSHOTS"] === "1";
  if (update) writeFileSync(file, actual);
  if (!existsSync(file))
    throw new Error(`${file} is missing: run once with UPDATE_SNAPSHOTS=1 and look at it`);
  return readFileSync(file, "utf8");
}
