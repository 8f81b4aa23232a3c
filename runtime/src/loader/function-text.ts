import { PREFIX, withoutEmitted } from "./emitted.js";

/**
 * Lets `toString` of a function give the code that the program wrote: programs send functions elsewhere as text (to a
 * browser, to a thread), where nothing of ours exists.
 */
export function restoreFunctionText(): void {
  /* eslint-disable @typescript-eslint/unbound-method -- called with their `this` below */
  const original = Function.prototype.toString;
  const { includes } = String.prototype;
  const { apply } = Reflect;
  // A method has no `prototype` and is no constructor, as the original.
  const { toString } = {
    toString(this: unknown): string {
      const text = apply<unknown, [], string>(original, this === toString ? original : this, []);
      return apply(includes, text, [PREFIX]) ? withoutEmitted(text) : text;
    },
  };
  /* eslint-enable @typescript-eslint/unbound-method */
  Object.defineProperty(Function.prototype, "toString", {
    value: toString,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}
