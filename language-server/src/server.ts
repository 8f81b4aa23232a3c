import { parseDump } from "@asyncscope/debug-adapter/dump/parse";
import { TextDocument } from "vscode-languageserver-textdocument";
import {
  TextDocuments,
  TextDocumentSyncKind,
  type Connection,
  type InitializeResult,
} from "vscode-languageserver";
import { definition, references } from "./taskdump/definitions.js";
import type { OpenDump } from "./taskdump/open-dump.js";
import { diagnostics } from "./taskdump/diagnostics.js";
import { foldingRanges } from "./taskdump/folding.js";
import { hover } from "./taskdump/hover.js";
import { documentLinks } from "./taskdump/links.js";
import { documentSymbols } from "./taskdump/symbols.js";

/** Problems are looked for when nothing was typed for so long, in milliseconds. */
const QUIET_MS = 150;

/** Answers for the task dumps that are open in the editor. Reads nothing but what the editor sends. */
export function serve(connection: Connection): void {
  const documents = new TextDocuments(TextDocument);
  const parsed = new Map<string, OpenDump>();
  const timers = new Map<string, NodeJS.Timeout>();

  const open = (uri: string): OpenDump | undefined => {
    const text = documents.get(uri);
    if (text === undefined) return undefined;
    const known = parsed.get(uri);
    // The same object is changed in place: its version tells.
    if (known !== undefined && known.version === text.version) return known;
    const fresh = { text, version: text.version, dump: parseDump(text.getText()) };
    parsed.set(uri, fresh);
    return fresh;
  };
  const forget = (uri: string): void => {
    clearTimeout(timers.get(uri));
    timers.delete(uri);
  };

  connection.onInitialize((): InitializeResult => ({
    serverInfo: { name: "asyncscope", version: ASYNCSCOPE_VERSION },
    capabilities: {
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
      documentSymbolProvider: { label: "Task Dump" },
      foldingRangeProvider: true,
      documentLinkProvider: {},
      hoverProvider: true,
      definitionProvider: true,
      referencesProvider: true,
    },
  }));
  documents.onDidChangeContent(({ document: { uri } }) => {
    forget(uri);
    const publish = (): void => {
      timers.delete(uri);
      const found = open(uri);
      if (found !== undefined)
        void connection.sendDiagnostics({
          uri,
          version: found.text.version,
          diagnostics: diagnostics(found.dump),
        });
    };
    timers.set(uri, setTimeout(publish, QUIET_MS));
  });
  documents.onDidClose(({ document: { uri } }) => {
    forget(uri);
    parsed.delete(uri);
    void connection.sendDiagnostics({ uri, diagnostics: [] });
  });

  /** An answer for an open document; `otherwise` for one that is not. */
  const answer =
    <P extends { readonly textDocument: { readonly uri: string } }, R>(
      give: (dump: OpenDump, params: P) => R,
      otherwise: R,
    ) =>
    (params: P): R => {
      const found = open(params.textDocument.uri);
      return found === undefined ? otherwise : give(found, params);
    };
  connection.onDocumentSymbol(answer(({ dump, text }) => documentSymbols(dump, text), []));
  connection.onFoldingRanges(answer(({ dump }) => foldingRanges(dump), []));
  connection.onDocumentLinks(answer(({ dump }) => documentLinks(dump), []));
  connection.onHover(answer((each, { position }) => hover(each, position), null));
  connection.onDefinition(
    answer((each, { position, textDocument }) => definition(each.dump, position, textDocument.uri), null),
  );
  connection.onReferences(
    answer((each, { position, textDocument, context }) => {
      const found = references(each.dump, position, context.includeDeclaration);
      return found.map((range) => ({ uri: textDocument.uri, range }));
    }, []),
  );
  documents.listen(connection);
}

/** Replaced by the build with the version in package.json. */
declare const ASYNCSCOPE_VERSION: string;
