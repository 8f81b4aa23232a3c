import type {
  TaskNodeFilter,
  TaskId,
  TreeArguments,
  TreeOrder,
  TreePage,
  TreePageQuery,
} from "@asyncscope/protocol";

/** Children shown at first, and how many "Show more" adds. */
const PAGE = 100;
/** The most children that one page of a query may ask for. */
const PAGE_QUERY_LIMIT = 1000;
/** The most tasks that one reply may hold. */
const REPLY_LIMIT = 20_000;
/** With a filter everything that leads to a match is opened, up to this many tasks. */
const FILTER_LIMIT = 1000;

/** The children of a task as far as they are known. */
export interface Children {
  readonly ids: readonly TaskId[];
  readonly total: number;
}

/** How many children of each task are wanted, and the query that brings them. */
export class WantedPages {
  readonly #wanted = new Map<TaskId, number>();

  of(task: TaskId): number {
    return this.#wanted.get(task) ?? PAGE;
  }

  more(task: TaskId): void {
    this.#wanted.set(task, this.of(task) + PAGE);
  }

  clear(): void {
    this.#wanted.clear();
  }

  /** One query for the children of all these tasks (0: roots). */
  query(tasks: readonly TaskId[], order: TreeOrder, filter: TaskNodeFilter | undefined): TreeArguments {
    const pages: TreePageQuery[] = [];
    let limit = 0;
    for (const task of tasks)
      for (let offset = 0; offset < this.of(task); offset += PAGE_QUERY_LIMIT) {
        const size = Math.min(PAGE_QUERY_LIMIT, this.of(task) - offset);
        pages.push({ task, offset, limit: size });
        limit += size;
      }
    const capped = Math.min(limit, REPLY_LIMIT);
    return filter
      ? { order, pages, filter, deep: true, limit: Math.max(capped, FILTER_LIMIT) }
      : { order, pages, limit: capped };
  }
}

/** The pages of a reply put together, by parent. */
export function joinPages(pages: readonly TreePage[]): Map<TaskId, Children> {
  const joined = new Map<TaskId, Children>();
  for (const page of [...pages].sort((a, b) => a.offset - b.offset)) {
    // A task named twice because the list moved between two pages would be two rows with one id.
    const ids = [...new Set([...(joined.get(page.task)?.ids ?? []), ...page.children])];
    joined.set(page.task, { ids, total: Math.max(page.total, ids.length) });
  }
  return joined;
}
