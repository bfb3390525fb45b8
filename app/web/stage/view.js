// View: what a Stage shows. It takes frames from its run, paints the latest, and keeps sliders, numbers, size and theme in step with it.

import { layout } from "./layout.js";
import { theme, themeKey } from "../draw/theme.js";

const FRAME_GAP = 29; // milliseconds between requests for frames: about 34 a second leave the training its share of two cores
const WRITE_GAP = 220; // between changes of the numbers, so that they can be read

/** The half of a Stage that looks; stage.js has the half that acts. */
export class View {
  ask() {
    this.asked = performance.now();
    this.channel.send({ type: "want" });
  }

  take(frame) {
    if (frame.scene) {
      // What was measured over another painting is no longer so: numbers wait for the next look.
      if (this.scene && this.placing?.side) this.history.known = {};
      this.scene = frame.scene;
      this.placing?.receive(frame.scene);
      this.marksDue = true;
    }
    // Slow layers come now and then; until the next one the last one stands.
    const before = this.next ?? this.history.frames.at(-1);
    if (before?.generation === frame.generation) frame.layers = { ...before.layers, ...frame.layers };
    if (this.next) frame.metrics = { ...this.next.metrics, ...frame.metrics };
    if (!this.next) requestAnimationFrame(this.paint);
    this.next = frame;
    // Asked for before this one is painted, so that the server works while the browser waits for its next refresh.
    clearTimeout(this.asking);
    this.asking = setTimeout(() => this.ask(), Math.max(0, this.asked + FRAME_GAP - performance.now()));
  }

  paint() {
    const frame = this.next;
    this.next = null;
    if (!frame || this.gone) return;
    if (this.starting) this.welcome();
    if (frame.failure) this.say(`Training stopped: ${frame.failure}. Press R to begin again.`, "error");
    if (frame.seed !== this.seed) {
      if (this.seed !== undefined)
        this.link({ seed: frame.seed || null, ...(this.data.start ? { from: "scratch" } : {}) });
      this.seed = frame.seed;
    }
    frame.scene = this.scene; // a past frame is drawn over the scene it had
    frame.placed = this.placing?.moment;
    frame.points = this.placing?.list; // a past frame is drawn with the points it had
    this.history.push(frame);
    this.transport.show(frame.playing);
    this.playing = frame.playing;
    if (this.due) this.renew();
    if (!this.past) this.draw(frame);
    else this.transport.place(this.history.frames.length, this.index, true);
    this.measure(frame);
  }

  /** The first frame is here: take away "starting", or say how to begin where there is nothing to learn from. */
  welcome() {
    this.starting = false;
    if (!this.data.empty || this.placing.points().length) return this.say("");
    this.say(this.data.empty.says);
    if (!this.tool) this.pick(this.data.empty.tool);
  }

  /** The scene of the frame on screen. */
  get sceneShown() {
    return this.past ? this.shown?.scene : this.scene;
  }

  /** The hand-placed or own points of the frame on screen. */
  pointsShown() {
    return this.past ? this.shown.points : this.placing?.list;
  }

  draw(frame) {
    this.shown = frame;
    if (this.pointsShown() !== this.marked || this.sceneShown !== this.markedScene) this.marksDue = true;
    if (this.marksDue) this.drawMarks();
    this.seen = this.explaining?.layers ? { ...frame, layers: { ...frame.layers, ...this.explaining.layers } } : frame;
    for (const panel of this.panels) if (!panel.element.hidden) panel.paint(this.seen);
    this.index = this.past ? this.index : this.history.frames.length - 1;
    this.transport.place(this.history.frames.length, this.index, this.past);
    this.sync(frame.knobs);
    const now = performance.now();
    if (now - (this.written ?? 0) > WRITE_GAP || !frame.playing) this.write(frame, now);
    this.counted();
  }

  /** Something was painted: count it and tell those who listen. */
  counted() {
    const now = performance.now();
    this.paints.push(now);
    while (this.paints[0] < now - 1000) this.paints.shift();
    this.fps = this.paints.length;
    for (const listener of this.listeners) listener(this.handle);
  }

  /** Paint one panel again, where no frame will do it soon. */
  repaint(panel) {
    if (this.shown && !this.playing) panel.paint(this.seen);
  }

  write(frame, now) {
    this.written = now;
    for (const panel of this.panels) panel.write(frame.known ?? frame.metrics);
    this.transport.write(frame, this.fps, this.past ? this.history.frames.at(-1).step : null);
  }

  drawMarks() {
    this.marksDue = false;
    this.marked = this.pointsShown();
    this.markedScene = this.sceneShown;
    for (const panel of this.panels) panel.mark();
  }

  /** Knobs follow the frame, except one whose change is still on its way. */
  sync(knobs) {
    const known = Object.fromEntries(
      Object.keys(this.data.knobs)
        .filter((name) => !this.waiting.has(name))
        .map((name) => [name, knobs[name]]),
    );
    if (!this.past) Object.assign(this.values, known);
    this.showKnobs(known);
  }

  showKnobs(values) {
    this.board.set(values);
    this.board.sift(this.values, this.data.setup);
  }

  /** Note how long each knob took from the hand to the screen. */
  measure(frame) {
    const now = performance.now();
    for (const [name, { value, since }] of this.waiting) {
      if (frame.knobs[name] !== value && now - since < 3000) continue;
      this.waiting.delete(name);
      if (frame.knobs[name] === value) this.latencies.push(now - since);
    }
    if (this.latencies.length > 200) this.latencies.splice(0, 100);
  }

  layout() {
    if (!this.panels || !layout(this)) return;
    this.marksDue = true;
    this.retheme(true);
  }

  retheme(force = false) {
    if (!force && themeKey(this.root) === this.colours?.key) return;
    const colours = (this.colours = theme(this.root));
    this.root.dataset.dark = colours.dark;
    this.side?.retheme(colours);
    this.board?.retheme(colours);
    this.marksDue = true;
    if (this.shown) this.draw(this.shown);
  }

  /** A panel by its name. */
  panel(name) {
    return this.panels.find((p) => p.spec.name === name);
  }

  /** Hear what panels tell each other. */
  on(signal, listener) {
    this.signals.set(signal, [...(this.signals.get(signal) ?? []), listener]);
  }

  tell(signal, value) {
    for (const listener of this.signals.get(signal) ?? []) listener(value);
  }

  /** Ask the run a question; resolves with {numbers, layers}. Rejects with Dropped where a newer one took its place. */
  question(name, values = {}) {
    return this.questions.put({ type: "ask", name, values });
  }

  /** Have something measured; progress({share, numbers, layers}) hears how it goes. The promise has an `id` to cancel it by. */
  measurement(name, values = {}, progress) {
    return this.questions.put({ type: "measure", name, values }, progress);
  }

  cancel(id) {
    this.channel.send({ type: "cancel", id });
  }
}
