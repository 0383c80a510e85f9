/*
 * CPU time of face-api for a photo: decode it, find all faces, estimate their expressions, ages and genders.
 *
 *     node measure.mjs FOLDER_WITH_FACE_API_MODELS PHOTO...
 *
 * Warms up on the photos, prints a line of JSON that has "ready", then answers each line of stdin,
 * {"detector": "ssd" | "tiny" | "tiny-608", "photo": path, "find_only": false}, with
 * {"cpu_ms": ..., "decode_ms": ..., "faces": [{"x": ..., "y": ..., "width": ..., "height": ...}, ...]}, boxes in pixels;
 * ends with stdin. cpu_ms is user and system time of all threads of the process, and includes decode_ms.
 */

import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { DETECTORS, decode, describe, fail, find, start } from './face_api.mjs';

/** CPU milliseconds of this process so far, its threads' included. */
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Do the work for a photo, all of it or up to where faces are, and say what it took; reading the file is not counted. */
async function measure(detector, file, work) {
  if (!existsSync(file)) fail(`no photo ${file}`);
  const bytes = readFileSync(file);
  const began = cpuMs();
  const photo = decode(bytes);
  const decoded = cpuMs();
  const faces = await work(photo, detector);
  const ended = cpuMs();
  const boxes = faces.map((face) => (face.detection ?? face).box);
  return {
    cpu_ms: ended - began,
    decode_ms: decoded - began,
    faces: boxes.map(({ x, y, width, height }) => ({ x, y, width, height })),
  };
}

const [folder, ...photos] = process.argv.slice(2);
if (!photos.length) fail('usage: node measure.mjs FOLDER_WITH_FACE_API_MODELS PHOTO...');
console.log(JSON.stringify({ ready: true, ...(await start(folder, photos)) }));

for await (const line of createInterface({ input: process.stdin })) {
  const { detector, photo, find_only: findOnly } = JSON.parse(line);
  if (!(detector in DETECTORS)) fail(`no detector ${detector}`);
  console.log(JSON.stringify(await measure(detector, photo, findOnly ? find : describe)));
}
