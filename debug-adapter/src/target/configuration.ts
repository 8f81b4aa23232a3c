/** What `launch` asks for, checked and complete. Paths are absolute. */
export interface LaunchConfiguration {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** `null` removes a variable. */
  readonly env: Readonly<Record<string, string | null>>;
  readonly envFile: string | undefined;
  /** A path, or a name looked up in PATH. */
  readonly runtimeExecutable: string;
  readonly runtimeArgs: readonly string[];
  readonly console: "internalConsole" | "integratedTerminal" | "externalTerminal";
  readonly stopOnEntry: boolean;
  readonly noDebug: boolean;
  /** Whether the loader makes tasks of the program's plain async functions. */
  readonly instrument: boolean;
  /** How long the program may take to open its debug connection, in milliseconds. */
  readonly timeout: number;
}

/** What `attach` asks for: a process of this user, or a loopback address. */
export interface AttachConfiguration {
  /** Its inspector is opened when it is closed, and closed again afterwards. Nothing else counts, then. */
  readonly processId: number | undefined;
  readonly websocketUrl: string | undefined;
  readonly address: string;
  readonly port: number;
}

/** Whether a dump of the tasks is written when the program ends. */
export interface DumpConfiguration {
  readonly onExit: "never" | "pending" | "always";
  /** Absolute; undefined: beside the program. */
  readonly folder: string | undefined;
}

/** How sources are found and which are passed over, for both ways of starting. */
export interface SourceConfiguration {
  readonly sourceMaps: boolean;
  /** Globs of generated files; empty: any file's map is used. */
  readonly outFiles: readonly string[];
  readonly sourceMapPathOverrides: Readonly<Record<string, string>>;
  /** Globs and `<node_internals>/**`; a leading `!` takes files out again. */
  readonly skipFiles: readonly string[];
  /** Base of relative globs. */
  readonly root: string;
}
