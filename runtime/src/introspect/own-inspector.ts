import { createRequire } from "node:module";

/** A connection of this thread to the inspector of its own V8, which answers at once. */
export interface OwnInspector {
  /** The result, undefined when V8 refused. */
  post(method: string, params?: object): unknown;
  /** Calls `listener` with the parameters of an event until the connection is closed. */
  on(event: string, listener: (params: never) => void): void;
}

interface Session {
  connect(): void;
  disconnect(): void;
  on(event: string, listener: (message: { params: never }) => void): void;
  post(method: string, params: object, done: (error: Error | null, result?: unknown) => void): void;
}

/**
 * Calls `work` with a connection that lives no longer than that. A debugger that is attached has its own and notices
 * nothing. Null where there is none to be had: a Node built or started without its inspector.
 */
export function withOwnInspector<T>(work: (inspector: OwnInspector) => T): T | null {
  let session: Session;
  try {
    // Loaded by the first who asks: importing it fails on a Node built without it.
    const { Session } = createRequire(process.execPath)("node:inspector") as { Session: new () => Session };
    session = new Session();
    session.connect();
  } catch {
    return null;
  }
  try {
    return work({
      post(method: string, params: object = {}): unknown {
        let result: unknown;
        session.post(method, params, (error, value) => {
          if (error === null) result = value;
        });
        return result;
      },
      on(event, listener) {
        session.on(event, ({ params }) => listener(params));
      },
    });
  } finally {
    session.disconnect();
  }
}
