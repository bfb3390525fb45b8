// Numbers as people read them: three significant digits, a true minus sign, a dash for what is not
// known.

const DASH = "–";
const known = (v) => typeof v === "number" && Number.isFinite(v);

export const percent = (v) => (known(v) ? `${v >= 99.95 ? "100" : v.toFixed(1)} %` : `${DASH} %`);

export const signed = (v) => (known(v) ? (Math.abs(v) < 0.0005 ? "0.000" : v.toFixed(3)).replace("-", "−") : DASH);

export const whole = (v) => (known(v) ? Math.round(v).toLocaleString("en-GB") : DASH);

/** Three significant digits, as short as they can be written; small and large ones as 1e-3. */
export function significant(v) {
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

/** A share of 1 in per cent. */
export const share = (v) => percent(known(v) ? 100 * v : v);

/** A value that is a word already. */
export const text = (v) => (v === undefined ? DASH : String(v));

/** A distance in pixel units as grey levels: k/255. */
export const levels = (v) => (known(v) ? `${Number((255 * v).toPrecision(3))}/255` : DASH);

export const yes = (v) => (known(v) ? (v ? "yes" : "no") : DASH);

/** A probability with three decimals, without the leading zero; what rounds to 1 is 1.00. */
export const chance = (v) => (known(v) ? (v >= 0.9995 ? "1.00" : v.toFixed(3).slice(1)) : DASH);

export const FORMS = { text, percent, share, signed, significant, whole, levels, yes, chance };
