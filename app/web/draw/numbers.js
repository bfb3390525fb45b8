// Numbers as people read them, written in one way everywhere (app/page/numbers.py is the same for
// tables made in Python): a zero before the point, a true minus sign, a dash for what is not known,
// few digits.
//
// In a field that can be edited a number is written as it can be typed and copied: `editable`.

const DASH = "–";
const known = (v) => typeof v === "number" && Number.isFinite(v);
const minus = (text) => text.replaceAll("-", "−");

/** With a fixed number of decimals. */
export const fixed = (v, digits) => (known(v) ? minus(tidied(v, digits)) : DASH);

const LARGE = 1e6; // from here on decimals are noise: written as 4.17e6

/** What rounds to 0 has no sign. */
function tidied(v, digits) {
  if (Math.abs(v) >= LARGE) return editable(v);
  return (Math.abs(v) < 0.5 * 10 ** -digits ? 0 : v).toFixed(digits);
}

export const percent = (v) => (known(v) ? `${v >= 99.95 ? "100" : fixed(v, 1)} %` : `${DASH} %`);

/** With three decimals always, so that it does not jitter. */
export const signed = (v) => fixed(v, 3);

export const whole = (v) => (known(v) ? minus(Math.round(v).toLocaleString("en-GB")) : DASH);

/** Four significant digits at most, as short as they can be written; small and large ones as 1e-3,
 * with the minus sign of a keyboard. */
export function editable(v) {
  if (!known(v)) return DASH;
  if (v === 0) return "0";
  const size = Math.abs(v);
  if (size < 0.001 || size >= 1e5)
    return v
      .toExponential(2)
      .replace(/\.?0+e/, "e")
      .replace("e+", "e");
  return String(Number(v.toPrecision(4)));
}

/** The same to read. */
export const significant = (v) => minus(editable(v));

/** A share of 1 in per cent. */
export const share = (v) => percent(known(v) ? 100 * v : v);

/** A value that is a word already. */
export const text = (v) => (v === undefined ? DASH : String(v));

/** A distance in pixel units as grey levels: k/255. */
export const levels = (v) => (known(v) ? `${significant(Number((255 * v).toPrecision(3)))}/255` : DASH);

export const yes = (v) => (known(v) ? (v ? "yes" : "no") : DASH);

/** A probability with three decimals; what rounds to 1 is 1.00. */
export const chance = (v) => (known(v) ? (v >= 0.9995 ? "1.00" : v.toFixed(3)) : DASH);

export const FORMS = { text, percent, share, signed, significant, whole, levels, yes, chance };
