import { fail } from "../../errors.js";
import type { EvaluatePurpose, FrameView, ScopeView } from "../../target/execution.js";
import type { Property, ValueView, VariableContainer } from "../../target/values.js";
import type { Anchor, AsyncFunctions } from "./async-functions.js";
import type { CdpConnection } from "./cdp/connection.js";
import { CodeFrame } from "./code-frame.js";
import type { SourcePosition } from "./scripts.js";
import { SuspendedFrame } from "./suspended-frames.js";
import type { Values } from "./values/values.js";

/**
 * A suspended async function. Its position is known; its variables are looked for when somebody wants them, which stops
 * the program for a moment, and from then on they are live.
 */
export class AsyncFrame extends CodeFrame implements FrameView {
  readonly #cdp: CdpConnection;
  readonly #functions: AsyncFunctions;
  readonly #anchor: Anchor;
  /** Those of the whole stack: one search finds all. */
  readonly #all: readonly Anchor[];
  readonly #values: Values;
  readonly #position: SourcePosition;
  #brings: "variables" | "stacks" = "variables";

  constructor(
    cdp: CdpConnection,
    functions: AsyncFunctions,
    anchor: Anchor,
    all: readonly Anchor[],
    values: Values,
    name: string,
    position: SourcePosition,
  ) {
    super(cdp, name, position);
    this.#cdp = cdp;
    this.#functions = functions;
    this.#anchor = anchor;
    this.#all = all;
    this.#values = values;
    this.#position = position;
  }

  async scopes(): Promise<ScopeView[]> {
    const found = await this.#found();
    if (found !== undefined) return found.scopes();
    const price = await this.#functions.price();
    return [
      {
        name: `Locals: stops the program for about ${seconds(price)}`,
        kind: "locals",
        expensive: true,
        brings: () => this.#brings,
        variables: { list: async (page) => listAll(await (await this.#search()).scopes(), page) },
      },
    ];
  }

  async names(): Promise<string[]> {
    return (await this.#found())?.names() ?? [];
  }

  /** What somebody types may stop the program; what an editor asks for by itself may not. */
  async evaluate(expression: string, purpose: EvaluatePurpose): Promise<ValueView> {
    const found = (await this.#found()) ?? (purpose === "repl" ? await this.#search() : undefined);
    return (found ?? fail("variablesNotRead")).evaluate(expression, purpose);
  }

  /** The innermost function behind it: that is where it stands. */
  async #found(): Promise<SuspendedFrame | undefined> {
    const [state, ...callers] = await this.#functions.states(this.#anchor);
    if (callers.length > 0) this.#brings = "stacks";
    return state && new SuspendedFrame(this.#cdp, state, this.#values, this.name, this.#position);
  }

  async #search(): Promise<SuspendedFrame> {
    await this.#functions.find(this.#all);
    return (await this.#found()) ?? fail("variablesNotFound");
  }
}

/** Scopes around the function: what is inside of them is its own. */
const OUTER = /^(?:Closure|Module|Script|Global|Eval)\b/;

/** The variables of the function; the scopes around it as rows that open. */
async function listAll(
  scopes: readonly ScopeView[],
  page: Parameters<VariableContainer["list"]>[0],
): Promise<Property[]> {
  const own: Property[] = [];
  for (const { name, variables } of scopes)
    if (!OUTER.test(name))
      for (const property of await variables.list(page))
        // An inner one hides an outer one.
        if (!own.some((known) => known.name === property.name)) own.push(property);
  const rows = scopes
    .filter(({ name }) => OUTER.test(name))
    .map(({ name, variables }): Property => {
      const value = { text: "", type: "", children: variables };
      return { name, value, visibility: "internal", readOnly: true };
    });
  return [...own, ...rows];
}

const seconds = (milliseconds: number): string => `${Math.max(0.1, milliseconds / 1000).toFixed(1)} s`;
