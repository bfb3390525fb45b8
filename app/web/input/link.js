// Link: what the visitor turns in the Stage is kept in the page's address, so that the link reopens
// it.

import { encodeInk } from "./painting.js";
import { encode } from "./points.js";

/** Write values into the query; null removes one. The history does not grow. Returns whether
 * anything changed. */
export function write(values) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(values)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  if (url.href === location.href) return false;
  history.replaceState(history.state, "", url);
  return true;
}

/** Knobs as query values: those at their defaults are left out. */
export function knobs(values, defaults) {
  const out = {};
  for (const [name, value] of Object.entries(values)) {
    if (name === "points") out[name] = value.length ? encode(value) : null;
    else if (Array.isArray(value)) out[name] = value.length ? encodeInk(value) : null;
    else out[name] = value === defaults[name] ? null : String(value);
  }
  return out;
}
