// Glide: places that move on between two frames. What is drawn lies on the straight line from its
// place in the last frame to that in this one, and arrives when the next frame is due.

const EVERY = 33; // milliseconds between two drawings
const LONGEST = 400; // milliseconds that a glide takes at most

export class Glide {
  /** draw(frame): draw one moment of the way. */
  constructor(draw) {
    Object.assign(this, { draw, arrays: {}, at: 0 });
  }

  /** Take a frame whose layers `names` are to be reached; at once where it does not move. */
  to(frame, names, moves) {
    const now = performance.now();
    const goals = Object.fromEntries(names.map((n) => [n, frame.layers[n]]).filter(([, l]) => l));
    if (names.every((n) => this.goals?.[n]?.data === goals[n]?.data) && frame.generation === this.generation)
      return void (this.frame = frame);
    const from = this.now(this.frame ?? frame).layers;
    const same = (n) => from[n]?.data.length === goals[n].data.length;
    const goes = moves && frame.generation === this.generation && Object.keys(goals).every(same);
    this.from = goes ? Object.fromEntries(Object.keys(goals).map((n) => [n, Float32Array.from(from[n].data)])) : null;
    Object.assign(this, {
      frame,
      goals,
      span: Math.min(LONGEST, now - this.at),
      at: now,
      generation: frame.generation,
    });
    cancelAnimationFrame(this.ticking);
    if (this.from && this.span > EVERY) this.ticking = requestAnimationFrame(() => this.tick());
  }

  /** A frame with its places as they are at this moment. */
  now(frame) {
    if (!this.from || !this.goals) return frame;
    const t = Math.min(1, (performance.now() - this.at) / this.span);
    const layers = { ...frame.layers };
    for (const [name, { data, shape }] of Object.entries(this.goals)) {
      const out = (this.arrays[name] =
        this.arrays[name]?.length === data.length ? this.arrays[name] : new Float32Array(data.length));
      const from = this.from[name];
      for (let i = 0; i < data.length; i++) out[i] = from[i] + t * (data[i] - from[i]);
      layers[name] = { shape, data: out };
    }
    return { ...frame, layers };
  }

  tick() {
    const now = performance.now();
    if (now - (this.drawn ?? 0) >= EVERY) {
      this.drawn = now;
      this.draw(this.now(this.frame));
    }
    if (now - this.at < this.span) this.ticking = requestAnimationFrame(() => this.tick());
  }
}
