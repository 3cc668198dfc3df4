// <live-region topic="job:123" since="41"> around an element with hx-get and hx-trigger="refresh":
// refetches it when the topic says so, but never under somebody's pointer, focus or selection, nor
// over what somebody has typed. What it fetches may name further topics: an approved request has a job.
import { partFocus, placeMark, placeRestore } from "./kept-place.js";
import { topicTell } from "./live-topic.js";
import { typedFields, typedRestore, typedTexts } from "./typed-fields.js";

// What must stay where it is while somebody points at it; whoever points beside it only looks.
const POINTED = "tr, .b-pick, .b-changes";
const BELOW_HEAD = 30; // px, of a table

class LiveRegion extends HTMLElement {
  connectedCallback() {
    this.changes = 0;
    this.listeners = new AbortController();
    const signal = this.listeners.signal;
    this.listen();
    this.addEventListener("htmx:beforeSwap", (event) => this.beforeSwap(event), { signal });
    this.addEventListener("htmx:afterSwap", (event) => this.afterSwap(event), { signal });
    this.addEventListener("pointerout", () => this.releaseSoon(), { signal }); // of a row, too
    this.addEventListener("focusout", () => this.releaseSoon(), { signal });
    this.addEventListener("change", () => this.releaseSoon(), { signal });
    addEventListener("scroll", () => this.placeButton(), { signal, passive: true });
    this.subscribe();
  }

  disconnectedCallback() {
    this.listeners?.abort();
    this.heard?.abort();
    clearTimeout(this.timer);
    if (this.told) this.names.forEach((name) => topicTell("drop", name, null));
    this.told = false;
  }

  get names() {
    return (this.getAttribute("topic") ?? "").split(/\s+/).filter(Boolean);
  }

  subscribe() {
    if (this.told || !document.querySelector("live-socket")) return;
    this.told = true;
    this.names.forEach((name) => topicTell("add", name, this.getAttribute("since")));
  }

  listen() {
    this.heard?.abort();
    this.heard = new AbortController();
    const signal = this.heard.signal;
    for (const topic of this.names) {
      const name = `live:${topic.replaceAll(":", "-")}`;
      document.body.addEventListener(name, () => this.onChange(), { signal });
    }
  }

  /** Take the topics of what was fetched; the acknowledgement of a new one fetches once more. */
  adopt() {
    const inside = /** @type {HTMLElement | null} */ (this.querySelector(":scope > * > [data-topics]"));
    const topics = inside?.dataset.topics;
    if (topics === undefined || topics === this.getAttribute("topic")) return;
    const before = this.told ? this.names : [];
    this.setAttribute("topic", topics);
    this.told = false;
    this.subscribe();
    this.listen();
    before.forEach((name) => topicTell("drop", name, null));
  }

  onChange() {
    this.changes = (this.changes ?? 0) + 1;
    if (this.isBusy) this.showButton();
    else this.refresh();
  }

  /** Somebody is at work in here: pointing at a row, typing, marking text, choosing rows, or in an open menu. */
  get isBusy() {
    if (typedFields(this).length > 0) return true;
    if (!this.hasAttribute("hold")) return this.contains(typingElement());
    const selection = getSelection();
    const marked = selection && !selection.isCollapsed && this.contains(selection.anchorNode);
    const frame = this.firstElementChild;
    const pointed = frame?.matches(":hover") && frame.querySelector(`:is(${POINTED}):hover`);
    const focused = this.contains(document.activeElement);
    return Boolean(marked || pointed || focused || this.querySelector("details.b-menu[open], [data-choose]:checked"));
  }

  releaseSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.changes && !this.isBusy) this.refresh();
    }, 400);
  }

  /** Somebody may have begun to work in here while the answer was on its way. */
  beforeSwap(/** @type {any} */ event) {
    if (event.target?.parentElement !== this) return;
    this.place = placeMark(this);
    if (this.wanted || !this.isBusy) return;
    event.detail.shouldSwap = false;
    this.changes = Math.max(1, this.changes ?? 0);
    this.showButton();
  }

  afterSwap(/** @type {any} */ event) {
    this.clear();
    if (event.target?.parentElement !== this) return;
    if (this.place) placeRestore(this, this.place);
    this.adopt();
    if (this.kept) typedRestore(this, this.kept);
    this.kept = undefined;
  }

  /** When somebody asks for it, fetch at once, and keep what they have typed. */
  refresh(wanted = false) {
    this.wanted = wanted;
    if (this.button === document.activeElement) partFocus(this); // it goes away
    if (wanted) this.kept = typedTexts(this);
    this.clear();
    this.querySelector("[hx-get]")?.dispatchEvent(new CustomEvent("refresh"));
  }

  clear() {
    this.changes = 0;
    this.button?.remove();
    this.button = undefined;
  }

  showButton() {
    if (!this.button) {
      this.button = document.createElement("button");
      this.button.type = "button";
      this.button.className = "b-btn b-btn-primary b-changes";
      this.button.addEventListener("click", () => this.refresh(true));
      const table = this.querySelector(".b-table-wrap:hover") ?? this.querySelector(".b-table-wrap");
      (table ?? this.firstElementChild ?? this).append(this.button);
    }
    this.placeButton();
    const words = this.getAttribute(this.changes === 1 ? "words-one" : "words") ?? "{n}";
    this.button.textContent = words.replace("{n}", String(this.changes));
  }

  /** Below the top bar, however far one has scrolled. */
  placeButton() {
    if (!this.button?.parentElement) return;
    const place = this.button.parentElement.getBoundingClientRect();
    const bar = document.querySelector(".b-top")?.getBoundingClientRect().bottom ?? 0;
    const top = Math.max(BELOW_HEAD, bar + BELOW_HEAD - place.top);
    this.button.style.top = `${Math.min(top, Math.max(BELOW_HEAD, place.height - BELOW_HEAD))}px`;
  }
}

/** The text field that has the focus, if any: a swap would throw away what is being typed. */
function typingElement() {
  const at = document.activeElement;
  return at?.matches("input, textarea, select") ? at : null;
}

customElements.define("live-region", LiveRegion);
