import type { Protocol } from "devtools-protocol";
import { fail } from "../../../errors.js";
import type { Page, Property, ValueView, VariableContainer } from "../../../target/values.js";
import type { CdpConnection } from "../cdp/connection.js";
import { INDEX_PAGE, KEY_PAGE, KEYS, MAX_STRING, SURVEY } from "../cdp/program-code.js";
import { describe, quote, typeName } from "./describe.js";

export type Remote = Protocol.Runtime.RemoteObject;

/** Where values come from: how expressions about them are evaluated. */
export interface ValueContext {
  /** Evaluates the new value of a variable. Absent where nothing can be changed. */
  readonly evaluate?: (expression: string) => Promise<Remote>;
  /** Why nothing can be changed here. */
  readonly refuse?: (name: string) => never;
  /** Expression of the container, to build those of its parts. */
  readonly path?: string | undefined;
}

/** More own keys than this are listed in groups. */
const GROUP = 1000;

/** Turns CDP remote objects into {@link ValueView}s. Nothing here runs a getter or a proxy trap. */
export class Values {
  readonly #cdp: CdpConnection;
  /** Objects handed out live in this group until the program moves on. */
  readonly group: string;

  constructor(cdp: CdpConnection, group: string) {
    this.#cdp = cdp;
    this.group = group;
  }

  view(remote: Remote, context: ValueContext = {}): ValueView {
    const text = describe(remote);
    const type = typeName(remote);
    if (remote.objectId === undefined) return { text, type };
    const indexed = elementCount(remote);
    const children = new ObjectContainer(this.#cdp, this, remote, context);
    return indexed === undefined ? { text, type, children } : { text, type, children, indexed };
  }

  release(): void {
    this.#cdp.send("Runtime.releaseObjectGroup", { objectGroup: this.group }).catch(() => undefined);
  }
}

/** Number of elements of an array-like value, from its description `Array(3)`. */
function elementCount(remote: Remote): number | undefined {
  if (!["array", "typedarray", "internal#entries"].includes(remote.subtype as string)) {
    if (remote.className !== "Array") return undefined;
  }
  const length = /\((\d+)\)$/.exec(remote.description ?? "");
  return length === null ? undefined : Number(length[1]);
}

const isIndex = (name: string): boolean => /^(0|[1-9]\d*)$/.test(name);

interface Keys {
  /** Of the list in the program. */
  readonly id: string;
  readonly count: number;
  /** Whether a string among the first values is too long to send. */
  readonly long: boolean;
}

/** The properties of one object. */
class ObjectContainer implements VariableContainer {
  readonly #cdp: CdpConnection;
  readonly #values: Values;
  readonly #remote: Remote;
  readonly #context: ValueContext;
  #keys: Promise<Keys | undefined> | undefined;

  constructor(cdp: CdpConnection, values: Values, remote: Remote, context: ValueContext) {
    this.#cdp = cdp;
    this.#values = values;
    this.#remote = remote;
    this.#context = context;
  }

  get #id(): string {
    return this.#remote.objectId!;
  }

