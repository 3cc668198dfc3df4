// One SVG sprite of the Tabler icons named in icons.txt; stroke width and colour come from CSS.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @param {string} folder where the icon package keeps `outline/` and `filled/`
 * @param {string[]} names outline icon names, `name-filled` for the filled shape
 * @returns {string} the sprite
 */
export function iconSprite(folder, names) {
  const symbols = [...new Set(names)].sort().map((name) => symbol(folder, name));
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
}

function symbol(folder, name) {
  const filled = name.endsWith("-filled");
  const file = filled
    ? join(folder, "filled", `${name.replace(/-filled$/, "")}.svg`)
    : join(folder, "outline", `${name}.svg`);
  if (!existsSync(file)) throw new Error(`icons.txt names ${name}, which Tabler does not have`);
  const inner = readFileSync(file, "utf8")
    .replace(/^[\s\S]*?<svg[\s\S]*?>/, "")
    .replace("</svg>", "")
    .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none" ?\/>/, "")
    .replace(/\s+/g, " ")
    .trim();
  const paint = filled ? ' fill="currentColor" stroke="none"' : "";
  return `<symbol id="${name}" viewBox="0 0 24 24"${paint}>${inner}</symbol>`;
}
