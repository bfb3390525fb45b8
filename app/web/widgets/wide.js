// Wide: a table that may be wider than its place scrolls sideways, by touch, wheel or keyboard. Its
// edges are shaded where there is more of it.

/** Make a box with a table one that can be scrolled. */
export function wide(box) {
  box.dataset.scrolls = "";
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", `Table: ${box.querySelector("caption, th")?.textContent.trim() ?? "numbers"}`);
  return box;
}
