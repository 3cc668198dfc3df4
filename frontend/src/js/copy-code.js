// <copy-code>: a block of code whose button copies the text and says so.
import { announce } from "./htmx.js";

class CopyCode extends HTMLElement {
  connectedCallback() {
    this.querySelector("[data-copy]")?.addEventListener("click", () => this.copy());
  }

  async copy() {
    const text = this.querySelector("pre, [data-copy-text]")?.textContent?.trim() ?? "";
    await navigator.clipboard.writeText(text);
    const done = this.getAttribute("done") ?? "";
    announce(done);
    const use = this.querySelector("[data-copy] use");
    const href = use?.getAttribute("href") ?? "";
    use?.setAttribute("href", href.replace("#copy", "#check"));
    setTimeout(() => use?.setAttribute("href", href.replace("#check", "#copy")), 1500);
  }
}

customElements.define("copy-code", CopyCode);
