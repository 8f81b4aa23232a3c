import { waitLabel } from "@asyncscope/debug-adapter/recording/describe";
import type { Lanes, Stretch } from "@asyncscope/debug-adapter/recording/lanes";
import { READY, RUNNING, WAITING } from "@asyncscope/debug-adapter/recording/segments";
import type { Timeline } from "@asyncscope/debug-adapter/recording/timeline";
import { rulerMarks } from "../ruler.js";
import type { Viewport } from "../viewport.js";
import { currentColors, hatch, type Colors } from "./colors.js";

export const ROW = 24;
export const RULER = 34;
const PAD = 3;
const INDENT = 12;
/** Arrows drawn at a time. */
const MOST_ARROWS = 200;
/** Width of a bin where a lane has more stretches than can be seen. */
const BIN = 2;
const MARK_DISTANCE = 110;
/** A label is worth drawing from this width on. */
const LABEL = 34;

/** What is to be drawn. */
export interface Scene {
  readonly timeline: Timeline;
  readonly lanes: Lanes;
  readonly viewport: Viewport;
  readonly gutter: number;
  readonly height: number;
  /** Pixels by which the lanes are scrolled. */
  readonly scroll: number;
  readonly selectedTask: number;
  readonly selected: Stretch | undefined;
  readonly hovered: Stretch | undefined;
  readonly hits: ReadonlySet<number>;
}

