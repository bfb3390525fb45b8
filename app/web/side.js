// Side: the eighth cell beside the panels, with legend, layers, tools for points and views.

import { TOOLS } from "./points.js";

/** Build the cell. Returns {element, legend, checks: name → box, focus, lock, tools, copy}. */
export function buildSide() {
  const side = document.createElement("div");
  side.className = "side";
  side.innerHTML = `
    <div class="legend"><span><canvas width="18" height="18"></canvas>class 0</span><span><canvas width="18" height="18"></canvas>class 1</span>
      <span><i class="line"></i>p = .5</span></div>
    <div class="checks">
      <label><input type="checkbox" data-show="test">test points</label>
      <label><input type="checkbox" data-show="arrows">perturbations r</label>
      <label><input type="checkbox" data-view="focus">VAT beside MLE</label>
      <label class="lock" title="Turning one ε turns all four by the same factor; their balls differ in shape, so equal ε would not be equal strength"><input
        type="checkbox">lock all ε</label></div>
    <div class="tools" role="group" aria-label="Training points: tools">${TOOLS.map(([id, text, help]) =>
      `<button type="button" data-tool="${id}" aria-pressed="false" title="${help}">${text}</button>`).join("")}
      <button type="button" data-tool="restore" title="Back to the data set's own points">Restore points</button>
      <button type="button" class="copy" title="The address reopens everything that is set here">Copy link</button></div>`;
  const find = (selector) => side.querySelector(selector);
  return {
    element: side, legend: side.querySelectorAll("canvas"), focus: find("[data-view]"), lock: find(".lock input"), copy: find(".copy"),
    tools: [...side.querySelectorAll("[data-tool]")],
    checks: Object.fromEntries([...side.querySelectorAll("[data-show]")].map((box) => [box.dataset.show, box])),
  };
}
