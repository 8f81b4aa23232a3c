import type { Protocol } from "devtools-protocol";
import { fail } from "../../errors.js";
import type { EvaluatePurpose, FrameView, ScopeView } from "../../target/execution.js";
import type { Page, Property, ValueView } from "../../target/values.js";
import type { CdpConnection } from "./cdp/connection.js";
import { CodeFrame } from "./code-frame.js";
import { checked, limitsOf } from "./evaluate.js";
import { isLoaderName } from "./rewritten-code.js";
import type { SourcePosition } from "./scripts.js";
import { callArgument, type Remote, type Values } from "./values/values.js";

/** Where a generator stands. */
export interface GeneratorPosition {
  readonly functionName: string;
  readonly scriptId: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
}

/** What V8 tells of a generator object, with nothing but the Runtime domain. */
export interface GeneratorState extends GeneratorPosition {
  readonly generator: Remote;
  readonly state: "suspended" | "running" | "closed" | undefined;
  /** Where the function itself begins: 0-based, as V8 says it. */
  readonly functionLocation: Protocol.Debugger.Location | undefined;
  readonly scopes: Remote | undefined;
  readonly receiver: Remote | undefined;
}

/**
 * Reads the position and the scopes of a generator object. Undefined when V8 tells none.
 * @param withFunction whether it is wanted where the function begins, which is another question
 */
export async function generatorState(
  cdp: CdpConnection,
  generator: Remote,
  withFunction = true,
): Promise<GeneratorState | undefined> {
  const internals = await internalsOf(cdp, generator);
  const fn = internals.get("[[GeneratorFunction]]");
  const known = positionOf(internals, undefined) !== undefined;
  const functionLocation =
    fn?.objectId === undefined || (!withFunction && known)
      ? undefined
      : await functionStart(cdp, fn.objectId);
  const position = positionOf(internals, functionLocation);
  if (position === undefined) return undefined;
  return {
    ...position,
    generator,
    state: internals.get("[[GeneratorState]]")?.value as GeneratorState["state"],
    functionLocation,
    scopes: internals.get("[[Scopes]]"),
    receiver: internals.get("[[GeneratorReceiver]]"),
  };
}

/** The position alone, with one question to V8 where that is enough. Undefined when it tells none. */
export async function generatorPosition(
  cdp: CdpConnection,
  generator: Remote,
): Promise<GeneratorPosition | undefined> {
  const internals = await internalsOf(cdp, generator);
  const fn = internals.get("[[GeneratorFunction]]")?.objectId;
  const enough = internals.has("[[GeneratorLocation]]") || fn === undefined;
  return positionOf(internals, enough ? undefined : await functionStart(cdp, fn));
}

type Internals = ReadonlyMap<string, Remote | undefined>;

async function internalsOf(cdp: CdpConnection, generator: Remote): Promise<Internals> {
  const { internalProperties } = await cdp.send("Runtime.getProperties", {
    objectId: generator.objectId!,
    ownProperties: true,
  });
  return new Map((internalProperties ?? []).map(({ name, value }) => [name, value]));
}

function positionOf(
  internals: Internals,
  functionLocation: Protocol.Debugger.Location | undefined,
): GeneratorPosition | undefined {
  const location = internals.get("[[GeneratorLocation]]")?.value as Protocol.Debugger.Location | undefined;
  const place = location ?? functionLocation;
  return (
    place && {
      functionName: functionName(internals.get("[[GeneratorFunction]]")),
      scriptId: place.scriptId,
      line: place.lineNumber + 1,
      column: (place.columnNumber ?? 0) + 1,
    }
  );
}

async function functionStart(
  cdp: CdpConnection,
  objectId: string,
): Promise<Protocol.Debugger.Location | undefined> {
  const { internalProperties } = await cdp.send("Runtime.getProperties", { objectId, ownProperties: true });
  return internalProperties?.find(({ name }) => name === "[[FunctionLocation]]")?.value?.value as
    Protocol.Debugger.Location | undefined;
}