/** Draws the visible lanes, and nothing else: its cost depends on the size of the window, not on the recording's. */
export class Painter {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #colors: Colors = currentColors();
  #hatch: CanvasPattern | string = "";
  #scale = 1;
  #ran = new Float32Array(0);
  #ready = new Float32Array(0);

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext("2d", { alpha: false });
    if (context === null) throw new Error("The timeline needs a canvas.");
    this.#canvas = canvas;
    this.#context = context;
    this.recolor();
  }

  /** The theme has changed. */
  recolor(): void {
    this.#colors = currentColors();
    this.#hatch = hatch(this.#context, this.#colors.waiting, this.#scale);
  }

  paint(scene: Scene): void {
    const { viewport, gutter, height } = scene;
    const width = gutter + viewport.width;
    this.#resize(width, height);
    const ink = this.#context;
    const colors = this.#colors;
    ink.fillStyle = colors.background;
    ink.fillRect(0, 0, width, height);
    ink.font = `${colors.size}px ${colors.font}`;
    ink.textBaseline = "middle";
    const first = Math.max(0, Math.floor(scene.scroll / ROW));
    const last = Math.min(scene.lanes.order.length - 1, Math.floor((scene.scroll + height - RULER) / ROW));
    for (let lane = first; lane <= last; lane++) this.#backdrop(scene, lane);
    this.#grid(scene);
    ink.save();
    ink.beginPath();
    ink.rect(gutter, RULER, viewport.width, height - RULER);
    ink.clip();
    for (let lane = first; lane <= last; lane++)
      this.#lane(scene, scene.lanes.order[lane]!, topOf(scene, lane));
    for (const stretch of new Set([scene.selected, scene.hovered])) if (stretch) this.#arrows(scene, stretch);
    if (scene.selected) this.#frame(scene, scene.selected);
    ink.restore();
    for (let lane = first; lane <= last; lane++) this.#name(scene, lane);
    this.#ruler(scene);
  }

  #resize(width: number, height: number): void {
    const scale = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
    if (this.#canvas.width !== w || this.#canvas.height !== h) {
      this.#canvas.width = w;
      this.#canvas.height = h;
      this.#canvas.style.width = `${width}px`;
      this.#canvas.style.height = `${height}px`;
    }
    if (scale !== this.#scale) {
      this.#scale = scale;
      this.recolor();
    }
    this.#context.setTransform(scale, 0, 0, scale, 0, 0);
  }

  #backdrop(scene: Scene, lane: number): void {
    const task = scene.lanes.order[lane]!;
    const ink = this.#context;
    const isSelected = task === scene.selectedTask;
    if (!isSelected && task !== scene.hovered?.task) return;
    ink.fillStyle = this.#colors.hovered;
    ink.fillRect(0, topOf(scene, lane), scene.gutter + scene.viewport.width, ROW);
  }

  #grid({ viewport, gutter, height }: Scene): void {
    const ink = this.#context;
    ink.strokeStyle = this.#colors.line;
    ink.lineWidth = 1;
    ink.beginPath();
    for (const { time } of this.#marks(viewport)) {
      const x = Math.round(gutter + viewport.xOf(time)) + 0.5;
      if (x < gutter) continue;
      ink.moveTo(x, RULER);
      ink.lineTo(x, height);
    }
    ink.stroke();
  }

  #marks(viewport: Viewport): ReturnType<typeof rulerMarks> {
    return rulerMarks(viewport.from, viewport.to, viewport.ticksPerPixel * MARK_DISTANCE);
  }

  #lane(scene: Scene, task: number, top: number): void {
    const { lanes, viewport } = scene;
    const { from, to, width } = viewport;
    const most = width / BIN;
    if (!lanes.between(task, from, to, most, (stretch) => this.#stretch(scene, stretch, top)))
      this.#bins(scene, task, top);
    const { ended, ending } = scene.timeline.tasks[task]!;
    if (ending < 1 || ended < from || ended > to) return;
    const ink = this.#context;
    const x = scene.gutter + viewport.xOf(ended);
    const middle = top + ROW / 2;
    ink.strokeStyle = ending === 1 ? this.#colors.failed : this.#colors.dim;
    ink.lineWidth = 2;
    ink.beginPath();
    ink.moveTo(x - 4, middle - 4);
    ink.lineTo(x + 4, middle + 4);
    ink.moveTo(x + 4, middle - 4);
    ink.lineTo(x - 4, middle + 4);
    ink.stroke();
  }

  #stretch({ timeline, lanes, viewport, gutter }: Scene, stretch: Stretch, top: number): void {
    const ink = this.#context;
    const colors = this.#colors;
    const left = Math.max(gutter - 2, gutter + viewport.xOf(stretch.start));
    const right = Math.min(gutter + viewport.width + 2, gutter + viewport.xOf(stretch.end));
    const width = Math.max(stretch.state === WAITING ? 0.5 : 1, right - left);
    const [y, height] = [top + PAD, ROW - 2 * PAD];
    if (stretch.state === RUNNING) {
      ink.fillStyle = colors.running;
      ink.fillRect(left, y, width, height);
    } else if (stretch.state === READY) {
      ink.fillStyle = colors.ready;
      ink.fillRect(left, y + height / 2 - 3, width, 6);
    } else {
      ink.fillStyle = this.#hatch;
      ink.fillRect(left, y + 2, width, height - 4);
      ink.fillStyle = colors.waiting;
      ink.fillRect(left, y + height - 2, width, 1);
      if (width > LABEL)
        this.#label(waitLabel(timeline, lanes.index[stretch.at]!), left + 5, top, width - 10);
    }
    if (colors.outline !== undefined && width > 3) {
      ink.strokeStyle = colors.outline;
      ink.lineWidth = 1;
      ink.strokeRect(left + 0.5, y + 0.5, width - 1, height - 1);
    }
  }

  #label(text: string, x: number, top: number, width: number): void {
    const ink = this.#context;
    const colors = this.#colors;
    const fitted = fit(ink, text, width);
    if (fitted === "") return;
    // On the hatching a text is hard to read: it stands on a ground of its own.
    ink.fillStyle = colors.background;
    ink.globalAlpha = 0.75;
    ink.fillRect(x - 2, top + PAD + 3, ink.measureText(fitted).width + 4, ROW - 2 * PAD - 7);
    ink.globalAlpha = 1;
    ink.fillStyle = colors.foreground;
    ink.fillText(fitted, x, top + ROW / 2);
  }

  /** What part of each bin a task ran (from below), was ready (above it) and waited. */
  #bins({ timeline, lanes, viewport, gutter }: Scene, task: number, top: number): void {
    const count = Math.ceil(viewport.width / BIN);
    if (this.#ran.length !== count) {
      this.#ran = new Float32Array(count);
      this.#ready = new Float32Array(count);
    }
    const to = viewport.from + count * BIN * viewport.ticksPerPixel;
    lanes.bins(task, viewport.from, to, this.#ran, this.#ready);
    const ink = this.#context;
    const [y, height] = [top + PAD, ROW - 2 * PAD];
    const { created } = timeline.tasks[task]!;
    const left = gutter + Math.max(0, viewport.xOf(created));
    const right = gutter + Math.min(viewport.width, viewport.xOf(lanes.endOf(task)));
    ink.fillStyle = this.#hatch;
    ink.fillRect(left, y + 2, right - left, height - 4);
    for (const [sums, color] of [
      [this.#ran, this.#colors.running],
      [this.#ready, this.#colors.ready],
    ] as const) {
      ink.fillStyle = color;
      ink.beginPath();
      for (let i = 0; i < count; i++) {
        const part = sums[i]!;
        if (part <= 0) continue;
        const size = Math.max(1, part * height);
        const below = sums === this.#ready ? Math.max(0, this.#ran[i]! * height) : 0;
        ink.rect(gutter + i * BIN, y + height - below - size, BIN, size);
      }
      ink.fill();
    }
  }

  /** From whoever woke it to a task, and from it to those that it woke. */
  #arrows(scene: Scene, stretch: Stretch): void {
    const { timeline, lanes } = scene;
    // What a task runs for is what made it ready.
    const before = stretch.state === RUNNING ? lanes.beside(stretch, -1) : undefined;
    for (const ready of [stretch, before]) {
      if (ready?.state !== READY) continue;
      const by = timeline.segments.by.data[lanes.index[ready.at]!]!;
      if (by > 0 && by - 1 !== ready.task) this.#arrow(scene, by - 1, ready.task, ready.start);
    }
    if (stretch.state !== RUNNING) return;
    lanes.wokenBy(stretch.task, stretch.start, stretch.end, MOST_ARROWS, (woken) => {
      if (woken.task !== stretch.task) this.#arrow(scene, stretch.task, woken.task, woken.start);
    });
  }

  #arrow(scene: Scene, from: number, to: number, time: number): void {
    const ink = this.#context;
    const x = scene.gutter + scene.viewport.xOf(time);
    const start = topOf(scene, scene.lanes.lane[from]!) + ROW / 2;
    const end = topOf(scene, scene.lanes.lane[to]!) + ROW / 2;
    const down = end > start ? 1 : -1;
    const tip = end - down * 4;
    ink.strokeStyle = ink.fillStyle = this.#colors.arrow;
    ink.lineWidth = 1.5;
    ink.beginPath();
    ink.moveTo(x, start);
    ink.bezierCurveTo(x + 14, start + down * 8, x + 14, tip - down * 8, x + 1, tip);
    ink.stroke();
    ink.beginPath();
    ink.moveTo(x, tip + down * 2);
    ink.lineTo(x + 7, tip - down * 4);
    ink.lineTo(x - 1, tip - down * 6);
    ink.fill();
    ink.beginPath();
    ink.arc(x, start, 3, 0, 7);
    ink.fill();
  }

  #frame(scene: Scene, { task, start, end }: Stretch): void {
    const ink = this.#context;
    const top = topOf(scene, scene.lanes.lane[task]!);
    const left = scene.gutter + scene.viewport.xOf(start);
    const width = Math.max(2, scene.viewport.xOf(end) - scene.viewport.xOf(start));
    ink.strokeStyle = this.#colors.foreground;
    ink.lineWidth = 1.5;
    ink.strokeRect(left - 1, top + PAD - 1, width + 2, ROW - 2 * PAD + 2);
  }

  #name(scene: Scene, lane: number): void {
    const ink = this.#context;
    const colors = this.#colors;
    const task = scene.lanes.order[lane]!;
    const { name, ending } = scene.timeline.tasks[task]!;
    const top = topOf(scene, lane);
    const x = 10 + Math.min(scene.lanes.depth[task]!, 8) * INDENT;
    if (scene.hits.has(task)) {
      ink.fillStyle = colors.ready;
      ink.fillRect(0, top + 2, 3, ROW - 4);
    }
    ink.fillStyle = ending === 1 ? colors.failed : ending >= 0 ? colors.dim : colors.foreground;
    ink.fillText(fit(ink, name, scene.gutter - x - 8), x, top + ROW / 2);
  }

  #ruler(scene: Scene): void {
    const { viewport, gutter, height, timeline } = scene;
    const ink = this.#context;
    const colors = this.#colors;
    ink.fillStyle = colors.background;
    ink.fillRect(0, 0, gutter + viewport.width, RULER);
    ink.fillStyle = colors.dim;
    for (const { time, label } of this.#marks(viewport)) {
      const x = gutter + viewport.xOf(time);
      if (x >= gutter) ink.fillText(label, x + 4, 11);
    }
    ink.fillText("process", 10, 26);
    this.#process(scene);
    ink.strokeStyle = colors.line;
    ink.lineWidth = 1;
    ink.beginPath();
    ink.moveTo(0, RULER - 0.5);
    ink.lineTo(gutter + viewport.width, RULER - 0.5);
    ink.moveTo(gutter - 0.5, 0);
    ink.lineTo(gutter - 0.5, height);
    ink.stroke();
    if (timeline.lostEvents === 0) return;
    ink.fillStyle = colors.failed;
    ink.fillText("…", gutter - 16, 11);
  }

  /** A strip that says when the process was awake. */
  #process({ viewport, gutter, timeline }: Scene): void {
    const ink = this.#context;
    const begin = gutter + Math.max(0, viewport.xOf(0));
    const end = gutter + Math.min(viewport.width, viewport.xOf(timeline.lastTime));
    ink.fillStyle = this.#colors.running;
    ink.globalAlpha = 0.7;
    ink.fillRect(begin, 23, Math.max(0, end - begin), 5);
    ink.globalAlpha = 1;
    ink.fillStyle = this.#colors.background;
    const { sleeps } = timeline;
    ink.beginPath();
    for (let i = firstSleep(sleeps, viewport.from); i < sleeps.length; i += 2) {
      const left = viewport.xOf(sleeps[i]!);
      if (left > viewport.width) break;
      ink.rect(gutter + Math.max(0, left), 23, viewport.xOf(sleeps[i + 1]!) - Math.max(0, left), 5);
    }
    ink.fill();
  }
}

function topOf({ scroll }: Scene, lane: number): number {
  return RULER + lane * ROW - scroll;
}

/** Place of the first sleep that ends behind a time. */
function firstSleep(sleeps: readonly number[], time: number): number {
  let low = 0;
  let high = sleeps.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sleeps[middle * 2 + 1]! < time) low = middle + 1;
    else high = middle;
  }
  return low * 2;
}

/** As much of a text as has room, with an ellipsis. */
function fit(ink: CanvasRenderingContext2D, text: string, width: number): string {
  if (width < 12) return "";
  if (ink.measureText(text).width <= width) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (ink.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? "" : `${text.slice(0, low)}…`;
}
