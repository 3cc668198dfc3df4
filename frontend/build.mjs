// Builds every browser asset into static/dist/ (git-ignored): portal.js, theme.js, portal.css,
// icons.svg, inter.woff2, licences.txt. `node build.mjs --watch` rebuilds on change.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, watch, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { PurgeCSS } from "purgecss";
import * as sass from "sass";
import { iconSprite } from "./build/icons.mjs";
import { licenceText } from "./build/licences.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const out = join(root, "static", "dist");
const modules = join(here, "node_modules");
const shipped = ["htmx.org", "@tabler/core", "@tabler/icons", "inter-ui"];
const target = ["chrome120", "firefox121", "safari17"];

/** What the purge reads to learn which of Tabler's classes are used; ours are never purged. */
const content = [join(root, "templates", "**/*.html"), join(here, "src/js/*.js")];
async function scripts() {
  for (const [name, format] of [["portal", "esm"], ["theme", "iife"]]) {
    await build({
      entryPoints: [join(here, "src", "js", `${name}.js`)],
      outfile: join(out, `${name}.js`),
      bundle: true,
      minify: true,
      sourcemap: false,
      legalComments: "none",
      format,
      target,
    });
  }
}

async function tabler() {
  const raw = readFileSync(join(modules, "@tabler/core/dist/css/tabler.css"), "utf8");
  const [purged] = await new PurgeCSS().purge({
    content,
    css: [{ raw: raw.replace(/@charset[^;]*;/, "").replace(/\/\*# sourceMappingURL.*?\*\//, "") }],
    variables: true,
    keyframes: true,
  });
  return purged.css;
}

async function styles() {
  // A cascade layer keeps Tabler below our own rules whatever its selectors weigh.
  const ours = sass.compile(join(here, "src/scss/portal.scss"), { style: "expanded" }).css;
  const css = `@layer tabler{${await tabler()}}\n${ours}`;
  const { code } = await transform(css, { loader: "css", minify: true, target });
  write("portal.css", code);
}

async function font() {
  const source = readFileSync(join(modules, "inter-ui/variable/InterVariable.woff2"));
  const stamp = createHash("sha256").update(source).digest("hex");
  const mark = join(out, ".inter");
  if (existsSync(mark) && readFileSync(mark, "utf8") === stamp) return;
  const { default: subset } = await import("subset-font");
  const latin = Array.from({ length: 0x180 - 0x20 }, (_, i) => String.fromCodePoint(i + 0x20));
  const signs = "‐‑–—‘’“”•…\u2009\u200a\u202f€←↑→↓↔−×÷≤≥≈≠±∞⌘⇧↵";
  const bytes = await subset(source, latin.join("") + signs, {
    targetFormat: "woff2",
    variationAxes: { wght: { min: 400, max: 600, default: 400 }, opsz: 14 },
  });
  write("inter.woff2", bytes);
  write(".inter", stamp);
}

function write(name, data) {
  writeFileSync(join(out, name), data);
}

async function all() {
  mkdirSync(out, { recursive: true });
  const names = readFileSync(join(here, "icons.txt"), "utf8").split(/\s+/).filter(Boolean);
  await Promise.all([scripts(), styles(), font()]);
  write("icons.svg", iconSprite(join(modules, "@tabler/icons/icons"), names));
  write("licences.txt", licenceText(modules, shipped));
}

const began = Date.now();
await all();
console.log(`built ${relative(root, out)} in ${Date.now() - began} ms`);

if (process.argv.includes("--watch")) {
  let timer;
  for (const folder of [join(here, "src"), join(root, "templates")]) {
    watch(folder, { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(() => all().then(() => console.log("rebuilt"), console.error), 200);
    });
  }
}
