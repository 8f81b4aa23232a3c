/** A row on the screen as it should read now. */
export interface ShownRow<Node> {
  readonly node: Node;
  readonly path: string;
  /** All that the row shows: label, description, icon. */
  readonly text: string;
  /** False for rows that are only redrawn together with the row above them. */
  readonly own: boolean;
  /** The rows under it, when it is opened. */
  readonly children?: readonly ShownRow<Node>[];
}

interface DrawnRow {
  readonly text: string;
  readonly drawnAt: number;
  /** When it last changed in something else than a duration. */
  readonly changedAt: number;
}

/** A row that changed lately counts its seconds; later its age is brought up to date now and then. Milliseconds. */
const FRESH = 10_000;
const FRESH_STEP = 950;
const LATER_STEP = 5000;

/** Stands for the list of roots where rows are named by path. */
const ROOT = "";

/**
 * Finds out which rows must be redrawn. The editor closes a hover over each row that it redraws, and redraws all
 * that is under a row with it: so only rows that read differently are named, and rows that differ in nothing but
 * an age seldom.
 */
export class RowDiff<Node> {
  readonly #rows = new Map<string, DrawnRow>();
  #exact = false;
  readonly #lists = new Map<string, string>();

  constructor(private readonly clock: () => number = () => performance.now()) {}

  /** The editor has asked for a row and shows it. */
  drewRow(path: string, text: string): void {
    const now = this.clock();
    const old = this.#rows.get(path);
    const same = old !== undefined && withoutAges(old.text) === withoutAges(text);
    this.#rows.set(path, { text, drawnAt: now, changedAt: same ? old.changedAt : now });
  }

  /** The editor has asked for the rows under `parent` (undefined: the roots). */
  drewList(parent: string | undefined, rows: readonly ShownRow<Node>[]): void {
    this.#lists.set(parent ?? ROOT, listText(rows));
  }

  /**
   * The rows to redraw now, or `all`.
   * @param exact also for ages that would not be worth it yet
   */
  changes(roots: readonly ShownRow<Node>[], exact = false): readonly Node[] | "all" {
    this.#exact = exact;
    if (this.#differs(ROOT, roots) !== "no") {
      this.#forgetBut(roots);
      return "all";
    }
    const changed: Node[] = [];
    for (const row of roots) this.#collect(row, changed);
    this.#forgetBut(roots);
    return changed;
  }

  #collect(row: ShownRow<Node>, changed: Node[]): void {
    const list = row.children ? this.#differs(row.path, row.children) : "no";
    if (list === "yes" || (list === "age" && this.#isDue(row.path)) || this.#rowDiffers(row)) {
      // Redraws what is under it as well.
      changed.push(row.node);
      return;
    }
    for (const child of row.children ?? []) if (child.own) this.#collect(child, changed);
  }

  #rowDiffers(row: ShownRow<Node>): boolean {
    const drawn = this.#rows.get(row.path);
    if (!drawn) return true;
    if (drawn.text === row.text) return false;
    if (withoutAges(drawn.text) !== withoutAges(row.text)) return true;
    return this.#isDue(row.path);
  }

  /** Whether an age that has changed is worth a redraw. */
  #isDue(path: string): boolean {
    const drawn = this.#rows.get(path);
    if (!drawn || this.#exact) return true;
    const now = this.clock();
    return now - drawn.drawnAt >= (now - drawn.changedAt < FRESH ? FRESH_STEP : LATER_STEP);
  }

  #differs(path: string, rows: readonly ShownRow<Node>[]): "yes" | "age" | "no" {
    const drawn = this.#lists.get(path);
    const text = listText(rows);
    if (drawn === text) return "no";
    return drawn !== undefined && withoutAges(drawn) === withoutAges(text) ? "age" : "yes";
  }

  #forgetBut(roots: readonly ShownRow<Node>[]): void {
    const rows = new Set<string>();
    const lists = new Set<string>([ROOT]);
    const visit = (row: ShownRow<Node>): void => {
      rows.add(row.path);
      if (row.children) lists.add(row.path);
      row.children?.forEach(visit);
    };
    roots.forEach(visit);
    for (const path of this.#rows.keys()) if (!rows.has(path)) this.#rows.delete(path);
    for (const path of this.#lists.keys()) if (!lists.has(path)) this.#lists.delete(path);
  }
}

/** Which rows there are, and what those say that are not redrawn alone. */
function listText<Node>(rows: readonly ShownRow<Node>[]): string {
  return rows.map((row) => (row.own ? row.path : `${row.path}\t${row.text}`)).join("\n");
}

function withoutAges(text: string): string {
  return text.replace(/\d+(?:\.\d)? (?:ms|s|min|h|d)\b/g, "#");
}
