/**
 * What the operand of an `await` has made while it was evaluated: a timer, a process, a connection. The function waits
 * for its end, or for something that comes with it.
 */
import { subscribe } from "node:diagnostics_channel";
import { currentFrame } from "./calls.js";

/** Node tells of these where they are made, whoever makes them; only while somebody watches. */
const CHANNELS = [
  ["net.client.socket", "socket"],
  ["child_process", "process"],
] as const;
let listens = false;
// Taken before the program can change it.
const { getOwnPropertyDescriptor: getOwn } = Object;

export function watchMadeThings(): void {
  if (listens) return;
  listens = true;
  for (const [channel, property] of CHANNELS)
    subscribe(channel, (message) => {
      const frame = currentFrame();
      if (frame === null || frame.at <= 0 || (frame.on !== null && !isTimer(frame.on))) return;
      frame.on = (message as Record<string, object | undefined>)[property] ?? null;
    });
}

/** What stands beside a timer says more than the timer. */
const isTimer = (thing: unknown): boolean =>
  typeof thing === "object" && getOwn(thing, "_idleTimeout") !== undefined;

/** Around a call of `setTimeout`. */
export function noteTimer<T>(timer: T): T {
  const frame = currentFrame();
  if (frame !== null && frame.at > 0 && frame.on === null) frame.on = timer;
  return timer;
}
