// Frames: the binary messages of the live channel (app/live/protocol.py) as objects.

const VIEWS = { u1: Uint8Array, f4: Float32Array };

function table(rows, buffer, start) {
  const layers = {};
  for (const [name, dtype, shape, offset] of rows) {
    const length = shape.reduce((a, b) => a * b, 1);
    layers[name] = { shape, data: new VIEWS[dtype](buffer, start + offset, length) };
  }
  return layers;
}

/** Header fields plus `layers` and, where sent, `scene`: name → {shape, data}. A reply has `reply`,
 * the id of its question. */
export function decode(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  header.layers = table(header.layers, buffer, 4 + length);
  if (header.scene) header.scene = table(header.scene, buffer, 4 + length);
  return header;
}

/** What tells the state of a run in one frame from that in another. */
export const moment = (frame) => (frame ? `${frame.generation}/${frame.step}` : "");
