import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { withLock } from "./lock.mjs";
import { quietly } from "./processes.mjs";
import { tmpdir } from "node:os";

/** The path of a command, or undefined when PATH has none. @param {string} name */
export function which(name) {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, process.platform === "win32" ? `${name}.exe` : name))
    .find((path) => existsSync(path));
}

/** Whether packages can be installed here without asking anybody. */
export function canInstall() {
  return process.platform === "linux" && process.getuid?.() === 0 && which("apt-get") !== undefined;
}

/**
 * Installs Debian packages (as root; {@link canInstall}).
 * @param {readonly string[]} packages @param {(line: string) => void} log
 */
export async function aptInstall(packages, log) {
  log(`installing with apt-get: ${packages.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const wait = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"];
  await withLock(
    join(tmpdir(), "asyncscope-apt.lock"),
    async () => {
      await quietly("apt-get", [...wait, "update"], { env });
      await quietly("apt-get", [...wait, "install", "-y", "--no-install-recommends", ...packages], {
        env,
        timeout: 600_000,
      });
    },
    { log },
  );
}
