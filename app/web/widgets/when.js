// When: parts of a text that hold under some knobs (or a set-up) only. An element with
// data-when="loss:ns,minimax" is hidden unless the knob has one of these values, and one with
// data-when="lam2:!0" where it has.

export function when(root, knobs) {
  for (const e of root.querySelectorAll("[data-when]")) {
    const [name, values] = e.dataset.when.split(":");
    const others = values.startsWith("!");
    const hidden =
      values
        .slice(others ? 1 : 0)
        .split(",")
        .includes(String(knobs[name])) === others;
    if (e.hidden !== hidden) e.hidden = hidden;
  }
}
