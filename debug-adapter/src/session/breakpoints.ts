import type { DebugProtocol } from "@vscode/debugprotocol";
import type { NodeTarget } from "../backends/node/target.js";
import type { BreakpointRequest, BreakpointStatus } from "../target/execution.js";
import { parseCondition, STOP_FILTERS, type StopFilter } from "../stops/filters.js";
import type { Arguments } from "./arguments.js";
import type { Handler, Handlers, SessionContext } from "./context.js";
import type { EventStops } from "./event-stops.js";

/** The exception filters offered. None is on by default: the first two make promise-heavy code several times slower. */
export const EXCEPTION_FILTERS: DebugProtocol.ExceptionBreakpointsFilter[] = [
  {
    filter: "all",
    label: "Caught Exceptions",
    description: "Stops whenever something is thrown.",
    default: false,
  },
  {
    filter: "uncaught",
    label: "Uncaught Exceptions",
    description: "Stops when something is thrown that nothing will catch.",
    default: false,
  },
  ...STOP_FILTERS.map(({ id, label, description, condition }) => ({
    filter: id,
    label,
    description,
    default: false,
    supportsCondition: true,
    conditionDescription: condition,
  })),
];

/** What the user wants to stop at. It is kept here, so that it can be set before there is a program and again after a restart. */
export class BreakpointRequests {
  readonly #context: SessionContext;
  readonly #wanted = new Map<string, readonly BreakpointRequest[]>();
  #exceptions: "none" | "uncaught" | "all" = "none";
  /** Provisional ids of breakpoints that were set before there was a program. */
  readonly #early = new Map<string, readonly BreakpointStatus[]>();
  readonly #earlyIds = new Map<number, number>();
  #target: NodeTarget | undefined;
  #nextEarly = 1_000_000;

  readonly #stops: EventStops;

  constructor(context: SessionContext, stops: EventStops) {
    this.#context = context;
    this.#stops = stops;
  }

  /** Sets everything in a new program. Breakpoints keep the ids that the client knows. */
  async applyTo(target: NodeTarget): Promise<void> {
    this.#target = target;
    this.#earlyIds.clear();
    for (const [path, requests] of this.#wanted) {
      const statuses = await target.breakpoints.set(path, requests);
      const known = this.#early.get(path);
      statuses.forEach((status, i) => {
        this.#places.set(status.id, { path, line: status.line });
        const early = known?.[i];
        if (early === undefined) return;
        this.#earlyIds.set(status.id, early.id);
        this.changed(status);
      });
    }
    if (this.#exceptions !== "none") await target.setExceptions(this.#exceptions);
    await this.#stops.applyTo(target);
  }

  /** The program is gone. */
  detach(): void {
    this.#target = undefined;
    this.#stops.detach();
  }

  get any(): boolean {
    return this.#wanted.size > 0 || this.#exceptions !== "none";
  }

  changed(status: BreakpointStatus): void {
    this.#context.send("breakpoint", { reason: "changed", breakpoint: this.#view(status) });
  }

  /** The id under which the client knows a breakpoint. */
  idOf(id: number): number {
    return this.#earlyIds.get(id) ?? id;
  }

  /** Where a log point is, for its output. */
  placeOf(id: number): { readonly path: string; readonly line: number } | undefined {
    return this.#places.get(id);
  }
  readonly #places = new Map<number, { readonly path: string; readonly line: number }>();

  #view({ id, verified, line, column, message }: BreakpointStatus): DebugProtocol.Breakpoint {
    const { clientLines } = this.#context;
    return {
      id: this.idOf(id),
      verified,
      line: clientLines.toClientLine(line),
      ...(column === undefined ? {} : { column: clientLines.toClientColumn(column) }),
      ...(message === undefined ? {} : { message }),
    };
  }

  handlers(): Handlers {
    const setBreakpoints: Handler = async (args) => {
      const source = args.object("source");
      const path = source.text("path");
      if (path === undefined) {
        if (source.count("sourceReference") === undefined) return source.wrong("source.path", "a string");
        const list = args.objects("breakpoints");
        return {
          breakpoints: list.map(() => ({
            verified: false,
            message: "Set breakpoints in a file; this source is none.",
          })),
        };
      }
      const requests = args.objects("breakpoints").map((b) => this.#request(b));
      if (requests.length > 0) this.#wanted.set(path, requests);
      else this.#wanted.delete(path);
      const statuses =
        this.#target === undefined || this.#target.isClosed
          ? this.#provisional(path, requests)
          : await this.#target.breakpoints.set(path, requests);
      statuses.forEach(({ id, line }) => this.#places.set(id, { path, line }));
      return { breakpoints: statuses.map((status) => this.#view(status)) };
    };
    const setExceptionBreakpoints: Handler = async (args) => {
      const asked = [
        ...args.texts("filters").map((id) => ({ id, condition: "" })),
        ...args.objects("filterOptions").map((option) => ({
          id: option.requiredText("filterId"),
          condition: option.text("condition") ?? "",
        })),
      ];
      const has = (id: string): boolean => asked.some((filter) => filter.id === id);
      this.#exceptions = has("all") ? "all" : has("uncaught") ? "uncaught" : "none";
      if (this.#target !== undefined && !this.#target.isClosed)
        await this.#target.setExceptions(this.#exceptions);
      const stops: StopFilter[] = [];
      const breakpoints = asked.map(({ id, condition }): { verified: boolean; message?: string } => {
        const known = STOP_FILTERS.find((filter) => filter.id === id);
        if (known === undefined) return { verified: id === "all" || id === "uncaught" };
        const parsed = parseCondition(known.kind, condition);
        if (parsed.error !== undefined) return { verified: false, message: parsed.error };
        stops.push(parsed.filter);
        return { verified: true };
      });
      await this.#stops.set(stops);
      return { breakpoints };
    };
    const breakpointLocations: Handler = async (args) => {
      const path = args.object("source").text("path");
      if (path === undefined) return { breakpoints: [] };
      const { clientLines } = this.#context;
      const from = clientLines.fromClientLine(args.requiredCount("line"));
      const to = clientLines.fromClientLine(args.count("endLine") ?? args.requiredCount("line"));
      const locations = await this.#context.target("breakpointLocations").breakpointLocations(path, from, to);
      return {
        breakpoints: locations.map(({ line, column }) => ({
          line: clientLines.toClientLine(line),
          column: clientLines.toClientColumn(column),
        })),
      };
    };
    return { setBreakpoints, setExceptionBreakpoints, breakpointLocations };
  }

  #request(args: Arguments): BreakpointRequest {
    const { clientLines } = this.#context;
    const column = args.count("column");
    return {
      line: Math.max(1, clientLines.fromClientLine(args.requiredCount("line"))),
      column: column === undefined ? undefined : Math.max(1, clientLines.fromClientColumn(column)),
      condition: args.text("condition"),
      hitCondition: args.text("hitCondition"),
      logMessage: args.text("logMessage"),
    };
  }

  #provisional(path: string, requests: readonly BreakpointRequest[]): readonly BreakpointStatus[] {
    const statuses = requests.map(({ line }) => ({
      id: this.#nextEarly++,
      verified: false,
      line,
      message: "It takes effect when the program starts.",
    }));
    this.#early.set(path, statuses);
    return statuses;
  }
}
