import type { DumpDocument } from "@asyncscope/debug-adapter/dump/document";
import { DiagnosticSeverity, type Diagnostic } from "vscode-languageserver";
import { rangeOf } from "./open-dump.js";

export function diagnostics(dump: DumpDocument): Diagnostic[] {
  return dump.diagnostics.map(({ severity, code, message, ...range }) => ({
    range: rangeOf(range),
    severity: severity === "error" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    source: "asyncscope",
    code,
    message,
  }));
}
