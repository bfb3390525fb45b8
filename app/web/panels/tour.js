// Tour: a button that plays a path by itself, place after place.

export class Tour {
  /** next() goes on by one place, every so many milliseconds. labels: of the button, to play and to
   * pause. */
  constructor(panel, button, every, next, labels) {
    Object.assign(this, { panel, button, every, next, labels, timer: 0 });
    button.addEventListener("click", () => this.toggle());
  }

  toggle() {
    const on = !this.timer;
    this.stop();
    if (on) this.timer = setInterval(() => this.tick(), this.every);
    this.button.textContent = on ? "❚❚" : "▶";
    this.button.setAttribute("aria-label", this.labels[on ? 1 : 0]);
  }

  tick() {
    if (this.panel.element.isConnected) this.next();
    else this.stop();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
  }
}
