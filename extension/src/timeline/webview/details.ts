import { duration, stretchLabel, waitLabel } from "@asyncscope/debug-adapter/recording/describe";
import type { Lanes, StateTotals, Stretch } from "@asyncscope/debug-adapter/recording/lanes";
import { READY, RUNNING, WAITING } from "@asyncscope/debug-adapter/recording/segments";
import { ENDINGS, type Timeline, type TimelineTask } from "@asyncscope/debug-adapter/recording/timeline";
import type { SourceLocation } from "@asyncscope/protocol";
import { button, element } from "./dom.js";

/** Stretches of the table: before and behind the selected one. */
const BEFORE = 4;
const ROWS = 12;

export interface Chosen {
  readonly timeline: Timeline;
  readonly lanes: Lanes;
  /** -1 for none. */
  readonly task: number;
  readonly stretch: Stretch | undefined;
}

/** The panel below the lanes: what is selected, in words and numbers. Also what a screen reader reads. */
export class Details {
  readonly root = element("section", { class: "details", "aria-label": "Selection" });
  readonly #live = element("div", { class: "hidden-text", "aria-live": "polite", role: "status" });
  readonly #open: (location: SourceLocation) => void;
  readonly #select: (stretch: Stretch) => void;

  constructor(open: (location: SourceLocation) => void, select: (stretch: Stretch) => void) {
    this.#open = open;
    this.#select = select;
    this.root.append(this.#live);
  }

  show(chosen: Chosen): void {
    const columns =
      chosen.task < 0 ? [this.#overall(chosen)] : [this.#facts(chosen), this.#stretches(chosen)];
    columns.push(this.#numbers(chosen));
    this.root.replaceChildren(this.#live, ...columns);
    const words = sentence(chosen);
    if (this.#live.textContent !== words) this.#live.textContent = words;
  }

  #overall({ timeline }: Chosen): HTMLElement {
    const alive = timeline.tasks.filter(({ ending }) => ending < 0).length;
    const facts: [string, string][] = [
      ["Program", timeline.info?.program ?? ""],
      [
        "Recorded",
        `${timeline.info?.time.replace("T", " ").replace(/\..*/, " UTC") ?? ""}, ${duration(timeline.lastTime)}`,
      ],
      ["Tasks", `${timeline.tasks.length}, of which ${alive} had not ended`],
    ];
    if (timeline.hiddenTasks > 0)
      facts.push(["Hidden", `${timeline.hiddenTasks} tasks that were there before`]);
    if (timeline.lostEvents > 0)
      facts.push(["Lost", `${timeline.lostEvents} events: the program was faster than the reader`]);
    const hint =
      "Click a bar to see what it is, who woke the task and whom it woke. Ctrl+wheel zooms, drag moves.";
    return column("Recording", list(facts), element("p", { class: "dim" }, hint));
  }

  #facts(chosen: Chosen): HTMLElement {
    const { timeline, lanes, task, stretch } = chosen;
    const facts = timeline.tasks[task]!;
    const rows: [string, string | Node][] = [["Task", `${facts.name}${statusOf(facts)}`]];
    const fn = timeline.functions[facts.fn - 1];
    if (fn !== undefined) rows.push(["Coroutine", fn]);
    const creator = timeline.tasks[facts.creator];
    const created = this.#link(timeline.sites.get(facts.site));
    if (creator !== undefined || created !== undefined)
      rows.push([
        "Created",
        element(
          "span",
          {},
          creator === undefined ? "" : `by ${creator.name} `,
          ...(created ? [created] : []),
        ),
      ]);
    rows.push([
      "Lived",
      `${facts.existed ? "before the recording" : duration(facts.created)} – ${facts.ending < 0 ? "now" : duration(facts.ended)}`,
    ]);
    if (stretch !== undefined) {
      const segment = lanes.index[stretch.at]!;
      const { segments } = timeline;
      rows.push([
        stretchName(stretch.state),
        `${duration(stretch.end - stretch.start)}, from ${duration(stretch.start)}`,
      ]);
      if (stretch.state === WAITING) rows.push(["For", waitLabel(timeline, segment)]);
      const ready =
        stretch.state === READY ? stretch : stretch.state === RUNNING ? lanes.beside(stretch, -1) : undefined;
      if (ready?.state === READY) {
        const by = segments.by.data[lanes.index[ready.at]!]!;
        const waker =
          by === 0
            ? "a timer, I/O or another callback"
            : by - 1 === task
              ? "itself"
              : timeline.tasks[by - 1]!.name;
        rows.push(["Woken by", waker]);
      }
      const fnOf = timeline.functions[segments.fn.data[segment]! - 1];
      const place = this.#link(timeline.sites.get(segments.site.data[segment]!));
      if (place !== undefined) rows.push(["In", place]);
      else if (fnOf !== undefined) rows.push(["In", fnOf]);
    }
    return column("Selection", list(rows));
  }

  #stretches({ timeline, lanes, task, stretch }: Chosen): HTMLElement {
    const body = element("tbody");
    let each = stretch ?? lanes.first(task);
    for (let i = 0; i < BEFORE && each !== undefined; i++) each = lanes.beside(each, -1) ?? each;
    for (let i = 0; i < ROWS && each !== undefined; i++, each = lanes.beside(each, 1)) {
      const shown = each;
      const name = button(
        `Select: ${stretchLabel(timeline, lanes.index[shown.at]!)}`,
        stretchLabel(timeline, lanes.index[shown.at]!),
        () => this.#select(shown),
      );
      const row = element(
        "tr",
        shown.at === stretch?.at ? { "aria-current": "true" } : {},
        cell(duration(shown.start)),
        element("td", {}, name),
        cell(duration(shown.end - shown.start)),
      );
      body.append(row);
    }
    const head = element("thead", {}, element("tr", {}, header("From"), header("What"), header("Took")));
    return column(
      "Stretches",
      element("table", { "aria-label": "Stretches of the task around the selected one" }, head, body),
    );
  }

  #numbers({ lanes, timeline, task }: Chosen): HTMLElement {
    const totals = lanes.totals(task < 0 ? undefined : task);
    const all = totals.running.total + totals.ready.total + totals.waiting.total;
    const body = element("tbody");
    for (const [name, key] of [
      ["Busy", "running"],
      ["Scheduled", "ready"],
      ["Waiting", "waiting"],
    ] as const) {
      const { total, count, longest } = totals[key];
      const part = all === 0 ? 0 : (total / all) * 100;
      body.append(
        element(
          "tr",
          {},
          element("th", { scope: "row", class: key }, name),
          cell(duration(total)),
          cell(partText(part)),
          cell(String(count)),
          cell(duration(longest)),
          element("td", {}, histogram(name, totals[key])),
        ),
      );
    }
    const head = element(
      "thead",
      {},
      element(
        "tr",
        {},
        header(""),
        header("Total"),
        header("Part"),
        header("Times"),
        header("Longest"),
        header("How long each: 1 µs to 1 h"),
      ),
    );
    const of = task < 0 ? "all tasks" : timeline.tasks[task]!.name;
    return column(`Times of ${of}`, element("table", { "aria-label": `Times of ${of}` }, head, body));
  }

  #link(location: SourceLocation | undefined): HTMLElement | undefined {
    if (location === undefined) return undefined;
    const { path, line, functionName } = location;
    const text = `${path.split(/[\\/]/).pop() ?? path}:${line}`;
    const link = button(`Open ${path}, line ${line}`, text, () => this.#open(location));
    link.className = "link";
    return element("span", {}, functionName ? `${functionName} ` : "", link);
  }
}

/** Where a stretch or its task stands in the source, as far as is known. */
export function placeOf({ timeline, lanes, task, stretch }: Chosen): SourceLocation | undefined {
  if (task < 0) return undefined;
  const site = stretch === undefined ? 0 : timeline.segments.site.data[lanes.index[stretch.at]!]!;
  return timeline.sites.get(site) ?? timeline.sites.get(timeline.tasks[task]!.site);
}

function sentence({ timeline, lanes, task, stretch }: Chosen): string {
  if (task < 0) return `${timeline.tasks.length} tasks in ${duration(timeline.lastTime)}`;
  const { name } = timeline.tasks[task]!;
  if (stretch === undefined) return `Task ${name}`;
  const what = stretchLabel(timeline, lanes.index[stretch.at]!);
  return `Task ${name} ${what} for ${duration(stretch.end - stretch.start)}, from ${duration(stretch.start)}`;
}

function statusOf({ ending }: TimelineTask): string {
  return ending < 0 ? "" : ` (${ENDINGS[ending]!})`;
}

function stretchName(state: number): string {
  return state === RUNNING ? "Ran" : state === READY ? "Was ready" : "Waited";
}

/** @param part percent */
function partText(part: number): string {
  return part > 0 && part < 0.05 ? "< 0.1 %" : `${part.toFixed(part < 10 ? 1 : 0)} %`;
}

function histogram(name: string, { buckets }: StateTotals): HTMLElement {
  const most = Math.max(1, ...buckets);
  const used = buckets.findLastIndex((count) => count > 0);
  const chart = element("div", {
    class: "histogram",
    role: "img",
    "aria-label": `${name}: ${inWords(buckets)}`,
  });
  for (const [i, count] of buckets.entries()) {
    const bar = element("span", count === 0 ? {} : { title: `${count} × up to ${duration(10 * 2 ** i)}` });
    // Few of many must be seen as well.
    bar.style.height =
      count === 0 || i > used
        ? "1px"
        : `${Math.max(2, Math.round((Math.log1p(count) / Math.log1p(most)) * 20))}px`;
    chart.append(bar);
  }
  return chart;
}

function inWords(buckets: readonly number[]): string {
  const words = buckets.flatMap((count, i) =>
    count === 0 ? [] : [`${count} up to ${duration(10 * 2 ** i)}`],
  );
  return words.length === 0 ? "never" : words.join(", ");
}

function column(title: string, ...content: readonly Node[]): HTMLElement {
  return element("div", { class: "column" }, element("h2", {}, title), ...content);
}

function list(rows: readonly (readonly [string, string | Node])[]): HTMLElement {
  const made = element("dl");
  for (const [name, value] of rows) made.append(element("dt", {}, name), element("dd", {}, value));
  return made;
}

function cell(text: string): HTMLElement {
  return element("td", { class: "number" }, text);
}

function header(text: string): HTMLElement {
  return element("th", { scope: "col" }, text);
}
