import type { DebugProtocol } from "@vscode/debugprotocol";
import { fail } from "../errors.js";
import type { SourceView } from "../target/execution.js";
import type { Handler, Handlers, SessionContext } from "./context.js";
import { Handles } from "./handles.js";

/** Sources that are no files, and the `source` and `loadedSources` requests. */
export class Sources {
  readonly #byReference = new Handles<() => Promise<string>>();
  readonly #references = new Map<string, number>();

  view(source: SourceView): DebugProtocol.Source {
    const { path, name, content, origin } = source;
    if (content === undefined) return { name, path };
    let sourceReference = this.#references.get(path);
    if (sourceReference === undefined)
      this.#references.set(path, (sourceReference = this.#byReference.add(content)));
    return {
      name,
      path,
      sourceReference,
      ...(origin === undefined ? {} : { origin, presentationHint: "deemphasize" }),
    };
  }

  handlers(context: SessionContext): Handlers {
    const source: Handler = async (args) => {
      const reference = args.count("sourceReference") ?? args.object("source").count("sourceReference") ?? 0;
      const content =
        this.#byReference.get(reference) ??
        fail("noSource", { source: reference, detail: "it is not known." });
      try {
        return { content: await content(), mimeType: "text/javascript" };
      } catch {
        return fail("noSource", { source: reference, detail: "pause the program and open it again." });
      }
    };
    const loadedSources: Handler = async () => {
      const paths = await context.target("loadedSources").loadedScripts();
      return { sources: paths.map((path) => ({ path, name: path.split(/[\\/]/).pop() ?? path })) };
    };
    return { source, loadedSources };
  }
}
