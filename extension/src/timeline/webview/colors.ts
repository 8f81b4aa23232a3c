/** The editor's colours, as they are now: it sets them as variables on the page. */
export interface Colors {
  readonly background: string;
  readonly foreground: string;
  readonly dim: string;
  readonly line: string;
  readonly running: string;
  readonly ready: string;
  readonly waiting: string;
  readonly failed: string;
  readonly selected: string;
  readonly hovered: string;
  readonly arrow: string;
  readonly font: string;
  readonly size: number;
  /** In a high contrast theme what is told apart by colour gets an outline as well. */
  readonly outline: string | undefined;
}

export function currentColors(): Colors {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string, otherwise: string): string =>
    style.getPropertyValue(`--vscode-${name}`).trim() || otherwise;
  const foreground = color("foreground", "#888888");
  return {
    background: color("editor-background", "#1e1e1e"),
    foreground,
    dim: color("descriptionForeground", foreground),
    line: color("editorIndentGuide-background1", color("panel-border", "#80808040")),
    running: color("charts-green", "#89d185"),
    ready: color("charts-orange", "#d18616"),
    waiting: color("charts-blue", "#3794ff"),
    failed: color("charts-red", "#f14c4c"),
    selected: color("list-activeSelectionBackground", "#04395e"),
    hovered: color("list-hoverBackground", "#80808020"),
    arrow: color("charts-purple", "#b180d7"),
    font: color("font-family", "sans-serif"),
    size: Number.parseFloat(color("font-size", "13")) || 13,
    outline: style.getPropertyValue("--vscode-contrastBorder").trim() || undefined,
  };
}

/** A pattern of slanted lines: a wait is told from a run without its colour. */
export function hatch(
  context: CanvasRenderingContext2D,
  color: string,
  scale: number,
): CanvasPattern | string {
  const tile = document.createElement("canvas");
  const size = Math.round(6 * scale);
  tile.width = tile.height = size;
  const ink = tile.getContext("2d");
  if (ink === null) return color;
  ink.strokeStyle = color;
  ink.globalAlpha = 0.45;
  ink.lineWidth = scale;
  ink.beginPath();
  for (const shift of [-size, 0, size]) {
    ink.moveTo(shift, size);
    ink.lineTo(shift + size, 0);
  }
  ink.stroke();
  const pattern = context.createPattern(tile, "repeat");
  pattern?.setTransform(new DOMMatrix().scale(1 / scale));
  return pattern ?? color;
}
