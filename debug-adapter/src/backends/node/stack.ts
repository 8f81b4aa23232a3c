import type { Protocol } from "devtools-protocol";
import type { EvaluatePurpose, FrameView, ScopeView } from "../../target/execution.js";
import { fail } from "../../errors.js";
import type { Page, Property, ValueView, VariableContainer } from "../../target/values.js";
import type { CdpConnection } from "./cdp/connection.js";
import { checked, limitsOf } from "./evaluate.js";
import { isLoaderName, type RewrittenCode } from "./rewritten-code.js";
import type { Scripts, SourcePosition } from "./scripts.js";
import { sourceView } from "./source-view.js";
import { callArgument, type Remote, type Values } from "./values/values.js";

/** A synchronous frame of the paused program. */
export class PausedFrame implements FrameView {
  readonly kind = "code";
  readonly name: string;
  readonly source: NonNullable<FrameView["source"]>;
  readonly line: number;
  readonly column: number;
  readonly subtle: boolean;
  readonly callFrame: Protocol.Debugger.CallFrame;
  readonly #cdp: CdpConnection;
  readonly #rewritten: RewrittenCode;
  readonly #values: Values;
  readonly #exception: Remote | undefined;

  private constructor(
    cdp: CdpConnection,
    rewritten: RewrittenCode,
    callFrame: Protocol.Debugger.CallFrame,
    values: Values,
    position: SourcePosition,
    content: (() => string | undefined) | undefined,
    exception: Remote | undefined,
  ) {
    this.#cdp = cdp;
    this.#rewritten = rewritten;
    this.#values = values;
    this.#exception = exception;
    this.callFrame = callFrame;
    this.name = frameName(callFrame);
    this.source = sourceView(cdp, position, content);
    this.line = position.line;
    this.column = position.column;
    this.subtle = position.skipped;
  }

  static async of(
    cdp: CdpConnection,
    scripts: Scripts,
    rewritten: RewrittenCode,
    callFrame: Protocol.Debugger.CallFrame,
    values: Values,
    exception?: Remote,
  ): Promise<PausedFrame> {
    const { scriptId, lineNumber, columnNumber } = callFrame.location;
    const script = scripts.byId(scriptId);
    const [line, column] = [lineNumber + 1, (columnNumber ?? 0) + 1];
    const position = (await scripts.position(script, line, column)) ?? {
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- all that is known of a script never announced
      path: callFrame.url,
      line,
      column,
      script,
      skipped: true,
    };
    const map = script === undefined ? undefined : await scripts.mapOf(script);
    return new PausedFrame(
      cdp,
      rewritten,
      callFrame,
      values,
      position,
      () => map?.content(position.path),
      exception,
    );
  }

  async scopes(): Promise<ScopeView[]> {
    const views: ScopeView[] = [];
    const extra = this.#extra();
    let body: ScopePart | undefined;
    for (const [index, scope] of this.callFrame.scopeChain.entries()) {
      const container = this.#values.view(scope.object, {
        evaluate: (text) => this.remote(text),
        path: undefined,
      }).children;
      if (container === undefined) continue;
      const part = { scope, index, container };
      // The loader stands between the two halves of a function's own scope.
      if (scope.type === "block" && (await this.#isBody(scope))) {
        body = part;
        continue;
      }
      const parts = body === undefined ? [part] : [body, part];
      body = undefined;
      views.push({
        name: scopeName(scope),
        kind: scope.type === "local" ? "locals" : "other",
        expensive: scope.type === "global",
        variables: new ScopeContainer(this.#cdp, this.#values, this, parts, views.length === 0 ? extra : []),
      });
    }
    return views;
  }

  /** Whether a block is the body of a function that the loader has rewritten. */
  async #isBody({ startLocation }: Protocol.Debugger.Scope): Promise<boolean> {
    return startLocation !== undefined && (await this.#rewritten.isBody(startLocation));
  }

  /** `this`, the value about to be returned, the exception: not variables, but shown with them. */
  #extra(): { readonly name: string; readonly remote: Remote }[] {
    const extra: { name: string; remote: Remote }[] = [];
    if (this.#exception !== undefined) extra.push({ name: "Exception", remote: this.#exception });
    const { returnValue, this: self } = this.callFrame;
    if (returnValue !== undefined) extra.push({ name: "Return value", remote: returnValue });
    if (self.type !== "undefined") extra.push({ name: "this", remote: self });
    return extra;
  }

