import type { EditList } from "./edits.js";
import * as emitted from "./emitted.js";
import type { KnownCalls } from "./known-calls.js";
import * as operands from "./operands.js";
import { PointKind, PointList } from "./points.js";
import type { Point } from "./points.js";
import { eachChild, isFunction, isNode, nameOf, suspends, unwrap } from "./syntax.js";
import type { Node } from "./syntax.js";

/** The function (or module) whose code is being looked at, when it has a frame. */
interface Scope {
  readonly point: number;
  readonly isGenerator: boolean;
  /** Point of the await in whose operand the code stands, -1 outside of any. */
  operandOf: number;
  /** Whether it may end with the end of a call that it has not awaited: `return f()`. */
  returnsCall: boolean;
}

/** Goes through a program and notes what to put into it. */
export class FunctionRewriter {
  readonly #edits: EditList;
  readonly #points: PointList;
  readonly #known: KnownCalls;
  #scope: Scope | null = null;
  /** Class whose members are being looked at. */
  #className = "";
  /** The outermost label of a labelled loop. */
  readonly #outermost = new Map<Node, Node>();
  #usings = 0;
  /** The block that is being looked at has an `await using` already. */
  #hasUsing = false;
  /** An await was left as it is: the next statement says that the frame goes on. */
  #goesOnUnsaid = false;

  constructor(source: string, edits: EditList, known: KnownCalls) {
    this.#edits = edits;
    this.#known = known;
    this.#points = new PointList(source);
  }

  get points(): readonly Point[] {
    return this.#points.points;
  }

  program(node: Node, isModule: boolean): void {
    const body = node["body"] as Node[];
    if (isModule && body.some(suspends)) {
      const point = this.#points.add(PointKind.Function, 0, "(module)", -1);
      this.#scope = { point, isGenerator: false, operandOf: -1, returnsCall: false };
      const start = operands.directivesEnd(body) ?? body[0]!.start;
      this.#edits.add(start, (operands.directivesEnd(body) === null ? "" : ";") + emitted.enter(""), point);
      this.#statements(body);
      this.#edits.add(body[body.length - 1]!.end, emitted.MODULE_END);
    } else this.#statements(body);
  }

