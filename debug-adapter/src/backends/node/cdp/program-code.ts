/**
 * JavaScript that runs inside the program, as text. It uses no method that the program may have patched on
 * prototypes, runs no getter and no proxy trap, and cuts what is long before it travels.
 */

/** Longest string sent for display, in characters. */
export const MAX_STRING = 10_000;

/**
 * The own property of an object. V8 throws for a variable of a scope that has no value yet (since Node 22): told as an
 * accessor without functions.
 */
const OWN = `const own = (from, name) => {
    try {
      return Reflect.getOwnPropertyDescriptor(from, name);
    } catch {
      return { get: undefined, set: undefined, enumerable: true, configurable: true };
    }
  };`;

/**
 * `this`: any object. Its own keys as a list that stays in the program (listing a million keys takes a second, so it
 * is done once), and whether one of its strings is too long to send.
 */
export const KEYS = `function (max) {
  ${OWN}
  const keys = Reflect.ownKeys(this);
  let long = false;
  const n = keys.length < 1000 ? keys.length : 1000;
  for (let i = 0; i < n && !long; i++) {
    const d = own(this, keys[i]);
    if (d !== undefined && typeof d.value === "string" && d.value.length > max) long = true;
  }
  return { keys, long, object: this, __proto__: null };
}`;

/** `this`: what KEYS returned. The number of keys, negative when a string is too long to send. */
export const SURVEY = `function () {
  return this.long ? -this.keys.length : this.keys.length;
}`;

const CUT = `${OWN}
  const cut = (v) => typeof v === "string" && v.length > max
    ? v.slice(0, max) + "… (" + v.length + " characters)" : v;
  const copy = (to, key, from, name) => {
    const d = own(from, name);
    if (d === undefined) return;
    if ("value" in d) d.value = cut(d.value);
    d.configurable = true;
    Reflect.defineProperty(to, key, d);
  };`;

/** `this`: what KEYS returned. One page of its properties as a shadow object; getters are copied, not called. */
export const KEY_PAGE = `function (start, count, max) {
  ${CUT}
  const page = { __proto__: null };
  const end = Math.min(start + count, this.keys.length);
  for (let i = start; i < end; i++) copy(page, this.keys[i], this.object, this.keys[i]);
  return page;
}`;

/** `this`: an array or typed array. One page of its elements. */
export const INDEX_PAGE = `function (start, count, max) {
  ${CUT}
  const page = { __proto__: null };
  const end = Math.min(start + count, this.length);
  for (let i = start; i < end; i++) copy(page, i, this, i);
  return page;
}`;
