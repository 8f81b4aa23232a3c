import { element } from "./dom.js";

/** Pixels beside the pointer. */
const BESIDE = 14;
/** Nearer to the right edge it stands on the other side of the pointer. */
const ROOM = 300;

/** What is under the pointer, in words. */
export class Tip {
  readonly root = element("div", { class: "tip", role: "tooltip" });

  constructor() {
    this.root.hidden = true;
  }

  show(text: string, { clientX: x, clientY: y }: MouseEvent): void {
    const isRight = x > window.innerWidth - ROOM;
    this.root.textContent = text;
    this.root.style.left = isRight ? "" : `${x + BESIDE}px`;
    this.root.style.right = isRight ? `${window.innerWidth - x + BESIDE}px` : "";
    this.root.style.top = `${y + BESIDE}px`;
    this.root.hidden = false;
  }

  hide(): void {
    this.root.hidden = true;
  }
}
