/*
 * CPU time of face-api for a photo: decode it, find all faces, estimate their expressions, ages and genders.
 *
 *     node measure.mjs FOLDER_WITH_FACE_API_MODELS PHOTO...
 *
 * Warms up on the photos, prints a line of JSON that has "ready", then answers each line of stdin,
 * {"detector": "ssd" | "tiny", "photo": path}, with {"cpu_ms": ..., "decode_ms": ..., "faces": ...}; ends with stdin.
 * cpu_ms is user and system time of all threads of the process, and includes decode_ms.
 *
 * Choices that could cost it time are made in its favour:
 * - WebAssembly with SIMD is the fastest back end that needs neither a GPU nor native TensorFlow. It has one thread:
 *   more would not lower CPU time.
 * - libjpeg-turbo by itself takes half the CPU time of sharp, and three quarters of the canvas's own decoder.
 * - face-api gets a canvas, as it does in browsers. Of a tensor, as in its authors' demo for WebAssembly, it pads and
 *   cuts out pixels in JavaScript: 100 ms and more a photo.
 * - No landmarks: it is spared the alignment of faces.
 */

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';

import jpeg from '@julusian/jpeg-turbo';
import canvas from '@napi-rs/canvas';
import faceapi from '@vladmandic/face-api/dist/face-api.node-wasm.js';

const MODELS = {
  ssdMobilenetv1: 'ssd_mobilenetv1_model',
  tinyFaceDetector: 'tiny_face_detector_model',
  faceExpressionNet: 'face_expression_model',
  ageGenderNet: 'age_gender_model',
};
const DETECTORS = {
  ssd: new faceapi.SsdMobilenetv1Options(),
  tiny: new faceapi.TinyFaceDetectorOptions(), // inputSize 416
};
// V8 compiles a function of WebAssembly again, better, once it has run for a while; after these runs, times are level.
const WARM_UP_RUNS = 8;

/** End the program with one line that says why. */
function fail(message) {
  console.error(`measure.mjs: ${message}`);
  process.exit(1);
}

/** CPU milliseconds of this process so far, its threads' included. */
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** JPEG -> canvas. */
function decode(bytes) {
  const { data, width, height } = jpeg.decompressSync(bytes, { format: jpeg.FORMAT_RGBA });
  const photo = canvas.createCanvas(width, height);
  const pixels = new Uint8ClampedArray(data.buffer, data.byteOffset, data.length);
  photo.getContext('2d').putImageData(new canvas.ImageData(pixels, width, height), 0, 0);
  return photo;
}

/** Do the whole work for a photo, and say what it took; reading the file is not counted. */
async function measure(detector, file) {
  if (!existsSync(file)) fail(`no photo ${file}`);
  const bytes = readFileSync(file);
  const began = cpuMs();
  const photo = decode(bytes);
  const decoded = cpuMs();
  const faces = await faceapi.detectAllFaces(photo, DETECTORS[detector]).withFaceExpressions().withAgeAndGender();
  return { cpu_ms: cpuMs() - began, decode_ms: decoded - began, faces: faces.length };
}

const [folder, ...photos] = process.argv.slice(2);
if (!photos.length) fail('usage: node measure.mjs FOLDER_WITH_FACE_API_MODELS PHOTO...');
for (const model of Object.values(MODELS)) {
  for (const file of [`${model}-weights_manifest.json`, `${model}.bin`].map((name) => path.join(folder, name))) {
    if (!existsSync(file)) fail(`no model ${file}`);
  }
}

faceapi.env.monkeyPatch({
  Canvas: canvas.Canvas,
  Image: canvas.Image,
  ImageData: canvas.ImageData,
  createCanvasElement: () => canvas.createCanvas(1, 1),
  createImageElement: () => new canvas.Image(),
});
const { tf } = faceapi;
tf.setThreadsCount(1);
await tf.setBackend('wasm');
await tf.ready();
if (tf.getBackend() !== 'wasm' || !(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) fail('no WebAssembly with SIMD');
for (const net of Object.keys(MODELS)) await faceapi.nets[net].loadFromDisk(folder);

for (let run = 0; run < WARM_UP_RUNS; run += 1) {
  for (const detector of Object.keys(DETECTORS)) await measure(detector, photos[run % photos.length]);
}
const { version: tfjs } = createRequire(import.meta.url)('@tensorflow/tfjs/package.json');
console.log(JSON.stringify({ ready: true, node: process.version, face_api: faceapi.version, tfjs }));

for await (const line of createInterface({ input: process.stdin })) {
  const { detector, photo } = JSON.parse(line);
  if (!(detector in DETECTORS)) fail(`no detector ${detector}`);
  console.log(JSON.stringify(await measure(detector, photo)));
}
