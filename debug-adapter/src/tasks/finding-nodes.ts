import type { Finding, FindingNode, SiteId, SourceLocation, TaskId, TaskNode } from "@asyncscope/protocol";
import { shortLocation } from "../text/plain-text.js";

/** Findings as people read them: positions go into the gaps of the sentence. What is not known is left out. */
export function tellFindings(
  findings: readonly Finding[],
  tasks: readonly TaskNode[],
  site: (id: SiteId) => Promise<SourceLocation | undefined>,
): Promise<FindingNode[]> {
  const standing = new Map<TaskId, SourceLocation | undefined>(
    tasks.map(({ id, location }) => [id, location]),
  );
  return Promise.all(
    findings.map(async ({ words, places, ...rest }) => {
      const at = await Promise.all(
        places.map(async (place) => (place.site === 0 ? standing.get(place.task) : site(place.site))),
      );
      const parts = words.map((text, i) => {
        const location = at[i - 1];
        return location === undefined ? text : ` at ${shortLocation(location)}${text}`;
      });
      return {
        ...rest,
        text: parts.join(""),
        locations: at.filter((location) => location !== undefined),
      };
    }),
  );
}
