// Parts: small pieces that the rooms' pages are put together from.

/** An element with properties and children; `class`, `aria-…`, `data-…` and `role` are attributes. */
export function make(tag, more = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(more)) {
    if (name === "class") element.className = value;
    else if (/^(aria|data)-|^(role|for|list)$/.test(name)) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const button = (text, onclick, more = {}) => make("button", { type: "button", onclick, ...more }, text);

let last = 0;

/** A field under its label. */
export function field(label, input, help = "") {
  input.id ||= `room-field-${++last}`;
  const parts = [make("label", { htmlFor: input.id }, label), input];
  if (help) {
    const text = make("small", { id: `${input.id}-help` }, help);
    input.setAttribute("aria-describedby", text.id);
    parts.push(text);
  }
  return make("div", { class: "field" }, ...parts);
}

/** A code as people read it out: in two groups. */
export const spaced = (code) => `${code.slice(0, 3)} ${code.slice(3)}`;

const nameOf = (control) => control.getAttribute("aria-label") ?? (control.labels?.[0] ?? control).textContent;

/** Give an element new children. Who had the focus in it has it on the same control, or on the first
 * that does not fold it. */
export function refill(element, ...children) {
  const focused = element.getRootNode().activeElement;
  const inside = focused && element.contains(focused);
  element.replaceChildren(...children);
  if (!inside) return;
  const controls = [...element.querySelectorAll("button, a, input, select")].filter((e) => !e.disabled);
  const same = controls.find((control) => nameOf(control) === nameOf(focused));
  (same ?? controls.find((e) => !e.matches(".fold")))?.focus({ preventScroll: true });
}

/** The number that somebody has typed, NaN where it is none. */
export const typed = (text) => (text.trim() ? Number(text.trim().replace(",", ".").replaceAll("−", "-")) : NaN);

export const people = (n) => (n === 1 ? "1 person" : `${n} people`);

/** The title of a card, which folds it: what it is about stays in sight. */
export function folding(card, text) {
  const turn = button(text, () => show(!card.classList.contains("folded")), { class: "fold" });
  const show = (folded) => {
    card.classList.toggle("folded", folded);
    turn.setAttribute("aria-expanded", String(!folded));
  };
  show(card.classList.contains("folded"));
  return make("h3", {}, turn);
}

/** A function that writes a text into `note`, which goes away by itself after `ms`. */
export function passing(note, ms = 6000) {
  let timer;
  const say = (text) => {
    clearTimeout(timer);
    note.textContent = text;
    note.hidden = !text;
    if (text) timer = setTimeout(() => say(""), ms);
  };
  return say;
}
