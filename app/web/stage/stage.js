// Stage: the live view of one run, with its panels, transport, knobs and timeline. It builds these
// parts and does what the visitor turns, picks and ticks. window.saddle.stages[NAME] (handle.js)
// reads and drives it.
//
// connection.js talks to the run, playback.js plays it and goes back in it, turning.js turns its
// knobs, view.js paints its frames. In a room watched.js stands in place of the connection, and
// rooms/bar.js above the panels.

import { Help } from "../controls/help.js";
import { KeyList } from "../controls/key_list.js";
import { onKey } from "../controls/keys.js";
import { Sidebar } from "../controls/sidebar.js";
import { Transport } from "../controls/transport.js";
import { theme } from "../draw/theme.js";
import * as link from "../input/link.js";
import { Placing } from "../input/placing.js";
import { PANELS } from "../panels/index.js";
import { attend } from "../rooms/bar.js";
import { Connection } from "./connection.js";
import { dock } from "./dock.js";
import { Explain } from "./explain.js";
import { front, handle, leave } from "./handle.js";
import { layout } from "./layout.js";
import { Playback } from "./playback.js";
import { Turning } from "./turning.js";
import { View } from "./view.js";
import { Watched } from "./watched.js";

const THEME_EVERY = 400; // milliseconds between two looks at the page's theme

/** Called by Streamlit at every rerun with the same parentElement. */
export function mount({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".saddle-stage");
  const stage = (root.stage ??= new Stage(root));
  clearTimeout(stage.leaving);
  stage.lost = () => setTriggerValue("lost", location.search || "?");
  stage.update(data);
  // A rerun may clean up and mount again at once; only a real departure lasts.
  return () => (stage.leaving = setTimeout(() => (stage.dispose(), delete root.stage), 100));
}

class Stage {
  constructor(root) {
    this.root = root;
    this.show = {}; // toggle → whether it is on
    this.signals = new Map(); // signal → listeners
    this.view = new View(this);
    this.playback = new Playback(this);
    this.turning = new Turning(this);
    this.keys = (event) => this.root.isConnected && this.transport && !this.data.watched && onKey(event, this);
    window.addEventListener("keydown", this.keys, true);
    this.onWindow = () => this.layout();
    this.resize = new ResizeObserver(this.onWindow);
    this.resize.observe(root);
    window.addEventListener("resize", this.onWindow);
    this.themed = setInterval(() => this.view.retheme(), THEME_EVERY);
  }

  // -- data from Streamlit -----------------------------------------------------------------------

  update(data) {
    const again = this.data && this.data.token === data.token;
    // After a restart of the server Streamlit may open the run from a query that misses what was
    // turned here.
    const broken = this.data && this.root.dataset.connection !== "open";
    this.data = data;
    if (again) {
      if (this.handle) front(data.name, this.handle);
      if (this.transport) this.skip();
      return;
    }
    this.connection ??= data.watched ? new Watched(this) : new Connection(this);
    this.connection.replace(broken);
    this.seed = undefined; // the next frame has the new run's
    this.build(data);
  }

  async build(data) {
    const load = async (kind) => [kind, (await PANELS[kind]()).default];
    const kinds = Object.fromEntries(await Promise.all([...new Set(data.panels.map((p) => p.kind))].map(load)));
    if (this.gone || (this.data !== data && this.data.token !== data.token)) return;
    this.turning.open(data);
    this.view.clear();
    this.standing = ""; // the line above the panels that stays
    this.locked = new Set(); // names of the locks that are on
    this.tool = ""; // name of the tool that the pointer has
    this.focus = null; // the entry of data.side.views that is shown; null is all panels
    this.show = Object.fromEntries((data.side?.shows ?? []).map((s) => [s.name, s.on]));
    this.placing = data.placing ? new Placing(this, data.placing) : null;
    this.view.colours = theme(this.root);
    this.root.innerHTML = `<div class="notice" role="status" hidden></div>
      <div class="spoken" aria-live="polite"></div><div class="panels"></div>`;
    this.bar?.dispose();
    this.bar = data.watched ? null : attend(this);
    if (this.bar) this.root.prepend(this.bar.element, this.bar.cards);
    this.help = new Help();
    this.spoken = this.root.querySelector(".spoken");
    this.notice = this.root.querySelector(".notice");
    this.grid = this.root.querySelector(".panels");
    this.signals.clear();
    this.panels = data.panels.map((spec) => new kinds[spec.kind](spec, this));
    for (const panel of this.panels) panel.addHelp(this.help);
    this.grid.append(...this.panels.map((panel) => panel.element));
    this.buildControls(data);
    this.turning.show(this.values);
    this.restoreLook(data.look ?? {});
    handle(data.name, this);
    this.layout();
    this.say("Starting the run…");
    this.connection.open(data);
    this.bar?.update();
    if (this.root.getBoundingClientRect().bottom < 200) this.root.scrollIntoView({ block: "start" });
  }

