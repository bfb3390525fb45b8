// Curves: Plotly charts that follow a Stage. They are updated in place, never mounted again.

import { address } from "../channel/socket.js";

const EVERY = 350; // milliseconds; one chart a time, so that the Stage never waits for all of them
const MOST_POINTS = 160; // of a trace; the eye cannot separate more at this width
const PATIENCE = 3000; // milliseconds a page that rests waits with Plotly
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

class Curves {
  constructor(root, data) {
    this.root = root;
    this.data = data;
    root.innerHTML = data.charts.map(() => `<div class="chart"></div>`).join("");
    this.charts = [...root.children];
    this.states = [];
    this.drawn = -1;
    this.born = performance.now();
    this.timer = setInterval(() => this.draw(), EVERY);
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
    if (!this.plotly || !stage?.colours || !this.root.isConnected || document.hidden || !this.root.clientWidth) return;
    const state = `${stage.step}/${stage.painted}/${stage.colours.key}/${this.root.clientWidth}`;
    for (let k = 1; k <= this.charts.length; k++) {
      const i = (this.drawn + k) % this.charts.length;
      const part = this.states[i] ? 0.5 : 0; // the first drawing must not leave a hole at the edge of the screen
      if (this.states[i] === state || !inView(this.charts[i], part)) continue;
      this.states[i] = state;
      this.drawn = i;
      return this.react(i, stage, state);
    }
  }

  react(i, stage, state) {
    const chart = this.data.charts[i];
    const { ink, dim, dark } = stage.colours;
    const grid = dark ? "#2d363c" : "#e3e6e7";
    const traces = chart.traces.map((t) => ({
      ...thinned(stage.series(t.metric)),
      name: t.title,
      line: { color: stage.colours.of(t.colour), width: 2, dash: t.dash ?? "solid" },
      mode: chart.markers || stage.series(t.metric).x.length < 2 ? "lines+markers" : "lines",
      marker: { size: 5 },
      hovertemplate: `%{y:.3~g}${chart.unit}<extra>${t.title}</extra>`,
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
    const steps = new Set(traces.flatMap((t) => [...t.x]));
    const single = steps.size === 1 ? { tickvals: [...steps], tickformat: ",d" } : {};
    this.plotly.react(
      this.charts[i],
      traces,
      {
        title: { text: chart.title, font: { size: 15 }, x: 0, xref: "paper", y: 0.98 },
        margin: { l: 52, r: 8, t: 30, b: 40 },
        height: 270,
        width: this.charts[i].clientWidth,
        showlegend: chart.traces.length > 1 && (i === 0 || !this.data.shared),
        hovermode: "x unified",
        legend: { orientation: "h", y: -0.2, font: { size: 13 } },
        paper_bgcolor: "transparent",
        plot_bgcolor: "transparent",
        font: { color: ink, family: "Source Sans, sans-serif" },
        hoverlabel: { bgcolor: dark ? "#1d2327" : "#ffffff", font: { color: ink } },
        xaxis: { ...axis, ...single, title: { text: "step", font: { size: 13, color: dim }, standoff: 4 } },
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
