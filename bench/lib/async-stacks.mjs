import { Session } from "node:inspector";

/** What JavaScript debuggers set when they attach: V8 then keeps the async call stack of every promise. */
export function switchOnAsyncStacks(maxDepth = 32) {
  const session = new Session();
  session.connect();
  session.post("Debugger.enable");
  session.post("Debugger.setAsyncCallStackDepth", { maxDepth });
}
