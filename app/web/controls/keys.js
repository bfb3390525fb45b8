// Keys: space plays, → steps, R resets, E explains a step (Escape ends that), 1 to 5 choose the
// speed. A key does nothing where the focus is on something that uses the key itself.

import { SPEEDS } from "./transport.js";

/** Let a key act on a Stage. */
export function onKey(event, stage) {
  const target = event.composedPath()[0];
  const tag = target.tagName;
  if (event.ctrlKey || event.metaKey || event.altKey || target.isContentEditable) return;
  const slider = tag === "INPUT" && target.type === "range";
  const box = tag === "INPUT" && target.type === "checkbox";
  if (tag === "TEXTAREA" || tag === "SELECT" || (tag === "INPUT" && !slider && !box)) return;
  if (event.key === "ArrowRight" && (slider || target.getAttribute?.("role"))) return;
  if (event.key === " " && (box || ["BUTTON", "A", "SUMMARY"].includes(tag))) return;
  const actions = {
    " ": () => stage.playback.toggle(),
    r: () => stage.playback.reset(),
    R: () => stage.playback.reset(),
    ArrowRight: () => (stage.explaining?.open ? stage.explaining.next() : stage.playback.stepOnce()),
  };
  if (stage.data.phases) actions.e = actions.E = () => stage.explain();
  if (stage.explaining?.open) actions.Escape = () => stage.explain();
  SPEEDS.forEach(([value], i) => (actions[String(i + 1)] = () => stage.playback.setSpeed(value)));
  if (!(event.key in actions)) return;
  event.preventDefault();
  event.stopImmediatePropagation(); // Streamlit reruns the page on R
  actions[event.key]();
}
