import type {
  ResourceId,
  ResourceNode,
  ResourcesBody,
  ResourceWaiter,
  TaskId,
  TaskInfo,
} from "@asyncscope/protocol";
import type { VariablesQuery, VariableValue } from "../scope-session.js";
import { LiveModel } from "../views/live-model.js";
import type {
  ItemsNode,
  MoreNode,
  ResourceRowNode,
  ResourceTreeNode,
  ValueNode,
  WaitersNode,
} from "./resource-nodes.js";

/** Items and members shown at first, and how many "Show more" adds. */
export const PAGE = 100;
/** Primitives shown at first, and how many "Show more" adds. */
const RESOURCE_PAGE = 200;
const RESOURCE_LIMIT = 2000;
/** Lists of items read again after one refresh; the others follow after the next. */
const ITEMS_PER_REFRESH = 8;
const ROLES: readonly ResourceWaiter["role"][] = ["getter", "putter", "joiner", "waiter"];

interface Values {
  readonly values: readonly VariableValue[];
  /** Asked for more than there was, or the list said how long it is: nothing is hidden. */
  readonly complete: boolean;
}

/** The state behind the Queues & Locks view of one session. */
export class ResourceModel extends LiveModel<ResourcesBody, ResourceTreeNode> {
  #limit = RESOURCE_PAGE;
  readonly #resources = new Map<ResourceId, ResourceNode>();
  readonly #tasks = new Map<TaskId, TaskInfo>();
  /** Items and members by the path of the row that they stand under. */
  readonly #values = new Map<string, Values>();
  readonly #wanted = new Map<string, number>();
  readonly #nodes = new Map<string, ResourceTreeNode>();

  get total(): number {
    return this.body?.total ?? 0;
  }

  /** True while ages on the screen grow: something is held or waited for. */
  override get ageing(): boolean {
    if (this.status !== "live") return false;
    for (const resource of this.#resources.values())
      if (resource.ownedSince !== undefined || resource.waiterCount > 0) return true;
    return false;
  }

  resource(id: ResourceId): ResourceNode | undefined {
    return this.#resources.get(id);
  }

  task(id: TaskId): TaskInfo | undefined {
    return this.#tasks.get(id);
  }

  /** Asks for more with the next {@link refresh}. */
  showMore(node: MoreNode): void {
    if (!node.parent) this.#limit = Math.min(RESOURCE_LIMIT, this.#limit + RESOURCE_PAGE);
    else {
      this.#wanted.set(node.parent.path, this.#wantedOf(node.parent) + PAGE);
      this.#values.delete(node.parent.path);
    }
  }

  /** One request for the list, and one for each opened list of items. */
  override async refresh(): Promise<void> {
    if (this.hasEnded()) return;
    let body: ResourcesBody;
    try {
      body = await this.session.request("asyncscope/resources", { limit: this.#limit });
    } catch (error) {
      this.fail(error);
      return;
    }
    const same =
      this.failure === undefined &&
      this.body?.version === body.version &&
      this.body.status === body.status &&
      this.body.message === body.message &&
      this.body.resources.length === body.resources.length;
    this.failure = undefined;
    // Of a program that does not answer, or not any more, keep what was seen.
    const keep =
      this.#resources.size > 0 &&
      (body.status === "blocked" || (body.status === "ended" && body.resources.length === 0));
    const { resources, total } = (keep && this.body) || body;
    this.body = { ...body, resources, total };
    if (!keep) {
      this.clock.set(body.now, body.status === "live");
      this.#resources.clear();
      this.#tasks.clear();
      for (const resource of body.resources) this.#resources.set(resource.id, resource);
      for (const task of body.tasks) this.#tasks.set(task.id, task);
      this.#forgetGone();
    }
    const answered = body.status === "live" || body.status === "paused";
    const reread = answered && (await this.#refreshItems(same));
    if (!same || reread) this.changed();
  }

  /** The rows under `node`, or the primitives. Items and members are asked for when they are opened. */
  override async children(node?: ResourceTreeNode): Promise<readonly ResourceTreeNode[]> {
    if (node) this.expand(node);
    if (
      (node?.kind === "items" || node?.kind === "value") &&
      !this.#values.has(node.path) &&
      !this.hasEnded()
    )
      await this.#loadValues(node);
    return this.rows(node);
  }

  override rows(node?: ResourceTreeNode): readonly ResourceTreeNode[] {
    return this.#rows(node).map((fresh) => this.#intern(fresh));
  }

  #rows(node: ResourceTreeNode | undefined): ResourceTreeNode[] {
    switch (node?.kind) {
      case undefined:
        return this.#resourceRows();
      case "resource":
        return this.#partsOf(node);
      case "waiters":
        return this.#waiterRows(node);
      case "items":
      case "value":
        return this.#valueRows(node);
      default:
        return [];
    }
  }

  #resourceRows(): ResourceTreeNode[] {
    const rows: ResourceTreeNode[] = (this.body?.resources ?? []).map(({ id }) => ({
      kind: "resource",
      path: `r${id}`,
      parent: undefined,
      resource: id,
    }));
    const hidden = this.total - rows.length;
    if (hidden > 0) rows.push({ kind: "more", path: "more", parent: undefined, hidden });
    return rows;
  }

  #partsOf(parent: ResourceRowNode): ResourceTreeNode[] {
    const resource = this.#resources.get(parent.resource);
    if (!resource) return [];
    const rows: ResourceTreeNode[] = [];
    if (resource.owner)
      rows.push({
        kind: "owner",
        path: `${parent.path}/owner`,
        parent,
        task: resource.owner,
        since: resource.ownedSince,
      });
    if (resource.itemsReference > 0 && (resource.size ?? 0) > 0)
      rows.push({ kind: "items", path: `${parent.path}/items`, parent, resource: resource.id });
    for (const role of ROLES)
      if (resource.waiters.some((waiter) => waiter.role === role))
        rows.push({ kind: "waiters", path: `${parent.path}/${role}s`, parent, resource: resource.id, role });
    return rows;
  }

  #waiterRows(parent: WaitersNode): ResourceTreeNode[] {
    const resource = this.#resources.get(parent.resource);
    if (!resource) return [];
    const waiters = resource.waiters.filter((waiter) => waiter.role === parent.role);
    const rows: ResourceTreeNode[] = waiters.map((waiter, index) => ({
      kind: "waiter",
      // One task may wait twice (async form); a waiter that is no task has no id.
      path: `${parent.path}/${index}:${waiter.task}`,
      parent,
      task: waiter.task,
      since: waiter.since,
    }));
    const more = resource.waiterCount - resource.waiters.length;
    if (more > 0)
      rows.push({
        kind: "note",
        path: `${parent.path}/note`,
        parent,
        text: `${more.toLocaleString("en-US")} more waiters are not listed`,
      });
    return rows;
  }

