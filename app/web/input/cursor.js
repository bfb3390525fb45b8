// Cursor: a place on a canvas that the arrow keys move, for those who have no pointer at hand. Enter
// acts there.

const STEP = 1 / 24; // of the canvas's width or height, for an arrow key
const FINE = 1 / 160; // the same with Shift

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Let a canvas have a cursor at `at`, shares of its width and height from the upper left corner.
 *
 * on: {active?(): whether the keys act now, act(at, event): Enter, moved?(at), left?(): the focus has
 * gone, escape?(): Escape; returns whether it was of use, erase?(): Delete}. Returns {at, shown}. */
export function cursor(canvas, on) {
  const state = { at: [0.5, 0.5], shown: false };
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  const show = (shown) => {
    state.shown = shown;
    if (shown) on.moved?.(state.at);
    else on.left?.();
  };
  canvas.addEventListener("focus", () => canvas.matches(":focus-visible") && show(true));
  canvas.addEventListener("blur", () => state.shown && show(false));
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(on.active?.() ?? true)) return;
    const way = WAYS[event.key];
    if (way) {
      const step = event.shiftKey ? FINE : STEP;
      state.at = state.at.map((v, k) => Math.max(0, Math.min(1, v + step * way[k])));
      show(true);
    } else if (event.key === "Enter") {
      if (!state.shown) show(true);
      on.act(state.at, event);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      if (!on.erase) return;
      on.erase();
    } else if (event.key !== "Escape" || !on.escape?.()) return;
    event.preventDefault();
    event.stopPropagation();
  });
  return state;
}
