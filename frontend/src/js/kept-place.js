// Where somebody is in a part of the page that is about to be replaced: the element with the focus
// and what they have unfolded. Without it the focus would fall back to the top of the page.

const STOPS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";

/** @typedef {{sign: string, at: number}} Mark */
/** @typedef {{focus: Mark | null, unfolded: Mark[]}} Place */

/** @returns {Place} */
export function placeMark(/** @type {Element} */ root) {
  const at = document.activeElement;
  const inside = at instanceof HTMLElement && root.contains(at);
  const unfolded = [...root.querySelectorAll("details[open] > summary")];
  return {
    focus: inside ? mark(root, at) : null,
    unfolded: unfolded.map((summary) => mark(root, /** @type {HTMLElement} */ (summary))),
  };
}

/** Go back to it; to the part as a whole where the element is gone: never to another one, which Enter would act on. */
export function placeRestore(/** @type {Element} */ root, /** @type {Place} */ place) {
  for (const each of place.unfolded) find(root, each)?.parentElement?.setAttribute("open", "");
  if (!place.focus || root.contains(document.activeElement)) return;
  find(root, place.focus)?.focus({ preventScroll: true });
  if (!root.contains(document.activeElement)) partFocus(root);
}

/** Let the part as a whole have the focus: the next Tab goes on from its beginning. */
export function partFocus(/** @type {Element} */ root) {
  const part = root.firstElementChild;
  if (!(part instanceof HTMLElement)) return;
  part.tabIndex = -1;
  part.focus({ preventScroll: true });
}

/** @returns {Mark} */
function mark(/** @type {Element} */ root, /** @type {HTMLElement} */ element) {
  return { sign: sign(element), at: alike(root, sign(element)).indexOf(element) };
}

function find(/** @type {Element} */ root, /** @type {Mark} */ { sign, at }) {
  return alike(root, sign)[at];
}

function alike(/** @type {Element} */ root, /** @type {string} */ wanted) {
  const stops = /** @type {HTMLElement[]} */ ([...root.querySelectorAll(STOPS)]);
  return stops.filter((each) => sign(each) === wanted);
}

/** What an element is for; its words don't count, as ages and amounts in them move. */
function sign(/** @type {HTMLElement} */ element) {
  const own = ["id", "href", "name", "aria-label", "data-open"].map((name) => element.getAttribute(name));
  return [element.tagName, ...own, element.closest("form")?.getAttribute("action")].join("\n");
}
