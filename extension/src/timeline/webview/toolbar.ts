import { button, element } from "./dom.js";

/** What the buttons do. */
export interface ToolbarActions {
  find(): void;
  goToHit(step: number): void;
  zoomIn(): void;
  zoomOut(): void;
  fit(): void;
  /** The keyboard goes back to the lanes. */
  leave(): void;
}

/** Search, scale and what the colours mean. */
export class Toolbar {
  readonly root: HTMLElement;
  readonly search = element("input", {
    type: "search",
    placeholder: "Search tasks, functions, queues…",
    "aria-label": "Search tasks, functions, queues",
  });
  readonly #hits = element("span", { class: "hits", role: "status" });
  readonly #status = element("span", { class: "status" });

  constructor(actions: ToolbarActions) {
    const legend = element(
      "span",
      { class: "legend", "aria-hidden": "true" },
      element("span", { class: "running" }, "runs"),
      element("span", { class: "ready" }, "ready"),
      element("span", { class: "waiting" }, "waits"),
    );
    this.root = element(
      "div",
      { class: "toolbar", role: "toolbar", "aria-label": "Timeline" },
      this.search,
      this.#hits,
      button("Previous hit", "‹", () => actions.goToHit(-1)),
      button("Next hit", "›", () => actions.goToHit(1)),
      button("Zoom out", "−", () => actions.zoomOut()),
      button("Zoom in", "+", () => actions.zoomIn()),
      button("Show all of the recording", "Fit", () => actions.fit()),
      legend,
      this.#status,
    );
    this.search.addEventListener("input", () => actions.find());
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") actions.goToHit(event.shiftKey ? -1 : 1);
      else if (event.key === "Escape") actions.leave();
    });
    document.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "f") return;
      event.preventDefault();
      this.search.select();
      this.search.focus();
    });
  }

  /** @param at which of the hits is shown, from 0; -1 for none */
  hits(at: number, count: number): void {
    const none = this.search.value === "" ? "" : "no hits";
    this.#hits.textContent = count === 0 ? none : `${Math.max(1, at + 1)} of ${count}`;
  }

  status(text: string): void {
    this.#status.textContent = text;
  }
}
