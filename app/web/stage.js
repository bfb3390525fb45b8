// Stage: the live view of one run. Panels, transport, knobs, timeline, and window.saddle.stages[NAME] to read and drive it.

import { handle } from "./handle.js";
import { History } from "./history.js";
import { onKey } from "./keys.js";
import { Knob, allowed, range } from "./knobs.js";
import * as link from "./link.js";
import { Panel, mark } from "./panels.js";
import { listen, rows } from "./points.js";
import { buildSide } from "./side.js";
import { Channel, address } from "./socket.js";
import { theme, themeKey } from "./theme.js";
import { SPEEDS, Transport } from "./transport.js";

const FRAME_GAP = 29; // milliseconds between requests for frames: about 34 a second leave the training its share of two cores
const WRITE_GAP = 220; // between changes of the numbers, so that they can be read
const MOST_POINTS = 500;

/** Called by Streamlit at every rerun with the same parentElement. */
export function mount({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".saddle-stage");
  const stage = (root.stage ??= new Stage(root, parentElement));
  clearTimeout(stage.leaving);
  stage.lost = () => setTriggerValue("lost", location.search || "?");
  stage.update(data);
  // A rerun may clean up and mount again at once; only a real departure lasts.
  return () => (stage.leaving = setTimeout(() => (stage.dispose(), delete root.stage), 100));
}

class Stage {
  constructor(root, host) {
    this.root = root;
    this.host = host;
    this.history = new History();
    this.fps = 0;
    this.paints = [];
    this.waiting = new Map(); // knob → {value, since}: changes not seen on screen yet
    this.latencies = [];
    this.show = { test: false, arrows: false, unlabelled: true };
    this.paint = this.paint.bind(this);
    this.keys = this.keys.bind(this);
    window.addEventListener("keydown", this.keys, true);
    this.resize = new ResizeObserver(() => this.layout());
    this.resize.observe(root);
    this.onWindow = () => this.layout();
    window.addEventListener("resize", this.onWindow);
    this.themed = setInterval(() => this.retheme(), 400);
  }

  // -- what Streamlit says ------------------------------------------------------------------------------------------

  update(data) {
    const again = this.data && this.data.token === data.token;
    // After a restart of the server Streamlit may open the run from a query that misses what was turned here.
    const broken = this.data && this.root.dataset.connection !== "open";
    this.data = data;
    if (again) return;
    this.kept = broken ? { values: { ...this.values }, points: this.placing ? this.points : [], seed: this.seed } : null;
    clearInterval(this.begging);
    this.build(data);
    this.connect(data);
  }

  build(data) {
    this.values = { ...data.values };
    this.fallbacks = data.fallbacks;
    this.history.clear();
    this.scene = this.next = this.shown = this.points = null;
    this.past = this.locked = this.focused = false;
    this.tool = "";
    this.colours = theme(this.root);
    this.root.innerHTML = `<div class="notice" role="status" hidden></div><div class="panels"></div>`;
    this.notice = this.root.querySelector(".notice");
    this.grid = this.root.querySelector(".panels");
    this.panels = data.panels.map((spec) => new Panel(spec, data.view));
    for (const panel of this.panels) {
      this.grid.append(panel.element);
      listen(panel, { points: () => this.points ?? [], change: (p) => this.place(p), tool: () => this.tool,
        refuse: () => this.say("The last point stays: add others first, or press Restore points.", "info", 3000) }, MOST_POINTS);
    }
    this.grid.append(this.side());
    this.transport = new Transport({
      toggle: () => this.toggle(), step: () => this.stepOnce(), again: () => this.reset(), fresh: () => this.reset(true),
      speed: (v) => this.setSpeed(v), scrub: (i) => this.scrub(i), end: () => this.latest(), branch: () => this.branch(),
    });
    this.root.append(this.transport.element, this.buildKnobs(data));
    this.restoreView(data.look ?? {});
    handle(data.name, this);
    this.layout();
    this.say("Starting the run…");
    if (this.root.getBoundingClientRect().bottom < 200) this.root.scrollIntoView({ block: "start" });
  }

  side() {
    const side = buildSide();
    Object.assign(this, { checks: side.checks, focusBox: side.focus, lockBox: side.lock, toolButtons: side.tools, legend: side.legend });
    for (const [name, box] of Object.entries(side.checks)) box.addEventListener("change", () => this.setShow(name, box.checked));
    side.focus.addEventListener("change", () => this.setFocus(side.focus.checked));
    side.lock.addEventListener("change", () => this.setLock(side.lock.checked));
    side.copy.addEventListener("click", () => this.copy());
    for (const button of side.tools) {
      button.addEventListener("click", () => (button.dataset.tool === "restore" ? this.place([]) : this.pick(button.dataset.tool)));
    }
    return side.element;
  }

