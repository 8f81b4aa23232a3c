import type {
  GroupId,
  SiteId,
  SourceLocation,
  TaskFilter,
  TaskNodeFilter,
  TaskPlaces,
} from "@asyncscope/protocol";
import type { TaskBackend } from "./backend.js";

/** Groups whose functions are looked at: they stand for all tasks of the program. */
const MOST_GROUPS = 1000;

/**
 * Finds out which positions of a program lie in a file. Only this side knows the sources; only the program knows all
 * tasks. So the program is told which of its sites and generator functions are meant, and filters.
 */
export class FilePlaces {
  readonly #sites = new Map<SiteId, string>();
  /** A group keeps its functions. */
  readonly #groups = new Map<GroupId, string>();

  /** The filter in terms of the program. */
  async translate(backend: TaskBackend, filter: TaskNodeFilter): Promise<TaskFilter> {
    const { file, ...rest } = filter;
    return file === undefined ? rest : { ...rest, places: await this.#find(backend, file) };
  }

  async #find(backend: TaskBackend, file: string): Promise<TaskPlaces> {
    const { groups } = await backend.groups({ limit: MOST_GROUPS, samples: 1 });
    // A group with a site stands in an async function, and is known by that.
    const generators = groups.filter(({ site }) => site === 0);
    const unknown = generators.filter(({ id }) => !this.#groups.has(id));
    const found = await backend.locations(unknown.map(({ oldest }) => oldest)).catch(() => []);
    unknown.forEach(({ id }, i) => {
      const path = found[i]?.path;
      if (path !== undefined) this.#groups.set(id, path);
    });
    for (const site of backend.sites()) {
      if (this.#sites.has(site.id)) continue;
      const path = (await backend.resolveSite(site).catch(() => undefined))?.path;
      if (path !== undefined) this.#sites.set(site.id, path);
    }
    return {
      sites: [...this.#sites].filter(([, path]) => isFile(path, file)).map(([id]) => id),
      like: generators
        .filter(({ id }) => isFile(this.#groups.get(id) ?? "", file))
        .map(({ oldest }) => oldest),
    };
  }
}

/** Whether a task stands in, or was created in, a file that is named so. */
export function isInFile(
  task: { readonly location?: SourceLocation; readonly createdAtLocation?: SourceLocation },
  file: string,
): boolean {
  return [task.location, task.createdAtLocation].some((at) => at !== undefined && isFile(at.path, file));
}

/** Whether `file` is part of the name of the file at `path`; with a slash in it, of the whole path. */
function isFile(path: string, file: string): boolean {
  const wanted = file.toLowerCase().replaceAll("\\", "/");
  const whole = path.toLowerCase().replaceAll("\\", "/");
  return (wanted.includes("/") ? whole : whole.slice(whole.lastIndexOf("/") + 1)).includes(wanted);
}
