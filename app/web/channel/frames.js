// Frames: the binary messages of the live channel (app/live/protocol.py) as objects.

const VIEWS = { u1: Uint8Array, f4: Float32Array };

function table(rows, buffer, start, before) {
  const layers = {};
  for (const [name, dtype, shape, offset] of rows) {
    const length = shape.reduce((a, b) => a * b, 1);
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
