// Layout: panels on a grid of equal cells that, with transport and knobs, fits the window.
//
// data.grid:
//   columns, and narrow: columns on a phone
//   cell: [width, height] as a ratio
//   free?: cells take all the width and height there are
//   least?: pixels that all panels are high at least
//   smallest?: pixels that a cell is wide at least
// A panel's spec.span is [columns, rows], [1, 1] by default; spec.least: pixels it is high at least
// on a phone.

// Pixels.
const GAP = 12;
const TITLE = 26;
const LEAST = 110; // width of a cell at least, where the page declares none
const FLAT = 18; // height of a free cell at least

/** Lay out a Stage's panels. Returns false where it cannot be seen. */
export function layout(stage) {
  const { root, grid, data, focus } = stage;
  if (!root.clientWidth) return false;
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const narrow = root.clientWidth < 640;
  const [vx, vy] = data.grid.cell;
  const shown = stage.panels.filter((p) => !p.element.hidden);
  const side = stage.sidebar?.element;
  const spans = shown.map((p) => p.spec.span ?? [1, 1]);
  const columns = narrow ? (data.grid.narrow ?? 2) : (focus?.columns ?? data.grid.columns);
  const sideSpan = focus ? [1, 1] : (data.side?.span ?? [1, 1]);
  const rows = narrow
    ? 1
    : Math.ceil(spans.reduce((n, [c, r]) => n + c * r, sideSpan[0] * sideSpan[1]) / (columns + (focus ? 1 : 0)));
  let w = (root.clientWidth - GAP * (columns - 1) - (focus && !narrow ? 200 : 0)) / columns;
  const free = data.grid.free && !narrow;
  if (!narrow && !free) w = Math.min(w, ((height(stage) / rows - TITLE - GAP) * vx) / vy);
  w = Math.max(data.grid.smallest ?? LEAST, Math.floor(w));
  const h = free
    ? Math.max(FLAT, Math.min(Math.round(0.8 * w), Math.floor(height(stage) / rows - TITLE - 6)))
    : Math.round((w * vy) / vx);
  grid.style.gridTemplateColumns = `repeat(${columns}, ${w}px)${focus && !narrow ? " 188px" : ""}`;
  const place = (element, [c, r]) => {
    element.style.gridColumn = `span ${Math.min(c, columns)}`;
    element.style.gridRow = `span ${r}`;
  };
  shown.forEach((panel, i) => {
    const [c, r] = spans[i];
    const across = Math.min(c, columns);
    const down = narrow ? (r * across) / c : r;
    place(panel.element, [c, narrow ? 1 : r]);
    const high = Math.round(h * down + (TITLE + 6) * (down - 1));
    panel.size(
      Math.round(w * across + GAP * (across - 1)),
      narrow ? Math.max(panel.spec.least ?? 0, high) : high,
      ratio,
    );
  });
  if (side) {
    side.style.order = focus ? 1 : ""; // beside a view it comes last, wherever it stands among all panels
    place(side, narrow ? [columns, 1] : sideSpan);
    side.toggleAttribute("data-low", !narrow && h * sideSpan[1] < 96); // too low to begin where plots beside it do
    // The side never decides how tall a row is: what does not fit scrolls.
    side.style.maxHeight =
      narrow || (focus && free) ? "none" : `${TITLE + h * sideSpan[1] + (TITLE + 6) * (sideSpan[1] - 1) + 8}px`;
  }
  return true;
}

/** Pixels the panels may take so that everything fits the window. */
function height(stage) {
  const { root, grid, data } = stage;
  const scroller = root.getRootNode().host?.closest("[data-testid=stMain]");
  const top = grid.getBoundingClientRect().top + (scroller?.scrollTop ?? 0);
  const below = root.getBoundingClientRect().bottom - grid.getBoundingClientRect().bottom;
  const measured = window.innerHeight - top - below - 8;
  return Math.max(data.grid.least ?? 300, measured);
}
