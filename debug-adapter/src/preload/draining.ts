/** Whether a program ends because nothing is left to do: Node says so first, and asks whether anything comes. */

// Taken before the program can change it.
const later = setImmediate;

/** From now on it is known: call what is returned while the program ends. */
export function watchDraining(): () => boolean {
  let drained = false;
  process.on("beforeExit", () => {
    drained = true;
    // Does not keep the program alive. It runs when something else does after all.
    later(() => {
      drained = false;
    }).unref();
  });
  return () => drained;
}
