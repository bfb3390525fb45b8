// Curves: charts that follow a Stage. They are updated in place, never mounted again. All of them
// show the same steps, and where they hold the same traces one legend above all serves them. A chart
// whose traces all have fewer than two points is not shown: a single dot is no curve.

import { library } from "./libraries.js";
import { LineChart, pattern } from "./line_chart.js";

const EVERY = 250; // milliseconds between two looks at the Stage
const MOST_POINTS = 500; // of a trace; the eye cannot separate more at this width
const NONE = "Curves appear here once the run has taken some steps.";

/** data: {name, page, charts: [{title, unit, traces: [{metric, title, colour, dash?}], lines?: [{y,
 * title}], markers?, log?, range?, zero?}]} */
export function mount({ data, parentElement }) {
  const root = parentElement.querySelector(".saddle-curves");
  const curves = (root.curves ??= new Curves(root, data));
  clearTimeout(curves.leaving);
  return () => (curves.leaving = setTimeout(() => (curves.dispose(), delete root.curves), 100));
}

/** Whether any of an element can be seen, or soon will be; charts far below the fold cost nothing. */
function near(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return top < 1.3 * innerHeight && bottom > -0.3 * innerHeight;
}

/** A series with at most MOST_POINTS points, its last one kept. */
function thinned({ x, y }) {
  const stride = Math.ceil(x.length / MOST_POINTS);
  if (stride <= 1) return { x, y };
  const keep = (_, i) => (x.length - 1 - i) % stride === 0;
  return { x: x.filter(keep), y: y.filter(keep) };
}

/** The traces that every chart of several has, or null where they differ. */
function common(charts) {
  const several = charts.map((c) => c.traces).filter((traces) => traces.length > 1);
  const key = (traces) => traces.map((t) => `${t.title}/${t.colour}/${t.dash ?? ""}`).join();
  return several.length && several.every((traces) => key(traces) === key(several[0])) ? several[0] : null;
}

/** Whether a chart has a curve to show: a trace with two points or more. */
function isCurve(chart, stage) {
  return chart.traces.some(({ metric }) => {
    let points = 0;
    return stage.series(metric).y.some((y) => Number.isFinite(y) && ++points > 1);
  });
}

/** Round ends of an axis that holds steps from `low` to `high`; they move only now and then. */
function ends(low, high) {
  if (low === high) return [low - 1, high + 1];
  const unit = 10 ** Math.floor(Math.log10(high - low)) / 5;
  return [Math.floor(low / unit) * unit, Math.ceil(high / unit) * unit];
}

/** A legend: a button a trace, which takes it away and brings it back. */
class Key {
  constructor(element, traces, charts) {
    Object.assign(this, { element, traces });
    element.hidden = false;
    element.innerHTML = traces
      .map(
        ({ dash }) => `<button type="button" aria-pressed="true"><svg viewBox="0 0 24 8" aria-hidden="true"
          ><path d="M0 4h24" stroke-dasharray="${pattern(dash)}"/></svg><span></span></button>`,
      )
      .join("");
    [...element.children].forEach((button, i) => {
      const { title } = traces[i];
      button.lastElementChild.textContent = title;
      button.addEventListener("click", () => {
        const shown = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(shown));
        for (const chart of charts()) chart.show(title, shown);
      });
    });
  }

  /** Titles of the traces that are taken away. */
  get off() {
    return this.traces.filter((_, i) => this.element.children[i].getAttribute("aria-pressed") !== "true");
  }

  recolour(colours) {
    [...this.element.children].forEach((e, i) => e.style.setProperty("--trace", colours.of(this.traces[i].colour)));
  }
}

class Curves {
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.common = common(data.charts);
    const key = (label) => `<div class="key" role="group" aria-label="${label}" hidden></div>`;
    const figure = `<figure class="chart"><figcaption></figcaption>${key("Traces")}<div class="plot"></div></figure>`;
    root.innerHTML = `<p class="none"></p>${key("Traces of all charts")}${figure.repeat(data.charts.length)}`;
    [this.none, this.key] = root.children;
    this.none.textContent = NONE;
    this.figures = [...root.querySelectorAll(".chart")];
    this.charts = this.figures.map(() => null); // a LineChart each, once it is drawn
    this.figures.forEach((figure, i) => {
      figure.hidden = true;
      figure.querySelector("figcaption").textContent = data.charts[i].title;
    });
    this.buildKeys();
    this.states = []; // what each chart shows
    this.timer = setInterval(() => this.draw(), EVERY);
  }

  /** One legend for all charts, or one for each that has several traces. */
  buildKeys() {
    const made = (chart) => (chart ? [chart] : []);
    if (this.common) this.keys = [new Key(this.key, this.common, () => this.charts.flatMap(made))];
    else
      this.keys = this.data.charts.flatMap(({ traces }, i) =>
        traces.length > 1 ? [new Key(this.figures[i].querySelector(".key"), traces, () => made(this.charts[i]))] : [],
      );
  }

  /** Show the charts that have a curve, or else say when they come. */
  sift(stage) {
    this.data.charts.forEach((chart, i) => (this.figures[i].hidden = !isCurve(chart, stage)));
    const some = this.figures.some((figure) => !figure.hidden);
    this.none.hidden = some || !this.charts.length;
    this.key.hidden = !some || !this.common;
  }

  /** Steps that all charts show. */
  steps(stage) {
    const xs = this.data.charts.flatMap((c) => c.traces.map((t) => stage.series(t.metric).x)).filter((x) => x.length);
    return xs.length ? ends(Math.min(...xs.map((x) => x[0])), Math.max(...xs.map((x) => x.at(-1)))) : null;
  }

  get stage() {
    return window.saddle?.stages[this.data.name];
  }

  draw() {
    const { stage } = this;
    if (!stage?.colours || !this.root.isConnected || document.hidden || !this.root.clientWidth) return;
    this.sift(stage);
    this.retheme(stage.colours);
    const due = this.figures.map((figure, i) => i).filter((i) => !this.figures[i].hidden && near(this.figures[i]));
    if (!due.length) return;
    // Fetched when a chart comes near: it must not delay the first frame.
    this.fetching ??= library("uPlot", this.data.page).then(
      (uPlot) => (this.uPlot = uPlot),
      () => {
        this.root.textContent = "The curves could not be loaded. Reload the page.";
        clearInterval(this.timer);
      },
    );
    const range = this.steps(stage);
    if (!this.uPlot || !range) return;
    if (range.join() !== this.range?.join()) for (const chart of this.charts) chart?.move(range);
    this.range = range;
    const state = `${stage.step}/${stage.painted}/${this.root.clientWidth}/${range.join()}`;
    for (const i of due) if (this.states[i] !== state) this.update(i, stage, state);
  }

  update(i, stage, state) {
    this.states[i] = state;
    const described = this.data.charts[i];
    if (!this.charts[i]) {
      this.charts[i] = new LineChart(
        this.figures[i].querySelector(".plot"),
        described,
        this.uPlot,
        () => this.stage?.colours ?? stage.colours,
      );
      for (const key of this.keys) for (const { title } of key.off) this.charts[i].show(title, false);
    }
    this.charts[i].draw(
      described.traces.map((t) => thinned(stage.series(t.metric))),
      this.range,
    );
  }

  retheme(colours) {
    if (colours.key === this.themed) return;
    this.themed = colours.key;
    for (const key of this.keys) key.recolour(colours);
    for (const chart of this.charts) chart?.retheme();
  }

  dispose() {
    clearInterval(this.timer);
    for (const chart of this.charts) chart?.dispose();
  }
}
