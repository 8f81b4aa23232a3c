import { stretchLabel, duration } from "@asyncscope/debug-adapter/recording/describe";
import { Lanes } from "@asyncscope/debug-adapter/recording/lanes";
import type { Stretch } from "@asyncscope/debug-adapter/recording/lanes";
import { Timeline } from "@asyncscope/debug-adapter/recording/timeline";
import type { SourceLocation } from "@asyncscope/protocol";
import { search, type Hit } from "../search.js";
import { Viewport } from "../viewport.js";
import { Details, placeOf } from "./details.js";
import { element } from "./dom.js";
import { Painter, ROW, RULER } from "./painter.js";
import { Tip } from "./tip.js";
import { Toolbar } from "./toolbar.js";

const KEYS =
  "Arrow up and down choose a task, with Shift arrow left and right a stretch of it; Enter opens its line.";
/** One step of the wheel, or of a key. */
const ZOOM = 1.25;
const KEY_ZOOM = 1.6;
const KEY_PAN = 80;
/** Between two looks at a recording that is being read. Milliseconds. */
const GROWN_MS = 500;
/** A press that moved farther is a drag, not a click. */
const DRAG = 4;

/** What is on the screen, and what mouse and keyboard do to it. */
export class TimelineView {
  readonly parts: readonly HTMLElement[];
  readonly #canvas = element("canvas", {
    tabindex: "0",
    role: "application",
    "aria-label": `Timeline. ${KEYS}`,
  });
  readonly #room = element("div", { class: "room" });
  readonly #lanesBox = element("div", { class: "lanes" });
  readonly #toolbar = new Toolbar({
    find: () => this.#find(),
    goToHit: (step) => this.#goToHit(step),
    zoomIn: () => this.#zoom(KEY_ZOOM),
    zoomOut: () => this.#zoom(1 / KEY_ZOOM),
    fit: () => this.#fit(),
    leave: () => this.#canvas.focus(),
  });
  readonly #tip = new Tip();
  readonly #nothing = element("div", { class: "nothing" }, "Waiting for the first events…");
  readonly #painter = new Painter(this.#canvas);
  readonly #viewport = new Viewport();
  readonly #details: Details;
  readonly #open: (location: SourceLocation) => void;
  #timeline = new Timeline();
  #lanes = new Lanes(this.#timeline);
  #task = -1;
  #stretch: Stretch | undefined;
  #hovered: Stretch | undefined;
  #hits: readonly Hit[] = [];
  #hit = -1;
  #press: { readonly x: number; readonly y: number; last: number; lastY: number; moved: boolean } | undefined;
  #grownAt = -Infinity;
  #isScheduled = false;
  #isFollowing = true;

  constructor(open: (location: SourceLocation) => void) {
    this.#open = open;
    this.#details = new Details(open, (stretch) => this.#select(stretch.task, stretch, true));
    this.#lanesBox.append(this.#canvas, this.#room, this.#nothing);
    this.parts = [this.#toolbar.root, this.#lanesBox, this.#details.root, this.#tip.root];
    this.#listen();
    this.#viewport.fit();
  }

  /** Shows another recording, of which nothing need have come yet. */
  show(timeline: Timeline): void {
    this.#timeline = timeline;
    this.#task = -1;
    this.#stretch = this.#hovered = undefined;
    this.#isFollowing = true;
  }

  /** More has been read; `complete`: nothing more comes for now. While much comes, it is shown now and then. */
  grown(complete: boolean): void {
    const now = performance.now();
    if (!complete && now - this.#grownAt < GROWN_MS) return;
    this.#grownAt = now;
    this.#schedule();
  }

  status(text: string): void {
    this.#toolbar.status(text);
  }

  #listen(): void {
    const box = this.#lanesBox;
    new ResizeObserver(() => this.#schedule()).observe(box);
    // The editor changes the page's classes and variables when its theme changes.
    new MutationObserver(() => {
      this.#painter.recolor();
      this.#schedule();
    }).observe(document.documentElement, { attributes: true, attributeFilter: ["style", "class"] });
    new MutationObserver(() => {
      this.#painter.recolor();
      this.#schedule();
    }).observe(document.body, { attributes: true, attributeFilter: ["class"] });
    box.addEventListener("scroll", () => this.#schedule());
    box.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.#canvas.addEventListener("pointerdown", (event) => this.#down(event));
    this.#canvas.addEventListener("pointermove", (event) => this.#move(event));
    this.#canvas.addEventListener("pointerup", (event) => this.#up(event));
    this.#canvas.addEventListener("pointerleave", () => this.#hover(undefined));
    this.#canvas.addEventListener("dblclick", () => this.#goToSource());
    this.#canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  get #gutter(): number {
    return Math.round(Math.max(120, Math.min(240, this.#lanesBox.clientWidth * 0.2)));
  }

  /** Draws once before the next frame, however much has happened. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.#draw();
    });
  }

  #draw(): void {
    const timeline = this.#timeline;
    const box = this.#lanesBox;
    if (this.#lanes.version !== timeline.version || this.#isOther) this.#rebuild();
    const gutter = this.#gutter;
    this.#viewport.width = Math.max(50, box.clientWidth - gutter);
    if (this.#isFollowing) this.#viewport.fit();
    const { order } = this.#lanes;
    this.#nothing.hidden = order.length > 0;
    const height = box.clientHeight;
    this.#room.style.height = `${Math.max(0, order.length * ROW + RULER + ROW - height)}px`;
    const started = performance.now();
    this.#painter.paint({
      timeline,
      lanes: this.#lanes,
      viewport: this.#viewport,
      gutter,
      height,
      scroll: box.scrollTop,
      selectedTask: this.#task,
      selected: this.#stretch,
      hovered: this.#hovered,
      hits: new Set(this.#hits.map(({ task }) => task)),
    });
    // For whoever measures: how long the last frame took, in milliseconds.
    this.#canvas.dataset["frame"] = (performance.now() - started).toFixed(2);
    this.#canvas.dataset["lanes"] = String(order.length);
    this.#canvas.dataset["stretches"] = String(this.#lanes.index.length);
  }

  #shown: Timeline | undefined;

  get #isOther(): boolean {
    return this.#shown !== this.#timeline;
  }

  /** Selections are places in the old lanes. */
  #rebuild(): void {
    const timeline = this.#timeline;
    const started = this.#stretch?.start;
    this.#shown = timeline;
    this.#lanes = new Lanes(timeline);
    this.#viewport.end = Math.max(100, timeline.lastTime);
    this.#hovered = undefined;
    this.#stretch = started === undefined ? undefined : this.#lanes.at(this.#task, started);
    if (this.#toolbar.search.value !== "") this.#find(false);
    this.#tell();
  }

  #tell(): void {
    this.#details.show({
      timeline: this.#timeline,
      lanes: this.#lanes,
      task: this.#task,
      stretch: this.#stretch,
    });
  }

  #moved(): void {
    this.#isFollowing = this.#viewport.isAll && this.#isFollowing;
    this.#schedule();
  }

  #zoom(factor: number, x?: number): void {
    this.#viewport.zoom(factor, x);
    this.#isFollowing = false;
    this.#schedule();
  }

  #fit(): void {
    this.#isFollowing = true;
    this.#schedule();
  }

  #pan(pixels: number): void {
    this.#viewport.pan(pixels);
    this.#isFollowing = false;
    this.#schedule();
  }

  #wheel(event: WheelEvent): void {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.#zoom(event.deltaY < 0 ? ZOOM : 1 / ZOOM, this.#xIn(event) - this.#gutter);
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      this.#pan(event.deltaX === 0 ? event.deltaY : event.deltaX);
    }
  }

  #xIn(event: MouseEvent): number {
    return event.clientX - this.#canvas.getBoundingClientRect().left;
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#canvas.focus();
    this.#canvas.setPointerCapture(event.pointerId);
    this.#press = {
      x: event.clientX,
      y: event.clientY,
      last: event.clientX,
      lastY: event.clientY,
      moved: false,
    };
  }

  #move(event: PointerEvent): void {
    const press = this.#press;
    if (press === undefined) {
      this.#hover(event);
      return;
    }
    if (Math.hypot(event.clientX - press.x, event.clientY - press.y) > DRAG) press.moved = true;
    if (!press.moved) return;
    this.#hover(undefined);
    this.#pan(press.last - event.clientX);
    this.#lanesBox.scrollTop += press.lastY - event.clientY;
    press.last = event.clientX;
    press.lastY = event.clientY;
  }

  #up(event: PointerEvent): void {
    const press = this.#press;
    this.#press = undefined;
    if (press === undefined || press.moved) return;
    const task = this.#taskAt(event);
    this.#select(task, task < 0 ? undefined : this.#stretchAt(event, task), false);
  }

  #taskAt(event: MouseEvent): number {
    const y = event.clientY - this.#canvas.getBoundingClientRect().top;
    if (y < RULER) return -1;
    return this.#lanes.order[Math.floor((y - RULER + this.#lanesBox.scrollTop) / ROW)] ?? -1;
  }

  /** A stretch too short to be met stands for its pixel: what ran or was ready there comes before what waited. */
  #stretchAt(event: MouseEvent, task: number): Stretch | undefined {
    const x = this.#xIn(event) - this.#gutter;
    if (x < 0) return undefined;
    let found = this.#lanes.at(task, this.#viewport.timeAt(x));
    const [from, to] = [this.#viewport.timeAt(x - 2), this.#viewport.timeAt(x + 2)];
    this.#lanes.between(task, from, to, 200, (stretch) => {
      if (stretch.state === 1 && found?.state !== 1) found = stretch;
    });
    return found;
  }

  #hover(event: PointerEvent | undefined): void {
    const task = event === undefined ? -1 : this.#taskAt(event);
    const stretch = event === undefined || task < 0 ? undefined : this.#stretchAt(event, task);
    if (stretch === undefined || event === undefined) this.#tip.hide();
    else {
      const what = stretchLabel(this.#timeline, this.#lanes.index[stretch.at]!);
      const took = duration(stretch.end - stretch.start);
      this.#tip.show(`${this.#timeline.tasks[task]!.name}\n${what}, ${took}`, event);
    }
    if (stretch?.at === this.#hovered?.at) return;
    this.#hovered = stretch;
    this.#schedule();
  }

  #select(task: number, stretch: Stretch | undefined, reveals: boolean): void {
    this.#task = task;
    this.#stretch = stretch;
    if (reveals && task >= 0) this.#reveal(task, stretch);
    this.#tell();
    this.#schedule();
  }

  #reveal(task: number, stretch: Stretch | undefined): void {
    const top = this.#lanes.lane[task]! * ROW;
    const box = this.#lanesBox;
    const room = box.clientHeight - RULER - ROW;
    if (top < box.scrollTop || top > box.scrollTop + room) box.scrollTop = top - room / 2;
    if (stretch === undefined) return;
    this.#viewport.reveal(stretch.start, stretch.end);
    this.#moved();
  }

  #find(jumps = true): void {
    this.#hits = search(this.#timeline, this.#lanes, this.#toolbar.search.value);
    this.#hit = -1;
    if (jumps && this.#hits.length > 0) this.#goToHit(1);
    this.#toolbar.hits(this.#hit, this.#hits.length);
    this.#schedule();
  }

  #goToHit(step: number): void {
    const { length } = this.#hits;
    if (length === 0) return;
    this.#hit = (this.#hit + step + length) % length;
    const { task, stretch } = this.#hits[this.#hit]!;
    this.#select(task, stretch, true);
    this.#toolbar.hits(this.#hit, this.#hits.length);
  }

  #goToSource(): void {
    const place = placeOf({
      timeline: this.#timeline,
      lanes: this.#lanes,
      task: this.#task,
      stretch: this.#stretch,
    });
    if (place !== undefined) this.#open(place);
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const run = this.#actions(event.shiftKey)[event.key];
    if (run === undefined) return;
    event.preventDefault();
    this.#tip.hide();
    run();
  }

  #actions(shift: boolean): Readonly<Record<string, () => void>> {
    return {
      "+": () => this.#zoom(KEY_ZOOM),
      "=": () => this.#zoom(KEY_ZOOM),
      "-": () => this.#zoom(1 / KEY_ZOOM),
      "0": () => this.#fit(),
      ArrowLeft: () => (shift ? this.#step(-1) : this.#pan(-KEY_PAN)),
      ArrowRight: () => (shift ? this.#step(1) : this.#pan(KEY_PAN)),
      ArrowUp: () => this.#lane(-1),
      ArrowDown: () => this.#lane(1),
      PageUp: () => this.#lane(-10),
      PageDown: () => this.#lane(10),
      Home: () => this.#goTo(-1),
      End: () => this.#goTo(1),
      Enter: () => this.#goToSource(),
      Escape: () => this.#select(-1, undefined, false),
    };
  }

  #goTo(side: -1 | 1): void {
    this.#viewport.goTo(side);
    this.#isFollowing = false;
    this.#schedule();
  }

  /** To the task so many lanes below. */
  #lane(step: number): void {
    const { order, lane } = this.#lanes;
    if (order.length === 0) return;
    const now = this.#task < 0 ? (step > 0 ? -1 : order.length) : lane[this.#task]!;
    const task = order[Math.max(0, Math.min(order.length - 1, now + step))]!;
    const time = this.#stretch?.start ?? this.#viewport.timeAt(this.#viewport.width / 2);
    this.#select(task, this.#stretch === undefined ? undefined : this.#lanes.at(task, time), false);
    this.#reveal(task, undefined);
  }

  /** To the stretch before or behind. */
  #step(step: -1 | 1): void {
    if (this.#task < 0) return;
    const next =
      this.#stretch === undefined
        ? (this.#lanes.at(this.#task, this.#viewport.timeAt(this.#viewport.width / 2)) ??
          this.#lanes.first(this.#task))
        : this.#lanes.beside(this.#stretch, step);
    if (next !== undefined) this.#select(this.#task, next, true);
  }
}
