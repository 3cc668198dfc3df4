// <toast-stack>: shows messages; errors stay until they are closed, the rest leaves after eight seconds.
const STAY_MS = 8000;

class ToastStack extends HTMLElement {
  connectedCallback() {
    document.addEventListener("berth:toast", (event) => {
      this.add(/** @type {CustomEvent} */ (event).detail);
    });
    this.addEventListener("click", (event) => {
      const button = /** @type {Element} */ (event.target).closest("[data-dismiss]");
      button?.closest(".b-toast")?.remove();
    });
    this.querySelectorAll(".b-toast").forEach((toast) => this.leaveLater(toast));
  }

  add(/** @type {{kind: string, words: string, note?: string}} */ { kind, words, note }) {
    const template = this.querySelector("template");
    const known = [...this.querySelectorAll("[data-text]")].some((el) => el.textContent === words);
    if (!template || !words || known) return;
    const toast = /** @type {HTMLElement} */ (
      /** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild
    );
    toast.classList.add(`b-toast-${kind}`);
    toast.setAttribute("role", kind === "error" ? "alert" : "status");
    const use = toast.querySelector("use");
    if (kind === "error") {
      use?.setAttribute("href", (use.getAttribute("href") ?? "").replace("#info-circle", "#alert-octagon"));
    }
    const [text, small] = [toast.querySelector("[data-text]"), toast.querySelector("[data-note]")];
    if (text) text.textContent = words;
    if (small) small.textContent = note ?? "";
    this.append(toast);
    this.leaveLater(toast);
  }

  leaveLater(/** @type {Element} */ toast) {
    if (toast.classList.contains("b-toast-error")) return;
    setTimeout(() => toast.remove(), STAY_MS);
  }
}

customElements.define("toast-stack", ToastStack);