  buildControls(data) {
    const { playback } = this;
    this.sidebar = new Sidebar(data.side ?? {}, {
      show: (name, on) => this.setShow(name, on),
      view: (name) => this.setFocus(name),
      lock: (name, on) => this.setLock(name, on),
      tool: (id) => (id === "restore" ? this.placing.restore() : this.pick(id)),
      copy: () => this.copy(),
    });
    this.grid.insertBefore(this.sidebar.element, this.panel(data.side?.before)?.element ?? null);
    this.explaining = data.phases ? new Explain(this, data.phases, data.flow) : null;
    const acts = {
      toggle: () => playback.toggle(),
      step: (knobs) => playback.stepOnce(knobs),
      again: () => playback.reset(),
      newSeed: () => playback.reset(true),
      speed: (value) => playback.setSpeed(value),
      scrub: (share) => playback.scrub(share),
      keys: () => this.keyList.toggle(),
      end: () => playback.latest(),
      branch: () => playback.branch(),
    };
    if (this.explaining) acts.explain = () => this.explain();
    this.transport = new Transport(acts, this.help, data.steps);
    this.keyList = new KeyList(this);
    const knobs = this.turning.build(data, this.colours, this.help);
    // Transport and knobs come first for the keyboard, before panels that may have many stops; controls.css
    // puts them below.
    this.grid.before(dock(this.transport.element, knobs));
    if (this.explaining) this.root.append(this.explaining.element);
    this.root.append(this.help.element, this.keyList.element);
    this.root.toggleAttribute("data-watched", Boolean(data.watched));
    if (data.watched) this.disable();
    else this.skip();
  }

  /** Show knobs and toggles as the presenter of a room has them, but let nobody turn them here. */
  disable() {
    const parts = [this.knobPanel.element, this.sidebar.element, this.knobPanel.ways];
    for (const button of this.grid.querySelectorAll(".measure button, button.measure")) button.disabled = true;
    for (const input of parts.flatMap((part) => [...part.querySelectorAll("input, select, button:not(.about)")]))
      input.disabled = true;
  }

  /** The page's first link leads to play, past menu and set-up. */
  skip() {
    const skip = document.body.querySelector(".saddle-skip") ?? document.createElement("a");
    Object.assign(skip, { className: "saddle-skip", href: "#play", textContent: "Skip to play", stage: this });
    skip.onclick = (event) => {
      event.preventDefault();
      this.transport.play.focus();
    };
    document.body.prepend(skip);
  }

  /** Toggles, focus, locks and speed as the link has them. */
  restoreLook(look) {
    for (const name of Object.keys(this.show)) this.setShow(name, look.show?.[name] ?? this.show[name], false);
    this.setFocus(look.view ?? "", false);
    for (const name of Object.keys(this.sidebar.locks)) this.setLock(name, Boolean(look.locks?.includes(name)), false);
    this.playback.open(look);
  }

  /** The first frame is here: take away "starting", or show how to begin where there is nothing to
   * learn from. */
  welcome(frame) {
    this.starting = false;
    const missing = this.connection.missing(frame.step);
    if (missing) return this.say(missing);
    if (!this.data.empty || this.placing.points().length) return this.say("");
    this.say(this.data.empty.description);
    if (!this.tool) this.pick(this.data.empty.tool);
  }

  /** The run has this seed now: keep it in the link. */
  takeSeed(seed) {
    if (seed === this.seed) return;
    const before = this.seed;
    this.seed = seed;
    if (before !== undefined) this.link({ seed: seed || null, ...(this.data.start ? { from: "scratch" } : {}) });
  }

  // -- tools, toggles, focus ---------------------------------------------------------------------

  /** Give the pointer a tool, or take it away where it has that one. */
  pick(tool) {
    if (this.data.watched) return;
    this.tool = this.tool === tool ? "" : tool;
    this.sidebar.press(this.tool);
    this.grid.dataset.tool = this.tool;
  }

  setShow(name, on, keep = true) {
    this.show[name] = on;
    this.sidebar.shows[name].checked = on;
    this.view.marksDue = true;
    if (!keep) return;
    const byDefault = this.data.side.shows.find((s) => s.name === name).on;
    this.link({ [`show_${name}`]: on === byDefault ? null : Number(on) });
    this.sendLayers();
    this.view.redraw();
  }

  /** Show some of the panels, larger; "" is all of them. */
  setFocus(name, keep = true) {
    this.focus = (this.data.side?.views ?? []).find((v) => v.name === name) ?? null;
    for (const [other, box] of Object.entries(this.sidebar.views)) box.checked = other === this.focus?.name;
    for (const { element, spec } of this.panels)
      element.hidden = this.focus ? !this.focus.panels.includes(spec.name) : Boolean(spec.aside);
    this.grid.classList.toggle("focus", Boolean(this.focus));
    // Planes with the same points are one stop of the keyboard.
    const planes = this.panels.filter((panel) => panel.cursor && panel.keys && !panel.pickAt);
    for (const panel of planes) panel.front.tabIndex = -1;
    const first = planes.find((panel) => !panel.element.hidden);
    if (first) first.front.tabIndex = 0;
    if (keep) this.link({ view: this.focus?.name ?? null });
    this.layout();
    if (keep) this.sendLayers();
  }