  buildKnobs(data) {
    const box = document.createElement("div");
    box.className = "knobs";
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Knobs: they act while the run trains");
    this.knobs = {};
    for (const [name, declaration] of Object.entries(data.knobs)) {
      const knob = new Knob(name, declaration, data.fallbacks[name], (n, v) => this.drag(n, v), () => this.settle());
      knob.element.style.setProperty("--method", this.colours.method(declaration.member));
      if (declaration.member) knob.element.classList.add("owned");
      this.knobs[name] = knob;
      box.append(knob.element);
      knob.set(this.values[name]);
    }
    return box;
  }

  async copy() {
    this.settle();
    try {
      await navigator.clipboard.writeText(location.href);
      this.say("Link copied. It reopens this set-up, seed, knobs, points and view.", "info", 2500);
    } catch {
      this.say("This browser does not let pages copy: take the link from the address bar.", "info", 5000);
    }
  }

  restoreView(look) {
    for (const name of ["test", "arrows"]) this.setShow(name, Boolean(look[name]), false);
    this.setFocus(Boolean(look.focus), false);
    this.setLock(Boolean(look.lock), false);
    this.speed = SPEEDS.some(([v]) => v === look.speed) ? look.speed : 0;
    this.transport.speed.value = String(this.speed);
    this.autoplay = look.play !== false;
  }

  connect({ page, token }) {
    this.channel?.close();
    this.channel = new Channel(address(page, "live").replace(/^http/, "ws"), token, {
      frame: (frame) => this.take(frame),
      state: (state) => this.connection(state),
      error: (text) => this.say(text, "error", 5000),
    });
  }

  connection(state) {
    this.root.dataset.connection = state;
    if (state === "open") {
      this.starting = true;
      this.restoreRun();
      this.sendLayers();
      this.channel.send({ type: "speed", value: this.speed });
      if (this.autoplay) this.channel.send({ type: "play" });
      this.autoplay = false;
      this.ask();
    } else if (state === "lost") {
      this.say("Connection to the server lost. Trying again…", "error");
      this.transport.show(false);
    } else if (state === "gone") {
      this.say("The server was restarted or this run expired. Starting again from the same settings and seed…", "error");
      this.autoplay = true;
      this.beg();
    }
  }

  /** Bring a run that replaces a lost one to where the hand had left that. */
  restoreRun() {
    if (!this.kept) return;
    const { values, points, seed } = this.kept;
    this.kept = null;
    this.autoplay = true;
    if (seed !== undefined) this.channel.send({ type: "reset", seed });
    this.channel.send({ type: "knobs", values: { ...values, points } });
    this.channel.send({ type: "link", query: location.search });
  }

  /** Ask Streamlit for a new run, until it comes: its own connection may take longer to return than ours. */
  beg() {
    clearInterval(this.begging);
    this.begging = setInterval(() => this.lost(), 1500);
    this.lost();
  }

  /** Keep values in the address, and tell the server, since Streamlit does not look. */
  link(values) {
    if (link.write(values)) this.channel.send({ type: "link", query: location.search });
  }

  /** A line above the panels; empty text takes it away. */
  say(text, kind = "info", milliseconds = 0) {
    clearTimeout(this.saying);
    this.notice.textContent = text;
    this.notice.dataset.kind = kind;
    this.notice.hidden = !text;
    if (milliseconds) this.saying = setTimeout(() => this.say(""), milliseconds);
  }

  // -- frames -------------------------------------------------------------------------------------------------------

  ask() {
    this.asked = performance.now();
    this.channel.send({ type: "want" });
  }

