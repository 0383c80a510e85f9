// Copy what the pages need out of the installed packages: nothing is fetched when a page is opened.
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { feature } from "topojson-client";

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

// Outlines of the land (Natural Earth, public domain) as pictures in degrees, north up: y is minus the latitude.
// Points are written as steps of a hundredth of a degree, which are short; a ring that would be a dot is left out.
const STEPS = 100;
for (const [name, smallest] of Object.entries({ "land-110m": 0, "land-50m": 12 })) {
  const atlas = JSON.parse(readFileSync(join(here, "node_modules", "world-atlas", `${name}.json`)));
  const rings = feature(atlas, atlas.objects.land).features.flatMap((land) => land.geometry.coordinates.flat());
  const path = rings.filter(isNotAntarctica).flatMap(unrolled).map((ring) => drawn(ring, smallest)).join("");
  const copy = join(target, `${name}.svg`);
  const outline = `<path id="land" vector-effect="non-scaling-stroke" transform="scale(${1 / STEPS})" d="${path}"/>`;
  writeFileSync(copy, `<svg xmlns="http://www.w3.org/2000/svg">${outline}</svg>\n`);
  console.log(`    ${name}.svg: ${Math.round(statSync(copy).size / 1000)} kB`);
}

function isNotAntarctica(ring) {
  return ring.some(([, latitude]) => latitude > -60);
}

// A ring across the date line goes on beyond 180 degrees; what sticks out on one side is drawn on the other too.
function unrolled(ring) {
  let turn = 0;
  const points = ring.map(([longitude, latitude], i) => {
    const step = i ? longitude - ring[i - 1][0] : 0;
    turn -= Math.abs(step) > 180 ? 360 * Math.sign(step) : 0;
    return [longitude + turn, latitude];
  });
  const moved = (by) => points.map(([longitude, latitude]) => [longitude + by, latitude]);
  return [points, ...(points.some(([x]) => x > 180) ? [moved(-360)] : []), ...(points.some(([x]) => x < -180) ? [moved(360)] : [])];
}

function drawn(ring, smallest) {
  const points = ring.map(([longitude, latitude]) => [Math.round(longitude * STEPS), Math.round(-latitude * STEPS)]);
  const columns = points.map(([x]) => x);
  if (Math.max(...columns) - Math.min(...columns) < smallest) return "";
  let [x, y] = points[0];
  const steps = points.slice(1).map(([nextX, nextY]) => {
    const [dx, dy] = [nextX - x, nextY - y];
    [x, y] = [nextX, nextY];
    return dx || dy ? `${dx}${dy < 0 ? "" : " "}${dy}` : "";
  });
  return `M${points[0].join(" ")}l${steps.filter(Boolean).join(" ").replaceAll(" -", "-")}z`;
}
