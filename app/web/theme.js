// Colours. Okabe–Ito for the methods; blue to gold, which every kind of colour vision tells apart, for the two classes.

export const METHODS = {
  mle: ["#4d5560", "#c3cad0"], l2: ["#e69f00", "#e69f00"], dropout: ["#3f9fd8", "#56b4e9"], random: ["#009e73", "#1fbf90"],
  adv_linf: ["#0058b8", "#6ea8ff"], adv_l2: ["#b0568c", "#dd8fbd"], vat: ["#d55e00", "#ff7a1f"],
};
const LIGHT = { ground: [251, 251, 250], low: [38, 104, 186], high: [214, 150, 0], ink: "#1d2327", halo: "#ffffff", dim: "#5b666e" };
const DARK = { ground: [27, 32, 36], low: [70, 145, 235], high: [232, 176, 45], ink: "#f3f6f7", halo: "#0c0f11", dim: "#a8b3ba" };

/** What tells one theme from another, cheaply. */
export const themeKey = (element) => getComputedStyle(element).getPropertyValue("--st-background-color").trim();

/** Colours for the theme the page has now, read from what Streamlit hands to components. */
export function theme(element) {
  const background = themeKey(element);
  const dark = luminance(background) < 0.4;
  const base = dark ? DARK : LIGHT;
  return {
    ...base, dark, key: background,
    method: (name) => METHODS[name]?.[dark ? 1 : 0] ?? base.ink,
    marks: [rgb(base.low), rgb(base.high)],
    table: lookup(base),
  };
}

function luminance(colour) {
  const c = document.createElement("canvas").getContext("2d");
  c.fillStyle = colour || "#fff";
  c.fillRect(0, 0, 1, 1);
  const [r, g, b] = c.getImageData(0, 0, 1, 1).data;
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}

const rgb = (c) => `rgb(${c.map(Math.round).join(",")})`;

/** 256 RGBA words from class 0 over the ground colour at p = .5 to class 1. */
function lookup({ ground, low, high }) {
  const bytes = new Uint8ClampedArray(1024);
  for (let i = 0; i < 256; i++) {
    const t = (i - 127.5) / 127.5, end = t < 0 ? low : high;
    const weight = 0.82 * Math.abs(t) ** 0.8;
    for (let k = 0; k < 3; k++) bytes[4 * i + k] = ground[k] + weight * (end[k] - ground[k]);
    bytes[4 * i + 3] = 255;
  }
  return new Uint32Array(bytes.buffer);
}
