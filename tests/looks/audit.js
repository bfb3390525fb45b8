// What cannot be seen on the page as it is laid out now: text, pictures and controls that are
// clipped, that lie outside the window, or that something else covers wherever the page is scrolled
// to. A function without arguments that returns a list of sentences.
//
// A box may cut what it scrolls if the visitor can tell: it fades at its edge (data-more) or it is
// a sheet or a table with a scroll bar (data-scrolls). The page itself and the sidebar scroll up
// and down, never sideways.

() => {
  const SLACK = 1.5; // pixels that rounding may take
  const PAGE = "[data-testid=stMain], [data-testid=stSidebarContent], [data-testid=stHeader], body";
  const OWN = "canvas, img, input, select, button, progress, video"; // seen though they hold no text
  const SKIP =
    "script, style, option, datalist, .js-plotly-plot, .katex-mathml, [data-testid=stStatusWidget], [data-testid=stSkipToContent], [data-testid=stCheckbox] input";

  const up = (e) => e.parentElement ?? e.getRootNode().host ?? null;
  const path = (e) => {
    const name = (x) => {
      const own = x.dataset?.panel ?? x.dataset?.knob ?? x.dataset?.testid ?? x.dataset?.tool;
      const kind = typeof x.className === "string" ? x.className.split(" ")[0] : "";
      return x.tagName.toLowerCase() + (own ? `[${own}]` : kind && !kind.startsWith("st-emotion") ? `.${kind}` : "");
    };
    const up2 = [];
    for (let x = e; x && up2.length < 4; x = up(x)) up2.unshift(name(x));
    return up2.join(" ");
  };
  const within = (e, outer) => {
    for (let a = e; a; a = up(a)) if (a === outer) return true;
    return false;
  };
  const words = (e) => (e.getAttribute?.("aria-label") || e.textContent || e.title || "").trim().replace(/\s+/g, " ").slice(0, 40);

  // -- what is on the page -------------------------------------------------------------------------

  const found = []; // {e, box()}
  const collect = (root) => {
    for (const e of root.children) {
      if (e.matches(SKIP) || e.matches("details:not([open]) > :not(summary)")) continue;
      if (e.shadowRoot) collect(e.shadowRoot);
      const style = getComputedStyle(e);
      if (style.display === "none" || style.visibility === "hidden" || style.opacity === "0") continue;
      if (e.matches(OWN)) found.push({ e, box: () => e.getBoundingClientRect() });
      for (const node of e.childNodes) {
        if (node.nodeType !== 3 || !node.textContent.trim()) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        found.push({ e, text: true, box: () => range.getBoundingClientRect() });
      }
      if (e.tagName !== "svg" || e.matches(".flow")) collect(e);
    }
  };
  collect(document.body);
  const seen = found.filter(({ e, box }) => {
    const { width, height } = box();
    return width > 1 && height > 1 && !(e.tagName === "INPUT" && ["file", "hidden"].includes(e.type));
  });

  // -- clipped, or outside the window --------------------------------------------------------------

  const faults = new Map(); // element → sentence, the first
  const fault = (e, text) => faults.has(e) || faults.set(e, text);
  const sidebar = document.querySelector("[data-testid=stSidebar]");
  const folded = sidebar && sidebar.getBoundingClientRect().right < 2;
  for (const { e, text, box } of seen) {
    if (folded && within(e, sidebar)) continue;
    const r = box();
    const what = `${path(e)} “${words(e)}”`;
    let scrolls = false;
    for (let a = text ? e : up(e); a; a = up(a)) {
      if (a.matches("[data-scrolls], [data-more]")) scrolls = true;
      const style = getComputedStyle(a);
      if (style.position === "fixed") break;
      const page = a.matches(PAGE);
      const b = a.getBoundingClientRect();
      const cuts = !scrolls && style.display !== "inline";
      const sideways = cuts && style.overflowX !== "visible";
      const upright = cuts && style.overflowY !== "visible" && !page;
      const by = (n) => `${what} by ${Math.round(n)} px in ${path(a)}`;
      if (sideways && r.right > b.right + SLACK) fault(e, `cut at the right: ${by(r.right - b.right)}`);
      if (sideways && r.left < b.left - SLACK) fault(e, `cut at the left: ${by(b.left - r.left)}`);
      if (upright && r.bottom > b.bottom + SLACK + 1) fault(e, `cut below: ${by(r.bottom - b.bottom)}`);
      if (upright && r.top < b.top - SLACK - 1) fault(e, `cut above: ${by(b.top - r.top)}`);
      if (page) break;
    }
    if (!scrolls && (r.right > innerWidth + SLACK || r.left < -SLACK)) fault(e, `outside the window: ${what}`);
    if (e.tagName === "SELECT" && e.selectedOptions[0]) {
      const c = document.createElement("canvas").getContext("2d");
      const style = getComputedStyle(e);
      c.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
      const room = e.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 15;
      const over = c.measureText(e.selectedOptions[0].textContent.trim()).width - room;
      if (over > 1) fault(e, `its choice is cut: ${what} by ${Math.round(over)} px`);
    }
    if (e.tagName === "INPUT" && e.matches(".entry, [type=number]") && e.scrollWidth > e.clientWidth + 1)
      fault(e, `its number is cut: ${what} ${e.value}`);
  }

  // -- covered -------------------------------------------------------------------------------------

  const deepest = (x, y) => {
    let e = document.elementFromPoint(x, y);
    while (e?.shadowRoot) {
      const inner = e.shadowRoot.elementFromPoint(x, y);
      if (!inner || inner === e) break;
      e = inner;
    }
    return e;
  };
  const main = document.querySelector("[data-testid=stMain]");
  const top = main.scrollTop;
  let open = seen.filter(({ e }) => within(e, main) && !["none"].includes(getComputedStyle(e).pointerEvents));
  // What sticks to the window must lie over everything wherever the page is scrolled to; the rest
  // must be seen somewhere.
  const sticks = ({ e }) => {
    for (let a = e; a && a !== main; a = up(a)) if (getComputedStyle(a).position === "sticky") return true;
    return false;
  };
  const stuck = open.filter(sticks);
  /** Whether a box that scrolls is scrolled past an item; it is looked at there below. */
  const past = ({ e, box }) => {
    const r = box();
    const y = (r.top + r.bottom) / 2;
    for (let a = up(e); a && a !== main; a = up(a)) {
      const b = a.getBoundingClientRect();
      if (a.scrollHeight > a.clientHeight + 1 && getComputedStyle(a).overflowY === "auto" && (y < b.top || y > b.bottom))
        return true;
    }
    return false;
  };
  const by = new Map();
  /** Whether an item is seen now; null where the page is scrolled past it. */
  const clear = (item) => {
    const r = item.box();
    const y = (r.top + r.bottom) / 2;
    if (y < main.getBoundingClientRect().top || y > innerHeight) return null;
    for (const x of [(r.left + r.right) / 2, r.left + Math.min(4, r.width / 4), r.right - Math.min(4, r.width / 4)]) {
      if (x < 0 || x > innerWidth) return true; // told already
      const hit = deepest(x, y);
      if (hit && (within(hit, item.e) || within(item.e, hit))) continue;
      // Words of one line, of which a subscript reaches into the next.
      if (hit?.parentElement === item.e.parentElement && getComputedStyle(hit).display === "inline") continue;
      by.set(item, hit ? path(hit) : "nothing");
      return false;
    }
    return true;
  };
  const look = () => {
    open = open.filter((item) => clear(item) !== true);
    for (const item of stuck)
      if (!past(item) && clear(item) === false) fault(item.e, `covered: ${path(item.e)} “${words(item.e)}” by ${by.get(item)}`);
  };
  for (let y = 0; y < main.scrollHeight && open.length; y += 0.3 * main.clientHeight) {
    main.scrollTop = y;
    look();
  }
  // What lies in a box that scrolls is looked at where it is scrolled to.
  for (const item of open.slice()) {
    const boxes = [];
    for (let a = item.e; a; a = up(a)) if (a.scrollTop || a.matches("[data-scrolls], [data-more]")) boxes.push([a, a.scrollTop, a.scrollLeft]);
    item.e.scrollIntoView({ block: "center" });
    look();
    for (const [a, y, x] of boxes) Object.assign(a, { scrollTop: y, scrollLeft: x });
  }
  main.scrollTop = top;
  for (const item of open) fault(item.e, `covered: ${path(item.e)} “${words(item.e)}” by ${by.get(item) ?? "?"}`);
  for (const e of document.querySelectorAll("[data-testid=stException]")) fault(e, `an error: ${words(e)}`);
  return [...faults.values()];
};
