// The licence texts of what ends up in static/dist/, in one file beside it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @param {string} modules node_modules folder
 * @param {string[]} names packages whose code or shapes are shipped
 * @returns {string}
 */
export function licenceText(modules, names) {
  return names.map((name) => section(join(modules, name), name)).join("\n\n");
}

function section(folder, name) {
  if (!existsSync(folder)) throw new Error(`${name} is not installed; run npm ci --ignore-scripts`);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(join(folder, file), "utf8").trim() : `Licence: ${license}`;
  return `${"=".repeat(72)}\n${name} ${version} (${license ?? "see below"})\n\n${text}`;
}
