/**
 * What the inspector uses of the language, taken when the runtime loads: a program may replace any of it later, and
 * answering a debug adapter must neither run its code nor be broken by it. Lists are walked by index for the same
 * reason.
 */
/* eslint-disable @typescript-eslint/unbound-method -- bound here, once */
const uncurry = Function.prototype.bind.bind(Function.prototype.call) as unknown as <
  This,
  A extends unknown[],
  R,
>(
  method: (this: This, ...args: A) => R,
) => (self: This, ...args: A) => R;

export const stringify: (value: unknown) => string | undefined = JSON.stringify;
export const parse: (text: string) => unknown = JSON.parse;

export const apply: (fn: (this: object) => unknown, self: object, args: readonly unknown[]) => unknown =
  Reflect.apply;
export const getOwn = Object.getOwnPropertyDescriptor;
export const getPrototype = Object.getPrototypeOf as (object: object) => object | null;
export const hasOwn = uncurry(Object.prototype.hasOwnProperty);
export const List: new <T>(length: number) => T[] = Array;
export const isArray: (value: unknown) => value is readonly unknown[] = Array.isArray;
export const isInteger: (value: unknown) => boolean = Number.isInteger;
export const asText: (value: unknown) => string = String;
export const imul = Math.imul;

export const charCodeAt = uncurry(String.prototype.charCodeAt);
export const charAt = uncurry(String.prototype.charAt);
export const cut = uncurry(String.prototype.slice);
export const lowerCase = uncurry(String.prototype.toLowerCase);
export const contains: (text: string, part: string) => boolean = uncurry(String.prototype.includes);

export const mapGet = uncurry(Map.prototype.get) as <K, V>(map: ReadonlyMap<K, V>, key: K) => V | undefined;
export const mapSet = uncurry(Map.prototype.set) as <K, V>(map: Map<K, V>, key: K, value: V) => void;
export const mapDelete = uncurry(Map.prototype.delete) as <K>(map: Map<K, unknown>, key: K) => boolean;
export const mapSize = uncurry(getOwn(Map.prototype, "size")!.get!) as (map: object) => number;
export const mapForEach = uncurry(Map.prototype.forEach) as <K, V>(
  map: ReadonlyMap<K, V>,
  visit: (value: V, key: K) => void,
) => void;
export const weakMapGet = uncurry(WeakMap.prototype.get) as <V>(
  map: WeakMap<object, V>,
  key: object,
) => V | undefined;
export const weakMapSet = uncurry(WeakMap.prototype.set) as <V>(
  map: WeakMap<object, V>,
  key: object,
  value: V,
) => void;
export const deref = uncurry(WeakRef.prototype.deref) as <T extends object>(ref: WeakRef<T>) => T | undefined;
export const setHas = uncurry(Set.prototype.has) as <T>(set: ReadonlySet<T>, value: T) => boolean;
export const setAdd = uncurry(Set.prototype.add) as <T>(set: Set<T>, value: T) => void;
const setForEach = uncurry(Set.prototype.forEach) as <T>(
  set: ReadonlySet<T>,
  visit: (value: T) => void,
) => void;
const setSize = uncurry(getOwn(Set.prototype, "size")!.get!) as (set: object) => number;
const bufferText = uncurry<Buffer, [encoding: "base64"], string>(
  (Buffer as unknown as { readonly prototype: Buffer }).prototype.toString,
);
/* eslint-enable @typescript-eslint/unbound-method */

const bufferOver: (memory: ArrayBuffer, offset: number, length: number) => Buffer = Buffer.from.bind(Buffer);

/** A piece of memory as base64. */
export function base64(memory: ArrayBuffer, offset: number, length: number): string {
  return bufferText(bufferOver(memory, offset, length), "base64");
}

const immediate = setImmediate;

/** Calls back when the event loop comes round, also under fake timers; does not keep it alive. */
export function whenTurnIsOver(callback: () => void): void {
  immediate(callback).unref();
}

/** Real time in milliseconds, also under fake timers. */
export const realTime: () => number = performance.now.bind(performance);

const eventLoopUtilization: () => { readonly idle: number } =
  performance.eventLoopUtilization.bind(performance);

/** Calls `visit` with each element; arrays and sets without their (replaceable) iterators. */
export function each<T>(iterable: Iterable<T>, visit: (value: T) => void): void {
  if (isArray(iterable)) {
    const list = iterable as readonly T[];
    for (let i = 0; i < list.length; i++) visit(list[i]!);
  } else if (iterable instanceof Set) setForEach(iterable, visit);
  else for (const value of iterable) visit(value);
}

/** How many there are. */
export function countOf(iterable: Iterable<unknown>): number {
  if (isArray(iterable)) return iterable.length;
  if (iterable instanceof Set) return setSize(iterable);
  let count = 0;
  each(iterable, () => {
    count++;
  });
  return count;
}

/** How long this thread has slept in all, waiting for events. Milliseconds. */
export function idleTime(): number {
  return eventLoopUtilization().idle;
}
