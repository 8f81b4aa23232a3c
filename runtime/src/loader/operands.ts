/** What expressions and statements are to the rewriter. */
import { PointKind } from "./points.js";
import { nameOf, needsFunctionScope, unwrap } from "./syntax.js";
import type { Node } from "./syntax.js";

const COMBINATORS = new Set(["all", "race", "any", "allSettled"]);

/** Where V8 says that a call is made, of a statement that is nothing but a call; undefined for any other. */
export function droppedCall(expression: Node): number | undefined {
  const inner = unwrap(expression);
  const call = inner.type === "ChainExpression" ? (inner["expression"] as Node) : inner;
  if (call.type !== "CallExpression") return undefined;
  const callee = unwrap(call["callee"] as Node);
  if (callee.type !== "MemberExpression") return callee.start;
  const property = callee["property"] as Node;
  return callee["computed"] === true || property.type === "PrivateIdentifier" ? callee.end : property.start;
}

/** Where the directives at the start of a body end, null when there are none. */
export function directivesEnd(body: readonly Node[]): number | null {
  let end: number | null = null;
  for (const statement of body) {
    if (statement["directive"] === undefined) break;
    end = statement.end;
  }
  return end;
}

const NO_CALLS = new Set([
  ...["AwaitExpression", "Literal", "TemplateLiteral", "ObjectExpression", "ArrayExpression"],
  ...["UnaryExpression", "BinaryExpression", "UpdateExpression", "ThisExpression", "ClassExpression"],
  ...["FunctionExpression", "ArrowFunctionExpression"],
]);

/** Whether the value of an expression may be what a call has returned, by itself or by way of a variable. */
export function mayBeCall(value: Node): boolean {
  return !NO_CALLS.has(unwrap(value).type);
}

/** Whether a function cannot be given a block around its body. */
export function mustStay(body: Node): boolean {
  return body.type === "BlockStatement" && needsFunctionScope(body["body"] as Node[]);
}

/** The name of the first parameter, whose value can be part of a task's name; "" when it has none. */
export function firstParameter(node: Node): string {
  const first = (node["params"] as Node[])[0];
  if (first === undefined) return "";
  return nameOf(
    first.type === "AssignmentPattern" ? first["left"] : first.type === "Identifier" ? first : null,
  );
}

export function kindOfOperand(operand: Node): PointKind {
  const { type } = operand;
  if (type === "CallExpression" && isCombinator(operand)) return PointKind.Combinator;
  return type === "Identifier" || type === "Literal" || type === "ThisExpression" || isPlainMember(operand)
    ? PointKind.Value
    : PointKind.Call;
}

/** `a.b.c`, which calls nothing that matters here. */
function isPlainMember(node: Node): boolean {
  if (node.type !== "MemberExpression" || node["computed"] === true) return false;
  const object = unwrap(node["object"] as Node);
  return object.type === "Identifier" || object.type === "ThisExpression" || isPlainMember(object);
}

/** `Promise.all(…)` and its like, with one input. */
function isCombinator(call: Node): boolean {
  const callee = call["callee"] as Node;
  const inputs = call["arguments"] as Node[];
  return (
    callee.type === "MemberExpression" &&
    callee["computed"] !== true &&
    nameOf(callee["object"]) === "Promise" &&
    (callee["object"] as Node).type === "Identifier" &&
    COMBINATORS.has(nameOf(callee["property"])) &&
    inputs.length === 1 &&
    inputs[0]!.type !== "SpreadElement"
  );
}

/** A form that is left to run as it is. */
export class Unsupported extends Error {}