  #valueRows(parent: ItemsNode | ValueNode): ResourceTreeNode[] {
    const known = this.#values.get(parent.path);
    if (!known) {
      const text = this.hasEnded() ? "The program has ended" : "The values are not available";
      return [{ kind: "note", path: `${parent.path}/note`, parent, text }];
    }
    const rows: ResourceTreeNode[] = known.values.map((value, index) => ({
      kind: "value",
      path: `${parent.path}/${index}`,
      parent,
      value,
    }));
    if (!known.complete) {
      const total = this.#lengthOf(parent);
      const hidden = total === undefined ? undefined : Math.max(1, total - known.values.length);
      rows.push({ kind: "more", path: `${parent.path}/more`, parent, hidden });
    }
    return rows;
  }

  /** The same object for the same row, so that the editor keeps its selection; values are always fresh. */
  #intern(fresh: ResourceTreeNode): ResourceTreeNode {
    const old = this.#nodes.get(fresh.path);
    if (
      old &&
      old.kind === fresh.kind &&
      (old.kind === "resource" || old.kind === "items" || old.kind === "waiters")
    )
      return old;
    this.#nodes.set(fresh.path, fresh);
    return fresh;
  }

  /** Drops what is remembered of primitives that are not in the list any more. */
  #forgetGone(): void {
    const gone = (path: string): boolean => {
      const [, id] = /^r(\d+)/.exec(path) ?? [];
      return id !== undefined && !this.#resources.has(Number(id));
    };
    for (const remembered of [this.#nodes, this.#values, this.#wanted, this.expanded])
      for (const path of remembered.keys()) if (gone(path)) remembered.delete(path);
  }

  #wantedOf(node: ItemsNode | ValueNode): number {
    return this.#wanted.get(node.path) ?? PAGE;
  }

  #lengthOf(node: ItemsNode | ValueNode): number | undefined {
    if (node.kind === "items") return this.#resources.get(node.resource)?.size;
    const { indexedVariables, namedVariables } = node.value;
    if (indexedVariables === undefined && namedVariables === undefined) return undefined;
    return (indexedVariables ?? 0) + (namedVariables ?? 0);
  }

  /** Only a page is asked for, whatever the size: `variables` with `start` and `count`. */
  async #loadValues(node: ItemsNode | ValueNode): Promise<void> {
    const wanted = this.#wantedOf(node);
    try {
      const values = await this.session.variables(this.#valuesQuery(node, wanted));
      const length = this.#lengthOf(node);
      // An adapter that does not page answers with everything: show what was asked for.
      const complete =
        length === undefined ? values.length < wanted : length <= values.length && length <= wanted;
      this.#values.set(node.path, { values: values.slice(0, wanted), complete });
    } catch {
      this.#values.delete(node.path);
    }
  }

  #valuesQuery(node: ItemsNode | ValueNode, wanted: number): VariablesQuery {
    if (node.kind === "items") {
      const variablesReference = this.#resources.get(node.resource)?.itemsReference ?? 0;
      return { variablesReference, filter: "indexed", start: 0, count: wanted };
    }
    const { variablesReference, indexedVariables = 0 } = node.value;
    // Without a filter DAP returns all members: wanted only when they are known to be few.
    if (indexedVariables > PAGE) return { variablesReference, filter: "indexed", start: 0, count: wanted };
    return { variablesReference, start: 0, count: wanted };
  }

  /** Reads opened lists of items again, since references end with each reply. True when something was read. */
  async #refreshItems(unchanged: boolean): Promise<boolean> {
    const opened: ItemsNode[] = [];
    const keep = new Set<string>();
    for (const id of this.#resources.keys()) {
      const row = this.#nodes.get(`r${id}`);
      if (!row || !this.expanded.has(row.path)) continue;
      for (const part of this.rows(row))
        if (part.kind === "items" && this.expanded.has(part.path)) {
          opened.push(part);
          keep.add(part.path);
        }
    }
    const missing = opened.filter((node) => !unchanged || !this.#values.has(node.path));
    // Members of items hang on references that are gone; they are asked for again when the editor shows them.
    if (!unchanged) for (const path of this.#values.keys()) if (!keep.has(path)) this.#values.delete(path);
    await Promise.all(missing.slice(0, ITEMS_PER_REFRESH).map((node) => this.#loadValues(node)));
    return missing.length > 0;
  }
}
