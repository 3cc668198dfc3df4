// <auto-preview url target>: posts the form inside while one types and shows the answer; an answer
// that a newer question has overtaken is dropped.
import { announce, giveUp, htmx } from "./htmx.js";

const WAIT_MS = 250;

class AutoPreview extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", () => this.askSoon());
    this.addEventListener("change", () => this.askSoon());
    this.addEventListener("submit", () => this.letGo()); // the answer to the form itself is on its way
    if (this.hasAttribute("now")) this.askSoon();
  }

  disconnectedCallback() {
    this.letGo();
  }

  letGo() {
    clearTimeout(this.timer);
    this.request?.abort();
  }

  get panel() {
    return document.getElementById(this.getAttribute("target") ?? "");
  }

  askSoon() {
    this.letGo();
    this.panel?.setAttribute("aria-busy", "true");
    this.timer = setTimeout(() => this.ask(), WAIT_MS);
  }

  async ask() {
    const form = this.querySelector("form");
    const url = this.getAttribute("url");
    if (!form || !url) return;
    const request = new AbortController();
    this.request = request;
    try {
      const answer = await fetch(url, {
        method: "POST",
        body: new FormData(form),
        headers: { "HX-Request": "true" },
        signal: request.signal,
      });
      if (answer.ok || answer.status === 422) this.show(await answer.text());
      else this.fail();
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) this.fail();
    } finally {
      if (this.request === request) this.panel?.setAttribute("aria-busy", "false");
    }
  }

  show(/** @type {string} */ html) {
    const panel = this.panel;
    if (!panel) return;
    panel.classList.remove("is-stale");
    const at = panel.scrollTop;
    panel.innerHTML = html;
    panel.scrollTop = at;
    htmx.process(panel);
    const words = panel.querySelector("[data-announce]")?.textContent;
    if (words) announce(words.trim());
  }

  fail() {
    this.panel?.classList.add("is-stale");
    const words = document.getElementById("b-texts")?.dataset.previewFailed ?? "";
    giveUp(this.panel, words);
    document.dispatchEvent(new CustomEvent("berth:toast", { detail: { kind: "error", words } }));
  }
}

customElements.define("auto-preview", AutoPreview);