  take(frame) {
    if (frame.scene) {
      this.scene = frame.scene;
      this.received = rows(frame.scene.points);
      if (!this.placing) this.points = this.received;
      this.marksDue = true;
    }
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
      if (this.seed !== undefined) this.link({ seed: frame.seed || null });
      this.seed = frame.seed;
    }
    frame.points = this.points; // a past frame is drawn with the points it had
    this.history.push(frame);
    this.transport.show(frame.playing);
    this.playing = frame.playing;
    if (!this.past) this.draw(frame);
    else this.transport.place(this.history.frames.length, this.index, true);
    this.measure(frame);
  }

  /** The first frame is here: take away "starting", or say how to begin where there is nothing to learn from. */
  welcome() {
    this.starting = false;
    if (this.points.length) return this.say("");
    this.say("No points yet. Click in a panel to add some of class 0, pick Add ▲ for class 1, or upload a CSV in the sidebar.");
    if (!this.tool) this.pick("add0");
  }

  draw(frame) {
    this.shown = frame;
    const points = this.past ? frame.points : this.points;
    if (points !== this.marked) this.marksDue = true;
    if (this.marksDue) this.drawMarks(points);
    for (const panel of this.panels) if (!panel.element.hidden) panel.paint(frame, points, this.scene?.ball, this.colours, this.show.arrows);
    this.index = this.past ? this.index : this.history.frames.length - 1;
    this.transport.place(this.history.frames.length, this.index, this.past);
    this.sync(frame.knobs);
    const now = performance.now();
    this.paints.push(now);
    while (this.paints[0] < now - 1000) this.paints.shift();
    this.fps = this.paints.length;
    if (now - (this.written ?? 0) > WRITE_GAP || !frame.playing) this.write(frame, now);
    for (const listener of this.listeners) listener(this.handle);
  }

  write(frame, now) {
    this.written = now;
    for (const panel of this.panels) panel.write(frame.known ?? frame.metrics, this.colours);
    this.transport.write(frame, this.fps, this.past ? this.history.frames.at(-1).step : null);
  }

  drawMarks(points) {
    this.marksDue = false;
    this.marked = points;
    for (const panel of this.panels) panel.paintMarks(points, this.scene, this.colours, this.show);
  }

  /** Sliders follow the frame, except one whose change is still on its way. */
  sync(knobs) {
    for (const [name, knob] of Object.entries(this.knobs)) {
      if (this.waiting.has(name)) continue;
      if (!this.past) this.values[name] = knobs[name];
      knob.set(knobs[name]);
    }
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

  // -- what the visitor does ----------------------------------------------------------------------------------------

  drag(name, value) {
    const values = { [name]: value };
    if (this.locked && name.startsWith("epsilon_") && this.values[name] > 0) {
      const factor = value / this.values[name];
      for (const [other, knob] of Object.entries(this.knobs)) {
        if (!other.startsWith("epsilon_") || other === name || factor === 0) continue;
        values[other] = Math.min(knob.d.high, Number((this.values[other] * factor).toPrecision(3)));
      }
    }
    this.turn(values);
  }

  /** Turn knobs: on screen, on the server, in the link. */
  turn(values) {
    if (this.past) this.latest();
    const since = performance.now();
    Object.assign(this.values, values);
    for (const [name, value] of Object.entries(values)) {
      this.knobs[name].set(value);
      this.waiting.set(name, { value, since });
    }
    this.channel.send({ type: "knobs", values });
    this.ask();
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), 400);
  }

  settle() {
    clearTimeout(this.settling);
    this.link(link.knobs(this.values, this.fallbacks));
  }

  /** Hand-placed training points; none brings back the data set's own. */
  place(points) {
    if (!this.points?.length) this.say("");
    this.points = points.length ? points : this.received;
    this.placing = points.length > 0;
    this.marksDue = true;
    this.channel.send({ type: "knobs", values: { points } });
    if (this.shown) this.draw(this.shown);
    clearTimeout(this.pointing);
    this.pointing = setTimeout(() => this.link(link.knobs({ points }, {})), 400);
    if (!points.length) this.placing = false;
  }

  pick(tool) {
    this.tool = this.tool === tool ? "" : tool;
    for (const button of this.toolButtons) button.setAttribute("aria-pressed", String(button.dataset.tool === this.tool));
    this.grid.dataset.tool = this.tool;
  }

  setShow(name, on, keep = true) {
    this.show[name] = this.checks[name].checked = on;
    this.marksDue = true;
    if (!keep) return;
    this.link({ [`show_${name}`]: on ? 1 : null });
    if (name === "arrows") this.sendLayers();
    if (this.shown) this.draw(this.shown);
  }

  sendLayers() {
    this.channel.send({ type: "layers", names: this.show.arrows ? ["field", "arrows"] : ["field"] });
  }

  setFocus(on, keep = true) {
    this.focused = this.focusBox.checked = on;
    for (const panel of this.panels) panel.element.hidden = on && !this.data.focus.includes(panel.spec.name);
    this.grid.classList.toggle("focus", on);
    if (keep) this.link({ focus: on ? 1 : null });
    this.layout();
  }

  setLock(on, keep = true) {
    this.locked = this.lockBox.checked = on;
    if (keep) this.link({ lock: on ? 1 : null });
  }

  setSpeed(value) {
    this.speed = value;
    this.transport.speed.value = String(value);
    this.channel.send({ type: "speed", value });
    this.link({ speed: value || null });
  }

  play() {
    if (this.past) this.latest();
    this.channel.send({ type: "play" });
  }

  pause() {
    this.channel.send({ type: "pause" });
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  stepOnce() {
    if (this.past) this.latest();
    this.channel.send({ type: "step", steps: 1 });
  }

  reset(fresh = false) {
    if (this.past) this.latest();
    const seed = { seed: Math.floor(Math.random() * 1e6) };
    this.channel.send({ type: "reset", ...(fresh ? seed : {}) });
    if (fresh && this.placing) this.say("New weights and test points. The points you placed are kept; Restore points brings fresh ones.", "info", 4000);
  }

  scrub(index) {
    if (this.playing) this.pause();
    const last = this.history.frames.length - 1;
    this.past = index < last;
    this.index = index;
    this.draw(this.history.frames[Math.min(index, last)]);
    this.write(this.shown, performance.now());
  }

  latest() {
    this.past = false;
    if (this.history.frames.length) this.draw(this.history.frames.at(-1));
  }

  /** Go back on the server, exactly, to the step on screen, and train on from there. */
  branch() {
    const { step, knobs } = this.shown;
    this.past = false;
    this.channel.send({ type: "rewind", step });
    this.channel.send({ type: "knobs", values: knobs });
    this.channel.send({ type: "play" });
  }

  keys(event) {
    if (this.root.isConnected) onKey(event, this);
  }

  // -- size and theme -----------------------------------------------------------------------------------------------

  layout() {
    if (!this.panels || !this.root.clientWidth) return;
    const gap = 12, title = 26, ratio = Math.min(2, window.devicePixelRatio || 1), [vx, vy] = this.data.view;
    const width = this.root.clientWidth, narrow = width < 640;
    const columns = this.focused ? (narrow ? 1 : 2) : narrow ? 2 : 4, lines = this.focused ? (narrow ? 2 : 1) : Math.ceil(8 / columns);
    const room = Math.max(300, window.innerHeight - this.data.chrome) - lines * (title + gap);
    let w = (width - gap * (columns - 1) - (this.focused && !narrow ? 200 : 0)) / columns;
    if (!narrow) w = Math.min(w, ((room / lines) * vx) / vy);
    w = Math.max(120, Math.floor(w));
    this.grid.style.gridTemplateColumns = `repeat(${columns}, ${w}px)${this.focused && !narrow ? " 188px" : ""}`;
    for (const panel of this.panels) panel.size(w, Math.round((w * vy) / vx), ratio);
    this.marksDue = true;
    this.retheme(true);
  }

  retheme(force = false) {
    if (!force && themeKey(this.root) === this.colours?.key) return;
    const colours = (this.colours = theme(this.root));
    this.root.dataset.dark = colours.dark;
    this.legend?.forEach((canvas, i) => {
      const c = canvas.getContext("2d");
      c.clearRect(0, 0, 18, 18);
      mark(c, 9, 9, i, 6, colours);
    });
    for (const [name, knob] of Object.entries(this.knobs ?? {})) {
      knob.element.style.setProperty("--method", colours.method(this.data.knobs[name].member));
    }
    this.marksDue = true;
    if (this.shown) this.draw(this.shown);
  }

  get listeners() {
    return (this.listening ??= new Set());
  }

  dispose() {
    this.gone = true;
    this.channel?.close();
    this.resize.disconnect();
    clearInterval(this.themed);
    clearInterval(this.begging);
    window.removeEventListener("keydown", this.keys, true);
    window.removeEventListener("resize", this.onWindow);
    if (window.saddle?.stages[this.data.name]?.owner === this) delete window.saddle.stages[this.data.name];
  }

  /** Raise what is wrong with a knob's value, for the handle. */
  check(name, value) {
    const knob = this.knobs[name];
    if (!knob) throw new RangeError(`There is no knob ${name}; known are ${Object.keys(this.knobs).join(", ")}.`);
    if (!allowed(knob.d, value)) throw new RangeError(`${name} = ${value} is not allowed: give a number from ${range(knob.d)}.`);
  }
}
