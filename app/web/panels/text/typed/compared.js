// Compared: the same sentence through the codes of several networks. For each its reconstruction,
// and what its code decodes to with noise added.

import { significant } from "../../../draw/numbers.js";
import { differences, write } from "../../../draw/sentence.js";

export class Compared {
  constructor(spec, stage, element) {
    Object.assign(this, { spec, stage, element });
    const pair = (name) => `<div class="pair"><i>${name}</i><span class="line"></span></div>`;
    const one = ({ label }) => `<div class="one"><small>${label}</small>${pair("back")}${pair("")}</div>`;
    element.innerHTML = `<div class="across">${spec.versions.map(one).join("")}</div>`;
    const parts = (e) => ({
      label: e.querySelector("small"),
      names: [...e.querySelectorAll("i")],
      lines: [...e.querySelectorAll(".line")],
    });
    this.cells = [...element.querySelectorAll(".one")].map(parts);
  }

  learn() {}

  values() {
    return {};
  }

  /** One network after the other: a newer question of the same name would take the place of one
   * that waits. */
  async put(values) {
    const answers = [];
    for (const { member } of this.spec.versions)
      answers.push(await this.stage.question("encode", { ...values, member }));
    return answers;
  }

  /** Nothing is asked. */
  clear() {
    for (const { lines } of this.cells) for (const line of lines) write(line, []);
  }

  show(answers) {
    answers.forEach(({ numbers }, k) => {
      const source = numbers.source.words;
      const { sigma, texts } = numbers.noisy.at(-1);
      const { names, lines } = this.cells[k];
      names[1].textContent = `σ ${significant(sigma)}`;
      [numbers.reconstruction.words, texts[0].split(" ").filter(Boolean)].forEach((words, i) => {
        write(lines[i], words.length ? words : ["(nothing)"], differences(source, words).come, "wrong");
      });
    });
    this.recolour();
  }

  recolour() {
    this.cells.forEach(({ label }, k) => (label.style.color = this.stage.colours.word(this.spec.versions[k].colour)));
  }
}

export default Compared;
