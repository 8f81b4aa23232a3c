/** `asyncscope/dump-on-timeout`: loaded by a test runner, writes a dump when a test takes longer than it may. */

/** Root hooks for `mocha --require`. */
export declare const mochaHooks: { afterEach(): Promise<void> };
export { dumpTasks } from "./dump.cjs";
