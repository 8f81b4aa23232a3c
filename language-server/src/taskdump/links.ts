import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { DumpDocument, DumpLink } from "@asyncscope/debug-adapter/dump/document";
import type { DocumentLink } from "vscode-languageserver";
import { rangeOf } from "./open-dump.js";

/** Source positions that an editor can open. */
export function documentLinks(dump: DumpDocument): DocumentLink[] {
  return dump.links.flatMap((link) => {
    const target = targetOf(link);
    return target === undefined ? [] : [{ range: rangeOf(link), target }];
  });
}

/** The `file:` URL of a position, with the fragment that editors understand; undefined for what is no file here. */
export function targetOf({
  position: { path, line, column },
}: Pick<DumpLink, "position">): string | undefined {
  const whole = /^~[\\/]/.test(path) ? join(homedir(), path.slice(2)) : path;
  // A file on another machine is not reached for by a click on what somebody sent.
  if (!isAbsolute(whole) || /^[\\/]{2}/.test(whole)) return undefined;
  return `${pathToFileURL(whole).href}#L${line},${column}`;
}
