// <theme-toggle>: switches light and dark at once; the form posts the choice so the server keeps it.
class ThemeToggle extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form");
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.toggle(form);
    });
  }

  toggle(/** @type {HTMLFormElement} */ form) {
    const root = document.documentElement;
    const next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    root.dataset.themeChoice = next;
    localStorage.setItem("berth.theme", next);
    dispatchEvent(new Event("berth:theme"));
    const body = new FormData(form);
    body.set("theme", next);
    fetch(form.action, { method: "POST", body, keepalive: true, redirect: "manual" });
  }
}

customElements.define("theme-toggle", ThemeToggle);
