import { resolve } from "node:path";
import ts from "typescript";

/** What a package offers, as TypeScript sees it: interfaces as well as values. */
export interface ApiSurface {
  /** Names of everything exported. */
  readonly exports: ReadonlySet<string>;
  /**
   * Public members of an exported class or interface, inherited ones and statics included, `@@iterator` for symbols;
   * and whether each is abstract.
   */
  members(name: string): ReadonlyMap<string, boolean>;
}

/** Reads the entry of a package. Takes some seconds. */
export function apiSurface(entry: string): ApiSurface {
  const { config } = ts.readConfigFile(resolve("tsconfig.json"), (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, resolve("."));
  const file = resolve(entry);
  const program = ts.createProgram([file], { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
  const symbols = new Map(checker.getExportsOfModule(module).map((symbol) => [symbol.name, symbol]));
  const known = new Map<string, Map<string, boolean>>();
  return {
    exports: new Set(symbols.keys()),
    members(name) {
      let names = known.get(name);
      if (names === undefined) known.set(name, (names = membersOf(checker, symbols.get(name))));
      return names;
    },
  };
}

function membersOf(checker: ts.TypeChecker, exported: ts.Symbol | undefined): Map<string, boolean> {
  if (exported === undefined) return new Map();
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const types = [checker.getDeclaredTypeOfSymbol(symbol)];
  if (symbol.valueDeclaration !== undefined)
    types.push(checker.getTypeOfSymbolAtLocation(symbol, symbol.valueDeclaration));
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  const members = new Map<string, boolean>();
  for (const property of types.flatMap((type) => checker.getPropertiesOfType(type))) {
    const flags = (property.declarations ?? []).map((each) => ts.getCombinedModifierFlags(each));
    if (flags.some((each) => (each & hidden) !== 0)) continue;
    const symbolName = /^__@(\w+?)(?:@\d+)?$/.exec(property.name)?.[1];
    const name = symbolName === undefined ? property.name : `@@${symbolName}`;
    members.set(name, flags.length > 0 && flags.every((each) => (each & ts.ModifierFlags.Abstract) !== 0));
  }
  return members;
}
