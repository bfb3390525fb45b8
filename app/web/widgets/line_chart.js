// Line chart: metrics against steps, drawn by uPlot. The pointer shows the values of all traces at a
// step, and marks the same step in every other chart of the page.

import { haloed } from "../draw/marks.js";
import { significant, whole } from "../draw/numbers.js";
import { WHOLE, spread } from "./scales.js";

const HEIGHT = 250;
const DASHES = { dash: [7, 5], dot: [2, 3] };

/** The pattern of a trace's dash as SVG writes it, "" for a solid line. */
export const pattern = (dash) => (DASHES[dash] ?? []).join(" ");

/** The values that a chart's axis runs over; it keeps them while no trace is shown. */
const shown = ({ scales: { y } }, low = 0, high = 1) => [y.min ?? low, y.max ?? high];

const MANY = 4; // rows from which those under the pointer stand side by side

const fontSize = () => (innerWidth >= 1800 ? 17 : 13);

/** chart: {title, unit, traces: [{metric, title, colour, dash?}], lines?: [{y, title}], markers?,
 * log?, range?, zero?}. uPlot: the library. colours(): the theme of this moment. */
export class LineChart {
  constructor(element, chart, uPlot, colours) {
    Object.assign(this, { element, chart, uPlot, colours });
    this.off = new Set(); // titles of the traces that are not shown
    this.plot = new uPlot(this.options(), [[0], ...chart.traces.map(() => [null])], element);
    element.setAttribute("role", "img");
    this.tip = element.appendChild(Object.assign(document.createElement("div"), { className: "tip", hidden: true }));
  }

