// <bulk-bar> below a table with boxes: counts the chosen rows, takes a range with Shift, all with the head's box.
class BulkBar extends HTMLElement {
  connectedCallback() {
    this.listeners = new AbortController();
    const signal = this.listeners.signal;
    this.panel = this.closest(".b-panel") ?? document.body;
    this.panel.addEventListener("click", (event) => this.onClick(/** @type {MouseEvent} */ (event)), { signal });
    this.panel.addEventListener("change", () => this.tell(), { signal });
    this.addEventListener("reset", () => setTimeout(() => this.tell()), { signal });
    this.headBox();
    this.tell();
  }

  disconnectedCallback() {
    this.listeners?.abort();
  }

  get boxes() {
    return /** @type {HTMLInputElement[]} */ ([...(this.panel?.querySelectorAll("[data-choose]") ?? [])]);
  }

  /** A box in the table's head chooses every row of the page; without a script there is none. */
  headBox() {
    const head = this.panel?.querySelector("th.b-select");
    if (!head || head.querySelector("input")) return;
    this.all = document.createElement("input");
    this.all.type = "checkbox";
    this.all.setAttribute("aria-label", this.getAttribute("all") ?? "");
    this.all.addEventListener("change", () => this.boxes.forEach((box) => (box.checked = Boolean(this.all?.checked))));
    head.append(this.all);
  }

  onClick(/** @type {MouseEvent} */ event) {
    const box = /** @type {HTMLInputElement} */ (event.target);
    if (!box.matches?.("[data-choose]")) return;
    const boxes = this.boxes;
    const [from, to] = [boxes.indexOf(this.last ?? box), boxes.indexOf(box)].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) boxes.slice(from, to + 1).forEach((each) => (each.checked = box.checked));
    this.last = box;
    this.tell();
  }

  tell() {
    const boxes = this.boxes;
    const count = boxes.filter((box) => box.checked).length;
    boxes.forEach((box) => box.closest("tr")?.classList.toggle("is-chosen", box.checked));
    if (this.all) this.all.checked = count > 0 && count === boxes.length;
    if (this.all) this.all.indeterminate = count > 0 && count < boxes.length;
    const words = (this.getAttribute(count === 1 ? "words-one" : "words") ?? "{n}").replace("{n}", String(count));
    this.querySelectorAll("[data-chosen]").forEach((part) => (part.textContent = words));
  }
}

customElements.define("bulk-bar", BulkBar);
