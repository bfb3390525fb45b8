// Help: explains a knob or a number where its name is pressed, by mouse, finger or key. The name is
// an underlined button; the explanation is a box beside it that Escape or a click elsewhere closes,
// one at a time.

const GAP = 6; // pixels between the name and its box
const EDGE = 8; // pixels kept free at the window's edges

/** Text whose parts after an underscore are set lower: "ε_vat radius". */
export function lowered(text) {
  const out = document.createDocumentFragment();
  const [, before, under, after] = /^(.*?)_(\S+)(.*)$/s.exec(text) ?? [null, text, "", ""];
  out.append(before);
  if (under) out.append(make("sub", { textContent: under }));
  out.append(after);
  return out;
}

const make = (tag, more = {}) => Object.assign(document.createElement(tag), more);

export class Help {
  constructor() {
    this.element = make("div", { className: "help", popover: "auto", tabIndex: -1 });
    this.element.setAttribute("role", "dialog");
    this.element.addEventListener("toggle", (event) => event.newState === "closed" && this.closed());
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      const { button } = this;
      event.preventDefault();
      this.close();
      button?.focus();
    });
    // Tab leads out of it, which closes it.
    this.element.addEventListener("focusout", (event) => event.relatedTarget && !this.holds(event) && this.close());
  }

  get open() {
    return Boolean(this.button);
  }

  holds(event) {
    return this.element.contains(event.relatedTarget) || event.relatedTarget === this.button;
  }

  /** Let a button explain something. describe() returns {title, text?, rows?: [{name, value?,
   * text?}]}, made anew whenever it is opened. */
  attach(button, describe) {
    button.setAttribute("aria-haspopup", "dialog");
    button.setAttribute("aria-expanded", "false");
    let was = false; // whether the press itself, which closes any open box, closed this one's
    button.addEventListener("pointerdown", () => (was = this.button === button));
    button.addEventListener("click", (event) => {
      const again = event.detail > 0 ? was : this.button === button;
      was = false;
      if (again) this.close();
      else this.show(button, describe());
    });
  }

  show(button, { title, text = "", rows = [] }) {
    this.close();
    const head = make("b");
    head.append(lowered(title));
    const list = make("dl");
    for (const { name, value = "", text: what = "" } of rows) {
      const term = make("dt");
      term.append(lowered(name), ...(value ? [" ", make("output", { textContent: value })] : []));
      list.append(term, make("dd", { textContent: what }));
    }
    this.element.replaceChildren(
      head,
      ...(text ? [make("p", { textContent: text })] : []),
      ...(rows.length ? [list] : []),
    );
    this.element.setAttribute("aria-label", title.replace("_", " "));
    this.button = button;
    button.setAttribute("aria-expanded", "true");
    this.element.showPopover();
    this.place(button);
    this.element.focus({ preventScroll: true });
  }

  /** Below the button, or above it where there is more room; inside the window. */
  place(button) {
    const at = button.getBoundingClientRect();
    const below = innerHeight - at.bottom - GAP - EDGE;
    const above = at.top - GAP - EDGE;
    const style = this.element.style;
    style.maxHeight = `${Math.max(below, above)}px`;
    const { width, height } = this.element.getBoundingClientRect();
    style.left = `${Math.max(EDGE, Math.min(at.left, innerWidth - width - EDGE))}px`;
    style.top = `${height <= below || below >= above ? at.bottom + GAP : at.top - GAP - height}px`;
  }

  close() {
    if (this.element.matches(":popover-open")) this.element.hidePopover();
    this.closed();
  }

  closed() {
    if (this.element.matches(":popover-open")) return;
    this.button?.setAttribute("aria-expanded", "false");
    this.button = null;
    this.element.replaceChildren();
  }
}
