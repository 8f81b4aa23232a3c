import { isNode, nameOf, unwrap } from "./syntax.js";
import type { Node } from "./syntax.js";

/** Modules whose functions return promises of which can be said what they wait for. */
const MODULES = new Set(["timers/promises", "fs/promises", "events", "stream/promises", "dns/promises"]);
/** Functions that are known when `promisify` has been called with them. */
const WITH_CALLBACK = new Set([
  "timers.setTimeout",
  "setTimeout",
  "child_process.exec",
  "child_process.execFile",
  "util.setTimeout",
]);
const GLOBALS = new Set(["fetch", "setTimeout"]);

/** The names of a file that stand for functions of Node's, by what its top level declares. */
export class KnownCalls {
  /** Local name to module or function: `fs/promises`, `fs/promises.readFile`; "" for what is the program's own. */
  readonly #names = new Map<string, string>();

  constructor(program: Node) {
    for (const statement of program["body"] as Node[]) this.#declare(statement);
  }

  /** What a callee is, such as `fs/promises.readFile` or `fetch`; undefined when it is nothing known. */
  of(callee: Node): string | undefined {
    const name = this.#resolve(unwrap(callee));
    if (name === undefined) return undefined;
    if (name === "fetch" || name.startsWith("promisify ")) return name;
    const [module = "", called] = name.split(".");
    if (called === undefined || !MODULES.has(module)) return undefined;
    return module === "events" && called !== "once" ? undefined : name;
  }

  #declare(statement: Node): void {
    if (statement.type === "ImportDeclaration") {
      const module = moduleName(statement["source"] as Node);
      for (const specifier of statement["specifiers"] as Node[]) {
        const imported = specifier.type === "ImportSpecifier" ? nameOf(specifier["imported"]) : "default";
        this.#names.set(
          nameOf(specifier["local"]),
          imported === "default" ? module : joined(module, imported),
        );
      }
    } else if (statement.type === "VariableDeclaration") {
      for (const { id, init } of statement["declarations"] as readonly {
        readonly id: Node;
        readonly init: Node | null;
      }[])
        this.#bind(id, init === null ? "" : (this.#resolve(unwrap(init)) ?? ""));
    } else if (isNode(statement["id"])) this.#names.set(nameOf(statement["id"]), "");
    else if (isNode(statement["declaration"])) this.#declare(statement["declaration"]);
  }

  #bind(pattern: Node, value: string): void {
    if (pattern.type === "Identifier") this.#names.set(nameOf(pattern), value);
    if (pattern.type !== "ObjectPattern" || value === "") return;
    for (const property of pattern["properties"] as Node[])
      if (property.type === "Property" && property["computed"] !== true && isNode(property["value"]))
        this.#bind(property["value"], joined(value, nameOf(property["key"])));
  }

  /** The module or function that an expression is; undefined for anything else. */
  #resolve(node: Node): string | undefined {
    switch (node.type) {
      case "Identifier": {
        const name = nameOf(node);
        return this.#names.get(name) ?? (GLOBALS.has(name) ? name : undefined);
      }
      case "MemberExpression": {
        const object = node["computed"] === true ? undefined : this.#resolve(unwrap(node["object"] as Node));
        return object === undefined || object === "" ? undefined : joined(object, nameOf(node["property"]));
      }
      case "CallExpression": {
        const callee = node["callee"] as Node;
        const [first] = node["arguments"] as Node[];
        if (first === undefined) return undefined;
        if (nameOf(callee) === "require" && first.type === "Literal") return moduleName(first);
        if (this.#resolve(unwrap(callee)) !== "util.promisify") return undefined;
        const called = this.#resolve(unwrap(first));
        return called !== undefined && WITH_CALLBACK.has(called) ? `promisify ${called}` : undefined;
      }
      default:
        return undefined;
    }
  }
}

const moduleName = (source: Node): string => nameOf(source).replace(/^node:/, "");

/** `promises` of a module is another module. */
function joined(of: string, name: string): string {
  if (name === "default") return of;
  return name === "promises" && !of.includes(".") ? `${of}/promises` : `${of}.${name}`;
}
