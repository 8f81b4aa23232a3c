import type { DiagnosisBody, FindingNode, SourceLocation, TaskId, TaskNode } from "@asyncscope/protocol";
import { LiveModel } from "../views/live-model.js";

/** A row of the Diagnosis view, identified by `path`. */
export type FindingTreeNode = FindingRowNode | PlaceNode | FindingTaskNode | FindingNoteNode;

export interface FindingRowNode {
  readonly kind: "finding";
  readonly path: string;
  readonly parent: undefined;
}

/** A line that it names. */
export interface PlaceNode {
  readonly kind: "place";
  readonly path: string;
  readonly parent: FindingRowNode;
  readonly location: SourceLocation;
}

/** A task that it concerns, or one that cannot go on because of it. */
export interface FindingTaskNode {
  readonly kind: "task";
  readonly path: string;
  readonly parent: FindingRowNode;
  readonly task: TaskId;
  readonly isBehind: boolean;
}

/** What is not listed. */
export interface FindingNoteNode {
  readonly kind: "note";
  readonly path: string;
  readonly parent: FindingRowNode;
  readonly text: string;
}

/** The state behind the Diagnosis view of one session. */
export class FindingsModel extends LiveModel<DiagnosisBody, FindingTreeNode> {
  #findings: readonly FindingNode[] = [];
  #tasks: ReadonlyMap<TaskId, TaskNode> = new Map();
  readonly #rows = new Map<string, FindingRowNode>();
  #shown = "";

  override get ageing(): boolean {
    return false;
  }

  /** How many problems there are; what is over and done with is none. */
  get problems(): number {
    return this.#findings.filter(({ kind }) => kind !== "slow-step").length;
  }

  get hiddenTasks(): number {
    return this.body?.hiddenTasks ?? 0;
  }

  finding(node: FindingTreeNode | undefined): FindingNode | undefined {
    const row = node?.kind === "finding" ? node : node?.parent;
    return this.#findings.find(({ key }) => key === row?.path);
  }

  task(id: TaskId): TaskNode | undefined {
    return this.#tasks.get(id);
  }

  override async refresh(): Promise<void> {
    if (this.hasEnded()) return;
    try {
      this.accept(await this.session.request("asyncscope/diagnosis", {}));
    } catch (error) {
      this.fail(error);
    }
  }

  /** Takes an answer that somebody else has asked for. */
  accept(body: DiagnosisBody): void {
    if (this.hasEnded()) return;
    this.failure = undefined;
    this.clock.set(body.now, body.status === "live");
    // Of a program that does not answer, or not any more, keep what was seen.
    const keep = body.status === "blocked" || body.status === "ended";
    const isEmpty = body.findings.length === 0 && this.#findings.length > 0;
    this.body = body;
    if (!(keep && isEmpty)) {
      this.#findings = body.findings;
      this.#tasks = new Map(body.tasks.map((task) => [task.id, task]));
      for (const key of this.#rows.keys())
        if (!body.findings.some((finding) => finding.key === key)) this.#rows.delete(key);
    }
    const shown = JSON.stringify([this.#findings, body.status, body.message, body.hiddenTasks]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.changed();
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- nothing need be asked for
  override async children(node?: FindingTreeNode): Promise<readonly FindingTreeNode[]> {
    if (node) this.expand(node);
    return this.rows(node);
  }

  override rows(node?: FindingTreeNode): readonly FindingTreeNode[] {
    if (!node) return this.#findings.map(({ key }) => this.#row(key));
    const finding = node.kind === "finding" ? this.finding(node) : undefined;
    return finding ? this.#parts(this.#row(finding.key), finding) : [];
  }

  #row(key: string): FindingRowNode {
    let row = this.#rows.get(key);
    if (!row) this.#rows.set(key, (row = { kind: "finding", path: key, parent: undefined }));
    return row;
  }

  #parts(parent: FindingRowNode, finding: FindingNode): FindingTreeNode[] {
    const at = (part: string): { readonly path: string; readonly parent: FindingRowNode } => ({
      path: `${parent.path}/${part}`,
      parent,
    });
    const parts: FindingTreeNode[] = [];
    const seen = new Set<string>();
    finding.locations.forEach((location, i) => {
      const place = `${location.path}:${location.line}`;
      if (seen.has(place)) return;
      seen.add(place);
      parts.push({ kind: "place", ...at(`place ${i}`), location });
    });
    for (const task of finding.tasks)
      if (this.#tasks.has(task)) parts.push({ kind: "task", ...at(`task ${task}`), task, isBehind: false });
    for (const task of finding.behind)
      if (this.#tasks.has(task)) parts.push({ kind: "task", ...at(`behind ${task}`), task, isBehind: true });
    const more = finding.taskCount - finding.tasks.length + finding.behindCount - finding.behind.length;
    if (more > 0)
      parts.push({ kind: "note", ...at("more"), text: `and ${more.toLocaleString("en-US")} more tasks` });
    return parts;
  }
}
