import {
  EVENT_BINDING,
  INSPECTOR_KEY,
  PROTOCOL_VERSION,
  type ChainReply,
  type Inspector,
  type InspectorEvent,
  type InspectorHello,
  type ResourceInfo,
  type ResourceQuery,
  type ResourceReply,
  type TaskInfo,
  type TreeOrder,
  type TreeQuery,
  type TreeReply,
} from "@asyncscope/protocol";
import { EventLoop, type Startable } from "asyncscope";
import { VirtualClock } from "asyncscope/testing";

/** The inspector of this process, as a debug adapter sees it. */
export const inspector = (globalThis as unknown as Record<symbol, Inspector>)[Symbol.for(INSPECTOR_KEY)]!;

export function enable(options: { captureSites?: boolean } = {}): InspectorHello {
  return JSON.parse(
    inspector.enable({ protocolVersion: PROTOCOL_VERSION, captureSites: false, ...options }),
  ) as InspectorHello;
}

/** Runs a program on a virtual clock while the inspector watches; then all is as before. */
export async function watched<T>(
  main: Startable<T>,
  options: { captureSites?: boolean } = {},
): Promise<unknown> {
  inspector.disable();
  enable(options);
  try {
    return await onVirtualClock(main);
  } finally {
    inspector.disable();
  }
}

/**
 * Runs a program on a virtual clock that starts at 0. When its main task has ended, the others are left where they
 * stand: the tests need not end what waits forever.
 */
export async function onVirtualClock<T>(main: Startable<T>): Promise<unknown> {
  const loop = new EventLoop({ clock: new VirtualClock() });
  loop.setExceptionHandler(() => undefined);
  try {
    return await loop.runUntilComplete(loop.createTask(main, { name: "main" }));
  } finally {
    loop.close();
  }
}

export function tree(query: Partial<TreeQuery> = {}): TreeReply {
  return JSON.parse(
    inspector.tree({ order: "creation", pages: [{ task: 0, limit: 1000 }], ...query }),
  ) as TreeReply;
}

/** The whole tree as indented names, as a view would show it unfolded. A task met again below itself ends in ↻. */
export function outline(order: TreeOrder, query: Partial<TreeQuery> = {}): string[] {
  const reply = tree({ order, deep: true, ...query });
  const names = new Map(reply.tasks.map(({ id, name }) => [id, name]));
  const pages = new Map(reply.pages.map((page) => [page.task, page.children]));
  const lines: string[] = [];
  const add = (id: number, path: readonly number[]): void => {
    for (const child of pages.get(id) ?? []) {
      const again = path.includes(child);
      lines.push(`${"  ".repeat(path.length)}${names.get(child)}${again ? " ↻" : ""}`);
      if (!again) add(child, [...path, child]);
    }
  };
  add(0, []);
  return lines;
}

/** The row of a task. */
export function task(name: string): TaskInfo {
  const found = tree({ deep: true, limit: 20_000 }).tasks.filter((info) => info.name === name);
  if (found.length !== 1) throw new Error(`${found.length} tasks are called ${JSON.stringify(name)}`);
  return found[0]!;
}

/** What a task waits for: `kind: label`. */
export function waits(name: string): string[] {
  return task(name).waits.map(({ kind, label }) => `${kind}: ${label}`);
}

export function chain(name: string, limit?: number): ChainReply {
  return JSON.parse(inspector.chain(task(name).id, limit)) as ChainReply;
}

export function resources(query: ResourceQuery = {}): ResourceReply {
  return JSON.parse(inspector.resources(query)) as ResourceReply;
}

/** The row of a queue, lock or other primitive. */
export function resource(name: string): ResourceInfo {
  const found = resources({ text: name }).resources.filter((info) => info.name === name);
  if (found.length !== 1) throw new Error(`${found.length} resources are called ${JSON.stringify(name)}`);
  return found[0]!;
}

/** Collects what the inspector tells a debug adapter, until `stop`. */
export function listen(): { events: InspectorEvent[]; stop: () => void } {
  const events: InspectorEvent[] = [];
  const scope = globalThis as Record<string, unknown>;
  scope[EVENT_BINDING] = (payload: string) => events.push(JSON.parse(payload) as InspectorEvent);
  return { events, stop: () => Reflect.deleteProperty(scope, EVENT_BINDING) };
}
