// Keys: space plays, → steps, R resets, E explains a step (Escape ends that), 1 to 5 choose the
// speed, Ctrl+Z undoes, ? lists them. A key does nothing where the focus is on something that uses
// the key itself, and a key that is held acts once.

import { SPEEDS } from "./transport.js";

/** Let a key act on a Stage. */
export function onKey(event, stage) {
  const target = event.composedPath()[0];
  const tag = target.tagName;
  // Streamlit must not see what a held Enter would press again and again, such as "restart".
  if (event.repeat && event.key === "Enter" && tag === "BUTTON" && stage.root.contains(target)) return stop(event);
  if (event.altKey || target.isContentEditable) return;
  const slider = tag === "INPUT" && target.type === "range";
  const box = tag === "INPUT" && target.type === "checkbox";
  if (tag === "TEXTAREA" || (tag === "INPUT" && !slider && !box)) return;
  if (event.ctrlKey || event.metaKey) return withControl(event, stage);
  if (tag === "SELECT") return;
  if (event.key === "ArrowRight" && (slider || target.getAttribute?.("role"))) return;
  if (event.key === " " && (box || ["BUTTON", "A", "SUMMARY"].includes(tag))) return;
  if (stage.keyList.open || (event.key === "Escape" && stage.help.open)) return;
  const actions = {
    " ": () => stage.playback.toggle(),
    r: () => stage.playback.reset(),
    R: () => stage.playback.reset(),
    e: () => stage.explain(),
    E: () => stage.explain(),
    "?": () => stage.keyList.toggle(),
    ArrowRight: () => (stage.explaining?.open ? stage.explaining.next() : stage.playback.stepOnce()),
  };
  if (stage.explaining?.open) actions.Escape = () => stage.explain();
  SPEEDS.forEach(([value], i) => (actions[String(i + 1)] = () => stage.playback.setSpeed(value)));
  if (!(event.key in actions)) return;
  stop(event);
  // Held, → steps on as fast as the steps can be seen.
  if (event.repeat && !(event.key === "ArrowRight" && stage.playback.arrived)) return;
  actions[event.key]();
}

/** Ctrl+Z, Ctrl+Shift+Z, Ctrl+Y, or with the command key. */
function withControl(event, stage) {
  const key = event.key.toLowerCase();
  if (stage.keyList.open || !(key === "z" || key === "y")) return;
  stop(event);
  if (key === "y" || event.shiftKey) stage.turning.redo();
  else stage.turning.undo();
}

function stop(event) {
  event.preventDefault();
  event.stopImmediatePropagation(); // Streamlit reruns the page on R
}
