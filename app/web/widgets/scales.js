// Scales: what the axes of a line chart run over, and which points of a series it draws.

const MOST_POINTS = 500; // of a trace; the eye cannot separate more at this width

/** A series with at most MOST_POINTS points and its last one. Points that were drawn stay drawn while
 * the series grows; otherwise a noisy curve would shimmer. */
export function thinned({ x, y }) {
  const stride = 2 ** Math.max(0, Math.ceil(Math.log2(x.length / MOST_POINTS)));
  if (stride === 1) return { x, y };
  const keep = (_, i) => i % stride === 0 || i === x.length - 1;
  return { x: x.filter(keep), y: y.filter(keep) };
}

/** Round ends of an axis that holds steps from `low` to `high`; they move only now and then. */
export function ends(low, high) {
  if (low === high) return [low - 1, high + 1];
  const unit = Math.max(1, 10 ** Math.floor(Math.log10(high - low)) / 5);
  return [Math.floor(low / unit) * unit, Math.ceil(high / unit) * unit];
}

/** Distances that two labels of an axis of steps may have: whole numbers, since no step is half. */
export const WHOLE = [...Array(10).keys()].flatMap((n) => [1, 2, 5].map((k) => k * 10 ** n));

/** What the axis of values runs over: a tenth more than the values on either side, rounded so that it
 * moves only now and then; a twentieth of it for a value that stays. Percentages that end at 0 or 100
 * do not seem to go beyond. */
export function spread(low, high, percent) {
  const margin = 0.1 * (high - low) || 0.05 * Math.abs(high) || 1;
  const unit = 10 ** Math.floor(Math.log10(margin));
  const end = (value, way) => Math.ceil((way * value + margin) / unit) * unit * way || 0;
  const edge = 0.2 * margin; // so that a line along the end is drawn in its whole width
  return [
    percent && low >= 0 ? Math.max(end(low, -1), -edge) : end(low, -1),
    percent && high <= 100 ? Math.min(end(high, 1), 100 + edge) : end(high, 1),
  ];
}
