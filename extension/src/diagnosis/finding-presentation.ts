/** How a finding reads in a row of a view. Pure functions of the finding. */
import type { FindingKind, FindingNode } from "@asyncscope/protocol";
import { isAboutWaits } from "@asyncscope/debug-adapter/text/finding-kinds";
import type { StateIcon } from "../tasks/task-presentation.js";
import { cleanText } from "../text.js";

/** Longest sentence in a row and in a hover, in characters. */
const ROW = 400;
const HOVER = 4000;

const TITLES: Readonly<Record<FindingKind, string>> = {
  "wait-cycle": "Deadlock",
  "leaked-lock": "Lock never released",
  "missing-task-done": "taskDone() missing",
  "nothing-can-wake": "Nothing can wake",
  "swallowed-cancel": "Cancel swallowed",
  "leftover-tasks": "Left over by a gather",
  "unretrieved-error": "Error never retrieved",
  "floating-promise": "Floating promise",
  "growing-queue": "Queue only grows",
  "loop-blocked": "Event loop blocked",
  "slow-step": "Slow step",
};

const ICONS: Readonly<Record<FindingKind, StateIcon>> = {
  "wait-cycle": { icon: "error", color: "charts.red" },
  "leaked-lock": { icon: "lock", color: "charts.red" },
  "missing-task-done": { icon: "checklist", color: "charts.red" },
  "nothing-can-wake": { icon: "debug-disconnect", color: "charts.red" },
  "swallowed-cancel": { icon: "circle-slash", color: "charts.orange" },
  "leftover-tasks": { icon: "debug-restart-frame", color: "charts.orange" },
  "unretrieved-error": { icon: "warning", color: "charts.orange" },
  "floating-promise": { icon: "warning", color: "charts.orange" },
  "growing-queue": { icon: "graph-line", color: "charts.orange" },
  "loop-blocked": { icon: "stop-circle", color: "charts.red" },
  "slow-step": { icon: "watch", color: "charts.yellow" },
};

/** In two or three words. */
export function findingTitle({ kind }: Pick<FindingNode, "kind">): string {
  return TITLES[kind];
}

export function findingIcon({ kind }: Pick<FindingNode, "kind">): StateIcon {
  return ICONS[kind];
}

/** The sentence, without the words that the title has already. */
export function findingText(finding: FindingNode): string {
  const text = cleanText(finding.text, ROW);
  const rest = text.replace(/^Deadlock: /, "").replace(/^Nothing can wake /, "");
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

/** The whole sentence. */
export function findingTooltip(finding: FindingNode): string {
  const doubt =
    finding.certain || !isAboutWaits(finding)
      ? ""
      : " Something that cannot be seen from here may still end it.";
  return cleanText(finding.text, HOVER) + doubt;
}

/** For screen readers. */
export function findingAccessibleLabel(finding: FindingNode): string {
  return `${findingTitle(finding)}: ${cleanText(finding.text, HOVER)}`;
}
