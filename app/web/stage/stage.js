// Stage: the live view of one run. Panels, transport, knobs, timeline, and window.saddle.stages[NAME] to read and drive it.

import { PANELS } from "../panels/index.js";
import { Board } from "../controls/knob_panel.js";
import { Explain } from "./explain.js";
import { handle } from "./handle.js";
import { History } from "./history.js";
import { onKey } from "../controls/keys.js";
import * as link from "../input/link.js";
import { Placing } from "../input/placing.js";
import { Questions } from "../channel/questions.js";
import { Side } from "../controls/sidebar.js";
import { Channel, address } from "../channel/socket.js";
import { theme } from "../draw/theme.js";
import { SPEEDS, Transport } from "../controls/transport.js";
import { View } from "./view.js";

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

class Stage extends View {
  constructor(root, host) {
    super();
    this.root = root;
    this.host = host;
    this.history = new History();
    this.fps = 0;
    this.paints = [];
    this.waiting = new Map(); // knob → {value, since}: changes not seen on screen yet
    this.latencies = [];
    this.show = {};
    this.signals = new Map();
    this.listening = new Set();
    this.questions = new Questions((message) => this.channel?.send(message));
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
    this.kept = broken ? { values: { ...this.values }, placed: this.placing?.kept ?? {}, seed: this.seed } : null;
    clearInterval(this.begging);
    this.build(data);
  }

  async build(data) {
    const load = async (kind) => [kind, (await PANELS[kind]()).default];
    const kinds = Object.fromEntries(await Promise.all([...new Set(data.panels.map((p) => p.kind))].map(load)));
    if (this.gone || (this.data !== data && this.data.token !== data.token)) return;
    this.values = { ...data.values };
    this.fallbacks = data.fallbacks;
    this.history.clear();
    this.scene = this.next = this.shown = null;
    this.past = false;
    this.locked = new Set();
    this.tool = "";
    this.view = null;
    this.show = Object.fromEntries((data.side?.shows ?? []).map((s) => [s.name, s.on]));
    this.placing = data.placing ? new Placing(this, data.placing) : null;
    this.colours = theme(this.root);
    this.root.innerHTML = `<div class="notice" role="status" hidden></div><div class="panels"></div>`;
    this.notice = this.root.querySelector(".notice");
    this.grid = this.root.querySelector(".panels");
    this.signals.clear();
    this.panels = data.panels.map((spec) => new kinds[spec.kind](spec, this));
    this.grid.append(...this.panels.map((panel) => panel.element));
    this.side = new Side(data.side ?? {}, {
      show: (name, on) => this.setShow(name, on),
      view: (name) => this.setView(name),
      lock: (name, on) => this.setLock(name, on),
      tool: (id) => (id === "restore" ? this.placing.restore() : this.pick(id)),
      copy: () => this.copy(),
    });
    this.grid.insertBefore(this.side.element, this.panel(data.side?.before)?.element ?? null);
    this.explaining = data.phases ? new Explain(this, data.phases, data.flow) : null;
    this.transport = new Transport(
      {
        toggle: () => this.toggle(),
        step: (knobs) => this.stepOnce(knobs),
        again: () => this.reset(),
        fresh: () => this.reset(true),
        speed: (v) => this.setSpeed(v),
        scrub: (i) => this.scrub(i),
        end: () => this.latest(),
        branch: () => this.branch(),
        ...(this.explaining ? { explain: () => this.explain() } : {}),
      },
      data.steps,
    );
    if (this.explaining) this.root.append(this.explaining.element);
    this.board = new Board(
      data,
      this.colours,
      (name, value) => this.drag(name, value),
      () => this.settle(),
    );
    this.root.append(this.transport.element, this.board.element);
    this.showKnobs(this.values);
    this.restoreView(data.look ?? {});
    handle(data.name, this);
    this.layout();
    this.say("Starting the run…");
    this.connect(data);
    if (this.root.getBoundingClientRect().bottom < 200) this.root.scrollIntoView({ block: "start" });
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
    for (const name of Object.keys(this.show)) this.setShow(name, look.show?.[name] ?? this.show[name], false);
    this.setView(look.view ?? "", false);
    for (const name of Object.keys(this.side.locks)) this.setLock(name, Boolean(look.locks?.includes(name)), false);
    this.speed = SPEEDS.some(([v]) => v === look.speed) ? look.speed : 0;
    this.transport.speed.value = String(this.speed);
    this.autoplay = look.play !== false;
  }

  connect({ page, token }) {
    this.channel?.close();
    this.channel = new Channel(address(page, "live").replace(/^http/, "ws"), token, {
      frame: (frame) => this.take(frame),
      reply: (message) => this.questions.settle(message),
      state: (state) => this.connection(state),
      error: (text) => this.refused(text),
    });
  }

