// Copy what the page needs out of the installed package: nothing is fetched from elsewhere when it is opened.
import { copyFileSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "static", "vendor");

mkdirSync(target, { recursive: true });
for (const file of ["swagger-ui.css", "swagger-ui-bundle.js"]) {
  const copy = join(target, file);
  copyFileSync(join(here, "node_modules", "swagger-ui-dist", file), copy);
  console.log(`    ${file}: ${Math.round(statSync(copy).size / 1000)} kB`);
}
