export * from "./version.js";
export * from "./inspector.js";
export * from "./requests.js";
export * from "./dump.js";
export * from "./stops.js";
export * from "./recording.js";
export * from "./recording-file.js";
