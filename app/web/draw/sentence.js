// Sentences: words from token ids, the differences of two sentences, and words as elements. Text of
// visitors is only ever set by textContent.

const POINT = /^[.,;:!?)]+$/; // tokens that no line begins with
const books = new WeakMap(); // bytes of a scene's `words` → the language they encode

/** The language of a scene: {words, classes, most}; null before it has come. */
export function language(scene) {
  const bytes = scene?.words?.data;
  if (!bytes) return null;
  if (!books.has(bytes)) books.set(bytes, JSON.parse(new TextDecoder().decode(bytes)));
  return books.get(bytes);
}

/** Sentence i of member m in a layer of token ids, (n, L) or (M, n, L) with −1 behind its end, as
 * words. */
export function sentence(layer, i, words, m = 0) {
  const [n, length] = layer.shape.slice(-2);
  const from = (m * n + i) * length;
  const out = [];
  for (let k = from; k < from + length && layer.data[k] >= 0; k++) out.push(words[layer.data[k]] ?? "?");
  return out;
}

/** Which words of a and of b have no partner in the other, by their longest common subsequence:
 * {gone, come}, a flag for each word. */
export function differences(a, b) {
  const rows = a.length + 1;
  const columns = b.length + 1;
  const best = new Uint16Array(rows * columns);
  for (let i = a.length - 1; i >= 0; i--)
    for (let k = b.length - 1; k >= 0; k--)
      best[i * columns + k] =
        a[i] === b[k]
          ? best[(i + 1) * columns + k + 1] + 1
          : Math.max(best[(i + 1) * columns + k], best[i * columns + k + 1]);
  const gone = a.map(() => true);
  const come = b.map(() => true);
  for (let i = 0, k = 0; i < a.length && k < b.length;) {
    if (a[i] === b[k]) gone[i++] = come[k++] = false;
    else if (best[(i + 1) * columns + k] >= best[i * columns + k + 1]) i++;
    else k++;
  }
  return { gone, come };
}

/** Put words into an element, those with a flag marked by class `kind`, or by the flag's own where
 * that is a name; where it has that text already nothing is changed. Punctuation stays with its
 * word. */
export function write(element, words, flags = [], kind = "come") {
  const mark = (i) => (typeof flags[i] === "string" ? flags[i] : flags[i] ? kind : "");
  const text = words.map((w, i) => (flags[i] ? `${mark(i)}:${w}` : w)).join(" ");
  if (element.dataset.text === text) return;
  element.dataset.text = text;
  const groups = [];
  words.forEach((word, i) => {
    const e = make(flags[i] ? "mark" : "span", mark(i), [word]);
    if (i && POINT.test(word)) groups.at(-1).push(e);
    else groups.push([e]);
  });
  element.replaceChildren(
    ...spaced(groups.map((group) => (group.length > 1 ? make("span", "held", spaced(group)) : group[0]))),
  );
}

const make = (tag, className, inside) => {
  const e = Object.assign(document.createElement(tag), { className });
  e.append(...inside);
  return e;
};
const spaced = (parts) => parts.flatMap((part, i) => (i ? [" ", part] : [part]));

/** Hide those of `rows` for which `box` has no room: a line that is cut looks like a fault. */
export function whole(box, rows) {
  const end = box.getBoundingClientRect().bottom + 1;
  const over = [...rows].map((row) => row.getBoundingClientRect().bottom > end); // read all places before writing any
  [...rows].forEach((row, i) => (row.style.visibility = over[i] ? "hidden" : ""));
}

/** The mark of a class, by which it is known without its colour. */
export const MARKS = ["▼", "▲", "■", "●", "◆", "✚"];
