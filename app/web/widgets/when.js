// When: parts of a text that hold under some knobs (or a set-up) only. An element with
// data-when="loss:ns,minimax" is hidden unless the knob has one of these values.

export function when(root, knobs) {
  for (const e of root.querySelectorAll("[data-when]")) {
    const [name, values] = e.dataset.when.split(":");
    const hidden = !values.split(",").includes(String(knobs[name]));
    if (e.hidden !== hidden) e.hidden = hidden;
  }
}
