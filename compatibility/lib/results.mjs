// Results that are kept: a run of all suites takes long, and goes on where it was ended.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "./install.mjs";
import { root } from "../../scripts/lib/root.mjs";

/** @typedef {import("./document.mjs").Result} Result */

/** Holds for one loader, one Node and the same choice of tests. @param {import("../packages.mjs").Package} tested */
function file(tested) {
  const hash = createHash("sha256");
  for (const name of ["register.cjs", "register-hooks.mjs"])
    hash.update(readFileSync(join(root, "runtime/dist", name)));
  const { files, fails: _, ...rest } = tested;
  hash.update(`${process.version}\0${JSON.stringify(rest)}\0${files}`);
  return join(
    cacheFolder,
    `${tested.name.replace("/", "+")}@${tested.version}.${hash.digest("hex").slice(0, 16)}.json`,
  );
}

/** @param {Result} result */
export function keep(result) {
  writeFileSync(file(result.tested), JSON.stringify({ ...result, tested: undefined }));
}

/** @param {import("../packages.mjs").Package} tested @returns {Result | undefined} */
export function kept(tested) {
  try {
    return { ...JSON.parse(readFileSync(file(tested), "utf8")), tested };
  } catch {
    return undefined;
  }
}
