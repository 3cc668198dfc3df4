// <keys-help>: "?" lists the shortcuts, "/" searches, g + letter goes, j and k walk rows, x chooses one.
// What else a page binds stands on its buttons as data-key, and is listed with their words.
const OFF = "berth.keys.off";

class KeysHelp extends HTMLElement {
  connectedCallback() {
    this.listeners = new AbortController();
    const signal = this.listeners.signal;
    document.addEventListener("keydown", (event) => this.onKey(event), { signal });
    const off = this.querySelector("[data-keys-off]");
    if (off instanceof HTMLInputElement) {
      off.checked = localStorage.getItem(OFF) === "1";
      off.addEventListener("change", () => localStorage.setItem(OFF, off.checked ? "1" : "0"));
    }
    // A menu opens the list, too; and what the page binds changes with its parts.
    this.opened = new MutationObserver(() => this.dialog?.open && this.listPage());
    if (this.dialog) this.opened.observe(this.dialog, { attributeFilter: ["open"] });
  }

  disconnectedCallback() {
    this.listeners?.abort();
    this.opened?.disconnect();
  }

  listPage() {
    const rows = pageVerbs().map((verb) => keyRow(verb.dataset.key ?? "", wordsOf(verb)));
    this.querySelector("[data-page-keys]")?.replaceChildren(...rows);
  }

  get dialog() {
    return this.querySelector("dialog");
  }

  onKey(/** @type {KeyboardEvent} */ event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      return this.search();
    }
    const typing = /** @type {Element} */ (event.target).closest?.("input, textarea, select, dialog[open]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return undefined;
    if (localStorage.getItem(OFF) === "1" || document.documentElement.dataset.keys === "off") return undefined;
    if (this.pending) return this.go(event);
    return this.single(event);
  }

  single(/** @type {KeyboardEvent} */ event) {
    const act = {
      "?": () => this.dialog?.showModal(),
      "/": () => this.search(),
      g: () => this.awaitLetter(),
      j: () => rowStep(1),
      k: () => rowStep(-1),
      x: rowBox(),
    }[event.key];
    if (act) {
      event.preventDefault();
      act();
      return;
    }
    const verb = pageVerbs().find((each) => each.dataset.key === event.key);
    if (verb) {
      event.preventDefault();
      verb.focus({ preventScroll: true }); // where the focus returns to when its dialog closes
      verb.click();
    }
  }

  search() {
    const field = document.querySelector(".b-search input");
    if (field instanceof HTMLInputElement) field.select();
  }

  awaitLetter() {
    this.pending = setTimeout(() => (this.pending = undefined), 1200);
  }

  go(/** @type {KeyboardEvent} */ event) {
    clearTimeout(this.pending);
    this.pending = undefined;
    const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (link instanceof HTMLAnchorElement) link.click();
  }
}

/** What on this page has a key and can be seen; of several with one key the first. */
function pageVerbs() {
  const first = new Map();
  for (const verb of document.querySelectorAll("[data-key]")) {
    if (verb instanceof HTMLElement && !first.has(verb.dataset.key)) first.set(verb.dataset.key, verb);
  }
  return /** @type {HTMLElement[]} */ ([...first.values()].filter((verb) => verb.checkVisibility()));
}

/** The words on a button, without the sign of its key. */
function wordsOf(/** @type {HTMLElement} */ verb) {
  const copy = /** @type {HTMLElement} */ (verb.cloneNode(true));
  copy.querySelector(".b-key")?.remove();
  return verb.getAttribute("aria-label") ?? (copy.textContent ?? "").trim();
}

function keyRow(/** @type {string} */ key, /** @type {string} */ words) {
  const row = document.createElement("tr");
  const sign = document.createElement("kbd");
  sign.className = "b-key";
  sign.textContent = key;
  row.insertCell().append(sign);
  row.insertCell().textContent = words;
  return row;
}

/** Move the focus to the next or previous row's link; in a split view open it, as its detail follows. */
function rowStep(/** @type {1 | -1} */ by) {
  const rows = [...document.querySelectorAll("[data-rows] :is(tbody tr, .b-pick, li)")];
  const links = rows.map((row) => (row.matches("a") ? row : row.querySelector("a"))).filter(Boolean);
  const focused = links.findIndex((link) => link === document.activeElement);
  const at = focused < 0 ? links.findIndex((link) => link?.hasAttribute("aria-current")) : focused;
  const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : at + by];
  if (!(next instanceof HTMLElement)) return;
  document.querySelectorAll("tr.is-at").forEach((row) => row.classList.remove("is-at"));
  next.closest("tr")?.classList.add("is-at");
  next.focus();
  if (next.matches(".b-pick")) next.click();
}

/** What chooses the row that the keys have come to, where rows have boxes; the first before that. */
function rowBox() {
  const row = document.activeElement?.closest("[data-rows] tbody tr") ?? document.querySelector("tr.is-at");
  const box = (row ?? document).querySelector("[data-choose]");
  return box instanceof HTMLElement ? () => box.click() : undefined;
}

customElements.define("keys-help", KeysHelp);
