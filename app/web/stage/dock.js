// Dock: transport and knobs. On a phone it stays at the foot of the window, so that both are in
// reach beside every panel; the knobs open above the transport and leave half of the window free.

/** The element that holds both; a button of the transport opens and closes the knobs on a phone. */
export function dock(transport, knobs) {
  const element = document.createElement("div");
  element.className = "dock";
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "open-knobs", textContent: "knobs" });
  knobs.id = "knobs";
  button.setAttribute("aria-controls", knobs.id);
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => {
    const open = element.toggleAttribute("data-open");
    button.setAttribute("aria-expanded", String(open));
    edge(knobs);
  });
  knobs.addEventListener("scroll", () => edge(knobs), { passive: true });
  transport.querySelector(".timeline").before(button);
  element.append(transport, knobs);
  return element;
}

/** The lower edge fades while there are more knobs below it. */
function edge(knobs) {
  const { scrollHeight, scrollTop, clientHeight } = knobs;
  knobs.toggleAttribute("data-more", scrollHeight - scrollTop - clientHeight > 4);
}
