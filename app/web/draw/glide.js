// Glide: what moves on between two frames. Places lie on the straight line from where they were drawn
// last to where the new frame has them, the values of a field likewise, and they arrive when the next
// frame is due. Where frames come as often as the display is drawn, each is drawn as it is.

const SHORTEST = 24; // milliseconds between two frames from which there is something to fill
const LONGEST = 400; // milliseconds that a glide takes at most

/** Who has asked the system for less motion gets none. */
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Glide {
  /** draw(frame): draw one moment of the way. */
  constructor(draw) {
    Object.assign(this, { draw, arrays: {}, at: 0 });
  }

  /** Take a frame whose layers `names` are to be reached; at once where it does not move. */
  to(frame, names, moves) {
    const now = performance.now();
    const goals = Object.fromEntries(names.map((n) => [n, frame.layers[n]]).filter(([, l]) => l));
    const same =
      frame.generation === this.generation && Object.keys(goals).length === Object.keys(this.goals ?? {}).length;
    if (same && Object.keys(goals).every((n) => this.goals[n]?.data === goals[n].data))
      return void (this.frame = frame);
    const from = this.now(this.frame ?? frame).layers;
    const fits = (n) => from[n]?.data.length === goals[n].data.length;
    const span = Math.min(LONGEST, now - this.at);
    const goes = moves && same && !still.matches && span > SHORTEST && Object.keys(goals).every(fits);
    this.from = goes ? Object.fromEntries(Object.keys(goals).map((n) => [n, from[n].data.slice()])) : null;
    Object.assign(this, { frame, goals, span, at: now, generation: frame.generation });
    cancelAnimationFrame(this.ticking);
    if (this.from) this.ticking = requestAnimationFrame(() => this.tick());
  }

  /** A frame with everything where it is at this moment. */
  now(frame) {
    if (!this.from || !this.goals) return frame;
    const t = Math.min(1, (performance.now() - this.at) / this.span);
    if (t === 1) this.from = null;
    if (!this.from) return frame;
    const layers = { ...frame.layers };
    for (const [name, { data, shape }] of Object.entries(this.goals)) {
      const out = (this.arrays[name] =
        this.arrays[name]?.length === data.length ? this.arrays[name] : new data.constructor(data.length));
      const from = this.from[name];
      const half = data instanceof Uint8Array ? 0.5 : 0; // whole numbers are rounded, not cut off
      for (let i = 0; i < data.length; i++) out[i] = from[i] + t * (data[i] - from[i]) + half;
      layers[name] = { shape, data: out };
    }
    return { ...frame, layers };
  }

  tick() {
    const frame = this.now(this.frame);
    this.draw(frame);
    if (this.from) this.ticking = requestAnimationFrame(() => this.tick());
  }

  /** Stay where the last frame is. */
  stop() {
    this.from = null;
    cancelAnimationFrame(this.ticking);
  }
}
