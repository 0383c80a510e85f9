// Copy what the pages need out of the installed packages: nothing is fetched when a page is opened.
import { copyFileSync, mkdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "static", "vendor");
const files = [
  "echarts/dist/echarts.common.min.js",
  "htmx.org/dist/htmx.min.js",
  "@fontsource-variable/inter/files/inter-latin-opsz-normal.woff2",
  "@fontsource-variable/inter/files/inter-latin-ext-opsz-normal.woff2",
];

mkdirSync(target, { recursive: true });
for (const file of files) {
  const copy = join(target, basename(file));
  copyFileSync(join(here, "node_modules", file), copy);
  console.log(`    ${basename(file)}: ${Math.round(statSync(copy).size / 1000)} kB`);
}