  async list({ filter, start, count }: Page): Promise<Property[]> {
    if (this.#remote.subtype === "proxy") return this.#internals();
    const elements = elementCount(this.#remote);
    const out: Property[] = [];
    if (elements !== undefined && filter !== "named")
      out.push(...(await this.#elements(start ?? 0, count ?? elements, elements)));
    if (filter !== "indexed") out.push(...(await this.#named(elements !== undefined, start, count)));
    return out;
  }

  async #elements(start: number, count: number, total: number): Promise<Property[]> {
    const end = Math.min(total, start + (count === 0 ? total : count));
    if (end - start > GROUP) return this.#groups(start, end, (from, n) => this.#elements(from, n, total), "");
    const page = await this.#call(INDEX_PAGE, [start, end - start, MAX_STRING], this.#id);
    return page === undefined ? [] : this.#own(page, false);
  }

  async #named(isList: boolean, start: number | undefined, count: number | undefined): Promise<Property[]> {
    const keys = isList ? undefined : await (this.#keys ??= this.#readKeys());
    // Objects without surprises: one question gives everything, private fields included.
    if (isList || (keys !== undefined && keys.count <= GROUP && !keys.long)) {
      const named = await this.#own(this.#id, true, isList);
      const end = count ? (start ?? 0) + count : undefined;
      return named.slice(start ?? 0, end);
    }
    if (keys === undefined) return this.#internals();
    const from = start ?? 0;
    const end = Math.min(keys.count, count ? from + count : keys.count);
    if (end - from > GROUP) {
      const groups = this.#groups(from, end, (at, n) => this.#keyPage(keys.id, at, n), "key ");
      return [...groups, ...(await this.#prototype())];
    }
    const own = await this.#keyPage(keys.id, from, end - from);
    return count ? own : [...own, ...(await this.#prototype())];
  }

  /** What V8 knows internally comes only together with all properties; of a large object this must do. */
  async #prototype(): Promise<Property[]> {
    const { result } = await this.#cdp.send("Runtime.callFunctionOn", {
      functionDeclaration: "function () { return Reflect.getPrototypeOf(this); }",
      objectId: this.#id,
      objectGroup: this.#values.group,
      silent: true,
    });
    const out: Property[] = [];
    this.#addInternal(out, "[[Prototype]]", result);
    return out;
  }

  async #keyPage(keysId: string, start: number, count: number): Promise<Property[]> {
    const page = await this.#call(KEY_PAGE, [start, count, MAX_STRING], keysId);
    return page === undefined ? [] : this.#own(page, false);
  }

  async #readKeys(): Promise<Keys | undefined> {
    const id = await this.#call(KEYS, [MAX_STRING], this.#id);
    if (id === undefined) return undefined;
    const { result } = await this.#cdp.send("Runtime.callFunctionOn", {
      functionDeclaration: SURVEY,
      objectId: id,
    });
    const survey = Number(result.value);
    return { id, count: Math.abs(survey), long: survey < 0 };
  }

  /** One row per thousand (or more, so that there are at most a thousand rows). */
  #groups(
    start: number,
    end: number,
    page: (start: number, count: number) => Promise<Property[]>,
    noun: string,
  ): Property[] {
    const size = Math.max(GROUP / 10, 10 ** Math.ceil(Math.log10((end - start) / GROUP)));
    const groups: Property[] = [];
    for (let at = start; at < end; at += size) {
      const from = at;
      const count = Math.min(size, end - at);
      const children: VariableContainer = {
        list: (wanted) => page(from + (wanted.start ?? 0), wanted.count ? wanted.count : count),
        ...(this.#context.evaluate === undefined ? {} : { set: (name, text) => this.set(name, text) }),
      };
      groups.push({
        name: `[${noun}${from} … ${from + count - 1}]`,
        value: { text: "", type: "", children },
        visibility: "internal",
        readOnly: true,
      });
    }
    return groups;
  }

  /** Own properties of an object; `whole` adds private fields and what V8 knows of it internally. */
  async #own(objectId: string, whole: boolean, withoutElements = false): Promise<Property[]> {
    const reply = await this.#cdp.send("Runtime.getProperties", {
      objectId,
      ownProperties: true,
      generatePreview: true,
      nonIndexedPropertiesOnly: withoutElements,
    });
    const out: Property[] = [];
    for (const property of reply.result) this.#add(out, property);
    if (!whole) return out;
    for (const property of reply.privateProperties ?? []) {
      const { name, value, get } = property;
      if (value !== undefined)
        out.push({ name, value: this.#values.view(value), visibility: "private", readOnly: true });
      else if (get !== undefined) out.push(this.#getter(name, get, "private"));
    }
    for (const { name, value } of reply.internalProperties ?? []) this.#addInternal(out, name, value);
    return out;
  }

  /** Of a proxy: what it stands for, without asking it. */
  async #internals(): Promise<Property[]> {
    const { internalProperties } = await this.#cdp.send("Runtime.getProperties", {
      objectId: this.#id,
      ownProperties: true,
    });
    const out: Property[] = [];
    for (const { name, value } of internalProperties ?? []) this.#addInternal(out, name, value);
    return out;
  }

  #add(out: Property[], property: Protocol.Runtime.PropertyDescriptor): void {
    const { name, value, get, set } = property;
    const evaluateName = this.#pathOf(name, property.symbol !== undefined);
    const child: ValueContext = { ...this.#context, path: evaluateName };
    if (value !== undefined)
      out.push({
        name,
        value: this.#values.view(value, child),
        ...(evaluateName === undefined ? {} : { evaluateName }),
        ...(this.#context.evaluate === undefined || property.writable === false ? { readOnly: true } : {}),
        kind: value.type === "function" ? "method" : property.enumerable ? "data" : "property",
      });
    else if (get !== undefined && get.type !== "undefined") out.push(this.#getter(name, get));
    else if (set !== undefined && set.type !== "undefined")
      out.push({
        name,
        value: { text: "(setter only)", type: "accessor" },
        kind: "property",
        readOnly: true,
      });
    else out.push({ name, value: { text: "<not initialized>", type: "undefined" }, readOnly: true });
  }

  #addInternal(out: Property[], name: string, value: Remote | undefined): void {
    if (value === undefined || (value.subtype as string) === "internal#location") return;
    out.push({ name, value: this.#values.view(value), visibility: "internal", readOnly: true });
  }

  #getter(name: string, getter: Remote, visibility?: "private"): Property {
    const owner = this.#id;
    const children: VariableContainer = {
      list: async () => {
        const { result, exceptionDetails } = await this.#cdp.send("Runtime.callFunctionOn", {
          functionDeclaration: "function (get) { return Reflect.apply(get, this, []); }",
          objectId: owner,
          arguments: [{ objectId: getter.objectId! }],
          objectGroup: this.#values.group,
          generatePreview: true,
          silent: true,
        });
        const value =
          exceptionDetails === undefined
            ? this.#values.view(result)
            : { text: `<${describe(exceptionDetails.exception ?? result)}>`, type: "error" };
        return [{ name, value, readOnly: true }];
      },
    };
    return {
      name,
      value: { text: "(...)", type: "getter", children },
      lazy: true,
      kind: "property",
      ...(visibility === undefined ? {} : { visibility }),
    };
  }

  #pathOf(name: string, symbol: boolean): string | undefined {
    const { path } = this.#context;
    if (path === undefined || symbol) return undefined;
    if (isIndex(name)) return `${path}[${name}]`;
    return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)
      ? `${path}.${name}`
      : `${path}[${quote(name)}]`;
  }

  async set(name: string, expression: string): Promise<ValueView> {
    this.#context.refuse?.(name);
    if (this.#context.evaluate === undefined)
      return fail("cannotSet", { name, detail: "it is read-only here." });
    const value = await this.#context.evaluate(expression);
    const { exceptionDetails } = await this.#cdp.send("Runtime.callFunctionOn", {
      functionDeclaration: `function (name, value) { "use strict"; this[name] = value; }`,
      objectId: this.#id,
      arguments: [{ value: name }, callArgument(value)],
      silent: true,
    });
    if (exceptionDetails !== undefined)
      fail("cannotSet", { name, detail: describe(exceptionDetails.exception ?? { type: "undefined" }) });
    return this.#values.view(value, this.#context);
  }

  /** Calls a function of program-code.ts; undefined when it failed. Returns the id of the object it made. */
  async #call(
    code: string,
    args: readonly (number | boolean)[],
    objectId: string,
  ): Promise<string | undefined> {
    const { result, exceptionDetails } = await this.#cdp.send("Runtime.callFunctionOn", {
      functionDeclaration: code,
      objectId,
      arguments: args.map((value) => ({ value })),
      objectGroup: this.#values.group,
      silent: true,
    });
    return exceptionDetails === undefined ? result.objectId : undefined;
  }
}

/** A remote value as an argument of a call. */
export function callArgument(remote: Remote): Protocol.Runtime.CallArgument {
  if (remote.objectId !== undefined) return { objectId: remote.objectId };
  if (remote.unserializableValue !== undefined) return { unserializableValue: remote.unserializableValue };
  return remote.type === "undefined" ? {} : { value: remote.value as unknown };
}
