// <rel-time datetime="…Z">: keeps the age that the server wrote up to date; hover shows the moment.
const STEPS = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
];

/** Two largest units of an age, e.g. "6 m 39 s"; `words` translates d, h, m, s. */
export function ageText(/** @type {number} */ seconds, /** @type {Record<string, string>} */ words) {
  let rest = Math.max(0, Math.floor(seconds));
  const parts = [];
  for (const [unit, size] of STEPS) {
    const count = Math.floor(rest / Number(size));
    rest -= count * Number(size);
    if (count || (parts.length === 0 && unit === "s")) parts.push(`${count} ${words[unit]}`);
    if (parts.length === 2 || (parts.length === 1 && count === 0)) break;
    if (parts.length === 1 && rest === 0) break;
  }
  return parts.join(" ");
}

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
