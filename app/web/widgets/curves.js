// Curves: Plotly charts that follow a Stage. They are updated in place, never mounted again. All of
// them show the same steps, and where they hold the same traces one legend above all serves them.
// A chart whose traces all have fewer than two points is not shown: a single dot is no curve.

import { address } from "../channel/socket.js";
import { significant } from "../draw/numbers.js";

const EVERY = 350; // milliseconds; one chart a time, so that the Stage never waits for all of them
const MOST_POINTS = 160; // of a trace; the eye cannot separate more at this width
const PATIENCE = 3000; // milliseconds a page that rests waits with Plotly
const NONE = "Curves appear here once the run has taken some steps.";
let plotly;

/** The plotly.min.js that the plotly package ships, loaded once. */
export function load(page) {
  return (plotly ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(window.Plotly);
    const script = document.createElement("script");
    script.src = address(page, "plotly.min.js");
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("plotly.min.js could not be loaded"));
    document.head.append(script);
  }));
}

/** data: {name, page, charts: [{title, unit, traces: [{metric, title, colour, dash?}], lines?: [{y,
 * title}], markers?, log?, range?}]} */
export function mount({ data, parentElement }) {
  const root = parentElement.querySelector(".saddle-curves");
  const curves = (root.curves ??= new Curves(root, data));
  clearTimeout(curves.leaving);
  return () => (curves.leaving = setTimeout(() => (curves.dispose(), delete root.curves), 100));
}

/** Whether more than a part of an element can be seen; charts below the fold cost nothing. */
function inView(element, part) {
  const { top, bottom, height } = element.getBoundingClientRect();
  return Math.min(bottom, innerHeight) - Math.max(top, 0) > part * height;
}

/** A series with at most MOST_POINTS points, its last one kept. */
function thinned({ x, y }) {
  const stride = Math.ceil(x.length / MOST_POINTS);
  const keep = (_, i) => (x.length - 1 - i) % stride === 0;
  return { x: x.filter(keep), y: y.filter(keep) };
}

/** A series with its values as the page writes numbers: Plotly's own way is another one. */
const labelled = ({ x, y }) => ({ x, y, text: y.map(significant) });

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

const DASHES = { dash: "6 4", dot: "2 3" };

