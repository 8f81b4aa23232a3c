/** A value as a variables view shows it. */
export interface ValueView {
  readonly text: string;
  /** The type's name: `string`, `Array`, `User`. */
  readonly type: string;
  /** What it consists of, when it can be opened. */
  readonly children?: VariableContainer;
  /** Number of named children, when known without asking. */
  readonly named?: number;
  /** Number of indexed children; they are asked for in pages. */
  readonly indexed?: number;
}

export interface Property {
  readonly name: string;
  readonly value: ValueView;
  readonly visibility?: "private" | "internal";
  /** A getter: `value.children` lists exactly one property, its value, and running it is the user's choice. */
  readonly lazy?: boolean;
  readonly readOnly?: boolean;
  /** An expression for it in its frame, when there is one. */
  readonly evaluateName?: string;
  readonly kind?: "class" | "method" | "data" | "property";
}

/** What part of a container is wanted. Without `count` everything, in groups when it is too much to show. */
export interface Page {
  readonly filter?: "named" | "indexed" | undefined;
  readonly start?: number | undefined;
  readonly count?: number | undefined;
}

/** Something that has variables: a scope, an object, a page of an object, the items of a queue. */
export interface VariableContainer {
  list(page: Page): Promise<Property[]>;
  /** Sets one of the listed variables to the value of an expression; throws when it cannot be changed. */
  set?(name: string, expression: string): Promise<ValueView>;
}
