export { assetsIn, type Assets } from "./backends/node/launch/command.js";
export { AdapterError, ERRORS, type ErrorName } from "./errors.js";
export { serve as createSession } from "./framing/serve.js";
