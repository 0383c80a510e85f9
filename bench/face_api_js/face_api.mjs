/*
 * face-api in Node, as fast as it gets there without a GPU and without native TensorFlow: photos in, faces out.
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

import jpeg from '@julusian/jpeg-turbo';
import canvas from '@napi-rs/canvas';
import faceapi from '@vladmandic/face-api/dist/face-api.node-wasm.js';

const MODELS = {
  ssdMobilenetv1: 'ssd_mobilenetv1_model',
  tinyFaceDetector: 'tiny_face_detector_model',
  faceExpressionNet: 'face_expression_model',
  ageGenderNet: 'age_gender_model',
};
export const DETECTORS = {
  ssd: new faceapi.SsdMobilenetv1Options(), // looks at 512 x 512 pixels, always
  tiny: new faceapi.TinyFaceDetectorOptions(), // inputSize 416
  'tiny-608': new faceapi.TinyFaceDetectorOptions({ inputSize: 608 }),
};
// V8 compiles a function of WebAssembly again, better, once it has run for a while; after these runs, times are level.
const WARM_UP_RUNS = 8;

/** End the program with one line that says why. */
export function fail(message) {
  console.error(`${path.basename(process.argv[1])}: ${message}`);
  process.exit(1);
}

/** JPEG -> canvas. */
export function decode(bytes) {
  const { data, width, height } = jpeg.decompressSync(bytes, { format: jpeg.FORMAT_RGBA });
  const photo = canvas.createCanvas(width, height);
  const pixels = new Uint8ClampedArray(data.buffer, data.byteOffset, data.length);
  photo.getContext('2d').putImageData(new canvas.ImageData(pixels, width, height), 0, 0);
  return photo;
}

/** Where the faces of a canvas are. */
export async function find(photo, detector) {
  return faceapi.detectAllFaces(photo, DETECTORS[detector]);
}

/** The faces of a canvas, with their expressions, ages and genders. */
export async function describe(photo, detector) {
  return faceapi.detectAllFaces(photo, DETECTORS[detector]).withFaceExpressions().withAgeAndGender();
}

/** Load the nets, and look at photos until times are level; its versions. */
export async function start(folder, photos) {
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
    const bytes = readFileSync(photos[run % photos.length]);
    for (const detector of Object.keys(DETECTORS)) await describe(decode(bytes), detector);
  }
  const { version: tfjs } = createRequire(import.meta.url)('@tensorflow/tfjs/package.json');
  return { node: process.version, face_api: faceapi.version, tfjs };
}