  /** The run would not have it: say why, and show what it has instead. */
  refused(text) {
    this.say(text, "error", 5000);
    this.waiting.clear();
    if (!this.shown || this.past) return;
    this.sync(this.shown.knobs);
    this.settle();
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
      this.questions.drop();
      this.say("Connection to the server lost. Trying again…", "error");
      this.transport.show(false);
    } else if (state === "gone") {
      this.say(
        "The server was restarted or this run expired. Starting again from the same settings and seed…",
        "error",
      );
      this.autoplay = true;
      this.beg();
    }
  }

  /** Bring a run that replaces a lost one to where the hand had left that. */
  restoreRun() {
    if (!this.kept) return;
    const { values, placed, seed } = this.kept;
    this.kept = null;
    this.autoplay = true;
    if (seed !== undefined) this.channel.send({ type: "reset", seed });
    this.channel.send({ type: "knobs", values: { ...values, ...placed } });
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

  // -- what the visitor does ----------------------------------------------------------------------------------------

  drag(name, value) {
    const lock = (this.data.side?.locks ?? []).find((l) => this.locked.has(l.name) && name.startsWith(l.prefix));
    this.turn({
      [name]: value,
      ...(lock ? this.board.along(name, this.values[name], value, lock.prefix, this.values) : {}),
    });
  }

  /** Turn knobs: on screen, on the server, in the link. */
  turn(values) {
    if (this.past) this.latest();
    values = this.raised(values);
    const since = performance.now();
    Object.assign(this.values, values);
    this.board.set(values);
    for (const [name, value] of Object.entries(values)) this.waiting.set(name, { value, since });
    this.channel.send({ type: "knobs", values });
    if (this.data.ends) this.renew(true);
    this.ask();
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), 400);
  }

  /** `values` with the knobs that the page wants raised along (data.raise: knob → {other: least}), so that a run whose rates have run down can follow. */
  raised(values) {
    const more = {};
    for (const name of Object.keys(values)) {
      if (values[name] === this.values[name]) continue;
      for (const [other, least] of Object.entries(this.data.raise?.[name] ?? {}))
        if (this.values[other] < least) more[other] = least;
    }
    if (Object.keys(more).length)
      this.say(
        "Learning rates raised, so that the networks can follow; ↺ beside a knob brings back the old one.",
        "info",
        6000,
      );
    return { ...more, ...values };
  }

  /** A run that comes to an end (data.ends) begins again when a knob is turned after it; what is turned meanwhile waits for that end. */
  renew(turned = false) {
    const resting = !this.playing && this.history.known.rests === 1;
    if (turned && !resting) this.due = this.renewed;
    if (!resting || !(turned || this.due)) return;
    [this.renewed, this.due, this.playing] = [true, false, true];
    this.history.known.rests = 0;
    this.channel.send({ type: "reset" });
    this.channel.send({ type: "play" });
  }

  settle() {
    clearTimeout(this.settling);
    this.link(link.knobs(this.values, this.fallbacks));
  }

  pick(tool) {
    this.tool = this.tool === tool ? "" : tool;
    this.side.press(this.tool);
    this.grid.dataset.tool = this.tool;
  }

  setShow(name, on, keep = true) {
    this.show[name] = this.side.shows[name].checked = on;
    this.marksDue = true;
    if (!keep) return;
    const usual = this.data.side.shows.find((s) => s.name === name).on;
    this.link({ [`show_${name}`]: on === usual ? null : Number(on) });
    this.sendLayers();
    if (this.shown) this.draw(this.shown);
  }

  sendLayers() {
    const names = new Set(this.panels.filter((p) => !p.element.hidden).flatMap((p) => p.wanted(this.show)));
    this.channel?.send({ type: "layers", names: [...names] });
  }

  /** Show some of the panels, larger; "" is all of them. */
  setView(name, keep = true) {
    this.view = (this.data.side?.views ?? []).find((v) => v.name === name) ?? null;
    for (const [other, box] of Object.entries(this.side.views)) box.checked = other === this.view?.name;
    for (const panel of this.panels)
      panel.element.hidden = this.view ? !this.view.panels.includes(panel.spec.name) : Boolean(panel.spec.aside);
    this.grid.classList.toggle("focus", Boolean(this.view));
    if (keep) this.link({ view: this.view?.name ?? null });
    this.layout();
    if (keep) this.sendLayers();
  }

  setLock(name, on, keep = true) {
    if (on) this.locked.add(name);
    else this.locked.delete(name);
    this.side.locks[name].checked = on;
    if (keep) this.link({ lock: [...this.locked].join(".") || null });
  }

  setSpeed(value) {
    this.speed = value;
    this.transport.speed.value = String(value);
    this.channel.send({ type: "speed", value });
    this.link({ speed: value || null });
  }

  explain() {
    if (this.past) this.latest();
    if (this.explaining.open) this.explaining.close();
    else this.explaining.begin();
  }

  play() {
    if (this.past) this.latest();
    this.explaining?.close();
    this.renewed = this.due = false;
    if (this.history.known.rests === 1) this.channel.send({ type: "reset" });
    this.channel.send({ type: "play" });
  }

  pause() {
    this.channel.send({ type: "pause" });
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  stepOnce(knobs) {
    if (this.past) this.latest();
    this.explaining?.close();
    this.channel.send({ type: "step", steps: 1, ...(knobs ? { knobs } : {}) });
  }

  reset(fresh = false) {
    if (this.past) this.latest();
    this.explaining?.close();
    const seed = { seed: Math.floor(Math.random() * 1e6) };
    this.channel.send({ type: "reset", ...(fresh ? seed : {}) });
    if (fresh && this.placing?.byHand)
      this.say(
        "New weights and test points. The points you placed are kept; Restore points brings fresh ones.",
        "info",
        4000,
      );
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
    const { step, knobs, placed } = this.shown;
    this.past = false;
    if (placed) this.placing.comeBack(placed);
    Object.assign(this.values, knobs);
    this.settle();
    this.channel.send({ type: "rewind", step });
    this.channel.send({ type: "knobs", values: knobs });
    this.channel.send({ type: "play" });
  }

  keys(event) {
    if (this.root.isConnected && this.transport) onKey(event, this);
  }

  get listeners() {
    return this.listening;
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
}
