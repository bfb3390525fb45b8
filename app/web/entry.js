// One press makes one entry of the browser's history. Streamlit makes two where one comes back to a
// lab by the menu: the bare address and that of the run, or, where its messages overtake each other,
// the lab's path before with the query of this one. The back button would lead to a default run.
(() => {
  if (window.saddleEntry) return;
  window.saddleEntry = true;
  const push = history.pushState.bind(history);
  let made = false; // an entry since the last press
  const pressed = () => (made = false);
  for (const kind of ["pointerdown", "keydown", "click", "popstate"]) addEventListener(kind, pressed, true);
  history.pushState = (...entry) => {
    made ? history.replaceState(...entry) : push(...entry);
    made = true;
  };
})();
