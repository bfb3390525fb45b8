// Frames: the binary messages of the live channel (app/live/protocol.py) as objects.

const VIEWS = { u1: Uint8Array, f4: Float32Array };
const LEVELS = 2048; // of half a range, see app/live/rooms/thinned.py

/** Numbers that a room's frame has as int16 of their range, or as the change of those before. */
function levels(key, dtype, length, range, buffer, start, before) {
  const bytes = new Uint8Array(buffer, start, 2 * length);
  const known = dtype === "e2" ? before[key] : new Int16Array(length);
  const out = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const folded = bytes[i] | (bytes[length + i] << 8);
    known[i] += (folded >> 1) ^ -(folded & 1);
    out[i] = (known[i] * range) / LEVELS;
  }
  before[key] = known;
  return out;
}

function table(rows, buffer, start, before) {
  const layers = {};
  for (const [name, dtype, shape, offset, range] of rows) {
    const length = shape.reduce((a, b) => a * b, 1);
    if (range !== undefined) {
      layers[name] = { shape, data: levels(`${name}/levels`, dtype, length, range, buffer, start + offset, before) };
      continue;
    }
    const data = new (VIEWS[dtype] ?? Uint8Array)(buffer, start + offset, length);
    if (dtype === "d1") for (let i = 0; i < length; i++) data[i] += before[name][i];
    layers[name] = { shape, data };
  }
  return layers;
}

/** Header fields plus `layers` and, where sent, `scene`: name → {shape, data}. A reply has `reply`,
 * the id of its question. before: name → data of the layers of the frame before, from which the
 * server sends the changes of pictures alone. */
export function decode(buffer, before = {}) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  header.layers = table(header.layers, buffer, 4 + length, before);
  if (header.reply === undefined) for (const [name, { data }] of Object.entries(header.layers)) before[name] = data;
  if (header.scene) header.scene = table(header.scene, buffer, 4 + length);
  return header;
}

/** What tells the state of a run in one frame from that in another. */
export const moment = (frame) => (frame ? `${frame.generation}/${frame.step}` : "");
