// View: what a Stage shows. It takes frames from the run, paints the latest, and keeps sliders,
// numbers and theme in step with it.

import { Glide } from "../draw/glide.js";
import { theme, themeKey } from "../draw/theme.js";
import { History } from "./history.js";
import { titlesFit } from "./layout.js";

// Milliseconds between two requests for frames: a little less than between two refreshes of a display.
// The run sends fewer where its training would suffer (engine/runs/pacing.py).
const FRAME_GAP = 14;
const DRAG_GAP = 20; // the same after a turn of a knob: a little more than between two turns of one that is dragged
const WRITE_GAP = 220; // milliseconds between two changes of the numbers, so that they can be read
const PATIENCE = 3000; // milliseconds after which a knob's change that no frame shows is given up
const LATENCIES = 200; // latencies kept

/** Whether a frame that is not finite has none of these layers. */
const without = ({ odd, layers }, names) => Boolean(odd && names.length) && names.every((n) => !layers[n]);

/** Note an event in a list of times, of which the last second is kept. */
function tick(times) {
  times.push(performance.now());
  while (times[0] < times.at(-1) - 1000) times.shift();
}

/** Events of the last second. */
const recent = (times) => times.filter((t) => t > performance.now() - 1000).length;

/** Whether two frames have the same values of all knobs. */
const alike = (a, b) => Object.entries(b).every(([name, value]) => a[name] === value);

export class View {
  constructor(stage) {
    this.stage = stage;
    this.history = new History();
    this.listeners = new Set(); // called with the Stage's handle after every paint
    this.waiting = new Map(); // knob → {value, since}: changes that no painted frame shows yet
    this.latencies = []; // milliseconds from turning a knob to the first frame painted under it
    this.paints = []; // times of the paints of the last second
    this.arrivals = []; // and of the frames that came
    this.glide = new Glide(
      (frame, names) => this.drawGliding(frame, names),
      () => Boolean(this.next),
    );
    this.paint = this.paint.bind(this);
    this.clear();
  }

  /** Forget the frames of a run, before another one begins. */
  clear() {
    this.history.clear();
    this.scene = null;
    this.next = null; // the frame to be painted at the next refresh
    this.shown = null; // the frame on screen
    this.past = false; // whether that is an earlier one than the latest
    this.synced = false; // whether the sliders stand where the frame on screen has the knobs
    this.laid = false; // whether the panels were laid out with numbers in them
    this.glide.stop();
  }

  // -- frames ------------------------------------------------------------------------------------

  /** Ask the run for a frame. */
  ask() {
    clearTimeout(this.asking);
    this.asked = performance.now();
    this.stage.send({ type: "want" });
  }

  /** Knobs were sent: ask for a frame that shows them. One that is on its way may have been computed
   * before, and to ask when that has come would be a journey to the server and back later. */
  prompt() {
    this.ask();
    this.prompted = this.asked;
  }

  /** Milliseconds from one request for a frame to the next. Who drags a knob asks with every turn. */
  get gap() {
    return this.asked === this.prompted ? DRAG_GAP : FRAME_GAP;
  }

  take(frame) {
    const { placing } = this.stage;
    tick(this.arrivals);
    if (frame.scene) {
      // Numbers measured over another painting no longer hold: they stay empty until the next
      // measurement.
      if (this.scene && placing?.side) this.history.known = {};
      this.scene = frame.scene;
      placing?.receive(frame.scene);
      this.marksDue = true;
    }
    // Slow layers come with some frames only; the last one stands until the next.
    const before = this.next ?? this.history.frames.at(-1);
    if (before?.generation === frame.generation) frame.layers = { ...before.layers, ...frame.layers };
    for (const name of frame.leftOut) delete frame.layers[name]; // not finite now: an older one would pass for it
    if (this.next) frame.metrics = { ...this.next.metrics, ...frame.metrics };
    if (!this.next) requestAnimationFrame(this.paint);
    this.next = frame;
    // Ask before this one is painted, so that the server works while the browser waits for its next
    // refresh.
    clearTimeout(this.asking);
    this.asking = setTimeout(() => this.ask(), Math.max(0, this.asked + this.gap - performance.now()));
  }

  paint() {
    const { stage } = this;
    const frame = this.next;
    this.next = null;
    if (!frame || stage.gone) return;
    if (stage.starting) stage.welcome(frame);
    if (frame.failure) stage.say(`Training stopped: ${frame.failure}. Press R to begin again.`, "error");
    stage.stand(frame.diverged?.advice ?? frame.odd);
    if (frame.diverged) this.diverged(frame);
    stage.takeSeed(frame.seed);
    // A frame of the past is drawn over the scene and with the points it had.
    frame.scene = this.scene;
    frame.placed = stage.placing?.moment;
    frame.points = stage.placing?.list;
    this.history.push(frame);
    stage.playback.follow(frame);
    if (!this.past) this.draw(frame);
    this.measure(frame);
    if (this.laid) return;
    this.laid = true; // with what the first frame holds, panels of text and numbers know their heights
    stage.layout();
  }

