/* eslint-disable @typescript-eslint/no-explicit-any -- bodies of messages, looked into by tests */
import { spawn, type ChildProcess } from "node:child_process";
import { join, resolve } from "node:path";
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from "vscode-jsonrpc/node.js";
import { eventually } from "./eventually.js";

const SERVER = join(resolve(process.env["ASYNCSCOPE_DIST"] ?? "dist"), "language-server.cjs");
const open = new Set<LanguageServerProcess>();

/** The language server as it ships, in a process of its own, spoken to as an editor does. */
export class LanguageServerProcess {
  readonly child: ChildProcess;
  readonly connection: MessageConnection;
  /** What was published last for each document. */
  readonly diagnostics = new Map<
    string,
    { readonly version?: number; readonly diagnostics: readonly any[] }
  >();
  readonly exited: Promise<number | null>;

  private constructor() {
    const child = spawn(process.execPath, [SERVER, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
    this.child = child;
    this.exited = new Promise((done) => child.once("exit", done));
    this.connection = createMessageConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    );
    this.connection.onNotification("textDocument/publishDiagnostics", (params: any) =>
      this.diagnostics.set(params.uri, params),
    );
    this.connection.listen();
    open.add(this);
  }

  static async start(): Promise<{ server: LanguageServerProcess; capabilities: any }> {
    const server = new LanguageServerProcess();
    const { capabilities } = await server.connection.sendRequest<any>("initialize", {
      processId: process.pid,
      rootUri: null,
      capabilities: {},
    });
    await server.connection.sendNotification("initialized", {});
    return { server, capabilities };
  }

  async open(uri: string, text: string): Promise<void> {
    const textDocument = { uri, languageId: "taskdump", version: 1, text };
    await this.connection.sendNotification("textDocument/didOpen", { textDocument });
  }

  async change(uri: string, version: number, contentChanges: readonly object[]): Promise<void> {
    await this.connection.sendNotification("textDocument/didChange", {
      textDocument: { uri, version },
      contentChanges,
    });
  }

  /** What is published for a version of a document. */
  async problems(uri: string, version: number): Promise<readonly any[]> {
    await eventually(`problems of version ${version}`, () => this.diagnostics.get(uri)?.version === version);
    return this.diagnostics.get(uri)!.diagnostics;
  }

  request(method: string, uri: string, more: object = {}): Promise<any> {
    return this.connection.sendRequest(`textDocument/${method}`, { textDocument: { uri }, ...more });
  }

  async stop(): Promise<number | null> {
    if (!open.delete(this)) return this.exited;
    await this.connection.sendRequest("shutdown");
    await this.connection.sendNotification("exit");
    return this.exited;
  }

  static async stopAll(): Promise<void> {
    for (const server of open) {
      open.delete(server);
      server.connection.dispose();
      server.child.kill();
      await server.exited;
    }
  }
}