class Curves {
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.common = common(data.charts);
    this.off = new Set(); // titles of the traces that the visitor took away
    const charts = data.charts.map(() => `<figure class="chart"><figcaption></figcaption><div></div></figure>`);
    root.innerHTML = `<p class="none"></p>
      <div class="key" role="group" aria-label="Traces of all charts" hidden></div>${charts.join("")}`;
    [this.none, this.key] = root.children;
    this.none.textContent = NONE;
    root.querySelectorAll("figcaption").forEach((e, i) => (e.textContent = data.charts[i].title));
    this.charts = [...root.querySelectorAll(".chart > div")];
    for (const chart of this.charts) chart.parentElement.hidden = true;
    if (this.common) this.buildKey();
    this.states = [];
    this.drawn = -1;
    this.born = performance.now();
    this.timer = setInterval(() => this.draw(), EVERY);
  }

  /** The legend of all: a button a trace, which takes it away and brings it back. */
  buildKey() {
    this.key.innerHTML = this.common
      .map(
        ({ dash }) => `<button type="button" aria-pressed="true"><svg viewBox="0 0 24 8" aria-hidden="true"
          ><path d="M0 4h24" stroke-dasharray="${DASHES[dash] ?? ""}"/></svg><span></span></button>`,
      )
      .join("");
    [...this.key.children].forEach((button, i) => {
      const { title } = this.common[i];
      button.lastElementChild.textContent = title;
      button.addEventListener("click", () => {
        if (!this.off.delete(title)) this.off.add(title);
        button.setAttribute("aria-pressed", String(!this.off.has(title)));
        this.states = [];
      });
    });
  }

  /** Show the charts that have a curve, or else say when they come. */
  sift(stage) {
    this.data.charts.forEach((chart, i) => (this.charts[i].parentElement.hidden = !isCurve(chart, stage)));
    const some = this.charts.some((chart) => !chart.parentElement.hidden);
    this.none.hidden = some || !this.charts.length;
    this.key.hidden = !some || !this.common;
  }

  /** Steps that all charts show. */
  steps(stage) {
    const xs = this.data.charts.flatMap((c) => c.traces.map((t) => stage.series(t.metric).x)).filter((x) => x.length);
    return xs.length ? ends(Math.min(...xs.map((x) => x[0])), Math.max(...xs.map((x) => x.at(-1)))) : null;
  }

  /** Fetch Plotly once the Stage runs smoothly: its 4 MB must not delay the first frame. */
  fetch() {
    this.fetching ??= load(this.data.page).then(
      (lib) => (this.plotly = lib),
      () => (this.root.textContent = "The curves could not be loaded. Reload the page."),
    );
  }

  draw() {
    const stage = window.saddle?.stages[this.data.name];
    if (stage?.painted > 10 || (stage?.painted && performance.now() - this.born > PATIENCE)) this.fetch();
    if (!stage?.colours || !this.root.isConnected || document.hidden || !this.root.clientWidth) return;
    this.sift(stage);
    if (!this.plotly) return;
    const range = this.steps(stage);
    if (range?.join() !== this.range?.join()) this.move(range);
    const state = `${stage.step}/${stage.painted}/${stage.colours.key}/${this.root.clientWidth}`;
    if (this.common && stage.colours.key !== this.keyed) this.recolour(stage.colours);
    for (let k = 1; k <= this.charts.length; k++) {
      const i = (this.drawn + k) % this.charts.length;
      const part = this.states[i] ? 0.5 : 0; // the first drawing must not leave a hole at the edge of the screen
      if (this.charts[i].parentElement.hidden || this.states[i] === state || !inView(this.charts[i], part)) continue;
      this.states[i] = state;
      this.drawn = i;
      return this.react(i, stage, state);
    }
  }

  recolour(colours) {
    this.keyed = colours.key;
    [...this.key.children].forEach((e, i) => e.style.setProperty("--trace", colours.of(this.common[i].colour)));
  }

  /** All charts at once, so that no two show different steps. */
  move(range) {
    this.range = range;
    if (!range) return;
    for (const [i, chart] of this.charts.entries())
      if (this.states[i]) this.plotly.relayout(chart, { "xaxis.range": [...range] });
  }

  react(i, stage, state) {
    const chart = this.data.charts[i];
    const { ink, dim, dark } = stage.colours;
    const grid = dark ? "#2d363c" : "#e3e6e7";
    const traces = chart.traces.map((t) => ({
      ...labelled(thinned(stage.series(t.metric))),
      name: t.title,
      visible: this.common && this.off.has(t.title) ? "legendonly" : true,
      line: { color: stage.colours.of(t.colour), width: 2, dash: t.dash ?? "solid" },
      mode: chart.markers ? "lines+markers" : "lines",
      marker: { size: 5 },
      hovertemplate: `%{text}${chart.unit}<extra>${t.title}</extra>`,
    }));
    const lines = chart.lines ?? [];
    const across = { type: "line", xref: "paper", x0: 0, x1: 1, line: { color: dim, width: 1.5, dash: "dot" } };
    const axis = {
      gridcolor: grid,
      zerolinecolor: grid,
      linecolor: grid,
      tickfont: { size: 13 },
      title: { font: { size: 14 } },
    };
    this.plotly.react(
      this.charts[i],
      traces,
      {
        margin: { l: 52, r: 8, t: 8, b: 40 },
        height: 250,
        width: this.charts[i].clientWidth,
        showlegend: chart.traces.length > 1 && !this.common,
        hovermode: "x unified",
        legend: { orientation: "h", y: -0.2, font: { size: 13 } },
        paper_bgcolor: "transparent",
        plot_bgcolor: "transparent",
        font: { color: ink, family: "Source Sans, sans-serif" },
        hoverlabel: { bgcolor: dark ? "#1d2327" : "#ffffff", font: { color: ink } },
        xaxis: { ...axis, ...(this.range ? { range: [...this.range] } : {}), title: { text: "step", font: { size: 13, color: dim }, standoff: 4 } },
        yaxis: {
          ...axis,
          title: { text: chart.unit.trim(), font: { size: 13, color: dim } },
          type: chart.log ? "log" : "linear",
          ...(chart.range ? { range: chart.range } : {}),
          ...(chart.zero ? { rangemode: "tozero" } : {}),
        },
        uirevision: "keep",
        shapes: lines.map((l) => ({ ...across, y0: l.y, y1: l.y })),
        annotations: lines.map((l) => ({
          xref: "paper",
          x: 1,
          y: l.y,
          text: l.title,
          showarrow: false,
          xanchor: "right",
          yanchor: "bottom",
          font: { size: 13, color: dim },
        })),
        datarevision: state,
      },
      { displayModeBar: false, responsive: false },
    );
  }

  dispose() {
    clearInterval(this.timer);
    if (this.plotly) this.charts.forEach((c) => this.plotly.purge(c));
  }
}
