// Encoded: a sentence through its code. Its reconstruction, what its code decodes to with noise
// added, and the sentences with the nearest codes.

import { fixed, significant } from "../../../draw/numbers.js";
import { differences, write } from "../../../draw/sentence.js";
import { sentenceButton } from "../sentence_button.js";

const ROW = `<small></small><span class="line"></span>`;

export class Encoded {
  constructor(spec, stage, element) {
    Object.assign(this, { spec, stage, element });
    element.classList.add("encoded");
    const box = (name, label) => `<div class="${name}" role="group" aria-label="${label}"></div>`;
    element.innerHTML = box("back", "Back from its code") + box("near", "Nearest sentences");
    [this.back, this.near] = element.children;
    this.lines = [];
  }

  learn(book) {
    this.book = book;
  }

  values() {
    return {};
  }

  async put(values) {
    return [await this.stage.question("encode", values)];
  }

  /** Nothing is asked. */
  clear() {
    for (const box of [this.back, this.near]) this.fill(box, []);
  }

  show([{ numbers }]) {
    const { source, reconstruction, noisy = [], nearest = [] } = numbers;
    const words = source.words;
    const back = [
      ["back", reconstruction.words],
      ...noisy.map(({ sigma, texts }) => [`+ σ ${significant(sigma)}`, list(texts[0])]),
    ];
    this.fill(
      this.back,
      back.map(([label, found]) => ({
        label,
        words: found.length ? found : ["(nothing)"],
        flags: differences(words, found).come,
      })),
    );
    const away = (distance) => `${fixed(distance, 2)} away`;
    this.fill(
      this.near,
      nearest.map(({ text, distance }) => ({ label: away(distance), words: list(text), text, flags: [] })),
    );
  }

  fill(box, rows) {
    while (box.children.length < rows.length) box.append(sentenceButton(this.stage, ROW));
    while (box.children.length > rows.length) box.lastChild.remove();
    rows.forEach(({ label, words, flags, text }, i) => {
      const e = box.children[i];
      const [small, line] = e.children;
      small.textContent = label;
      write(line, words, flags, "wrong");
      e.dataset.source = text ?? words.join(" ");
    });
  }

  recolour() {}
}

const list = (text) => text.split(" ").filter(Boolean);

export default Encoded;
