// Quality table: the numbers measured on several runs on sentences, a row each, and the same
// sentences as each of them turns them.
//
// data.columns [[key, label, title, key of the standard error?]], data.names {run: its name}. An
// answer has rows [{name, title, numbers}], with numbers.KEY_verdict where a number has words beside
// it, and examples [{source, to, outputs: [{name, words, changed}]}].

import { fixed } from "../draw/numbers.js";
import { wide } from "./wide.js";
import { write } from "../draw/sentence.js";

const make = (tag, more = {}, ...inside) => {
  const e = Object.assign(document.createElement(tag), more);
  e.append(...inside);
  return e;
};

export function qualityTable(element, { numbers }, { data }) {
  const rows = numbers.rows ?? [{ name: "this", numbers }];
  const named = (name) => (name === "this" ? "this run" : (data.names[name] ?? name));
  const head = make(
    "tr",
    {},
    make("th"),
    ...data.columns.map(([, textContent, title]) => make("th", { textContent, title })),
  );
  const cell = (key, v, error, verdict) => {
    const e = make("td", { textContent: fixed(v, 1) + (error >= 0.05 ? ` ± ${fixed(error, 1)}` : "") });
    if (verdict) e.append(make("br"), make("small", { textContent: verdict }));
    return e;
  };
  const line = ({ name, numbers: of }) =>
    make(
      "tr",
      {},
      make("th", { textContent: named(name) }),
      ...data.columns.map(([key, , , error]) => cell(key, of[key], of[error], of[`${key}_verdict`])),
    );
  const table = make("table", { className: "systems" }, head, ...rows.map(line));
  const examples = (numbers.examples ?? [])
    .filter((x) => x.outputs.length)
    .map(({ source, to, outputs }) => {
      const box = make(
        "div",
        { className: "example" },
        make("small", { textContent: "source" }),
        make("span", { textContent: source.join(" ") }),
      );
      for (const { name, words, changed } of outputs) {
        const text = make("span");
        write(text, words.length ? words : ["(nothing)"], changed);
        box.append(make("small", { textContent: named(name), title: `changed to ${to}` }), text);
      }
      return box;
    });
  element.replaceChildren(wide(make("div", { className: "wide" }, table)), ...examples);
}