  setLock(name, on, keep = true) {
    if (on) this.locked.add(name);
    else this.locked.delete(name);
    this.sidebar.locks[name].checked = on;
    if (keep) this.link({ lock: [...this.locked].join(".") || null });
  }

  /** Explain one step part by part, or end that. */
  explain() {
    if (!this.explaining) {
      const text = "This lab has no step to explain part by part; the plane of the GAN lab, AAE and ARAE have.";
      return this.say(text, "info", 4000);
    }
    if (this.past) this.playback.latest();
    if (this.explaining.open) this.explaining.close();
    else this.explaining.begin();
  }

  // -- link and notice ---------------------------------------------------------------------------

  /** Keep values in the address. A page that opens on a seed of its own where the address has no parameter names
   * the seed as soon as it has one, 0 too. */
  link(values) {
    const seed = this.data.firstSeed ? { seed: this.seed ?? this.data.seed } : {};
    if (this.data.watched) return; // the page's address is the room's
    if (link.write({ ...values, ...seed })) this.connection.sendLink();
  }

  async copy() {
    this.turning.settle();
    try {
      await navigator.clipboard.writeText(location.href);
      this.say("Link copied. It reopens this set-up, seed, knobs, points and view.", "info", 2500);
    } catch {
      this.say("This browser does not let pages copy: take the link from the address bar.", "info", 5000);
    }
  }

  /** Tell those who cannot see it what a key has done. */
  announce(text) {
    this.spoken.textContent = text;
  }

  /** A line above the panels; empty text takes it away, or brings back the one that stands. */
  say(text, kind = "info", milliseconds = 0) {
    clearTimeout(this.saying);
    this.notice.textContent = text || this.standing;
    this.notice.dataset.kind = text ? kind : "error";
    this.notice.hidden = !(text || this.standing);
    if (milliseconds) this.saying = setTimeout(() => this.say(""), milliseconds);
  }

  /** A line that stays for as long as it holds; empty text ends that. Other lines come before it for
   * their time. */
  stand(text) {
    if (text === this.standing) return;
    this.standing = text;
    this.say("");
    this.announce(text);
  }

  // -- for panels, widgets and window.saddle -----------------------------------------------------

  /** A panel by its name. */
  panel(name) {
    return this.panels.find((p) => p.spec.name === name);
  }

  /** Call `listener` with what panels tell each other by `signal`. */
  on(signal, listener) {
    this.signals.set(signal, [...(this.signals.get(signal) ?? []), listener]);
  }

  tell(signal, value) {
    for (const listener of this.signals.get(signal) ?? []) listener(value);
  }

  /** Ask the run a question; resolves with {numbers, layers}. Rejects with Dropped where a newer
   * one took its place. */
  question(name, values = {}) {
    return this.connection.questions.put({ type: "ask", name, values });
  }

  /** Have something measured; progress({share, numbers, layers}) is called meanwhile. The promise
   * has an `id` to cancel it by. */
  measurement(name, values = {}, progress) {
    return this.connection.questions.put({ type: "measure", name, values }, progress);
  }

  cancel(id) {
    this.send({ type: "cancel", id });
  }

  /** Send the run a message; false where there is no connection. */
  send(message) {
    return this.connection.send(message);
  }

  /** Send the run the names of the layers that its frames need. */
  sendLayers() {
    const names = new Set(this.panels.filter((p) => !p.element.hidden).flatMap((p) => p.wanted(this.show)));
    this.send({ type: "layers", names: [...names] });
  }

  get playing() {
    return this.playback.playing;
  }

  /** Knob → value as it is turned now. */
  get values() {
    return this.turning.values;
  }

  get knobPanel() {
    return this.turning.panel;
  }

  /** Whether a frame of the past is on screen. */
  get past() {
    return this.view.past;
  }

  get history() {
    return this.view.history;
  }

  /** The frame on screen. */
  get shown() {
    return this.view.shown;
  }

  /** The frame on screen with the layers of the phases explained. */
  get seen() {
    return this.view.seen;
  }

  /** The latest scene. */
  get scene() {
    return this.view.scene;
  }

  /** The scene of the frame on screen. */
  get sceneShown() {
    return this.view.sceneShown;
  }

  pointsShown() {
    return this.view.pointsShown();
  }

  get colours() {
    return this.view.colours;
  }

  get listeners() {
    return this.view.listeners;
  }

  repaint(panel) {
    this.view.repaint(panel);
  }

  // -- size and end ------------------------------------------------------------------------------

  layout() {
    if (!this.panels) return;
    this.knobPanel?.house(this.transport, window.innerWidth < 640);
    if (!layout(this)) return;
    this.view.retheme(true);
  }

  dispose() {
    this.gone = true;
    this.connection.close();
    this.bar?.dispose();
    this.resize.disconnect();
    clearInterval(this.themed);
    const next = leave(this.data.name, this);
    const skip = document.body.querySelector(".saddle-skip");
    if (next) next.skip();
    else if (skip?.stage === this) skip.remove();
    window.removeEventListener("keydown", this.keys, true);
    window.removeEventListener("resize", this.onWindow);
  }
}
