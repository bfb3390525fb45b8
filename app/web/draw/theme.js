// Theme: the colours of everything. Okabe–Ito for methods and roles. Blue to gold, which every kind
// of colour vision tells apart, for two classes. For ten digits Tol's muted set, lightened for the
// dark theme, and always with the digit itself written beside it. One name means one thing on every
// page.

// Name → its colour on the light ground and on the dark one.
// prettier-ignore
const NAMED = {
  // methods of the VAT lab
  mle: ["#4d5560", "#c3cad0"], l2: ["#e69f00", "#e69f00"], dropout: ["#3f9fd8", "#56b4e9"],
  random: ["#009e73", "#1fbf90"], adv_linf: ["#0058b8", "#6ea8ff"], adv_l2: ["#b0568c", "#dd8fbd"],
  vat: ["#d55e00", "#ff7a1f"],
  // data or prior; generated or code
  real: ["#0067ad", "#5fb0ee"], prior: ["#0067ad", "#5fb0ee"],
  fake: ["#d55e00", "#ff8a3c"], code: ["#d55e00", "#ff8a3c"],
  // the two players; what is optimal
  d: ["#8a3d7c", "#d893c9"], g: ["#00785a", "#2cc79a"], optimal: ["#4d5560", "#c3cad0"],
  // parts of an autoencoder, and the VAE beside it
  encoder: ["#00785a", "#2cc79a"], decoder: ["#8a6200", "#e6b33a"], reconstruction: ["#8a6200", "#e6b33a"],
  vae: ["#b0568c", "#dd8fbd"],
  // images; robust networks
  clean: ["#0067ad", "#5fb0ee"], adversarial: ["#d55e00", "#ff8a3c"], robust: ["#8a3d7c", "#d893c9"],
  // ways of training in the training lab; points that can be broken
  standard: ["#4d5560", "#c3cad0"], smoothing: ["#8a6200", "#e6b33a"], fgsm: ["#0058b8", "#6ea8ff"],
  pgd: ["#8a3d7c", "#d893c9"], broken: ["#c4122f", "#ff5a6e"],
};
// prettier-ignore
const DIGITS = [
  ["#332288", "#3a9bc9", "#2d8f80", "#117733", "#87871f", "#b59a1c", "#c04f60", "#882255", "#aa4499", "#6f6f6f"],
  ["#9d90ff", "#88ccee", "#44b8a6", "#45b862", "#bcbc48", "#e6d584", "#f08a98", "#d8629a", "#d48ad6", "#b4b4b4"],
];
// prettier-ignore
const LIGHT = {
  ground: [251, 251, 250], low: [38, 104, 186], high: [214, 150, 0], real: [0, 103, 173], fake: [213, 94, 0],
  ink: "#1d2327", halo: "#ffffff", dim: "#5b666e",
};
// prettier-ignore
const DARK = {
  ground: [27, 32, 36], low: [70, 145, 235], high: [232, 176, 45], real: [70, 150, 225], fake: [240, 120, 40],
  ink: "#f3f6f7", halo: "#0c0f11", dim: "#a8b3ba",
};

const LEGIBLE = 4.6;

/** A key of the theme that is cheap to read. */
export const themeKey = (element) => getComputedStyle(element).getPropertyValue("--st-background-color").trim();

/** Colours for the theme the page has now, read from the CSS variables that Streamlit gives
 * components. */
export function theme(element) {
  const background = themeKey(element);
  const dark = luminance(background) < 0.4;
  const base = dark ? DARK : LIGHT;
  const tables = {};
  const make = {
    classes: () => diverging(base.low, base.ground, base.high), // p(class 1)
    game: () => diverging(base.fake, base.ground, base.real), // D: 0 is fake, 1 is real
    density: () => sequential(base.ground, base.real),
    pale: () => sequential(base.ground, base.real, 0.42), // a density that others are drawn over
    loss: () => sequential(base.ground, base.fake),
    signed: () => diverging(base.low, base.ground, base.high), // 128 is 0
    image: () => (dark ? sequential([12, 15, 17], [243, 246, 247], 1) : sequential([255, 255, 255], [22, 27, 31], 1)),
  };
  const of = (name) => (name?.startsWith("#") ? name : (NAMED[name]?.[dark ? 1 : 0] ?? base[name] ?? base.ink));
  const darkest = getComputedStyle(element).getPropertyValue("--st-secondary-background-color") || background;
  const words = new Map();
  const legible = (colour) => {
    if (!words.has(colour)) words.set(colour, towards(colour, base.ink, darkest));
    return words.get(colour);
  };
  return {
    ...base,
    dark,
    key: background,
    paper: rgb(base.ground),
    of, // for lines, marks and areas
    word: (name) => legible(of(name)), // for text
    legible,
    digit: (k) => DIGITS[dark ? 1 : 0][k] ?? base.dim,
    kind: (k) =>
      [
        rgb(base.low),
        rgb(base.high),
        NAMED.vae[dark ? 1 : 0],
        NAMED.dropout[dark ? 1 : 0],
        NAMED.standard[dark ? 1 : 0],
        NAMED.broken[dark ? 1 : 0],
      ][k] ?? base.dim, // classes of sentences, always with their mark
    marks: [rgb(base.low), rgb(base.high)],
    table: (name) => (tables[name] ??= make[name]()),
  };
}

const known = new Map(); // CSS colour → its parts

/** A CSS colour as [r, g, b]. */
export function parts(colour) {
  if (!known.has(colour)) known.set(colour, read(colour));
  return known.get(colour);
}

function read(colour) {
  const c = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  c.fillStyle = colour || "#fff";
  c.fillRect(0, 0, 1, 1);
  return [...c.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

function luminance(colour) {
  const [r, g, b] = parts(colour);
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}

/** Relative luminance of [r, g, b], as WCAG 2 has it. */
function light(rgb) {
  const [r, g, b] = rgb.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
  const [low, high] = [light(a), light(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/** `colour`, with as much of `ink` as makes text in it legible on `ground`: WCAG 2 asks for 4.5. */
function towards(colour, ink, ground) {
  const [from, to, under] = [colour, ink, ground].map(parts);
  for (let t = 0; t < 1; t += 0.02) {
    const mixed = from.map((v, k) => Math.round(v + t * (to[k] - v)));
    if (contrast(mixed, under) >= LEGIBLE) return rgb(mixed);
  }
  return ink;
}

const rgb = (c) => `rgb(${c.map(Math.round).join(",")})`;

/** 256 RGBA words, word i from colour(i/255). */
function lookup(colour) {
  const bytes = new Uint8ClampedArray(1024);
  for (let i = 0; i < 256; i++) bytes.set([...colour(i / 255), 255], 4 * i);
  return new Uint32Array(bytes.buffer);
}

/** From `low` over the ground colour at .5 to `high`. */
const diverging = (low, ground, high) =>
  lookup((v) => {
    const t = 2 * v - 1;
    const end = t < 0 ? low : high;
    const weight = 0.82 * Math.abs(t) ** 0.8;
    return ground.map((g, k) => g + weight * (end[k] - g));
  });

const sequential = (from, to, most = 0.85) => lookup((v) => from.map((g, k) => g + most * v * (to[k] - g)));
