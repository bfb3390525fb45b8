// A box of rows that scrolls up and down fades at its lower edge while there is more below it.

/** Let a box fade. Returns a function to call when its rows or its size have changed. */
export function fading(box) {
  const look = () => {
    const more = box.scrollHeight - box.scrollTop - box.clientHeight > 4;
    box.toggleAttribute("data-more", more && getComputedStyle(box).overflowY !== "visible");
  };
  box.addEventListener("scroll", look, { passive: true });
  return look;
}
