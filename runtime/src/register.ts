/**
 * `node --import asyncscope/register FILE`: plain async functions of the program become tasks that the inspector shows.
 * Nothing else about the program changes.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { INSPECTOR_KEY } from "@asyncscope/protocol";
import { installLoader } from "./loader/install-loader.js";

installLoader(__filename, join(__dirname, "register-hooks.mjs"));

// The inspector is loaded by whoever asks for it first: a debugger, the command `asyncscope`, or the runtime itself.
const key = Symbol.for(INSPECTOR_KEY);
const onDemand: PropertyDescriptor = {
  get(): unknown {
    Reflect.deleteProperty(globalThis, key);
    try {
      createRequire(__filename)("./cjs/index.js");
    } catch {
      // V8 answers a debugger in the middle of whatever runs, also while Node loads one of its own modules, which is
      // then empty for everybody else. The next one who asks gets it.
      Object.defineProperty(globalThis, key, onDemand);
      return undefined;
    }
    return (globalThis as unknown as Record<symbol, unknown>)[key];
  },
  set(value: unknown) {
    Object.defineProperty(globalThis, key, { value, enumerable: false, configurable: true });
  },
  enumerable: false,
  configurable: true,
};
if (!(key in globalThis)) Object.defineProperty(globalThis, key, onDemand);
