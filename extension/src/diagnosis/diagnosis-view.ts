import type { DiagnosisBody } from "@asyncscope/protocol";
import type { ScopeSession } from "../scope-session.js";
import type { SessionTracker } from "../sessions.js";
import { cleanText, count } from "../text.js";
import { LiveView } from "../views/live-view.js";
import { FindingTreeProvider } from "./finding-tree-provider.js";
import { FindingsModel, type FindingTreeNode } from "./findings-model.js";

export const DIAGNOSIS_VIEW = "asyncscope.diagnosis";

/** The Diagnosis view: what is wrong with the tasks, the worst first. */
export class DiagnosisView extends LiveView<FindingTreeNode, FindingsModel> {
  constructor(sessions: SessionTracker) {
    super(DIAGNOSIS_VIEW, sessions, (model) => new FindingTreeProvider(model));
    this.start();
  }

  /** Takes an answer that was asked for elsewhere: the badge is right while the view is hidden, too. */
  accept(session: ScopeSession, body: DiagnosisBody): void {
    if (this.model?.session === session) this.model.accept(body);
  }

  /** The number on its icon. */
  get badge(): number {
    return this.view.badge?.value ?? 0;
  }

  /** Selects and opens a row. */
  async reveal(node: FindingTreeNode): Promise<void> {
    await this.view.reveal(node, { select: true, focus: true, expand: true });
  }

  protected override create(session: ScopeSession, changed: () => void): FindingsModel {
    return new FindingsModel(session, changed);
  }

  protected override headline(model: FindingsModel | undefined): { message: string; description: string } {
    if (!model) return { message: "", description: "" };
    const problems = model.problems;
    return { message: headlineOf(model), description: problems === 0 ? "" : count(problems, "problem") };
  }

  protected override redraw(): void {
    const problems = this.model?.problems ?? 0;
    if ((this.view.badge?.value ?? 0) !== problems)
      this.view.badge =
        problems === 0 ? undefined : { value: problems, tooltip: `${count(problems, "problem")} of tasks` };
    super.redraw();
  }
}

/** What stands above the rows. */
function headlineOf(model: FindingsModel): string {
  const { status, isEmpty, hiddenTasks } = model;
  const own = model.message === undefined ? undefined : cleanText(model.message, 300);
  const lines: string[] = [];
  if (status === "ended")
    lines.push(
      isEmpty
        ? (own ?? "The program has ended: nothing was wrong with its tasks.")
        : "The program has ended: this is what was wrong last.",
    );
  else if (status === "blocked") lines.push(own ?? "The program does not answer.");
  else if (!model.hasAnswer) lines.push("Waiting for the program…");
  else if (own !== undefined) lines.push(own);
  else if (isEmpty) lines.push("Nothing is wrong.");
  if (hiddenTasks > 0) lines.push(`${count(hiddenTasks, "more task")} concerned by what is not listed.`);
  return lines.join(" ");
}
