// Layout: panels on a grid of equal cells. On a wide screen they fit the window together with
// transport and knobs; on a tablet or a phone they take the width there is, and the page scrolls.
// Nothing is cut: panels of text and numbers grow with what they hold, a title that is too long for
// its line gets another one, and a side that is too tall for its cell lies below the panels.
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
const ROW_GAP = 6;
const LEAST = 110; // width of a cell at least, where the page declares none
const FLAT = 18; // height of a free cell at least
const FLAT_SHARE = 0.55; // the same on a tablet, as a share of its width
const TITLE = 24; // height of a title of one line
const LARGE = 430; // height of a view at least: it was asked for to see more
const SIDE = 188; // width of the side beside a view
const ARROW = 28; // beside the words of a list
const PHONE = 640; // Stages narrower than this are laid out for a phone
const TABLET = 1100; // windows narrower than this scroll rather than shrink what they show
const TALL = 0.78; // of the window's height: one panel at most, where the page scrolls
const MUCH = 1.3; // so many times higher than fits a cell may become to hold the side
const SOME = 24; // pixels that a side may be higher than its cell

/** Lay out a Stage's panels. Returns false where it cannot be seen. */
export function layout(stage) {
  const { root, grid, data, focus } = stage;
  const width = root.clientWidth;
  if (!width) return false;
  const phone = width < PHONE;
  const tall = phone || window.innerWidth < TABLET;
  root.toggleAttribute("data-phone", phone);
  root.toggleAttribute("data-tall", tall);
  const shown = stage.panels.filter((p) => !p.element.hidden);
  const spans = shown.map((p) => p.spec.span ?? [1, 1]);
  const key = `${width}/${window.innerHeight}/${focus?.name}/${data.token}`;
  if (key !== stage.titled?.key) stage.titled = { key, lines: 1 };
  grid.dataset.titles = stage.titled.lines;

  const plan = { stage, shown, spans, width, phone, tall };
  plan.free = data.grid.free && !phone;
  plan.ratio = Math.min(2, window.devicePixelRatio || 1);
  const side = stage.sidebar?.element;
  plan.strip = Boolean(side) && tall;
  const cell = fitted(plan);
  // A side that its cell cannot hold takes a row of its own below.
  choices(stage);
  if (side && !plan.strip && cell.side > cell.room + SOME) fitted({ ...plan, strip: true });
  return true;
}

/** Columns of the grid: as many as the page wants, or as fit, and none that stays empty. */
function columnsOf(plan, strip) {
  const { stage, width, phone, tall } = plan;
  const { data, focus } = stage;
  if (phone) return data.grid.narrow ?? 2;
  const wanted = focus?.columns ?? data.grid.columns;
  const least = data.grid.smallest ?? LEAST;
  const most = tall ? Math.max(1, Math.min(wanted, Math.floor((width + GAP) / (least + GAP)))) : wanted;
  return filled(plan, most, strip).wide;
}

/** Size everything under a plan. Returns the height that the side needs, and the room it has. */
function fitted(plan) {
  const { stage, phone, tall, free, width, strip } = plan;
  const { grid, data, focus } = stage;
  const columns = (plan.columns = columnsOf(plan, strip));
  const rows = (plan.rows = phone ? 1 : filled(plan, columns, strip).high);
  const [vx, vy] = data.grid.cell;
  const beside = focus && !strip;
  const most = Math.floor((width - GAP * (columns - 1) - (beside ? SIDE + GAP : 0)) / columns);
  const least = Math.min(most, data.grid.smallest ?? LEAST);
  const ratio = vy / vx;
  arrange(plan, most);
  const title = Math.max(TITLE, ...plan.shown.map((p) => p.figcaption.offsetHeight)) + 2;
  const below = strip ? stage.sidebar.element.offsetHeight + ROW_GAP : 0;
  const room = Math.max(0, height(stage) - below) / rows - title - ROW_GAP;
  let w = most;
  let h;
  if (free) {
    h = Math.max(FLAT, Math.min(Math.round(0.8 * w), Math.floor(room)));
    if (tall) h = Math.max(h, Math.round(FLAT_SHARE * w));
  } else {
    if (!phone) {
      const high = Math.max(...plan.spans.map(([, r]) => r));
      const limit = tall ? (TALL * window.innerHeight) / high : room - (GAP - ROW_GAP);
      w = Math.max(least, Math.min(most, Math.floor(limit / ratio)));
    }
    // Cells grow where text or numbers in one need more height, as far as the width goes.
    if (!phone) {
      arrange(plan, w);
      const need = Math.max(0, ...needs(plan, w, w * ratio, title));
      if (need > w * ratio) w = Math.min(most, Math.ceil(need / ratio));
    }
    h = Math.round(w * ratio);
  }
  arrange(plan, w);
  size(plan, w, h, title);
  // Where text has made a panel higher, the others give way so that all still fits the window.
  for (let flat = 0.7 * h; free && !tall && h > flat; size(plan, w, h, title)) {
    const over = grid.offsetHeight - height(stage);
    if (over <= 0) break;
    h = Math.max(flat, h - Math.ceil((2 * over) / rows));
  }
  const [, down] = beside ? [1, rows] : (data.side?.span ?? [1, 1]);
  const side = stage.sidebar?.element;
  if (!side) return { side: 0, room: 0 };
  side.toggleAttribute("data-low", !strip && !beside && h * down < 96); // too low to begin where plots do
  const own = title + h * down + (title + ROW_GAP) * (down - 1) + 8;
  return { side: strip ? 0 : side.offsetHeight, room: beside ? Infinity : own };
}

