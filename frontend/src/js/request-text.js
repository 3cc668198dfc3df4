// Text of the request form that depends on what is filled in. Pure but for reading fields and how they are shown.

/** Amount times replicas with thousands grouped by comma; a dash where one of them is no number. */
export function totalText(/** @type {string} */ amount, /** @type {number} */ replicas) {
  const total = Number(amount) * replicas;
  if (amount.trim() === "" || !Number.isFinite(total) || total <= 0) return "–";
  return total.toLocaleString("en", { maximumFractionDigits: 2 });
}

/** What a section holds now: chosen options and filled fields that one could fill in, in their order. */
export function sectionSummary(/** @type {Element} */ section, comma = ", ") {
  const words = [];
  for (const field of section.querySelectorAll("input, select, textarea")) {
    const text = fieldText(field);
    if (text && isOffered(field, section)) words.push(text);
  }
  return words.slice(0, 5).join(comma);
}

/** Whether it would be shown were the section unfolded: another choice may have put it away. */
function isOffered(/** @type {Element} */ field, /** @type {Element} */ section) {
  for (let at = field; at.parentElement && at.parentElement !== section; at = at.parentElement) {
    if (at.matches("[hidden], details:not([open])") || getComputedStyle(at).display === "none") return false;
  }
  return true;
}

function fieldText(/** @type {Element} */ field) {
  if (field instanceof HTMLSelectElement) return field.selectedOptions[0]?.textContent?.trim() ?? "";
  if (field instanceof HTMLTextAreaElement) return shortened(field.value);
  if (!(field instanceof HTMLInputElement) || field.type === "hidden") return "";
  if (field.type === "radio") return field.checked ? labelText(field) : "";
  if (field.type === "checkbox") return field.checked ? labelText(field) : "";
  if (field.type === "datetime-local") return field.value.replace("T", " ");
  const unit = field.parentElement?.querySelector("span")?.textContent ?? "";
  const box = field.parentElement?.classList.contains("b-unit-box");
  return field.value && box ? `${field.value} ${unit}`.trim() : shortened(field.value);
}

function labelText(/** @type {HTMLInputElement} */ field) {
  return field.labels?.[0]?.textContent?.trim() ?? "";
}

function shortened(/** @type {string} */ text) {
  const line = text.trim().replace(/\s+/g, " ");
  return line.length > 40 ? `${line.slice(0, 39)}…` : line;
}