  #statements(nodes: readonly Node[]): void {
    const outer = this.#hasUsing;
    this.#hasUsing = false;
    for (const node of nodes) {
      if (this.#goesOnUnsaid && node.type !== "FunctionDeclaration") {
        this.#goesOnUnsaid = false;
        this.#edits.add(node.start, emitted.GO_ON);
      }
      this.#visit(node, "");
    }
    this.#hasUsing = outer;
  }

  #visitAll(nodes: readonly (Node | null)[]): void {
    for (const node of nodes) if (node !== null) this.#visit(node, "");
  }

  #children(node: Node): void {
    eachChild(node, (child) => this.#visit(child, ""));
  }

  /** @param name What a function that stands here is called. */
  #visit(node: Node, name: string): void {
    if (isFunction(node)) return this.#function(node, name);
    switch (node.type) {
      case "ParenthesizedExpression":
        return this.#visit(node["expression"] as Node, name);
      case "ExpressionStatement":
        this.#dropped(node["expression"] as Node);
        return this.#visit(node["expression"] as Node, "");
      case "ClassDeclaration":
      case "ClassExpression":
        return this.#class(node, name);
      case "MethodDefinition":
      case "PropertyDefinition":
        return this.#member(node);
      case "StaticBlock":
        return this.#outside(() => this.#children(node));
      case "Property":
        if (node["computed"] === true) this.#visit(node["key"] as Node, "");
        return this.#visit(node["value"] as Node, nameOf(node["key"]));
      case "VariableDeclaration":
        if (node["kind"] === "await using") return this.#awaitUsing(node);
        return this.#children(node);
      case "BlockStatement":
        return this.#statements(node["body"] as Node[]);
      case "SwitchCase":
        if (isNode(node["test"])) this.#visit(node["test"], "");
        return this.#statements(node["consequent"] as Node[]);
      case "VariableDeclarator":
        this.#visit(node["id"] as Node, "");
        if (isNode(node["init"])) this.#initializer(node["id"] as Node, node["init"]);
        return;
      case "AssignmentExpression":
      case "AssignmentPattern": {
        const left = node["left"] as Node;
        this.#visit(left, "");
        if (left.type === "ArrayPattern") return this.#iterated(node["right"] as Node);
        return this.#visit(node["right"] as Node, nameOf(left) || nameOf(left["property"]));
      }
      case "CallExpression":
        return nameOf(node["callee"]) === "setTimeout" ? this.#timer(node) : this.#within(node);
      case "MemberExpression": {
        const object = node["object"] as Node;
        // Messages about what it lacks name the call.
        if (object.type !== "CallExpression") return this.#within(node);
        this.#within(object);
        if (node["computed"] === true) this.#visit(node["property"] as Node, "");
        return;
      }
      case "LabeledStatement": {
        const body = node["body"] as Node;
        this.#outermost.set(body, this.#outermost.get(node) ?? node);
        return this.#children(node);
      }
      default:
        return this.#within(node);
    }
  }

  /** Should it give a promise, nobody keeps it. */
  #dropped(expression: Node): void {
    const at = operands.droppedCall(expression);
    if (at !== undefined) this.#points.add(PointKind.Dropped, at, "", -1);
  }

  #within(node: Node): void {
    if (this.#scope === null) this.#children(node);
    else this.#suspending(node, this.#scope);
  }

  #timer(call: Node): void {
    this.#edits.add(call.start, emitted.TIMER);
    this.#within(call);
    this.#edits.add(call.end, emitted.end(1));
  }

  /** Code of a function that has a frame. */
  #suspending(node: Node, scope: Scope): void {
    switch (node.type) {
      case "AwaitExpression":
        return this.#await(node, scope, true);
      case "YieldExpression":
        return this.#yield(node, scope);
      case "ReturnStatement":
        return this.#return(node, scope);
      case "ForOfStatement":
        return node["await"] === true ? this.#forAwait(node, scope) : this.#forOf(node, scope);
      case "SpreadElement":
        return this.#iterated(node["argument"] as Node);
      case "TryStatement":
        return this.#try(node);
      default:
        return this.#children(node);
    }
  }

  #initializer(target: Node, value: Node): void {
    if (target.type === "ArrayPattern") this.#iterated(value);
    else this.#visit(value, nameOf(target));
  }

  /** What V8 names, with its position, when it is not iterable: nothing of ours may stand around an await. */
  #iterated(node: Node): void {
    const inner = unwrap(node);
    if (this.#scope === null || inner.type !== "AwaitExpression") return this.#visit(node, "");
    this.#await(inner, this.#scope, false);
    this.#goesOnUnsaid = true;
  }

  // --- Functions and classes -----------------------------------------------------------------------------

  #function(node: Node, givenName: string): void {
    const outer = this.#scope;
    const className = this.#className;
    this.#className = "";
    // Parameters can hold functions, but nothing that suspends this one or the one around it.
    this.#scope = null;
    this.#visitAll(node["params"] as Node[]);
    const body = node["body"] as Node;
    if (node["async"] === true && suspends(body) && !operands.mustStay(body)) {
      const name = nameOf(node["id"]) || givenName;
      const point = this.#points.add(PointKind.Function, node.start, name || "(anonymous)", -1);
      this.#scope = { point, isGenerator: node["generator"] === true, operandOf: -1, returnsCall: false };
      this.#body(node, body, this.#scope);
    } else this.#visit(body, "");
    this.#scope = outer;
    this.#className = className;
  }

  #body(node: Node, body: Node, scope: Scope): void {
    const { point } = scope;
    const argument = operands.firstParameter(node);
    if (body.type !== "BlockStatement") {
      this.#edits.add(body.start, emitted.arrowBegin(argument), point);
      this.#visit(body, "");
      this.#edits.add(body.end, emitted.arrowEnd(operands.mayBeCall(body)));
      return;
    }
    const statements = body["body"] as Node[];
    const directives = operands.directivesEnd(statements);
    const begin = (directives === null ? "" : ";") + emitted.enter(argument) + emitted.TRY;
    this.#edits.add(directives ?? body.start + 1, begin, point);
    this.#statements(statements);
    this.#goesOnUnsaid = false;
    this.#edits.add(body.end - 1, emitted.leave(scope.returnsCall));
  }

  #class(node: Node, givenName: string): void {
    const outer = this.#className;
    if (isNode(node["superClass"])) this.#visit(node["superClass"], "");
    this.#className = nameOf(node["id"]) || givenName;
    this.#children(node["body"] as Node);
    this.#className = outer;
  }

  #member(node: Node): void {
    const className = this.#className;
    if (node["computed"] === true) this.#visit(node["key"] as Node, "");
    if (!isNode(node["value"])) return;
    const value = node["value"];
    const name = nameOf(node["key"]);
    const whole = className === "" || name === "" ? name : `${className}.${name}`;
    if (node.type === "MethodDefinition") this.#visit(value, whole);
    else this.#outside(() => this.#visit(value, whole));
  }

  /** Code that does not belong to the function around it. */
  #outside(visit: () => void): void {
    const outer = this.#scope;
    this.#scope = null;
    visit();
    this.#scope = outer;
  }

  // --- Suspension points ----------------------------------------------------------------------------------

  #await(node: Node, scope: Scope, tellsResume: boolean): void {
    const operand = node["argument"] as Node;
    const inner = unwrap(operand);
    const kind = operands.kindOfOperand(inner);
    const known =
      kind === PointKind.Call && inner.type === "CallExpression"
        ? this.#known.of(inner["callee"] as Node)
        : undefined;
    const point = this.#points.suspension(kind, node.start, operand.start, operand.end, scope.point, known);
    const calls = kind !== PointKind.Value;
    const within = scope.operandOf;
    if (tellsResume) this.#edits.add(node.start, emitted.RESUME);
    const text =
      kind === PointKind.Combinator ? emitted.SUSPEND_MANY : calls ? emitted.SUSPEND_CALL : emitted.SUSPEND;
    this.#edits.add(node.start + "await".length, text, point);
    scope.operandOf = calls ? point : -1;
    if (kind === PointKind.Combinator || known !== undefined) this.#firstArgument(inner);
    else this.#visit(operand, "");
    scope.operandOf = within;
    this.#edits.add(node.end, emitted.end(calls ? 2 : 1));
    if (!tellsResume) return;
    if (within < 0) this.#edits.add(node.end, emitted.end(1));
    else this.#edits.add(node.end, emitted.END_WITHIN, within);
  }

  /** A call whose first argument says what is waited for. */
  #firstArgument(call: Node): void {
    const [first, ...others] = call["arguments"] as Node[];
    this.#visit(call["callee"] as Node, "");
    if (first !== undefined && first.type !== "SpreadElement") {
      this.#edits.add(first.start, emitted.INPUTS);
      this.#visit(first, "");
      this.#edits.add(first.end, emitted.end(1));
    } else if (first !== undefined) this.#visit(first, "");
    this.#visitAll(others);
  }

  #yield(node: Node, scope: Scope): void {
    if (!scope.isGenerator) return this.#children(node);
    const delegates = node["delegate"] === true;
    const value = node["argument"] as Node | null;
    const kind = delegates ? PointKind.Delegate : PointKind.Yield;
    const from = value ?? node;
    const point = this.#points.suspension(kind, node.start, from.start, from.end, scope.point);
    // Behind `yield*` it goes on when an await inside of V8 is over, not when a consumer asks.
    this.#edits.add(node.start, delegates ? emitted.RESUME : emitted.RESUME_YIELD);
    if (value === null) {
      this.#edits.add(node.end, emitted.SUSPEND_YIELD.slice(0, -1) + emitted.end(1), point);
    } else {
      // Behind the star, with which no line break is allowed before.
      if (delegates) this.#edits.add(value.start, emitted.DELEGATE, point);
      else this.#edits.add(node.start + "yield".length, emitted.SUSPEND_YIELD, point);
      this.#visit(value, "");
      this.#edits.add(node.end, emitted.end(1));
    }
    this.#edits.add(node.end, emitted.end(1));
  }

  #return(node: Node, scope: Scope): void {
    const value = node["argument"] as Node | null;
    if (value !== null && operands.mayBeCall(value)) scope.returnsCall = true;
    if (!scope.isGenerator || value === null) return this.#children(node);
    const point = this.#points.suspension(PointKind.Return, node.start, value.start, value.end, scope.point);
    this.#edits.add(node.start + "return".length, emitted.SUSPEND, point);
    this.#visit(value, "");
    this.#edits.add(value.end, emitted.end(1));
  }

  #forOf(node: Node, scope: Scope): void {
    const right = unwrap(node["right"] as Node);
    if (right.type !== "AwaitExpression") return this.#children(node);
    this.#visit(node["left"] as Node, "");
    // As above; the loop's body goes on.
    this.#await(right, scope, false);
    this.#loop(node);
  }

  #forAwait(node: Node, scope: Scope): void {
    const left = node["left"] as Node;
    const right = node["right"] as Node;
    if (left.type === "VariableDeclaration" && left["kind"] === "await using")
      throw new operands.Unsupported();
    const point = this.#points.suspension(
      PointKind.ForAwait,
      node.start,
      right.start,
      right.end,
      scope.point,
    );
    this.#visit(left, "");
    this.#edits.add(right.start, emitted.ITERATE, point);
    this.#visit(right, "");
    this.#edits.add(right.end, emitted.end(1));
    this.#loop(node);
  }

  /** A loop before whose iterations, and behind which, the frame goes on. */
  #loop(node: Node): void {
    const body = node["body"] as Node;
    const whole = this.#outermost.get(node) ?? node;
    this.#edits.add(whole.start, emitted.LOOP_BEGIN);
    if (body.type === "BlockStatement") {
      this.#edits.add(body.start + 1, emitted.GO_ON);
      this.#visit(body, "");
    } else {
      this.#edits.add(body.start, emitted.LOOP_BEGIN + emitted.GO_ON);
      this.#visit(body, "");
      this.#edits.add(body.end, emitted.BLOCK_END);
    }
    this.#edits.add(node.end, emitted.LOOP_END);
  }

  #try(node: Node): void {
    this.#visit(node["block"] as Node, "");
    const handler = node["handler"] as Node | null;
    if (handler !== null) {
      const body = handler["body"] as Node;
      if (isNode(handler["param"])) this.#visit(handler["param"], "");
      this.#edits.add(body.start + 1, emitted.GO_ON);
      this.#visit(body, "");
    }
    const finalizer = node["finalizer"] as Node | null;
    if (finalizer === null) return;
    this.#edits.add(finalizer.start + 1, emitted.GO_ON);
    this.#visit(finalizer, "");
  }

  #awaitUsing(node: Node): void {
    const scope = this.#scope;
    if (scope === null) throw new operands.Unsupported();
    const index = this.#usings++;
    const declarations = node["declarations"] as Node[];
    const point = this.#points.suspension(PointKind.Dispose, node.start, node.start, node.end, scope.point);
    // What is disposed of last says that the frame goes on; another one in between would cost a turn of microtasks.
    this.#edits.add(node.start, this.#hasUsing ? emitted.USING_AGAIN : emitted.usingBegin(index));
    this.#hasUsing = true;
    declarations.forEach((declaration, at) => {
      if (declaration["init"] === null) throw new operands.Unsupported();
      this.#edits.add(declaration.start, emitted.USING_NAME);
      this.#visit(declaration, "");
      this.#edits.add(declaration.end, emitted.disposal(index, at, nameOf(declaration["id"])), point);
      if (at + 1 < declarations.length) this.#edits.add(declaration.end, emitted.USING_NEXT);
    });
  }
}
