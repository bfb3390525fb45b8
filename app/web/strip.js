// The cards above a Stage are one row that scrolls sideways on a phone. While there are more at its
// right than the window holds, it says so: data-more, which page.css makes fade.
(() => {
  if (window.saddleStrip) return;
  const mark = () => {
    const strip = document.querySelector(".st-key-saddle-cards");
    strip?.toggleAttribute("data-more", strip.scrollLeft + strip.clientWidth < strip.scrollWidth - 1);
    strip?.toggleAttribute("data-scrolls", strip.scrollWidth > strip.clientWidth + 1);
  };
  window.saddleStrip = setInterval(mark, 300); // Streamlit builds the row anew whenever it likes
})();
