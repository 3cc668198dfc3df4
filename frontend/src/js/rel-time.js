// <rel-time datetime="…Z">: keeps the age that the server wrote up to date; hover shows the moment.
import { ageText } from "./age.js";

class RelTime extends HTMLElement {
  connectedCallback() {
    this.tick();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  tick() {
    const at = Date.parse(this.getAttribute("datetime") ?? "");
    if (Number.isNaN(at)) return;
    const away = this.hasAttribute("until") ? at - Date.now() : Date.now() - at;
    const seconds = away / 1000;
    const text = ageText(seconds, this.words);
    const slot = this.querySelector("time") ?? this;
    if (slot.textContent !== text) slot.textContent = text;
    const wait = seconds < 3600 ? 1000 : 30_000;
    this.timer = setTimeout(() => this.tick(), document.hidden ? 30_000 : wait);
    this.mark(seconds);
  }

  get words() {
    const [d, h, m, s] = (document.getElementById("b-texts")?.dataset.units ?? "d,h,m,s").split(",");
    return { d, h, m, s };
  }

  /** A freshness chip turns late at one interval and silent at three. */
  mark(/** @type {number} */ seconds) {
    const chip = this.closest("[data-interval]");
    if (!(chip instanceof HTMLElement)) return;
    const interval = Number(chip.dataset.interval);
    chip.classList.toggle("b-fresh-late", seconds > interval && seconds <= 3 * interval);
    chip.classList.toggle("b-fresh-gone", seconds > 3 * interval);
    chip.querySelectorAll("[data-from]").forEach((icon) => {
      const level = seconds > 3 * interval ? "gone" : seconds > interval ? "late" : "fresh";
      icon.toggleAttribute("hidden", icon.getAttribute("data-from") !== level);
    });
  }
}

customElements.define("rel-time", RelTime);
