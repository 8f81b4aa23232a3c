import { fail } from "../errors.js";

type Kind = "string" | "number" | "boolean" | "object" | "array";

/**
 * Reads the arguments of a request: whatever a client sends is checked before it is used. A value that is absent or
 * null counts as not given; a value of the wrong type is an error that names it.
 */
export class Arguments {
  readonly #command: string;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(command: string, values: unknown) {
    this.#command = command;
    if (values !== undefined && values !== null && (typeof values !== "object" || Array.isArray(values)))
      fail("badArguments", { command, detail: "they must be an object." });
    this.#values = (values ?? {}) as Readonly<Record<string, unknown>>;
  }

  get command(): string {
    return this.#command;
  }

  /** Everything, unchecked. */
  get raw(): Readonly<Record<string, unknown>> {
    return this.#values;
  }

  wrong(name: string, expected: string): never {
    return fail("badArguments", { command: this.#command, detail: `"${name}" must be ${expected}.` });
  }

  #get(name: string, kind: Kind): unknown {
    const value = Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
    if (value === undefined || value === null) return undefined;
    const actual = Array.isArray(value) ? "array" : typeof value;
    if (actual !== kind)
      return this.wrong(name, kind === "object" || kind === "array" ? `an ${kind}` : `a ${kind}`);
    return value;
  }

  text(name: string): string | undefined {
    return this.#get(name, "string") as string | undefined;
  }

  requiredText(name: string): string {
    return this.text(name) ?? this.wrong(name, "a string");
  }

  flag(name: string): boolean {
    return (this.#get(name, "boolean") as boolean | undefined) ?? false;
  }

  optionalFlag(name: string): boolean | undefined {
    return this.#get(name, "boolean") as boolean | undefined;
  }

  /** A whole number that is not negative. */
  count(name: string): number | undefined {
    const value = this.#get(name, "number") as number | undefined;
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0))
      return this.wrong(name, "a whole number, 0 or more");
    return value;
  }

  requiredCount(name: string): number {
    return this.count(name) ?? this.wrong(name, "a whole number, 0 or more");
  }

  texts(name: string): string[] {
    const list = (this.#get(name, "array") as unknown[] | undefined) ?? [];
    return list.map((item) => (typeof item === "string" ? item : this.wrong(name, "a list of strings")));
  }

  /** A list of objects, each read like arguments. */
  objects(name: string): Arguments[] {
    const list = (this.#get(name, "array") as unknown[] | undefined) ?? [];
    return list.map((item) => new Arguments(this.#command, item ?? this.wrong(name, "a list of objects")));
  }

  object(name: string): Arguments {
    return new Arguments(this.#command, this.#get(name, "object"));
  }

  /** An object of strings; `null` values are kept when allowed. */
  textMap(name: string): Record<string, string | null> {
    const map: Record<string, string | null> = {};
    const given = (this.#get(name, "object") as Record<string, unknown> | undefined) ?? {};
    for (const [key, value] of Object.entries(given)) {
      if (value === null) map[key] = null;
      else if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
        map[key] = String(value);
      else this.wrong(name, "an object of strings");
    }
    return map;
  }
}