  options() {
    const { chart, uPlot } = this;
    const size = fontSize();
    const font = `${size}px "Source Sans", sans-serif`;
    const colour = (name) => () => this.colours()[name];
    const grid = { stroke: () => (this.colours().dark ? "#2d363c" : "#e3e6e7"), width: 1 };
    const axis = { stroke: colour("ink"), grid, ticks: { ...grid, size: 4 }, font, labelFont: font, labelGap: 0 };
    const values = (_, splits) => splits.map((v) => (v === null ? "" : significant(v)));
    const steps = (_, splits) => splits.map(whole);
    const percent = chart.unit.trim() === "%";
    return {
      width: Math.max(this.element.clientWidth, 1),
      height: HEIGHT,
      padding: [8, 1.5 * size, 0, 0], // half of a step's number stands to the right of its place
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 }, sync: { key: "saddle" } },
      scales: {
        x: { time: false, auto: false },
        y: {
          distr: chart.log ? 3 : 1,
          ...(chart.log
            ? { range: (u, low, high) => (low === null ? shown(u, 1, 10) : uPlot.rangeLog(low, high, 10, false)) }
            : { range: (u, low, high) => (low === null ? shown(u) : spread(low, high, percent)) }),
          ...(chart.range ? { range: chart.range } : {}),
          ...(chart.zero ? { range: (_, low, high) => [Math.min(0, low ?? 0), 1.06 * (high || 1)] } : {}),
        },
      },
      axes: [
        {
          ...axis,
          label: "step",
          labelSize: size + 6,
          size: size + 11,
          gap: 3,
          values: steps,
          incrs: WHOLE,
          space: 65,
        },
        { ...axis, label: chart.unit.trim() || null, labelSize: size + 5, size: 3.4 * size, gap: 3, values, space: 34 },
      ],
      series: [
        {},
        ...chart.traces.map((t) => ({
          label: t.title,
          stroke: () => this.colours().of(t.colour),
          width: 2,
          dash: DASHES[t.dash],
          points: { show: Boolean(chart.markers), size: 5, width: 0, fill: () => this.colours().of(t.colour) },
          spanGaps: false,
        })),
      ],
      hooks: {
        drawAxes: [(u) => this.drawLines(u)],
        setCursor: [(u) => this.point(u)],
      },
    };
  }

  /** Values that stay, such as what a game comes to rest at, as dotted lines with their names above
   * them, or below where there is no room. The curves are drawn over both. */
  drawLines(u) {
    const { ctx: c, bbox } = u;
    const ratio = devicePixelRatio || 1;
    c.save();
    c.beginPath();
    c.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    c.clip();
    const { dim, paper } = this.colours();
    c.font = `${fontSize() * ratio}px "Source Sans", sans-serif`;
    c.textAlign = "right";
    for (const { y, title } of this.chart.lines ?? []) {
      const at = u.valToPos(y, "y", true);
      c.strokeStyle = dim;
      c.lineWidth = 1.5 * ratio;
      c.setLineDash([2 * ratio, 3 * ratio]);
      c.beginPath();
      c.moveTo(bbox.left, at);
      c.lineTo(bbox.left + bbox.width, at);
      c.stroke();
      c.setLineDash([]);
      const above = at - bbox.top > 1.5 * fontSize() * ratio;
      c.textBaseline = above ? "bottom" : "top";
      haloed(c, title, bbox.left + bbox.width - 4 * ratio, at + (above ? -2 : 4) * ratio, paper, 2 * ratio, dim);
    }
    c.restore();
  }

  /** The values at the step under the pointer. Where the pointer is over another chart, the step
   * alone is marked. */
  point(u) {
    const { idx, left, top, event } = u.cursor;
    const rows = idx === null || idx === undefined || left < 0 || !event ? [] : this.rows(idx);
    this.tip.hidden = !rows.length;
    this.tip.classList.toggle("many", rows.length > MANY);
    if (!rows.length) return;
    const title = document.createElement("b");
    title.textContent = `step ${whole(u.data[0][idx])}`;
    this.tip.replaceChildren(
      title,
      ...rows.map(({ trace, value }) => {
        const row = document.createElement("span");
        row.style.setProperty("--trace", this.colours().of(trace.colour));
        row.textContent = `${trace.title} ${significant(value)}${this.chart.unit}`;
        return row;
      }),
    );
    const { offsetLeft, offsetTop, clientWidth } = u.over;
    const right = left > clientWidth / 2;
    this.tip.style.left = `${offsetLeft + left + (right ? -10 : 10)}px`;
    this.tip.style.top = `${offsetTop + Math.max(0, Math.min(top, HEIGHT / 3))}px`;
    this.tip.style.transform = right ? "translateX(-100%)" : "";
  }

  /** Each trace that is shown, with its latest value at that step: not all are measured as often. */
  rows(idx) {
    return this.chart.traces
      .map((trace, i) => ({ trace, value: this.plot.data[i + 1].slice(0, idx + 1).findLast((v) => v !== undefined) }))
      .filter(({ trace, value }) => Number.isFinite(value) && !this.off.has(trace.title));
  }

  /** Show the series of the traces, {x: steps, y: values} each, over the steps of `range`. */
  draw(series, range) {
    const { plot, uPlot } = this;
    const known = (v) => (Number.isFinite(v) && (!this.chart.log || v > 0) ? v : null);
    const tables = series.map(({ x, y }) => [x, y.map(known)]);
    const width = this.element.clientWidth;
    plot.batch(() => {
      if (width && width !== plot.width) plot.setSize({ width, height: HEIGHT });
      plot.setData(uPlot.join(tables.map((t) => (t[0].length ? t : [[range[0]], [null]]))), true);
      plot.setScale("x", { min: range[0], max: range[1] });
    });
    const step = Math.max(...series.map(({ x }) => x.at(-1) ?? range[0]));
    const last = this.chart.traces.map((t, i) => `${t.title} ${significant(series[i].y.at(-1))}${this.chart.unit}`);
    this.element.setAttribute("aria-label", `${this.chart.title} at step ${whole(step)}: ${last.join(", ")}`);
  }

  /** Show other steps. */
  move([min, max]) {
    this.plot.setScale("x", { min, max });
  }

  /** Take a trace away, or bring it back. */
  show(title, shown) {
    if (shown) this.off.delete(title);
    else this.off.add(title);
    this.chart.traces.forEach((t, i) => t.title === title && this.plot.setSeries(i + 1, { show: shown }));
  }

  retheme() {
    this.plot.redraw(false, true);
  }

  dispose() {
    this.plot.destroy();
    this.tip.remove();
  }
}
