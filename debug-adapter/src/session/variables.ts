import type { DebugProtocol } from "@vscode/debugprotocol";
import { fail } from "../errors.js";
import type { Property, ValueView } from "../target/values.js";
import type { Handler, Handlers, Lifetime, SessionContext } from "./context.js";

/** Most rows one answer may have. */
const MAX_ROWS = 5000;

/** A value in the terms of the protocol, with a reference for what it consists of. */
export function valueBody(
  context: SessionContext,
  value: ValueView,
  thread: Lifetime,
): { type: string; variablesReference: number; namedVariables?: number; indexedVariables?: number } {
  const { children, named, indexed, type } = value;
  const variablesReference =
    children === undefined ? 0 : context.variables.add({ container: children, thread });
  return {
    type,
    variablesReference,
    ...(named === undefined ? {} : { namedVariables: named }),
    ...(indexed === undefined || indexed === 0 ? {} : { indexedVariables: indexed }),
  };
}

export function variableHandlers(context: SessionContext): Handlers {
  const variables: Handler = async (args) => {
    const reference = args.requiredCount("variablesReference");
    const open = context.variables.get(reference) ?? fail("staleReference");
    const filter = args.text("filter");
    if (filter !== undefined && filter !== "named" && filter !== "indexed")
      return args.wrong("filter", '"named" or "indexed"');
    const properties = await open.container.list({
      filter,
      start: args.count("start"),
      count: args.count("count"),
    });
    const rows = properties.slice(0, MAX_ROWS).map((property) => variable(context, property, open.thread));
    if (properties.length > MAX_ROWS)
      rows.push({
        name: "…",
        value: `${properties.length - MAX_ROWS} more; ask for them in pages`,
        variablesReference: 0,
      });
    return { variables: rows };
  };
  const setVariable: Handler = async (args) => {
    const open = context.variables.get(args.requiredCount("variablesReference")) ?? fail("staleReference");
    const name = args.requiredText("name");
    const expression = args.requiredText("value");
    if (open.container.set === undefined) return fail("cannotSet", { name, detail: "it is read-only." });
    const value = await open.container.set(name, expression);
    return { value: value.text, ...valueBody(context, value, open.thread) };
  };
  return { variables, setVariable };
}

function variable(context: SessionContext, property: Property, thread: Lifetime): DebugProtocol.Variable {
  const { name, value, visibility, lazy, readOnly, evaluateName, kind } = property;
  const attributes = readOnly === true ? ["readOnly"] : [];
  return {
    name,
    value: value.text,
    ...valueBody(context, value, thread),
    ...(evaluateName === undefined ? {} : { evaluateName }),
    presentationHint: {
      ...(kind === undefined ? {} : { kind }),
      ...(attributes.length === 0 ? {} : { attributes }),
      ...(visibility === undefined ? {} : { visibility }),
      ...(lazy === true ? { lazy: true } : {}),
    },
  };
}
