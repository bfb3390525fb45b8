// The sidebar is folded on tablets, as Streamlit does it on phones by itself. What a visitor chose
// stays: Streamlit keeps that, and this script takes nothing into account as a choice that it did
// itself.
(() => {
  if (window.saddleFold) return;
  const KEPT = "stSidebarCollapsed";
  const chosen = () => Object.keys(localStorage).find((key) => key.startsWith(KEPT));
  const tablet = window.matchMedia("(max-width: 1099px)");
  const fold = (patience) => {
    if (!tablet.matches || chosen()) return;
    const button = document.querySelector("[data-testid=stSidebarCollapseButton] button");
    if (!button) return void (patience && setTimeout(() => fold(patience - 1), 50));
    button.click();
    setTimeout(() => localStorage.removeItem(chosen()), 0);
  };
  window.saddleFold = fold;
  tablet.addEventListener("change", () => fold(0));
  fold(60);
})();
