// The build behind F5: installs the dependencies first when they are missing, so that it works in a fresh clone.
import { ensureDependencies } from "./lib/dependencies.mjs";

await ensureDependencies((line) => console.log(line));
process.argv.push("--no-types");
await import("./build.mjs");
