// KeyList: a list of all keys, and of what the buttons and boxes beside the panels do.

const PANELS = "On a panel: choose a tool, go to the panel with Tab";

/** Rows [keys, what they do] of a Stage. */
export function keysOf(stage) {
  const { data } = stage;
  const points = Boolean(data.placing?.most);
  const ink = Boolean(data.placing?.side);
  const draws = data.panels.some((p) => ["drawing", "chooser"].includes(p.kind));
  return [
    ["Space", "play or pause"],
    ["→", data.phases ? "one step; while a step is explained, its next part" : "one step"],
    ["R", "restart: back to the start of this run"],
    ["1 – 5", "speed, from 1 step a second to as fast as it goes"],
    ...(data.phases ? [["E", "explain the next step part by part, or end that"]] : []),
    ["Ctrl Z", "undo the last change of knobs, points or painting"],
    ["Ctrl Shift Z, Ctrl Y", "do again what was undone"],
    ...(points ? [["← → ↑ ↓", `${PANELS}, and move its cross hair; with Shift in small steps`]] : []),
    ...(points ? [["Enter", "add, take or drop, or erase a point at the cross hair"]] : []),
    ...(ink ? [["← → ↑ ↓, Enter", `${PANELS}, move its cross hair, and paint or rub out there`]] : []),
    ...(draws
      ? [["← → ↑ ↓, Enter", "On the drawing: move the pen; Enter puts it down and lifts it; Delete clears"]]
      : []),
    ["?", "this list"],
    ["Escape", "close this list, an explanation, or a step that is explained"],
  ];
}

/** Rows [label, title] of the buttons and boxes that explain themselves to a mouse alone. */
function buttonsOf({ data }) {
  const { shows = [], locks = [], tools = [] } = data.side ?? {};
  return [
    ...(data.steps ?? []).map((s) => [s.label, s.title]),
    ...tools.map(([, label, title]) => [label, title]),
    ...[...shows, ...locks].map((s) => [s.label, s.title]),
    ["new seed", "other draws of the data and other initial weights, from scratch"],
    ["Copy link", "the address reopens everything that is set here"],
    ["reset knobs", "all knobs back to their defaults; undo brings them back"],
  ].filter(([, title]) => title);
}

export class KeyList {
  constructor(stage) {
    this.stage = stage;
    this.element = document.createElement("dialog");
    this.element.className = "key-list";
    this.element.setAttribute("aria-label", "Keys and buttons");
    // A click beside the list closes it.
    this.element.addEventListener("click", (event) => event.target === this.element && this.element.close());
    this.element.addEventListener("close", () => this.element.replaceChildren());
  }

  fill() {
    const row = ([name, text]) => {
      const tr = document.createElement("tr");
      const th = Object.assign(document.createElement("th"), { scope: "row", textContent: name });
      tr.append(th, Object.assign(document.createElement("td"), { textContent: text }));
      return tr;
    };
    this.element.innerHTML = `<div class="head"><h2>Keys</h2><button type="button">close</button></div>
      <p>Underlined names of knobs, panels and numbers explain themselves when they are pressed.</p>
      <table class="keys"></table><h3>Buttons and boxes</h3><table class="buttons"></table>`;
    this.element.querySelector(".keys").append(...keysOf(this.stage).map(row));
    this.element.querySelector(".buttons").append(...buttonsOf(this.stage).map(row));
    this.element.querySelector("button").addEventListener("click", () => this.element.close());
  }

  get open() {
    return this.element.open;
  }

  toggle() {
    if (this.open) return this.element.close();
    this.fill();
    this.element.showModal();
  }
}
