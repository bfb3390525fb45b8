// Identity: who this browser is in a room. Kept for the tab (reload) and for the browser (a closed
// tab, a closed laptop). A browser that lets nothing be kept is asked again.

const TAB = "saddle.room"; // in sessionStorage: {code, secret, role, name}
const KEPT = "saddle.rooms"; // in localStorage: code → the same with `at`, the time
const LONGEST = 8 * 3600e3; // milliseconds after which the server has ended the room

function read(storage, key) {
  try {
    return JSON.parse(storage().getItem(key)) ?? null;
  } catch {
    return null;
  }
}

function write(storage, key, value) {
  try {
    if (value === null) storage().removeItem(key);
    else storage().setItem(key, JSON.stringify(value));
  } catch {
    // nothing can be kept here
  }
}

const tab = () => sessionStorage;
const browser = () => localStorage;

/** Rooms that this browser was in, the latest first. */
export function known() {
  const all = Object.values(read(browser, KEPT) ?? {}).filter((r) => Date.now() - r.at < LONGEST);
  return all.sort((a, b) => b.at - a.at);
}

/** Who this tab is; null where it is in no room. */
export const here = () => read(tab, TAB);

/** Who this browser is in the room `code`. */
export const inRoom = (code) => known().find((r) => r.code === code) ?? null;

export function keep(identity) {
  write(tab, TAB, identity);
  const others = Object.fromEntries(known().map((r) => [r.code, r]));
  write(browser, KEPT, { ...others, [identity.code]: { ...identity, at: Date.now() } });
}

/** This tab leaves the room. over: the room has ended, so the browser forgets it, too. */
export function forget(code, over) {
  write(tab, TAB, null);
  if (over) write(browser, KEPT, Object.fromEntries(known().flatMap((r) => (r.code === code ? [] : [[r.code, r]]))));
}
