import type { Node as AcornNode } from "acorn";

/** A node of the syntax tree, as far as the rewriter looks into it. */
export interface Node extends AcornNode {
  readonly [key: string]: unknown;
}

/** Calls `visit` with each child of a node. */
export function eachChild(node: Node, visit: (child: Node) => void): void {
  for (const key in node) {
    const value = node[key];
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) visit(item);
    } else if (isNode(value)) visit(value);
  }
}

export function isNode(value: unknown): value is Node {
  return (
    typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string"
  );
}

export function isFunction(node: Node): boolean {
  const { type } = node;
  return (
    type === "FunctionDeclaration" || type === "FunctionExpression" || type === "ArrowFunctionExpression"
  );
}

/** The expression inside of any parentheses. */
export function unwrap(node: Node): Node {
  let inner = node;
  while (inner.type === "ParenthesizedExpression") inner = inner["expression"] as Node;
  return inner;
}

/** Whether the code of a function (or module) can be suspended in `node`; functions and classes inside are others'. */
export function suspends(node: Node): boolean {
  switch (node.type) {
    case "AwaitExpression":
    case "YieldExpression":
      return true;
    case "ForOfStatement":
      if (node["await"] === true) return true;
      break;
    case "VariableDeclaration":
      if (node["kind"] === "await using") return true;
      break;
    case "PropertyDefinition":
      // Its value is code of the class; a computed name is not.
      return node["computed"] === true && suspends(node["key"] as Node);
    case "StaticBlock":
      return false;
    default:
      if (isFunction(node)) return false;
  }
  let found = false;
  eachChild(node, (child) => {
    found ||= suspends(child);
  });
  return found;
}

/** Whether putting the body of a function into a block would change what its names mean, or be an error. */
export function needsFunctionScope(body: readonly Node[]): boolean {
  const functions = new Set<string>();
  for (const statement of body) {
    if (statement.type !== "FunctionDeclaration") continue;
    const name = nameOf(statement["id"]);
    if (functions.has(name)) return true;
    functions.add(name);
  }
  return functions.size > 0 && body.some((statement) => declaresVar(statement, functions));
}

function declaresVar(node: Node, names: ReadonlySet<string>): boolean {
  if (isFunction(node) || node.type === "ClassBody") return false;
  if (node.type === "VariableDeclaration" && node["kind"] === "var")
    return (node["declarations"] as Node[]).some(({ id }) => binds(id as Node, names));
  let found = false;
  eachChild(node, (child) => {
    found ||= declaresVar(child, names);
  });
  return found;
}

function binds(pattern: Node, names: ReadonlySet<string>): boolean {
  if (pattern.type === "Identifier") return names.has(nameOf(pattern));
  let found = false;
  eachChild(pattern, (child) => {
    found ||= binds(child, names);
  });
  return found;
}

/** The name that an identifier, a private name or a literal key stands for, "" for anything else. */
export function nameOf(node: unknown): string {
  if (!isNode(node)) return "";
  if (node.type === "Identifier") return node["name"] as string;
  if (node.type === "PrivateIdentifier") return `#${node["name"] as string}`;
  const { value } = node;
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
