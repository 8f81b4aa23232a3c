import type { DiagnosisBody, FindingNode } from "@asyncscope/protocol";
import type { ScopeSession } from "../scope-session.js";
import { systemTimers, type Timers } from "../views/refresh-schedule.js";

/** A program is asked at most this often, and only after a change: the answer looks at every task. Milliseconds. */
export const ASK_INTERVAL = 1000;
/** What may end by something that the runtime cannot see is told when it has lasted this long. Milliseconds. */
export const DOUBT = 5000;

/** Asks one session what is wrong with its tasks while that changes, and tells each deadlock once. */
export class DiagnosisModel {
  readonly #told = new Set<string>();
  #cancelTimer: (() => void) | undefined;
  #ended = false;

  /**
   * @param tell called once for each deadlock, leaked lock, wait that nothing can end, and event loop that is blocked.
   * Errors at which nobody has looked are not told: somebody may yet.
   */
  constructor(
    readonly session: ScopeSession,
    private readonly tell: (finding: FindingNode) => void,
    private readonly timers: Timers = systemTimers,
    /** Given each answer. */
    private readonly answered: (body: DiagnosisBody) => void = () => undefined,
  ) {}

  /** Something has changed in the program, or it has just started. The last change is always asked about. */
  outdate(): void {
    this.#askIn(ASK_INTERVAL);
  }

  end(): void {
    this.#ended = true;
    this.#cancelTimer?.();
  }

  #askIn(milliseconds: number): void {
    if (this.#ended || this.#cancelTimer) return;
    this.#cancelTimer = this.timers.after(milliseconds, () => {
      this.#cancelTimer = undefined;
      void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    const body = await this.session.request("asyncscope/diagnosis", {}).catch(() => undefined);
    if (body === undefined || this.#ended) return;
    this.answered(body);
    let doubtful = false;
    for (const finding of body.findings) {
      if (!isTold(finding) || this.#told.has(finding.key)) continue;
      if (finding.certain || body.now - finding.since >= DOUBT) {
        this.#told.add(finding.key);
        this.tell(finding);
      } else doubtful = true;
    }
    // Nothing need change for it to become old enough. A blocked program tells nobody when it goes on.
    if (doubtful || body.status === "blocked") this.#askIn(DOUBT);
  }
}

/** What is over, or may be meant so, stands in the view and is not told. */
function isTold({ kind }: FindingNode): boolean {
  return kind !== "unretrieved-error" && kind !== "slow-step";
}
