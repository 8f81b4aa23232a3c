import type { DumpBody, TaskNodeFilter, TaskState, TreeOrder, TreePageQuery } from "@asyncscope/protocol";
import { withoutAges } from "../dump/without-ages.js";
import { writeDump } from "../dump/write.js";
import type { TaskBackend } from "../tasks/backend.js";
import { collectDump, pendingTasks } from "../tasks/collect-dump.js";
import { SuspendedLines } from "../tasks/suspended-lines.js";
import type { Arguments } from "./arguments.js";
import type { Handler, Handlers, SessionContext } from "./context.js";

const STATES: readonly TaskState[] = [
  "created",
  "scheduled",
  "running",
  "suspended",
  "done",
  "failed",
  "cancelled",
];

/** Parts of a filter that are texts. */
const TEXTS = ["text", "name", "waitsFor", "file"] as const;

/**
 * The custom requests about tasks. Their bodies are described in the protocol package.
 * @param looked called when somebody looks at the tasks, who wants to be told what blocks the event loop
 */
export function taskHandlers(
  context: SessionContext,
  backend: () => TaskBackend,
  looked: () => void,
): Handlers {
  const tree: Handler = (args) => {
    const order = args.text("order") ?? "creation";
    if (order !== "creation" && order !== "await") return args.wrong("order", '"creation" or "await"');
    const limit = args.count("limit");
    const filter = filterOf(args);
    looked();
    return context.tasks.tree({
      order: order satisfies TreeOrder,
      pages: args.objects("pages").map(pageOf),
      deep: args.flag("deep"),
      locations: args.optionalFlag("locations") ?? true,
      ...(limit === undefined ? {} : { limit }),
      ...(filter === undefined ? {} : { filter }),
    });
  };
  const groups: Handler = (args) => {
    const [limit, filter] = [args.count("limit"), filterOf(args)];
    return context.tasks.groups({
      all: args.flag("all"),
      pages: args.objects("pages").map((page) => ({ group: page.requiredCount("group"), ...rangeOf(page) })),
      ...(limit === undefined ? {} : { limit }),
      ...(filter === undefined ? {} : { filter }),
    });
  };
  const resources: Handler = (args) => context.tasks.resources(listOf(args));
  const futures: Handler = (args) => context.tasks.futures(listOf(args));
  const diagnosis: Handler = (args) => {
    looked();
    const limit = args.count("limit");
    return context.tasks.diagnosis(limit === undefined ? {} : { limit });
  };
  const lines = new SuspendedLines(context.tasks);
  const suspensions: Handler = (args) => {
    const limit = args.count("limit");
    const paths = args.raw["paths"] === undefined ? undefined : args.texts("paths");
    return lines.lines({ ...(paths && { paths }), ...(limit === undefined ? {} : { limit }) });
  };
  const suspendedAt: Handler = (args) => {
    const limit = args.count("limit");
    return lines.tasksAt({
      path: args.requiredText("path"),
      line: args.requiredCount("line"),
      ...(limit === undefined ? {} : { limit }),
    });
  };
  const chain: Handler = (args) => {
    const limit = args.count("limit");
    return context.tasks.chain({
      task: args.requiredCount("task"),
      ...(limit === undefined ? {} : { limit }),
    });
  };
  const pin: Handler = async (args) => {
    context.target("asyncscope/pin");
    const task = args.requiredCount("task");
    if (!(args.optionalFlag("pinned") ?? args.wrong("pinned", "a boolean"))) {
      const dropped = await context.pins.unpin(task, backend());
      return { threadId: dropped?.threadId ?? 0, pinned: false };
    }
    const { threadId } = await context.pins.pin(task, backend());
    return { threadId, pinned: true };
  };
  const cancelTask: Handler = (args) => {
    const message = args.text("message");
    return context.tasks.cancel({
      task: args.requiredCount("task"),
      ...(message === undefined ? {} : { message }),
    });
  };
  const dump: Handler = async (args) => {
    const format = args.text("format") ?? "text";
    if (format !== "text" && format !== "json") return args.wrong("format", '"text" or "json"');
    const limit = args.count("limit");
    const collected = await collectDump(context.tasks, limit === undefined ? {} : { limit });
    const written = (): string =>
      args.optionalFlag("ages") === false ? withoutAges(writeDump(collected)) : writeDump(collected);
    const content = format === "text" ? { text: written() } : { dump: collected };
    return { status: collected.status, pending: pendingTasks(collected), ...content } satisfies DumpBody;
  };
  return {
    "asyncscope/tree": tree,
    "asyncscope/groups": groups,
    "asyncscope/dump": dump,
    "asyncscope/resources": resources,
    "asyncscope/futures": futures,
    "asyncscope/diagnosis": diagnosis,
    "asyncscope/suspensions": suspensions,
    "asyncscope/suspendedAt": suspendedAt,
    "asyncscope/chain": chain,
    "asyncscope/pin": pin,
    "asyncscope/cancelTask": cancelTask,
  };
}

function pageOf(args: Arguments): TreePageQuery {
  return { task: args.requiredCount("task"), ...rangeOf(args) };
}

function rangeOf(args: Arguments): { offset?: number; limit?: number } {
  const [offset, limit] = [args.count("offset"), args.count("limit")];
  return { ...(offset === undefined ? {} : { offset }), ...(limit === undefined ? {} : { limit }) };
}

function listOf(args: Arguments): { offset?: number; limit?: number; text?: string } {
  const text = args.text("text");
  return { ...rangeOf(args), ...(text === undefined ? {} : { text }) };
}

function filterOf(args: Arguments): TaskNodeFilter | undefined {
  if (args.raw["filter"] === undefined || args.raw["filter"] === null) return undefined;
  const filter = args.object("filter");
  const olderThan = filter.count("olderThan");
  const states = filter
    .texts("states")
    .map(
      (name) =>
        STATES.find((state) => state === name) ??
        filter.wrong("filter.states", `some of ${STATES.join(", ")}`),
    );
  const texts: { -readonly [Part in (typeof TEXTS)[number]]?: string } = {};
  for (const part of TEXTS) {
    const text = filter.text(part);
    if (text !== undefined && text !== "") texts[part] = text;
  }
  return {
    ...texts,
    ...(states.length === 0 ? {} : { states }),
    ...(olderThan === undefined ? {} : { olderThan }),
  };
}
