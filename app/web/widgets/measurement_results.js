// Measurement results: how the result of a measurement is drawn, by kind. Each function takes
// (element, {numbers, layers}, {colours, plotly, data}).

import { chance, significant } from "../draw/numbers.js";
import { qualityTable } from "./quality_table.js";

const HEIGHT = 300;

function frame({ ink, dim, dark }, x, y, more = {}) {
  const grid = dark ? "#2d363c" : "#e3e6e7";
  const axis = { gridcolor: grid, zerolinecolor: grid, linecolor: grid, tickfont: { size: 13 } };
  const named = (text) => ({ ...axis, title: { text, font: { size: 14, color: dim } } });
  return {
    height: HEIGHT,
    margin: { l: 56, r: 12, t: 10, b: 78 },
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { color: ink, family: "Source Sans, sans-serif" },
    hoverlabel: { bgcolor: dark ? "#1d2327" : "#ffffff", font: { color: ink } },
    legend: { orientation: "h", y: -0.26, font: { size: 13 } },
    uirevision: "keep",
    xaxis: named(x),
    yaxis: named(y),
    ...more,
  };
}

const QUIET = { displayModeBar: false, responsive: true };

function places(element, count) {
  if (element.children.length !== count) element.innerHTML = "<div></div>".repeat(count);
  return [...element.children];
}

/** The loss along two directions, and over the plane they span. */
function slice(element, { numbers, layers }, { colours, plotly }) {
  if (!layers.plane) return;
  const [one, two] = places(element, 2);
  const { at, steepest, random, reach, cells } = numbers;
  const x = at.map((v) => 255 * v);
  const flat = reach < 0.9;
  const unit = flat ? "grey levels" : "pixel units";
  const along = flat ? x : at;
  const far = flat ? 255 * reach : reach;
  const line = (y, name, colour, dash) => ({
    x: along,
    y,
    text: y.map(significant), // Plotly would write numbers in another way
    name,
    mode: "lines",
    line: { color: colours.of(colour), width: 2.5, dash },
    hovertemplate: `%{text} nats<extra>${name}</extra>`,
  });
  plotly.react(
    one,
    [
      line(steepest, "along the gradient's direction", "adversarial", "solid"),
      line(random, "along a random direction", "random", "dash"),
    ],
    frame(colours, `distance, ${unit}`, "loss, nats", { hovermode: "x unified" }),
    QUIET,
  );
  const side = Array.from({ length: cells }, (_, i) => -far + (2 * far * i) / (cells - 1));
  const z = Array.from({ length: cells }, (_, i) => Array.from(layers.plane.data.subarray(i * cells, (i + 1) * cells)));
  plotly.react(
    two,
    [
      {
        type: "surface",
        x: side,
        y: side,
        z,
        text: z.map((row) => row.map(significant)),
        colorscale: "Cividis",
        showscale: false,
        hovertemplate: "%{text} nats<extra></extra>",
      },
    ],
    {
      ...frame(colours, "", ""),
      margin: { l: 0, r: 0, t: 0, b: 0 },
      scene: {
        aspectmode: "cube",
        camera: { eye: { x: -1.5, y: -1.6, z: 0.9 } },
        ...Object.fromEntries(
          [
            ["xaxis", "steepest"],
            ["yaxis", "random"],
            ["zaxis", "loss"],
          ].map(([k, text]) => [k, { title: { text }, gridcolor: colours.dim, color: colours.ink }]),
        ),
      },
    },
    QUIET,
  );
}

/** Which image, made against which model, every model takes for what. */
function transfer(element, { numbers }, { data }) {
  const { models, sources, matrix } = numbers;
  if (!matrix) return;
  const named = (text) => Object.entries(data.titles ?? {}).reduce((t, [name, title]) => t.replace(name, title), text);
  const table = document.createElement("table");
  const cell = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text, ...more });
  const row = (...cells) => table.appendChild(document.createElement("tr")).append(...cells);
  row(cell("th", "made against ↓, shown to →"), ...models.map((m) => cell("th", named(m))));
  matrix.forEach((line, i) => {
    const cells = line.map((v) => {
      const td = cell("td", `${v.fooled ? "✗" : "✓"} ${v.after[0]} ${chance(v.after[1])}`, {
        title: `${v.before[0]} ${chance(v.before[1])} before; ${chance(v.left)} of it left`,
      });
      td.dataset.fooled = v.fooled;
      const target = v.target === undefined ? "" : `, target ${chance(v.target)}`;
      td.append(cell("small", `${v.before[0]} ${chance(v.before[1])} → ${chance(v.left)}${target}`));
      return td;
    });
    row(cell("th", named(sources[i])), ...cells);
  });
  element.replaceChildren(table);
}

const DASHES = { fgsm: "dot", pgd: "solid", ifgsm: "dash", momentum: "dashdot" };
const LINES = { linear: "dropout", dnn2: "random", dnn4: "adv_l2", cnn: "vat" };

/** Accuracy against ε: plain models left, robust ones right, an attack a dash. */
function curves(element, { numbers }, { colours, plotly }) {
  if (!numbers.errors) return;
  const two = places(element, 2);
  const { epsilons, errors, attacks, norm, count } = numbers;
  const x = norm === "linf" ? epsilons.map((e) => 255 * e) : epsilons;
  [false, true].forEach((robust, i) => {
    const traces = Object.entries(errors)
      .filter(([m]) => m.includes("robust") === robust)
      .flatMap(([m, of]) =>
        attacks.map((a) => ({
          x: x.slice(0, of[a].length),
          y: of[a].map((e) => 100 - e),
          name: `${m}, ${a.toUpperCase()}`,
          mode: "lines+markers",
          marker: { size: 6 },
          line: { color: colours.of(LINES[m.replace("-robust", "")]), width: 2, dash: DASHES[a] },
          hovertemplate: `%{y:.1f} %<extra>${m}, ${a}</extra>`,
        })),
      );
    const unit = norm === "linf" ? "grey levels" : "pixel units";
    const title = `ε, ${unit} · ${robust ? "robust" : "plain"} · ${count} test digits`;
    const layout = frame(colours, title, "accuracy, %");
    layout.yaxis.range = [-2, 102];
    layout.xaxis.range = [-0.02 * x.at(-1), 1.02 * Math.max(...x)];
    plotly.react(two[i], traces, layout, QUIET);
  });
}

/** Kinds that Plotly draws. */
export const DRAWN = new Set(["slice", "curves"]);

/** kind → function that draws the result. */
export const SHOWS = { slice, transfer, curves, quality_table: qualityTable };
