// Sidebar: the cell beside the panels, with legend, toggles, views, tools and buttons, as the page
// declares them.
//
// spec:
//   legend: [{label, and one of mark: 0 | 1, kind: class of sentences, line: colour with dash?,
//     dot, box, ring or diamond: colour}]
//   shows: [{name, label, on, title?}], toggles
//   views: [{name, label, panels, columns?}], some of the panels, larger
//   locks: [{name, label, title, prefix}], knobs that turn together
//   tools: [[id, label, title]]
//   before: the name of a panel it stands before

import { kindMark, mark } from "../draw/marks.js";

const entry = ({ label }) => `<span><canvas width="22" height="18"></canvas>${label}</span>`;
const box = (kind) => (spec) =>
  `<label title="${spec.title ?? ""}"><input type="checkbox" data-${kind}="${spec.name}">${spec.label}</label>`;

export class Sidebar {
  /** on: {show(name, on), view(name), lock(name, on), tool(id), copy()} */
  constructor(spec, on) {
    this.spec = spec;
    const { legend = [], shows = [], views = [], locks = [], tools = [] } = spec;
    this.element = document.createElement("div");
    this.element.className = "side";
    this.element.innerHTML = `
      <div class="legend">${legend.map(entry).join("")}</div>
      <div class="checks">
        ${shows.map(box("show")).join("")}
        ${views.map(box("view")).join("")}
        ${locks.map(box("lock")).join("")}</div>
      <div class="tools" role="group" aria-label="Tools">${tools
        .map(
          ([id, text, help]) =>
            `<button type="button" data-tool="${id}" aria-pressed="false" title="${help}">${text}</button>`,
        )
        .join("")}
        <button type="button" class="copy" title="The address reopens everything that is set here"
          >Copy link</button></div>`;
    this.legend = [...this.element.querySelectorAll(".legend canvas")];
    const boxes = (kind) =>
      Object.fromEntries([...this.element.querySelectorAll(`[data-${kind}]`)].map((e) => [e.dataset[kind], e]));
    [this.shows, this.views, this.locks, this.tools] = ["show", "view", "lock", "tool"].map(boxes);
    for (const [name, box] of Object.entries(this.shows))
      box.addEventListener("change", () => on.show(name, box.checked));
    for (const [name, box] of Object.entries(this.views))
      box.addEventListener("change", () => on.view(box.checked ? name : ""));
    for (const [name, box] of Object.entries(this.locks))
      box.addEventListener("change", () => on.lock(name, box.checked));
    for (const [id, button] of Object.entries(this.tools)) button.addEventListener("click", () => on.tool(id));
    this.element.querySelector(".copy").addEventListener("click", on.copy);
  }

  /** Show which tool the pointer has. */
  press(tool) {
    for (const [id, button] of Object.entries(this.tools)) button.setAttribute("aria-pressed", String(id === tool));
  }

  retheme(colours) {
    (this.spec.legend ?? []).forEach((l, i) => {
      const c = this.legend[i].getContext("2d");
      c.clearRect(0, 0, 22, 18);
      if (l.mark !== undefined) return mark(c, 11, 9, l.mark, 6, colours);
      const colour =
        l.kind === undefined ? colours.of(l.line ?? l.dot ?? l.box ?? l.ring ?? l.diamond) : colours.kind(l.kind);
      c.fillStyle = c.strokeStyle = colour;
      c.lineWidth = 2.5;
      c.setLineDash(l.dash ?? []);
      c.beginPath();
      if (l.line) {
        c.moveTo(2, 9);
        c.lineTo(20, 9);
        c.stroke();
      } else if (l.dot) {
        c.arc(11, 9, 4.5, 0, 7);
        c.fill();
      } else if (l.ring) {
        c.lineWidth = 2;
        c.arc(11, 9, 4.5, 0, 7);
        c.stroke();
      } else if (l.diamond) {
        c.moveTo(11, 2);
        c.lineTo(18, 9);
        c.lineTo(11, 16);
        c.lineTo(4, 9);
        c.fill();
      } else if (l.kind !== undefined) {
        kindMark(c, 11, 9, 5.5, l.kind);
        c.fill();
      } else c.fillRect(4, 3, 14, 12);
    });
  }
}
