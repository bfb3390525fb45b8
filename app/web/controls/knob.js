// Knob: one control, built from the engine's declaration of a knob. A slider that acts while
// dragged, with numeric entry and reset; or a list, a box to tick, a field to search in.

import { editable, significant } from "../draw/numbers.js";
import { lowered } from "./help.js";

const TRAVEL = 1000; // slider positions of a logarithmic knob

/** Slider position ↔ value for one declaration. */
export function scale(d) {
  if (d.scale !== "log") return { min: d.low, max: d.high, step: d.step, to: (v) => v, from: (p) => tidy(p, d) };
  const low = Math.log(d.low);
  const span = Math.log(d.high) - low;
  return {
    min: d.zero ? -1 : 0,
    max: TRAVEL,
    step: 1,
    to: (v) => (v === 0 ? -1 : Math.round(((Math.log(v) - low) / span) * TRAVEL)),
    from: (p) =>
      p < 0 ? 0 : Math.min(d.high, Math.max(d.low, Number(Math.exp(low + (p / TRAVEL) * span).toPrecision(3)))),
  };
}

/** A value on the grid of its step, without rounding errors of binary fractions. */
function tidy(v, d) {
  const digits = Math.max(0, Math.ceil(-Math.log10(d.step)) + 1);
  return Number(Number(v).toFixed(digits));
}

/** What is allowed, in words. */
export function range(d) {
  if (d.kind === "flag") return "true or false";
  if (d.kind === "choice") return d.options.map(([value]) => value).join(", ");
  return `${significant(d.low)} to ${significant(d.high)}${d.zero ? " (or 0)" : ""}`;
}

/** Whether a value is allowed; the engine checks again. */
export function allowed(d, v) {
  if (d.kind === "flag") return typeof v === "boolean";
  if (d.kind === "choice") return d.options.some(([value]) => value === v);
  return (
    Number.isFinite(v) &&
    ((d.zero && v === 0) || (v >= d.low && v <= d.high)) &&
    (d.kind !== "whole" || Number.isInteger(v))
  );
}

const LONG = 30; // options that a list can show; more want to be searched

/** The knob that suits a declaration. */
export function makeKnob(name, declaration, ...rest) {
  if (declaration.kind === "choice" && declaration.options.length > LONG) return new Search(name, declaration, ...rest);
  return declaration.kind === "choice" || declaration.kind === "flag"
    ? new Pick(name, declaration, ...rest)
    : new Knob(name, declaration, ...rest);
}

/** The words beside a knob; markup sets what follows an underscore in the symbol lower. */
const words = (name, d) => [d.symbol, d.label].filter(Boolean).join(" ") || name.replaceAll("_", " ");
const markup = (name, d) => words(name, d).replace(/_(\S+)/, "<sub>$1</sub>");

/** A knob's name as a button that explains it, or beside a box to tick, whose name ticks it, a "?". */
function about(name, d) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "about" });
  if (d.kind === "flag") {
    button.classList.add("mark");
    button.textContent = "?";
    button.setAttribute("aria-label", `What ${words(name, d)} is`);
  } else button.append(lowered(words(name, d)));
  return button;
}

/** What a knob is, for the box that explains it (help.js). */
export function explained(name, d, defaultValue) {
  const option = d.options?.find(([value]) => value === defaultValue)?.[1];
  const start = d.kind === "flag" ? (defaultValue ? "on" : "off") : (option ?? significant(defaultValue));
  const unit = d.unit ? ` ${d.unit}` : "";
  const numeric = d.low !== undefined && d.low !== null;
  return {
    title: words(name, d),
    text: /[.!?]$/.test(d.help) ? d.help : `${d.help}.`,
    rows: [
      ...(numeric ? [{ name: "from", value: `${range(d)}${unit}` }] : []),
      ...(start ? [{ name: "default", value: `${start}${numeric ? unit : ""}` }] : []),
    ],
  };
}

/** A knob with few values: a list, or a box to tick. */
export class Pick {
  constructor(name, declaration, defaultValue, change, settle) {
    Object.assign(this, { name, d: declaration, defaultValue });
    this.element = document.createElement("div");
    this.element.className = `knob pick ${declaration.kind}`;
    this.element.dataset.knob = name;
    this.element.title = declaration.help;
    const id = `knob-${name}`;
    const flag = declaration.kind === "flag";
    const options = (declaration.options ?? []).map(([value, text]) => `<option value="${value}">${text}</option>`);
    this.about = about(name, declaration);
    this.element.innerHTML = flag
      ? `<label><input type="checkbox" id="${id}">${markup(name, declaration)}</label>`
      : `<select id="${id}" aria-label="${words(name, declaration)}">${options.join("")}</select>`;
    if (flag) this.element.append(this.about);
    else this.element.prepend(this.about);
    this.entry = this.element.querySelector("input, select");
    this.entry.addEventListener("change", () => (change(name, flag ? this.entry.checked : this.entry.value), settle()));
  }

  set(value) {
    if (value === this.value) return;
    this.value = value;
    if (this.d.kind === "flag") this.entry.checked = value;
    else this.entry.value = value;
  }
}

/** A knob with many values: type a part of a name and take one of those offered. The option "" is
 * the empty field, which shows its label in grey. */
