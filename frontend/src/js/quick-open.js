// <quick-open>: the list below the search field. htmx fetches it; here are the keys and its end.
class QuickOpen extends HTMLElement {
  connectedCallback() {
    this.listeners = new AbortController();
    const signal = this.listeners.signal;
    this.addEventListener("keydown", (event) => this.onKey(event), { signal });
    this.addEventListener("focusout", (event) => this.onLeave(event), { signal });
    this.addEventListener("focusin", () => this.toggle(true), { signal });
  }

  disconnectedCallback() {
    this.listeners?.abort();
  }

  get field() {
    return /** @type {HTMLInputElement | null} */ (this.querySelector("input[type=search]"));
  }

  get links() {
    return /** @type {HTMLElement[]} */ ([...this.querySelectorAll(".b-quick a")]);
  }

  toggle(/** @type {boolean} */ open) {
    const list = this.querySelector(".b-quick");
    if (list instanceof HTMLElement) list.hidden = !open;
  }

  onLeave(/** @type {FocusEvent} */ event) {
    if (!(event.relatedTarget instanceof Node && this.contains(event.relatedTarget))) this.toggle(false);
  }

  onKey(/** @type {KeyboardEvent} */ event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.move(step);
    } else if (event.key === "Escape" && document.activeElement !== this.field) {
      event.preventDefault();
      this.field?.focus();
      this.toggle(false);
    } else if (event.key === "Escape") {
      this.toggle(false);
    }
  }

  /** Walk from the field through the list and back to the field. */
  move(/** @type {number} */ step) {
    this.toggle(true);
    const stops = [this.field, ...this.links];
    const at = stops.indexOf(/** @type {HTMLInputElement} */ (document.activeElement));
    stops[(at + step + stops.length) % stops.length]?.focus();
  }
}

customElements.define("quick-open", QuickOpen);
