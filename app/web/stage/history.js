// History: the frames kept in the browser, and the curves drawn from them.

const MOST_FRAMES = 600;
const MOST_POINTS = 1200;

export class History {
  constructor() {
    this.clear();
  }

  clear() {
    this.frames = [];
    this.series = {}; // metric → {x: steps, y: values}
    this.generation = null;
    this.known = {}; // the latest value of every metric
  }

  /** Take in a frame. A new generation replaces everything from its step on. */
  push(frame) {
    if (frame.generation !== this.generation) {
      this.cut(frame.step);
      this.generation = frame.generation;
    }
    const last = this.frames.at(-1);
    if (last && last.step === frame.step) this.frames.pop();
    else if (this.frames.length >= MOST_FRAMES) this.thin();
    Object.assign(this.known, frame.metrics);
    frame.known = { ...this.known };
    this.frames.push(frame);
    for (const [name, value] of Object.entries(frame.metrics)) this.extend(name, frame.step, value);
  }

  /** Drop every other of the older half: the past stays reachable as far as it goes, only coarser. */
  thin() {
    const half = this.frames.length >> 1;
    this.frames = this.frames.filter((_, i) => i >= half || i % 2 === 0);
  }

  extend(name, step, value) {
    const s = (this.series[name] ??= { x: [], y: [] });
    if (s.x.at(-1) === step) s.y[s.y.length - 1] = value;
    else {
      s.x.push(step);
      s.y.push(value);
    }
    if (s.x.length > MOST_POINTS) {
      s.x = s.x.filter((_, i) => i % 2 === 0);
      s.y = s.y.filter((_, i) => i % 2 === 0);
    }
  }

  /** Forget what lies at or after a step. */
  cut(step) {
    this.frames = this.frames.filter((f) => f.step < step);
    this.known = { ...this.frames.at(-1)?.known };
    for (const s of Object.values(this.series)) {
      const n = s.x.findIndex((x) => x >= step);
      if (n >= 0) s.x.length = s.y.length = n;
    }
  }
}