  /** The run has diverged and is back at its last finite state, which `frame` is of: what came after
   * is forgotten, and nothing plays on by itself. */
  diverged(frame) {
    this.history.cut(frame.step + 1);
    this.stage.playback.going = false;
  }

  /** The scene of the frame on screen. */
  get sceneShown() {
    return this.past ? this.shown?.scene : this.scene;
  }

  /** The points of the frame on screen: those the visitor placed, or else the data set's own. */
  pointsShown() {
    return this.past ? this.shown.points : this.stage.placing?.list;
  }

  draw(frame) {
    const { explaining, playback } = this.stage;
    const turned = this.shown && !alike(this.shown.knobs, frame.knobs);
    this.shown = frame;
    if (this.pointsShown() !== this.marked || this.sceneShown !== this.markedScene) this.marksDue = true;
    if (this.marksDue) this.drawMarks();
    this.seen = explaining?.layers ? { ...frame, layers: { ...frame.layers, ...explaining.layers } } : frame;
    // What a knob has changed is shown at once.
    const moves = frame.playing && !this.past && !explaining?.layers && !turned;
    this.glide.to(this.seen, [...new Set(this.visible.flatMap((panel) => panel.glides(this.stage.show)))], moves);
    const seen = this.glide.now(this.seen);
    for (const panel of this.visible) {
      // A plane clears itself first; others keep what they drew last, which is not of this frame.
      panel.element.classList.toggle("left-out", !panel.marks && without(frame, panel.wanted(this.stage.show)));
      panel.paint(seen);
    }
    this.index = this.past ? this.index : this.history.frames.length - 1;
    if (turned || !this.synced || !playback.playing) this.sync(frame.knobs);
    this.synced = true;
    const now = performance.now();
    if (now - (this.written ?? 0) > WRITE_GAP || !frame.playing || this.past) this.write(frame, now);
    this.counted();
  }

  /** Draw the panels that have layers `names`, which glide, between two frames. */
  drawGliding(frame, names) {
    if (this.stage.gone || !this.shown) return;
    for (const panel of this.visible)
      if (panel.glides(this.stage.show).some((name) => names.includes(name))) panel.paint(frame);
    this.counted();
  }

  /** The panels that are on screen. */
  get visible() {
    return this.stage.panels.filter((panel) => !panel.element.hidden);
  }

  /** Something was painted: count it and call the listeners. */
  counted() {
    tick(this.paints);
    for (const listener of this.listeners) listener(this.stage.handle);
  }

  /** Paints of the last second. */
  get fps() {
    return recent(this.paints);
  }

  /** Frames that came in the last second. */
  get framesPerSecond() {
    return recent(this.arrivals);
  }

  /** Draw the frame on screen again. */
  redraw() {
    if (this.shown) this.draw(this.shown);
  }

  /** Paint one panel again, where no frame will do it soon. */
  repaint(panel) {
    if (this.shown && !this.stage.playing) panel.paint(this.seen);
  }

  /** What changes with points, scene, size or theme alone. */
  drawMarks() {
    this.marksDue = false;
    this.marked = this.pointsShown();
    this.markedScene = this.sceneShown;
    for (const panel of this.stage.panels) panel.mark();
  }

  // -- numbers, knobs, theme ---------------------------------------------------------------------

  write(frame, now) {
    this.written = now;
    for (const panel of this.stage.panels) panel.write(frame.known ?? frame.metrics);
    this.stage.transport.place(this.history.frames.length, this.index, this.past);
    const rates = { painted: this.fps, came: this.framesPerSecond };
    this.stage.transport.write(frame, rates, this.past ? this.history.frames.at(-1).step : null);
    if (!titlesFit(this.stage)) this.stage.layout();
  }

  /** Knobs follow the frame, except one whose change is still on its way. */
  sync(knobs) {
    const names = Object.keys(this.stage.data.knobs).filter((name) => !this.waiting.has(name));
    const known = Object.fromEntries(names.map((name) => [name, knobs[name]]));
    if (!this.past) Object.assign(this.stage.values, known);
    this.stage.turning.show(known);
  }

  /** Note how long each knob took from the pointer to the screen. */
  measure(frame) {
    const now = performance.now();
    for (const [name, { value, since }] of this.waiting) {
      if (frame.knobs[name] !== value && now - since < PATIENCE) continue;
      this.waiting.delete(name);
      this.synced = false;
      if (frame.knobs[name] === value) this.latencies.push(now - since);
    }
    if (this.latencies.length > LATENCIES) this.latencies.splice(0, LATENCIES / 2);
  }

  /** Take the page's theme, where it has changed or `force`. */
  retheme(force = false) {
    const { root, sidebar, knobPanel } = this.stage;
    if (!force && themeKey(root) === this.colours?.key) return;
    this.colours = theme(root);
    root.dataset.dark = this.colours.dark;
    sidebar?.retheme(this.colours);
    knobPanel?.retheme(this.colours);
    this.marksDue = true;
    this.redraw();
  }
}
