// The only place that touches htmx: settings that a strict CSP needs, and what a failed swap says.
import htmx from "htmx.org";

htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0;
htmx.config.scrollBehavior = "auto";
htmx.config.defaultSwapStyle = "innerHTML";
// A form that comes back with its errors (422) is shown like any other answer.
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "422", swap: true },
  // Said to people below; as an "error" htmx would also write it to the console.
  { code: "[45]..", swap: false },
];

/** How many requests are on their way, for those who wait until a refetch has landed. */
export const traffic = { open: 0, failed: 0 };

document.addEventListener("htmx:beforeRequest", () => {
  traffic.open += 1;
});
document.addEventListener("htmx:afterRequest", (event) => {
  traffic.open = Math.max(0, traffic.open - 1);
  const detail = /** @type {CustomEvent} */ (event).detail;
  const status = detail.xhr?.status ?? 0;
  if (status === 0 || (status >= 400 && status !== 422)) {
    traffic.failed += 1;
    report(detail.xhr);
    giveUp(detail.target);
  }
});
/** What each part announced last. @type {WeakMap<HTMLElement, string>} */
const said = new WeakMap();

// What a part said when the page came counts as said.
document.addEventListener("htmx:beforeSwap", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (!said.has(target)) said.set(target, wordsOf(target));
});
document.addEventListener("htmx:afterSettle", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const words = wordsOf(target);
  // A part that fetched itself anew and says what it said before must not talk over an answer.
  const byItself = /** @type {CustomEvent} */ (event).detail.requestConfig?.triggeringEvent?.type === "refresh";
  if (words && !(byItself && said.get(target) === words)) announce(words);
  said.set(target, words);
});

/** What a part would have read out. @returns {string} */
function wordsOf(/** @type {HTMLElement} */ part) {
  return part.querySelector?.("[data-announce]")?.textContent?.trim() ?? "";
}

/** Read a sentence out through the page's polite live region. */
export function announce(/** @type {string} */ words) {
  const region = document.getElementById("b-announcer");
  if (region) region.textContent = words;
}

/** Say that an answer did not come, once, with the request id that the server logged. */
function report(/** @type {XMLHttpRequest | undefined} */ xhr) {
  const template = document.getElementById("b-texts");
  if (!template) return;
  const id = xhr?.getResponseHeader("X-Request-ID") ?? "";
  const words = xhr?.status ? template.dataset.failed : template.dataset.unreachable;
  document.dispatchEvent(
    new CustomEvent("berth:toast", { detail: { kind: "error", words: words ?? "", note: id } }),
  );
}

/** Grey lines promise an answer; where none comes, words take their place. */
export function giveUp(
  /** @type {HTMLElement | null | undefined} */ target,
  words = document.getElementById("b-texts")?.dataset.partFailed ?? "",
) {
  const waiting = target?.querySelector?.(".b-skeleton")?.closest("[role=status]");
  const line = document.createElement("p");
  line.className = "b-quiet b-failed";
  line.textContent = words;
  waiting?.replaceChildren(line);
}

export { htmx };
