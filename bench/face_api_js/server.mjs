/*
 * face-api behind HTTP, as somebody would write it who needs no more than that.
 *
 *     node server.mjs FOLDER_WITH_FACE_API_MODELS PHOTO...
 *
 * Warms up on the photos, prints a line of JSON that has its port, then answers POST /detect?detector=ssd|tiny|tiny-608
 * with a JPEG as body on loopback; ends with stdin. A worker per core: JavaScript and the nets have one thread each.
 */

import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { availableParallelism } from 'node:os';

import { DETECTORS, decode, describe, fail, start } from './face_api.mjs';

/** A primary process that spreads connections over workers, and ends with its stdin; so do they. */
function lead() {
  const ready = [];
  cluster.on('exit', () => fail('a worker has ended'));
  cluster.on('message', (_, versions) => {
    ready.push(versions);
    if (ready.length === availableParallelism()) console.log(JSON.stringify(versions));
  });
  for (let i = 0; i < availableParallelism(); i += 1) cluster.fork();
  process.stdin.on('end', () => process.exit()).resume();
}

// One photo after the other: several at a time would take as long together, and each of them longer.
let last = Promise.resolve();

/** The faces of a JPEG, when it is its turn. */
function describeInTurn(bytes, detector) {
  const mine = last.then(() => describe(decode(bytes), detector));
  last = mine.catch(() => {}); // told to whoever asked
  return mine;
}

/** The faces of a JPEG as JSON. */
async function answer(request, response) {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  const detector = searchParams.get('detector') ?? 'ssd';
  if (request.method !== 'POST' || pathname !== '/detect' || !(detector in DETECTORS)) {
    response.writeHead(404).end();
    return;
  }
  const parts = [];
  for await (const part of request) parts.push(part);
  try {
    const faces = await describeInTurn(Buffer.concat(parts), detector);
    const body = faces.map(({ detection: { box: { x, y, width, height } }, age, gender, expressions }) => ({
      box: { x, y, width, height }, age, gender, expressions,
    }));
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  } catch (error) {
    response.writeHead(400, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error: String(error) }));
  }
}

/** A worker, which answers once it is warm. */
async function work(folder, photos) {
  const versions = await start(folder, photos);
  const server = createServer(answer);
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port, ...versions }));
}

const [folder, ...photos] = process.argv.slice(2);
if (!photos.length) fail('usage: node server.mjs FOLDER_WITH_FACE_API_MODELS PHOTO...');
if (cluster.isPrimary) lead();
else await work(folder, photos);
