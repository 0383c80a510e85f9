// Reference outputs of face-api's own runtime (TensorFlow.js), for the chips in chips.png.
//   python -c "from PIL import Image; open('chips.rgb', 'wb').write(Image.open('chips.png').convert('RGB').tobytes())"
//   node generate.mjs ../../../models/importers/node_modules/@vladmandic/face-api chips.rgb > expected.json
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

// The bundle takes itself to be in a browser: without this it looks for parts of Node that it does not carry.
globalThis.window = globalThis;
globalThis.document = {};

const [packageFolder, pixelsFile] = process.argv.slice(2);
const faceapi = await import(pathToFileURL(resolve(packageFolder, "dist/face-api.esm.js")));
const tf = faceapi.tf;
await tf.setBackend("cpu");
await tf.ready();

const SIZE = 112;
const pixels = new Uint8Array(readFileSync(pixelsFile));
const faces = pixels.length / (SIZE * SIZE * 3);
const chips = new faceapi.NetInput(tf.unstack(tf.tensor4d(Float32Array.from(pixels), [faces, SIZE, SIZE, 3])));

function load(net, name) {
  const manifest = JSON.parse(readFileSync(resolve(packageFolder, `model/${name}-weights_manifest.json`)));
  const data = readFileSync(resolve(packageFolder, `model/${name}.bin`));
  const specs = manifest.flatMap((group) => group.weights);
  net.loadFromWeightMap(tf.io.decodeWeights(data.buffer.slice(data.byteOffset, data.byteOffset + data.length), specs));
  return net;
}

const ageGender = load(new faceapi.AgeGenderNet(), "age_gender_model").runNet(chips);
const expression = load(new faceapi.FaceExpressionNet(), "face_expression_model").runNet(chips);
// The whole of what face-api does, its post-processing included.
const landmarks = load(new faceapi.FaceLandmark68Net(), "face_landmark_68_model").forwardInput(chips);
const rows = (tensor) => tensor.arraySync();
process.stdout.write(
  JSON.stringify(
    {
      runtime: `face-api ${faceapi.version}, TensorFlow.js ${tf.version_core}, cpu backend`,
      age_years: rows(ageGender.age.flatten()),
      male_female: rows(tf.softmax(ageGender.gender)),
      neutral_happy_sad_angry_fearful_disgusted_surprised: rows(tf.softmax(expression)),
      landmarks_x_y: rows(landmarks),
    },
    null,
    1,
    // A face to a line.
  ).replace(/\[([^[\]]+)\]/g, (row) => row.replace(/\s+/g, " ")) + "\n",
);
