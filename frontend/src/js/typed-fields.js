// What somebody has typed and not sent: such fields differ from what the page came with, or carry
// data-typed where the server wrote back what was only tried.

const FIELDS = "input[name]:not([type=hidden]), textarea[name], select[name]";

/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Field */

/** @returns {Field[]} */
export function typedFields(/** @type {Element} */ root) {
  const fields = /** @type {Field[]} */ ([...root.querySelectorAll(FIELDS)]);
  return fields.filter((field) => "typed" in field.dataset || differs(field));
}

/** Their texts and choices by name; what is ticked has no text. */
export function typedTexts(/** @type {Element} */ root) {
  const texts = typedFields(root).filter((field) => !isTicked(field));
  return new Map(texts.map((field) => [field.name, field.value]));
}

/** Put texts back after a swap that somebody asked for. */
export function typedRestore(/** @type {Element} */ root, /** @type {Map<string, string>} */ texts) {
  for (const [name, text] of texts) {
    const field = /** @type {Field | null} */ (root.querySelector(`[name="${CSS.escape(name)}"]`));
    if (!field || field.value === text) continue;
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function isTicked(/** @type {Field} */ field) {
  return field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type);
}

/** A list without a preset choice begins with its first. */
function differs(/** @type {Field} */ field) {
  if (field instanceof HTMLSelectElement) {
    const options = [...field.options];
    const preset = field.multiple || options.some((option) => option.defaultSelected);
    return preset ? options.some((o) => o.selected !== o.defaultSelected) : field.selectedIndex > 0;
  }
  if (isTicked(field)) {
    const box = /** @type {HTMLInputElement} */ (field);
    return box.checked !== box.defaultChecked;
  }
  return field.value !== /** @type {HTMLInputElement} */ (field).defaultValue;
}
