// Transport: play, pause, step, resets, speed, counters and the timeline.

import { fixed, whole } from "../draw/numbers.js";

export const SPEEDS = [
  [1, "1 step/s"],
  [10, "10 steps/s"],
  [50, "50 steps/s"],
  [200, "200 steps/s"],
  [0, "as fast as it goes"],
];

const icon = (path) => `<svg viewBox="0 0 20 20" aria-hidden="true"><path d="${path}"/></svg>`;
const PLAY = icon("M5 3l12 7-12 7z");
const PAUSE = icon("M5 3h4v14H5zM11 3h4v14h-4z");
const STEP = icon("M4 3l9 7-9 7zM14 3h3v14h-3z");
const AGAIN = icon("M10 4V1L5 5.5 10 10V7a4 4 0 1 1-4 4H3a7 7 0 1 0 7-7z");

const EXPLAIN = `<button type="button" class="explain" aria-pressed="false"
  title="Walk through one step, part by part (E)">explain</button>`;

const part = ({ title, label }, i) =>
  `<button type="button" class="part" data-part="${i}" title="${title}">${label}</button>`;
const option = ([value, text]) => `<option value="${value}">${text}</option>`;

export class Transport {
  /** steps: [{label, title, knobs}], buttons for steps of one part alone. on: {toggle(),
   * step(knobs), again(), newSeed(), speed(value), scrub(share), end(), branch(), keys(),
   * explain?()}. help: explains the rates (help.js). */
  constructor(on, help, steps = []) {
    this.element = document.createElement("div");
    this.element.className = "transport";
    this.element.setAttribute("role", "toolbar");
    this.element.setAttribute("aria-label", "Transport");
    this.element.innerHTML = `
      <button type="button" class="play" aria-label="Play (space)"></button>
      <button type="button" class="step" title="One step (→)" aria-label="One step">${STEP}</button>
      ${steps.map(part).join("")}
      ${on.explain ? EXPLAIN : ""}
      <button type="button" class="again" aria-label="Restart with the same initial weights"
        title="Back to the start of this run: the same data, the same first weights (R)"
        >${AGAIN}<span>restart</span></button>
      <button type="button" class="new-seed" aria-label="Restart with a new seed"
        title="Another seed: new draws of the data and new initial weights, from scratch"
        >${AGAIN}<span>new seed</span></button>
      <select class="speed" aria-label="Speed" title="Speed (1 to 5)">${SPEEDS.map(option).join("")}</select>
      <span class="count">step <b class="at">0</b></span>
      <span class="status"><button type="button" class="rates about"
          title="How fast it trains and paints"></button>
        <button type="button" class="branch" hidden title="Train on from this step">Branch here</button>
        <button type="button" class="end" hidden title="Back to the latest frame">Latest</button></span>
      <input type="range" class="timeline" min="0" max="0" value="0"
        aria-label="Timeline: frames kept in this browser">
      <button type="button" class="keys" title="Keys and buttons (?)" aria-label="Keys and buttons"
        aria-haspopup="dialog">?</button>`;
    const find = (name) => this.element.querySelector(`.${name}`);
    Object.assign(this, {
      play: find("play"),
      speed: find("speed"),
      at: find("at"),
      rates: find("rates"),
      timeline: find("timeline"),
      branch: find("branch"),
      end: find("end"),
    });
    this.play.addEventListener("click", on.toggle);
    find("step").addEventListener("click", () => on.step());
    for (const button of this.element.querySelectorAll(".part"))
      button.addEventListener("click", () => on.step(steps[button.dataset.part].knobs));
    this.explain = find("explain");
    this.explain?.addEventListener("click", on.explain);
    find("again").addEventListener("click", on.again);
    find("new-seed").addEventListener("click", on.newSeed);
    this.speed.addEventListener("change", () => on.speed(Number(this.speed.value)));
    this.timeline.addEventListener("input", () =>
      on.scrub(Number(this.timeline.value) / Math.max(1, Number(this.timeline.max))),
    );
    this.end.addEventListener("click", on.end);
    this.branch.addEventListener("click", on.branch);
    find("keys").addEventListener("click", on.keys);
    help.attach(this.rates, () => this.explained());
    this.show(false);
  }

  show(playing) {
    if (playing === this.playing) return;
    this.playing = playing;
    this.play.innerHTML = playing ? PAUSE : PLAY;
    this.play.title = playing ? "Pause (space)" : "Play (space)";
    this.play.setAttribute("aria-label", this.play.title);
  }

  /** count: frames kept. index: the one shown. past: whether it is not the latest. */
  place(count, index, past) {
    this.timeline.max = Math.max(0, count - 1);
    this.timeline.value = index;
    this.timeline.style.setProperty("--share", `${count > 1 ? (100 * index) / (count - 1) : 100}%`);
    // In the place of the rates, so that the timeline stays as it is under the pointer.
    this.branch.hidden = this.end.hidden = !past;
    this.rates.hidden = past;
  }

  /** drawn: {painted, came} a second. last: the latest step, where an earlier one is shown. */
  write(frame, drawn, last) {
    this.at.textContent = whole(frame.step);
    this.at.title = `seed ${frame.seed}`;
    this.timeline.setAttribute("aria-valuetext", `step ${frame.step}${last === null ? "" : ` of ${last}`}`);
    if (last !== null) return;
    const rates = `${frame.playing ? `${whole(frame.stepsPerSecond)} steps/s · ` : ""}seed ${frame.seed}`;
    if (this.rates.textContent !== rates) this.rates.textContent = rates;
    Object.assign(this, { frame, drawn });
  }

  /** What the rates are, in words. */
  explained() {
    const { frame, drawn } = this;
    return {
      title: "How fast it runs",
      rows: [
        {
          name: "training",
          value: `${whole(frame?.stepsPerSecond)} steps a second`,
          text: "Counted over the last steps.",
        },
        { name: "screen", value: `${whole(drawn?.painted)} pictures a second`, text: "How often this page paints." },
        {
          name: "network",
          value: `${whole(drawn?.came)} states a second`,
          text: "How often the run sends a new state. Where that is less than the screen's rate, fields and points glide from one to the next.",
        },
        {
          name: "one picture",
          value: `${fixed(frame?.compute, 1)} milliseconds`,
          text: "What the server needs to compute what is painted, besides training.",
        },
        {
          name: "seed",
          value: String(frame?.seed ?? ""),
          text: "The number that all random draws start from; the same seed gives the same run.",
        },
      ],
    };
  }
}