export class Search {
  constructor(name, declaration, defaultValue, change, settle) {
    Object.assign(this, { name, d: declaration, defaultValue });
    const id = `knob-${name}`;
    const none = declaration.options.find(([value]) => value === "");
    this.labels = new Map(declaration.options);
    this.element = document.createElement("div");
    this.element.className = "knob pick search";
    this.element.dataset.knob = name;
    this.element.title = `${declaration.help}: type a part of its name`;
    this.about = about(name, declaration);
    this.element.innerHTML = `<input type="search" id="${id}" aria-label="${words(name, declaration)}"
      list="${id}-list" autocomplete="off" spellcheck="false"><datalist id="${id}-list"></datalist>`;
    this.element.prepend(this.about);
    this.entry = this.element.querySelector("input");
    this.entry.placeholder = none?.[1] ?? "";
    this.element
      .querySelector("datalist")
      .append(
        ...declaration.options
          .filter(([value]) => value !== "")
          .map(([value, text]) => Object.assign(document.createElement("option"), { value: text })),
      );
    const take = (value) => {
      this.entry.setCustomValidity("");
      if (value !== this.value) {
        change(name, value);
        settle();
      }
      this.write();
    };
    // What is picked from the list, or written out in full, acts at once; Enter takes the best
    // match of a part.
    this.entry.addEventListener("input", () => {
      this.entry.setCustomValidity("");
      const value = this.find(this.entry.value);
      if (value && value !== this.value) take(value); // an empty field may be on its way to another name
    });
    this.entry.addEventListener("search", () => this.entry.value === "" && this.find("") === "" && take(""));
    this.entry.addEventListener("change", () => {
      const value = this.find(this.entry.value) ?? this.best(this.entry.value);
      if (value !== undefined) return take(value);
      this.entry.setCustomValidity(
        `Nothing is called “${this.entry.value.trim()}”: type another part of the name, or empty the field.`,
      );
      this.entry.reportValidity();
    });
    this.entry.addEventListener("keydown", (event) => event.key === "Escape" && this.write());
  }

  /** The value whose words are exactly `text`, in the same case where there are two (Cardigan is a
   * dog, cardigan a jacket); "" for an empty field where that is a value. */
  find(text) {
    const exact = text.trim();
    const wanted = exact.toLowerCase();
    if (wanted === "" && this.labels.has("")) return "";
    const hits = this.d.options.filter(([value, label]) => value !== "" && label.toLowerCase() === wanted);
    return (hits.find(([, label]) => label === exact) ?? hits[0])?.[0];
  }

  /** The shortest name with `text` in it, one that begins with it before others. */
  best(text) {
    const wanted = text.trim().toLowerCase();
    const hits = this.d.options.filter(([value, label]) => value !== "" && label.toLowerCase().includes(wanted));
    return hits.sort(
      ([, a], [, b]) => b.toLowerCase().startsWith(wanted) - a.toLowerCase().startsWith(wanted) || a.length - b.length,
    )[0]?.[0];
  }

  write() {
    this.entry.value = this.value ? this.labels.get(this.value) : "";
  }

  set(value) {
    if (value === this.value) return;
    this.value = value;
    this.write();
  }
}

export class Knob {
  /** change(name, value) is called while dragging; settle() when a change is complete. */
  constructor(name, declaration, defaultValue, change, settle) {
    Object.assign(this, { name, d: declaration, defaultValue, scale: scale(declaration) });
    const id = `knob-${name}`;
    // A unit such as /255 is a part of the number; others are in the title.
    const unit = declaration.unit?.startsWith("/") ? `<small>${declaration.unit}</small>` : "";
    this.element = document.createElement("div");
    this.element.className = "knob";
    this.element.dataset.knob = name;
    this.about = about(name, declaration);
    this.element.innerHTML = `<button type="button" class="back" hidden>↺</button>
      <input type="text" inputmode="decimal" class="entry" autocomplete="off">${unit}<input type="range" id="${id}">`;
    const title = `${declaration.help}${declaration.unit ? `, in ${declaration.unit}` : ""}. ${range(declaration)}`;
    this.element.title = title;
    const text = words(name, declaration);
    [this.entry, this.slider] = this.element.querySelectorAll("input");
    this.back = this.element.querySelector("button");
    this.element.prepend(this.about);
    this.slider.setAttribute("aria-label", text);
    this.back.title = `Back to ${significant(defaultValue)}`;
    this.back.setAttribute("aria-label", `Reset ${text} to ${significant(defaultValue)}`);
    this.entry.setAttribute("aria-label", `${text}, number`);
    Object.assign(this.slider, { min: this.scale.min, max: this.scale.max, step: this.scale.step });
    this.slider.addEventListener("input", () => change(name, this.scale.from(Number(this.slider.value))));
    this.slider.addEventListener("change", settle);
    this.slider.addEventListener("dblclick", () => (change(name, this.defaultValue), settle()));
    this.entry.addEventListener("change", () => this.typed(change, settle));
    this.back.addEventListener("click", () => (change(name, this.defaultValue), settle()));
  }

  typed(change, settle) {
    const v = Number(this.entry.value.trim().replace(",", ".").replaceAll("−", "-"));
    if (this.entry.value.trim() === "" || !allowed(this.d, v)) {
      this.entry.setCustomValidity(
        `Give a ${this.d.kind === "whole" ? "whole number" : "number"} from ${range(this.d)}.`,
      );
      this.entry.reportValidity();
      this.entry.value = editable(this.value);
      return;
    }
    this.entry.setCustomValidity("");
    change(this.name, v);
    settle();
  }

  set(value) {
    if (value === this.value) return;
    this.value = value;
    this.slider.value = this.scale.to(value);
    this.slider.setAttribute("aria-valuetext", significant(value));
    this.entry.value = editable(value);
    this.back.hidden = value === this.defaultValue;
    const share = (this.slider.value - this.scale.min) / (this.scale.max - this.scale.min);
    this.slider.style.setProperty("--share", `${100 * share}%`);
  }
}