function functionName(fn: Remote | undefined): string {
  const match = /^(?:static\s+)?(?:async\s+)?(?:function\s*)?\*?\s*([\w$#]+)/.exec(fn?.description ?? "");
  return match === null || match[1] === "function" ? "" : match[1]!;
}

interface Scope {
  readonly name: string;
  readonly remote: Remote;
}

/** A frame of a suspended task: its variables are read live from the generator while the program runs. */
export class SuspendedFrame extends CodeFrame implements FrameView {
  readonly #cdp: CdpConnection;
  readonly #state: GeneratorState;
  readonly #values: Values;

  constructor(
    cdp: CdpConnection,
    state: GeneratorState,
    values: Values,
    name: string,
    position: SourcePosition,
  ) {
    super(cdp, name, position);
    this.#cdp = cdp;
    this.#state = state;
    this.#values = values;
  }

  async scopes(): Promise<ScopeView[]> {
    const scopes = await this.#scopeList();
    const refuse = (variable: string): never => fail("suspendedReadOnly", { name: variable });
    const list = async (name: string, remote: Remote, page: Page): Promise<Property[]> =>
      (await this.#values.view(remote, { refuse }).children!.list(page))
        .filter(
          (property) =>
            name === "Global" || (property.visibility !== "internal" && !isLoaderName(property.name)),
        )
        .map((property) => ({ ...property, evaluateName: property.name }));
    return (await this.#joined(scopes)).map(({ name, remotes }, i): ScopeView => ({
      name,
      kind: i === 0 ? "locals" : "other",
      expensive: name === "Global",
      variables: {
        list: async (page) => (await Promise.all(remotes.map((each) => list(name, each, page)))).flat(),
        set: (variable) => refuse(variable),
      },
    }));
  }

  /** The scopes as the program has them: what the loader puts into a function stands between two parts of its own scope. */
  async #joined(
    scopes: readonly Scope[],
  ): Promise<{ readonly name: string; readonly remotes: readonly Remote[] }[]> {
    const local = scopes.findIndex(({ name }) => name.startsWith("Local"));
    let first = local + 1;
    // From the outside in: a block without variables is no scope, so that there may be none for the body.
    for (let i = local; i >= 0 && first > local; i--)
      if (await this.#isLoaders(scopes[i]!)) first = Math.max(0, i - 1);
    return scopes
      .map(({ name, remote }, i) =>
        i === local
          ? {
              name,
              remotes: scopes
                .slice(first, local)
                .map((each) => each.remote)
                .concat(remote),
            }
          : { name, remotes: [remote] },
      )
      .filter((_, i) => i < first || i >= local);
  }

  async #isLoaders({ remote }: Scope): Promise<boolean> {
    const { result } = await this.#cdp.send("Runtime.getProperties", {
      objectId: remote.objectId!,
      ownProperties: true,
    });
    return result.some(({ name }) => isLoaderName(name));
  }

  async #scopeList(): Promise<Scope[]> {
    const list = this.#state.scopes;
    if (list?.objectId === undefined) return [];
    const { result } = await this.#cdp.send("Runtime.getProperties", {
      objectId: list.objectId,
      ownProperties: true,
    });
    const scopes: Scope[] = [];
    for (const { value } of result) {
      if (value?.objectId === undefined) continue;
      const description = value.description ?? "Scope";
      const name = description.replace(/ \(.*\)$/, (suffix) =>
        suffix === " ()" || description.startsWith("Block") ? "" : suffix,
      );
      scopes.push({ name, remote: value });
    }
    return scopes;
  }

  async names(): Promise<string[]> {
    return [...(await this.#bindings()).keys()];
  }

  /** The variables visible here, inner ones hiding outer ones. Global ones need no passing on. */
  async #bindings(): Promise<Map<string, Remote>> {
    const bindings = new Map<string, Remote>();
    for (const { name, remote } of await this.#scopeList()) {
      if (name === "Global") continue;
      const { result } = await this.#cdp.send("Runtime.getProperties", {
        objectId: remote.objectId!,
        ownProperties: true,
      });
      for (const { name: variable, value } of result)
        if (
          value !== undefined &&
          !bindings.has(variable) &&
          !isLoaderName(variable) &&
          /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(variable)
        )
          bindings.set(variable, value);
    }
    return bindings;
  }

  /** The expression runs as a function that takes the variables as its arguments: it can read them, not set them. */
  async evaluate(expression: string, purpose: EvaluatePurpose): Promise<ValueView> {
    const bindings = await this.#bindings();
    bindings.delete("this");
    bindings.delete("arguments");
    const names = [...bindings.keys()];
    const parameters = [...names, "__asyncscope_source"].join(", ");
    const declaration =
      purpose === "hover"
        ? `function (${parameters}) { return (${expression}\n); }`
        : `function (${parameters}) { return eval(__asyncscope_source); }`;
    const receiver = this.#state.receiver;
    const self = receiver?.objectId ?? this.#state.generator.objectId!;
    const reply = await this.#cdp.send("Runtime.callFunctionOn", {
      functionDeclaration: declaration,
      objectId: self,
      arguments: [...[...bindings.values()].map(callArgument), { value: expression }],
      objectGroup: this.#values.group,
      generatePreview: true,
      silent: true,
      throwOnSideEffect: limitsOf(purpose).noSideEffects,
    });
    return this.#values.view(checked(reply));
  }
}
