// Glide: what moves on between two frames. Places lie on the straight line from where they were drawn
// last to where the new frame has them, the values of a field likewise, and they arrive when the next
// frame is due. Where frames come as often as the display is drawn, each is drawn as it is. A display
// is drawn once a refresh: a moment of the way is left out where a new frame is drawn as well.

const SHORTEST = 17; // milliseconds between two frames from which there is something to fill
const LONGEST = 400; // milliseconds that a glide takes at most
const LATE = 1.2; // a frame may come so much later than frames do on average: until then there is motion

const differ = (a, b) => a.some((v, i) => v !== b[i]);

/** Who has asked the system for less motion gets none. */
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Glide {
  /** draw(frame, names): draw one moment of the way, on which the layers `names` are. held(): whether
   * a new frame is drawn at this refresh. */
  constructor(draw, held = () => false) {
    Object.assign(this, { draw, held, arrays: {}, at: 0 });
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
    const gap = Math.min(LONGEST, now - this.at);
    this.pace = same && this.goals ? 0.7 * (this.pace ?? gap) + 0.3 * gap : null;
    const span = Math.min(LATE * this.pace, 2 * gap);
    const goes = moves && same && !still.matches && gap > SHORTEST && Object.keys(goals).every(fits);
    const moved = goes ? Object.keys(goals).filter((n) => differ(from[n].data, goals[n].data)) : [];
    this.from = moved.length ? Object.fromEntries(moved.map((n) => [n, from[n].data.slice()])) : null;
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
    for (const [name, from] of Object.entries(this.from)) {
      const { data, shape } = this.goals[name];
      const out = (this.arrays[name] =
        this.arrays[name]?.length === data.length ? this.arrays[name] : new data.constructor(data.length));
      const half = data instanceof Uint8Array ? 0.5 : 0; // whole numbers are rounded, not cut off
      for (let i = 0; i < data.length; i++) out[i] = from[i] + t * (data[i] - from[i]) + half;
      layers[name] = { shape, data: out };
    }
    return { ...frame, layers };
  }

  tick() {
    const names = Object.keys(this.from ?? {});
    if (!this.held()) this.draw(this.now(this.frame), names);
    if (this.from) this.ticking = requestAnimationFrame(() => this.tick());
  }

  /** Forget the last frame: the next one is of another run, whose generations count from 0 again. */
  stop() {
    Object.assign(this, { from: null, goals: null, frame: null, generation: null });
    cancelAnimationFrame(this.ticking);
  }
}
