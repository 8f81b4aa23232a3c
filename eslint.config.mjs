// Type-aware lint. Two rules carry the architecture: imports point one way
// (extension → debug-adapter → protocol ← runtime), and no promise floats.
import tseslint from "typescript-eslint";
import importX, { createNodeResolver } from "eslint-plugin-import-x";

/** Import zones: what each folder must not reach. Only extension/ knows `vscode`. */
const zones = [
  {
    target: "./protocol",
    from: ["./runtime", "./debug-adapter", "./extension", "./language-server", "./test"],
  },
  { target: "./runtime", from: ["./debug-adapter", "./extension", "./language-server", "./test"] },
  { target: "./debug-adapter", from: ["./runtime", "./extension", "./language-server", "./test"] },
  { target: "./extension", from: ["./runtime", "./language-server", "./test"] },
  // A process of its own: knows the format of dumps, and neither editor nor programs.
  {
    target: "./language-server",
    from: [
      "./runtime",
      "./extension",
      "./test",
      ...["backends", "cli", "framing", "preload", "session", "tasks"].map(
        (folder) => `./debug-adapter/src/${folder}`,
      ),
    ],
  },
  // Inside the runtime: the core knows nothing of what stands on it.
  {
    target: "./runtime/src/core",
    from: ["./runtime/src/sync", "./runtime/src/queues", "./runtime/src/inspect"],
  },
  // Inside the adapter: the model knows neither CDP nor DAP.
  {
    target: "./debug-adapter/src/tasks",
    from: ["./debug-adapter/src/backends", "./debug-adapter/src/session"],
  },
  { target: "./debug-adapter/src/backends", from: ["./debug-adapter/src/session"] },
  // The command line speaks to programs by itself, not through a debug session.
  { target: "./debug-adapter/src/cli", from: ["./debug-adapter/src/session"] },
  // The format of dumps: knows how things read, and no program.
  {
    target: "./debug-adapter/src/dump",
    from: ["./debug-adapter/src/backends", "./debug-adapter/src/session", "./debug-adapter/src/tasks"],
  },
  // Recordings: what they say, as a file, as a timeline and as a trace.
  {
    target: "./debug-adapter/src/recording",
    from: ["./debug-adapter/src/backends", "./debug-adapter/src/session", "./debug-adapter/src/tasks"],
  },
  // How things read, in the editor and in a terminal: knows the protocol alone.
  {
    target: "./debug-adapter/src/text",
    from: ["./debug-adapter/src/backends", "./debug-adapter/src/session", "./debug-adapter/src/tasks"],
  },
];

export default tseslint.config(
  {
    ignores: [
      "**/dist/**",
      "out/**",
      "**/node_modules/**",
      ".vscode-test/**",
      "test/fixtures/**",
      "test/artefacts/**",
      "examples/**/*.mjs",
      "bugs/*/**",
    ],
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    plugins: { "import-x": importX },
    settings: {
      "import-x/resolver-next": [
        createNodeResolver({
          conditionNames: ["asyncscope-source", "import", "default"],
          extensions: [".ts", ".js"],
          extensionAlias: { ".js": [".ts", ".js"] },
        }),
      ],
      "import-x/parsers": { "@typescript-eslint/parser": [".ts"] },
    },
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "import-x/no-restricted-paths": ["error", { zones }],
      "import-x/no-cycle": ["error", { ignoreExternal: true }],
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: true }],
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/prefer-literal-enum-member": "off",
      "@typescript-eslint/unified-signatures": "off",
      // Generators are coroutines here: one without a yield is a coroutine that never suspends.
      "require-yield": "off",
      // A rejection reason may be whatever the program threw.
      "@typescript-eslint/prefer-promise-reject-errors": "off",
      "@typescript-eslint/only-throw-error": "off",
    },
  },
  {
    files: ["protocol/**/*.ts", "runtime/**/*.ts", "debug-adapter/**/*.ts", "language-server/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        { paths: [{ name: "vscode", message: "Only extension/ imports vscode." }] },
      ],
    },
  },
  {
    // The runtime checks arguments that types rule out: its callers may write JavaScript.
    files: ["runtime/**/*.ts"],
    rules: {
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/no-unnecessary-type-conversion": "off",
      "@typescript-eslint/no-this-alias": "off",
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-unused-expressions": "off",
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
);
