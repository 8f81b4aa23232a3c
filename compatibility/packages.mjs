// Packages whose own tests are in what they publish, and that use async functions.

/**
 * @typedef {object} Package
 * @property {string} name
 * @property {string} version
 * @property {readonly string[]} needs Of its devDependencies, those that its tests load.
 * @property {RegExp} [files] Test files for node:test, by their path in the package.
 * @property {readonly string[]} [tap] Arguments of Node for tests that write TAP themselves.
 * @property {readonly string[]} [nodeArgs] What node:test itself is started with.
 * @property {string} [note]
 * @property {string} [fails] why tests fail untouched
 */

/** What stands in no manifest with a whole version is what the registry had at this time. */
export const AS_OF = "2026-11-28T00:00:00Z";

const JAVASCRIPT_TESTS = /^test\/.*\.test\.m?js$/;

/** @type {readonly Package[]} */
export const packages = [
  {
    name: "fastify",
    version: "5.12.8",
    fails: "a test loads a linter, which is not installed",
    needs: [
      ...["JSONStream", "ajv", "ajv-errors", "ajv-formats", "ajv-i18n", "ajv-merge-patch", "fast-json-body"],
      ...["fastify-plugin", "fluent-json-schema", "h2url", "http-errors", "joi", "node-forge", "proxyquire"],
      ...["split2", "undici", "vary", "yup"],
    ],
    files: JAVASCRIPT_TESTS,
  },
  { name: "avvio", version: "9.3.1", needs: [], files: JAVASCRIPT_TESTS },
  {
    name: "light-my-request",
    version: "6.8.1",
    needs: [
      ...["@fastify/ajv-compiler", "end-of-stream", "express", "form-auto-content", "form-data"],
      ...["formdata-node", "multer", "undici"],
    ],
    files: JAVASCRIPT_TESTS,
  },
  { name: "find-my-way", version: "9.10.2", needs: ["proxyquire", "rfdc"], files: JAVASCRIPT_TESTS },
  {
    name: "@fastify/static",
    version: "10.1.11",
    fails: "the symbolic links that two tests follow are not published",
    needs: ["@fastify/compress", "concat-stream", "fastify", "pino", "proxyquire"],
    files: JAVASCRIPT_TESTS,
  },
  { name: "@fastify/cookie", version: "11.1.5", needs: ["fastify", "sinon"], files: JAVASCRIPT_TESTS },
  {
    name: "mercurius",
    version: "16.10.1",
    needs: [
      ...["@graphql-tools/merge", "@graphql-tools/schema", "@graphql-tools/utils", "@matteo.collina/snap"],
      ...["@sinonjs/fake-timers", "fastify", "graphql", "graphql-tag", "graphql-ws", "proxyquire", "semver"],
      ...["sinon", "split2", "undici", "wait-on"],
    ],
    files: JAVASCRIPT_TESTS,
  },
  {
    name: "pino",
    version: "10.4.0",
    needs: [
      ...["@matteo.collina/tspl", "bole", "execa", "flush-write-stream", "import-fresh", "loglevel"],
      ...[
        "pino-pretty",
        "proxyquire",
        "pump",
        "rimraf",
        "semver",
        "split2",
        "strip-ansi",
        "tape",
        "through2",
      ],
    ],
    files: /^test\/(?!jest|transport\/.*(?:bundlers|yarn)|.*-ts).*\.test\.m?js$/,
  },
  {
    name: "thread-stream",
    version: "4.2.1",
    fails: "four tests run TypeScript, which is compiled before or by what is not installed",
    needs: ["desm", "pino-elasticsearch", "sonic-boom"],
    files: /^test\/(?!pkg)[^/]*\.test\.m?js$/,
    nodeArgs: ["--expose-gc"],
  },
  {
    name: "sonic-boom",
    version: "5.0.2",
    fails: "one file as a whole; nobody looked why",
    needs: ["@sinonjs/fake-timers", "proxyquire"],
    files: JAVASCRIPT_TESTS,
  },
  {
    name: "piscina",
    version: "5.3.2",
    needs: ["abort-controller", "concat-stream", "tsx", "typescript"],
    files: /^test\/[^/]*test\.ts$/,
    nodeArgs: ["--enable-source-maps", "--import=tsx"],
    note: "TypeScript, by tsx",
  },
  { name: "aedes", version: "1.2.0", needs: ["mqtt", "ws"], files: /^test\/[^/]*\.c?js$/ },
  { name: "abstract-level", version: "3.1.1", needs: ["tape"], tap: ["test/self.js"] },
  {
    name: "fastq",
    version: "1.20.3",
    needs: ["async", "neo-async", "tape"],
    tap: ["node_modules/tape/bin/tape", "test/test.js", "test/promise.js"],
  },
];
