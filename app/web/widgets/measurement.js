// Measurement: a box beside a Stage that has its run measure something which takes seconds, with
// progress and cancel, and shows the result.
//
// data:
//   name: of the Stage
//   page, title, description: HTML of Saddle's own
//   measure: the measurement's name, and values for it
//   kind: of measurement_results.js
//   button: its label
//   ask?: true for a question answered at once
//   more?: {label, hint}, a field for further names, which are added to values.models

import { library } from "./libraries.js";
import { DRAWN, SHOWS } from "./measurement_results.js";

export function mount({ data, parentElement }) {
  const root = parentElement.querySelector(".saddle-measurement");
  const box = (root.box ??= new Measurement(root, data));
  box.data = data;
  clearTimeout(box.leaving);
  return () => (box.leaving = setTimeout(() => (box.dispose(), delete root.box), 100));
}

const MORE = `<label class="more"><span></span><input type="text" spellcheck="false" autocomplete="off"></label>`;

class Measurement {
  constructor(root, data) {
    Object.assign(this, { root, data });
    root.innerHTML = `<h3></h3><p></p><div class="ways"><button type="button" class="go"></button>
      ${data.more ? MORE : ""}
      <progress max="1" value="0" hidden></progress><span class="share" role="status"></span><button type="button"
        class="stop" hidden>Cancel</button></div>
      <div class="result"></div>`;
    root.querySelector("h3").textContent = data.title;
    root.querySelector("p").innerHTML = data.description;
    const find = (name) => root.querySelector(`.${name}`);
    [this.go, this.stop, this.share, this.result, this.more] = [
      find("go"),
      find("stop"),
      find("share"),
      find("result"),
      root.querySelector(".more input"),
    ];
    this.bar = root.querySelector("progress");
    if (this.more)
      [find("more").querySelector("span").textContent, this.more.placeholder] = [data.more.label, data.more.hint];
    this.go.textContent = data.button;
    this.go.addEventListener("click", () => this.measure());
    this.stop.addEventListener("click", () => this.cancel());
    this.timer = setInterval(() => this.retheme(), 500);
  }

  get stage() {
    return window.saddle?.stages[this.data.name]?.owner;
  }

  values() {
    const names = this.more?.value.split(/[\s,]+/).filter(Boolean) ?? [];
    return names.length
      ? { ...this.data.values, models: [...this.data.values.models, ...names] }
      : { ...this.data.values };
  }

  async measure() {
    const stage = this.stage;
    if (!stage?.shown) return;
    this.busy(true);
    this.share.textContent = "waiting for its turn…";
    try {
      if (DRAWN.has(this.data.kind)) this.plotly = await library("Plotly", this.data.page);
      const asked = stage.measurement(this.data.measure, this.values(), (reply) => this.progress(reply));
      this.id = asked.id;
      this.show(await asked);
      this.share.textContent = "";
    } catch (error) {
      this.share.textContent = error.message === "dropped" ? "cancelled" : error.message;
    }
    this.busy(false);
  }

  progress({ share, numbers, layers }) {
    this.bar.value = share;
    this.share.textContent = `${Math.floor(100 * share)} %`;
    if (Object.keys(numbers ?? {}).length) this.show({ numbers, layers });
  }

  cancel() {
    if (this.id !== undefined) this.stage?.cancel(this.id);
  }

  busy(on) {
    this.bar.hidden = this.stop.hidden = !on;
    this.go.disabled = on;
    this.bar.value = 0;
  }

  show(answer) {
    const colours = this.stage?.colours;
    if (!colours) return;
    this.answer = answer;
    this.key = colours.key;
    SHOWS[this.data.kind](this.result, answer, { colours, plotly: this.plotly, data: this.data });
  }

  retheme() {
    const colours = this.stage?.colours;
    if (this.answer && colours && colours.key !== this.key) this.show(this.answer);
  }

  dispose() {
    clearInterval(this.timer);
    this.cancel();
  }
}
