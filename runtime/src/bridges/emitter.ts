import { given } from "../core/arguments.js";

/** What emits events: an EventEmitter of Node's, or whatever has its two methods. */
export interface Emitter {
  /* eslint-disable @typescript-eslint/no-explicit-any -- as emitters declare it, whatever their events are */
  /** Has `listener` called for every event of that name. */
  on(event: string, listener: (...args: any[]) => void): unknown;
  /** Ends what `on` began. */
  off(event: string, listener: (...args: any[]) => void): unknown;
  /* eslint-enable @typescript-eslint/no-explicit-any */
}

/** @internal @throws TypeError for what emits no events. */
export function checkEmitter(source: unknown): void {
  if (source instanceof EventTarget) return;
  const { on, off } = (source ?? {}) as Partial<Emitter>;
  if (typeof on !== "function" || typeof off !== "function")
    throw new TypeError(`events come from an EventEmitter or an EventTarget, got ${given(source)}`);
}

/** @internal Listens for events. @returns what ends that. */
export function listen(
  source: Emitter | EventTarget,
  event: string | symbol,
  listener: (...args: unknown[]) => void,
): () => void {
  if (source instanceof EventTarget) {
    const name = String(event);
    source.addEventListener(name, listener);
    return () => source.removeEventListener(name, listener);
  }
  source.on(event as string, listener);
  return () => void source.off(event as string, listener);
}
