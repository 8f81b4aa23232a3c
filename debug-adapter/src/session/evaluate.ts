import type { EvaluatePurpose } from "../target/execution.js";
import type { ValueView } from "../target/values.js";
import { completionTarget } from "./completions.js";
import { frameOf, MAIN_THREAD, type Handler, type Handlers, type SessionContext } from "./context.js";
import { valueBody } from "./variables.js";

const PURPOSES: readonly EvaluatePurpose[] = ["hover", "watch", "repl", "clipboard", "variables"];
const MAX_COMPLETIONS = 500;
/** Names that the loader and the inspector need in the global scope. */
const OURS = /^__as(?:[A-Z]|yncscope)/;

export function evaluateHandlers(context: SessionContext): Handlers {
  const run = (
    expression: string,
    purpose: EvaluatePurpose,
    frameId: number | undefined,
  ): Promise<ValueView> =>
    frameId === undefined
      ? context.target("evaluate").evaluate(expression, purpose)
      : frameOf(context, frameId).evaluate(expression, purpose);

  const evaluate: Handler = async (args) => {
    const expression = args.requiredText("expression");
    const purpose = PURPOSES.find((known) => known === args.text("context")) ?? "watch";
    const frameId = args.count("frameId");
    const thread = frameId === undefined ? 0 : (context.frames.get(frameId)?.thread ?? MAIN_THREAD);
    const value = await run(expression, purpose, frameId);
    return { result: value.text, ...valueBody(context, value, thread) };
  };

  const setExpression: Handler = async (args) => {
    const expression = args.requiredText("expression");
    const value = args.requiredText("value");
    const frameId = args.count("frameId");
    const thread = frameId === undefined ? 0 : MAIN_THREAD;
    const result = await run(`${expression} = (${value})`, "variables", frameId);
    return { value: result.text, ...valueBody(context, result, thread) };
  };

  const completions: Handler = async (args) => {
    const text = args.requiredText("text");
    const column = context.clientLines.fromClientColumn(args.requiredCount("column"));
    const { object, prefix, start } = completionTarget(text.slice(0, column - 1));
    const frameId = args.count("frameId");
    const names = new Set<string>();
    if (object !== undefined) {
      const value = await run(`(${NAMES_OF})(${object})`, "clipboard", frameId);
      for (const row of (await value.children?.list({ filter: "indexed", start: 0, count: 1000 })) ?? [])
        names.add(row.value.text.slice(1, -1));
    } else {
      if (frameId !== undefined) for (const name of await frameOf(context, frameId).names()) names.add(name);
      const globals = await context.target("completions").evaluate(`(${NAMES_OF})(globalThis)`, "clipboard");
      for (const row of (await globals.children?.list({ filter: "indexed", start: 0, count: 1000 })) ?? [])
        names.add(row.value.text.slice(1, -1));
    }
    const wanted = prefix.toLowerCase();
    const targets = [...names]
      .filter(
        (name) =>
          name.toLowerCase().startsWith(wanted) &&
          !OURS.test(name) &&
          /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name),
      )
      .sort()
      .slice(0, MAX_COMPLETIONS)
      .map((label) => ({
        label,
        start: start + (context.clientLines.toClientColumn(1) - 1),
        length: prefix.length,
      }));
    return { targets };
  };

  return { evaluate, setExpression, completions };
}

/** Property names of a value and its prototypes; reads no value and touches no proxy twice. */
const NAMES_OF = `(o) => {
  const names = [];
  for (let at = Object(o), depth = 0; at !== null && depth < 10; at = Reflect.getPrototypeOf(at), depth++)
    for (const key of Reflect.ownKeys(at)) if (typeof key === "string" && names.length < 1000) names[names.length] = key;
  return names;
}`;