  async evaluate(expression: string, purpose: EvaluatePurpose): Promise<ValueView> {
    const remote = await this.remote(expression, purpose);
    return this.#values.view(remote, {
      evaluate: (text) => this.remote(text),
      path: expressionPath(expression),
    });
  }

  /** Evaluates in this frame. */
  async remote(expression: string, purpose: EvaluatePurpose = "variables"): Promise<Remote> {
    const { noSideEffects, timeout } = limitsOf(purpose);
    try {
      return checked(
        await this.#cdp.send("Debugger.evaluateOnCallFrame", {
          callFrameId: this.callFrame.callFrameId,
          expression: objectLiteral(expression),
          objectGroup: this.#values.group,
          generatePreview: true,
          includeCommandLineAPI: purpose === "repl",
          silent: true,
          throwOnSideEffect: noSideEffects,
          timeout,
        }),
      );
    } catch (error) {
      if (error instanceof Error && /terminated/i.test(error.message))
        return fail("evaluateTimeout", { milliseconds: timeout });
      throw error;
    }
  }

  async names(): Promise<string[]> {
    const names = new Set<string>();
    for (const { type, object } of this.callFrame.scopeChain) {
      if (type === "global" || object.objectId === undefined) continue;
      const { result } = await this.#cdp.send("Runtime.getProperties", {
        objectId: object.objectId,
        ownProperties: true,
      });
      for (const { name } of result) if (!isLoaderName(name)) names.add(name);
    }
    return [...names];
  }
}

interface ScopePart {
  readonly scope: Protocol.Debugger.Scope;
  /** In the frame's chain. */
  readonly index: number;
  readonly container: VariableContainer;
}

/** One scope of a paused frame; its variables are set through the debugger, not as properties. */
class ScopeContainer implements VariableContainer {
  constructor(
    private readonly cdp: CdpConnection,
    private readonly values: Values,
    private readonly frame: PausedFrame,
    /** What V8 has as one or two scopes, inner one first. */
    private readonly parts: readonly ScopePart[],
    private readonly extra: readonly { readonly name: string; readonly remote: Remote }[],
  ) {}

  async list(page: Page) {
    const context = { evaluate: (text: string) => this.frame.remote(text) };
    const lists = await Promise.all(this.parts.map((part) => variablesOf(part, page)));
    const extra = (page.start ?? 0) > 0 ? [] : this.extra;
    return [
      ...extra.map(({ name, remote }) => ({
        name,
        value: this.values.view(remote, { ...context, path: name === "this" ? "this" : undefined }),
        readOnly: true,
        ...(name === "this" ? { evaluateName: "this" } : { visibility: "internal" as const }),
      })),
      ...lists.reverse().flat(),
    ];
  }

  async set(name: string, expression: string): Promise<ValueView> {
    const { scope, index, container } = await this.#partWith(name);
    if (scope.type === "global" || scope.type === "with") return container.set!(name, expression);
    if (this.extra.some((row) => row.name === name))
      fail("cannotSet", { name, detail: "it is not a variable." });
    const value = await this.frame.remote(expression);
    try {
      await this.cdp.send("Debugger.setVariableValue", {
        scopeNumber: index,
        variableName: name,
        newValue: callArgument(value),
        callFrameId: this.frame.callFrame.callFrameId,
      });
    } catch (error) {
      fail("cannotSet", { name, detail: error instanceof Error ? error.message : "" });
    }
    return this.values.view(value, { evaluate: (text) => this.frame.remote(text) });
  }

  async #partWith(variable: string): Promise<ScopePart> {
    const last = this.parts[this.parts.length - 1]!;
    for (const part of this.parts)
      if (part !== last && (await variablesOf(part, {})).some(({ name }) => name === variable)) return part;
    return last;
  }
}

async function variablesOf({ scope, container }: ScopePart, page: Page): Promise<Property[]> {
  return (await container.list(page))
    .filter(({ name, visibility }) =>
      scope.type === "global" ? true : visibility !== "internal" && !isLoaderName(name),
    )
    .map((property) => ({
      ...property,
      ...(isIdentifier(property.name) ? { evaluateName: property.name } : {}),
    }));
}

function scopeName({ type, name }: Protocol.Debugger.Scope): string {
  const titles: Record<string, string> = {
    local: "Local",
    block: "Block",
    closure: "Closure",
    catch: "Catch",
    global: "Global",
    script: "Script",
    module: "Module",
    with: "With",
    eval: "Eval",
    "wasm-expression-stack": "Stack",
  };
  const title = titles[type] ?? type;
  return name !== undefined && name !== "" ? `${title} (${name})` : title;
}

/** V8 leaves anonymous functions without a name. */
export function frameName({ functionName }: Protocol.Debugger.CallFrame): string {
  return functionName === "" ? "(anonymous)" : functionName;
}

const isIdentifier = (name: string): boolean => /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name);

/** An expression that can stand before `.name`; undefined when it would need parentheses or run twice. */
export function expressionPath(expression: string): string | undefined {
  const trimmed = expression.trim();
  return /^[\w$.[\]'"]+$/.test(trimmed) ? trimmed : undefined;
}

/** `{a: 1}` typed at a prompt means an object, not a block. */
export function objectLiteral(expression: string): string {
  return /^\s*\{[^;]*\}\s*$/.test(expression) ? `(${expression})` : expression;
}