/** Columns and rows that panels fill in a grid of so many columns, and the side where it has a cell
 * among them. */
function filled({ stage: { data, focus }, spans }, columns, strip) {
  const taken = new Set();
  let [wide, high] = [1, 1];
  const cells = strip || focus ? spans : [...spans, data.side?.span ?? [1, 1]];
  for (const [c, r] of cells) {
    const across = Math.min(c, columns);
    for (let at = 0; ; at++) {
      const [x, y] = [at % columns, Math.floor(at / columns)];
      if (x + across > columns) continue;
      const own = Array.from({ length: across * r }, (_, k) => `${x + (k % across)}/${y + Math.floor(k / across)}`);
      if (own.some((cell) => taken.has(cell))) continue;
      for (const cell of own) taken.add(cell);
      [wide, high] = [Math.max(wide, x + across), Math.max(high, y + r)];
      break;
    }
  }
  return { wide, high };
}

/** Put panels and side into columns of width w. */
function arrange({ stage, shown, spans, columns, rows, strip, phone }, w) {
  const { grid, data, focus } = stage;
  const side = stage.sidebar?.element;
  const beside = focus && !strip;
  grid.style.gridTemplateColumns = `repeat(${columns}, ${w}px)${beside ? ` ${SIDE}px` : ""}`;
  shown.forEach((panel, i) => {
    const [c, r] = spans[i];
    panel.element.style.gridColumn = `span ${Math.min(c, columns)}`;
    panel.element.style.gridRow = `span ${phone ? 1 : r}`;
  });
  if (!side) return;
  const [c, r] = data.side?.span ?? [1, 1];
  side.toggleAttribute("data-strip", strip);
  side.style.order = focus || strip ? 1 : ""; // last, wherever it stands among all panels
  side.style.gridColumn = strip ? "1 / -1" : beside ? "-2 / -1" : `span ${Math.min(c, columns)}`;
  side.style.gridRow = strip ? "" : beside ? `1 / span ${rows}` : `span ${r}`;
}

const across = (w, columns) => Math.round(w * columns + GAP * (columns - 1));

/** Heights of a cell that the panels of text and numbers need, and the side unless that is much
 * more than h, which the cells have. */
function needs({ stage, shown, spans, columns, strip }, w, h, title) {
  const some = shown.map((panel, i) => [panel, ...spans[i]]).filter(([panel]) => panel.grows);
  for (const [panel, c] of some) {
    panel.plot.style.width = `${across(w, Math.min(c, columns))}px`;
    panel.plot.style.minHeight = "0";
  }
  const cell = (need, r) => (need - (title + ROW_GAP) * (r - 1)) / r;
  const found = some.map(([panel, , r]) => cell(panel.plot.scrollHeight, r));
  const side = stage.sidebar?.element;
  if (side && !strip && !stage.focus) {
    const r = stage.data.side?.span?.[1] ?? 1;
    const need = cell(side.offsetHeight - title, r);
    if (need < MUCH * h) found.push(need);
  }
  return found;
}

/** Tell each panel its size. */
function size({ shown, spans, columns, phone, ratio }, w, h, title) {
  shown.forEach((panel, i) => {
    const [c, r] = spans[i];
    const wide = Math.min(c, columns);
    const down = phone || wide < c ? (r * wide) / c : r;
    const high = Math.round(h * down + (title + ROW_GAP) * (down - 1));
    panel.size(across(w, wide), phone ? Math.max(panel.spec.least ?? 0, high) : high, ratio);
  });
}

/** A list whose longest choice its column cannot show takes two columns. */
function choices({ knobPanel }) {
  const lists = [...(knobPanel?.element.querySelectorAll("select") ?? [])].filter((e) => e.offsetWidth);
  for (const list of lists) list.closest(".knob").style.gridColumn = "";
  const pen = document.createElement("canvas").getContext("2d");
  const short = lists.filter((list) => {
    const style = getComputedStyle(list);
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const widths = [...list.options].map((o) => pen.measureText(o.textContent).width);
    return Math.max(0, ...widths) + ARROW > list.clientWidth;
  });
  for (const list of short) list.closest(".knob").style.gridColumn = "span 2";
}

/** Give titles another line where one does not hold them; true where that changed. Numbers are
 * written after the layout, so this is called with them. */
export function titlesFit(stage) {
  const { panels, titled } = stage;
  if (!titled || titled.lines > 1) return true;
  const cut = (e) => e.scrollWidth > e.clientWidth + 1;
  const some = panels.some((p) => !p.element.hidden && [p.figcaption, p.numbers, ...p.numbers.children].some(cut));
  if (some) titled.lines = 2;
  return !some;
}

/** Pixels the panels may take so that everything fits the window. A room's questions above them move
 * them down, but make nothing smaller. */
function height(stage) {
  const { root, grid, data, focus } = stage;
  const scroller = root.getRootNode().host?.closest("[data-testid=stMain]");
  const top = grid.getBoundingClientRect().top + (scroller?.scrollTop ?? 0);
  const below = root.getBoundingClientRect().bottom - grid.getBoundingClientRect().bottom;
  const cards = root.getRootNode().querySelector(".room-cards");
  const questions = cards && getComputedStyle(cards).position !== "absolute" ? cards.offsetHeight : 0;
  const measured = window.innerHeight - top - below - 8 + questions;
  return Math.max(focus ? LARGE : 0, data.grid.least ?? 300, measured);
}
