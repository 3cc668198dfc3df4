// <request-form>: totals of the shape, "Use" on an alternative, and on a phone one section at a time.
import { sectionSummary, totalText } from "./request-text.js";

const PHONE = "(max-width: 720px)";

class RequestForm extends HTMLElement {
  step = 0;
  sent = false;
  drafting = false;
  /** @type {HTMLElement | null} */
  submitter = null;

  connectedCallback() {
    this.listeners = new AbortController();
    const signal = this.listeners.signal;
    this.phone = matchMedia(PHONE);
    this.addEventListener("input", () => this.refresh(), { signal });
    this.addEventListener("change", () => this.refresh(), { signal });
    this.addEventListener("click", (event) => this.onClick(event), { signal });
    this.phone.addEventListener("change", () => this.refresh(), { signal });
    this.addEventListener("submit", (event) => this.onSubmit(event), { signal });
    this.addEventListener("htmx:beforeRequest", (event) => this.beforeDraft(event), { signal });
    this.addEventListener("htmx:afterRequest", (event) => this.afterDraft(event), { signal });
    addEventListener("pageshow", () => (this.sent = false), { signal });
    this.watcher = new MutationObserver(() => this.copyVerdict());
    const preview = this.querySelector("#preview");
    if (preview) this.watcher.observe(preview, { childList: true });
    this.step = Math.max(0, this.sections.findIndex((part) => part.querySelector("[aria-invalid]")));
    this.stepsMake();
    this.refresh();
  }

  disconnectedCallback() {
    this.listeners?.abort();
    this.watcher?.disconnect();
  }

  get sections() {
    return /** @type {HTMLElement[]} */ ([...this.querySelectorAll("[data-step]")]);
  }

  field(/** @type {string} */ name) {
    return /** @type {HTMLInputElement | null} */ (this.querySelector(`form [name="${CSS.escape(name)}"]`));
  }

  onClick(/** @type {Event} */ event) {
    const from = /** @type {Element} */ (event.target).closest?.("[data-set], [data-step-open], [data-bar-next]");
    if (!(from instanceof HTMLElement)) return;
    if (from.dataset.set) this.use(from.dataset.set, from.dataset.value ?? "");
    else if (from.dataset.stepOpen) this.open(Number(from.dataset.stepOpen));
    else if (this.step < this.sections.length - 1) this.open(this.step + 1);
    else this.submit();
  }

  use(/** @type {string} */ name, /** @type {string} */ value) {
    const field = this.field(name);
    if (!field) return;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
    field.focus();
  }

  /** Never two writers: a draft on its way lands before the form is sent, and none starts after. */
  onSubmit(/** @type {SubmitEvent} */ event) {
    if (this.drafting) {
      event.preventDefault();
      this.submitter = event.submitter;
    } else {
      this.sent = true;
    }
  }

  beforeDraft(/** @type {Event} */ event) {
    if (!(event.target instanceof HTMLFormElement)) return;
    if (this.sent) event.preventDefault();
    else this.drafting = true;
  }

  afterDraft(/** @type {Event} */ event) {
    if (!(event.target instanceof HTMLFormElement)) return;
    const submitter = this.submitter;
    this.drafting = false;
    this.submitter = null;
    if (submitter) event.target.requestSubmit(submitter);
  }

  submit() {
    const button = this.querySelector('form [name="act"][value="submit"]');
    if (button instanceof HTMLElement) button.click();
  }

  open(/** @type {number} */ step) {
    this.step = step;
    this.refresh();
    const section = this.sections[step];
    section?.scrollIntoView({ block: "start" });
    const first = section?.querySelector("input:not([type=hidden]), select, textarea");
    if (first instanceof HTMLElement) first.focus({ preventScroll: true });
  }

  refresh() {
    this.totals();
    this.steps();
  }

  totals() {
    const replicas = Number(this.field("replicas")?.value);
    for (const output of this.querySelectorAll("[data-total]")) {
      const name = /** @type {HTMLElement} */ (output).dataset.total ?? "";
      output.textContent = totalText(this.field(name)?.value ?? "", replicas);
    }
    for (const unit of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-one]"))) {
      const number = /** @type {HTMLInputElement | HTMLOutputElement | null} */ (unit.previousElementSibling);
      unit.textContent = (number?.value.trim() === "1" ? unit.dataset.one : unit.dataset.many) ?? "";
    }
    const device = /** @type {HTMLSelectElement | null} */ (this.querySelector("#id_device"));
    const row = this.querySelector("[data-device]");
    if (!device || !row) return;
    row.toggleAttribute("hidden", device.value === "");
    const title = row.querySelector("[data-device-name]");
    if (title && device.value) title.textContent = device.selectedOptions[0]?.textContent ?? "";
  }

  /** One line under each section's title for the phone, with a button that opens the section. */
  stepsMake() {
    const bar = document.createElement("ol");
    bar.className = "b-request-steps";
    bar.setAttribute("aria-hidden", "true");
    this.sections.forEach((section, at) => {
      const title = section.querySelector("h2")?.textContent ?? "";
      bar.append(Object.assign(document.createElement("li"), { textContent: `${at + 1} ${title}` }));
      const line = document.createElement("button");
      line.type = "button";
      line.className = "b-request-line";
      line.dataset.stepOpen = String(at);
      line.append(Object.assign(document.createElement("span"), { className: "b-clip" }));
      const edit = { className: "b-request-edit", textContent: this.getAttribute("words-edit") };
      line.append(Object.assign(document.createElement("span"), edit));
      section.prepend(line);
    });
    this.querySelector("form")?.prepend(bar);
  }

  steps() {
    const folded = this.phone?.matches ?? false;
    this.classList.toggle("is-stepped", folded);
    const marks = this.querySelectorAll(".b-request-steps > li");
    this.sections.forEach((section, at) => {
      section.classList.toggle("is-folded", folded && at !== this.step);
      marks[at]?.classList.toggle("is-done", at <= this.step);
      const line = section.querySelector(".b-request-line");
      const title = section.querySelector("h2")?.textContent ?? "";
      const comma = this.getAttribute("comma") ?? ", ";
      const summary = sectionSummary(section, comma) || (this.getAttribute("words-none") ?? "");
      const colon = this.getAttribute("colon") ?? ": ";
      if (line?.firstElementChild) line.firstElementChild.textContent = `${at + 1} ${title}${colon}${summary}`;
    });
    const bar = this.querySelector("[data-bar]");
    bar?.toggleAttribute("hidden", !folded);
    const next = bar?.querySelector("[data-bar-next]");
    const last = this.step >= this.sections.length - 1;
    if (next) next.textContent = this.getAttribute(last ? "words-submit" : "words-next");
  }

  copyVerdict() {
    const title = this.querySelector("#preview h2")?.textContent?.trim() ?? "";
    const slot = this.querySelector("[data-bar-title]");
    if (slot) slot.textContent = title;
  }
}

customElements.define("request-form", RequestForm);
