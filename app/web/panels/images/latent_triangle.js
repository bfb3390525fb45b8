// LatentTriangle: the plane of codes through three anchors, a + u(b − a) + v(c − a), as a grid of
// images for u, v from 0 to 1. The code under the pointer, or at the cursor of the arrow keys, is
// decoded into the panel `spec.now`. The anchors are the first three of the walk; seeds take the
// place of those it lacks.

import { moment } from "../../channel/frames.js";
import { LatestOnly } from "../../channel/questions.js";
import { pointerShare } from "../../draw/mapping.js";
import { haloed } from "../../draw/marks.js";
import { cursor } from "../../input/cursor.js";
import { Images } from "./images.js";

const SIDE = 7;
const AGAIN = 600;
const SPARE = [{ seed: 1 }, { seed: 2 }, { seed: 3 }];

export class LatentTriangle extends Images {
  constructor(spec, stage) {
    super({ ...spec, columns: SIDE, gap: 0 }, stage);
    this.anchors = SPARE;
    stage.on("anchors", (list) => {
      this.anchors = SPARE.map((spare, i) => list[i] ?? spare);
      this.refresh();
    });
    const fail = (error) => stage.say(error.message, "error", 5000);
    this.filling = new LatestOnly(
      (values) => stage.question("plane", values),
      (answer) => this.show({ ...answer.layers.images }),
      fail,
    );
    this.looking = new LatestOnly(
      (values) => stage.question("plane", values),
      (answer) => stage.panel(spec.now)?.show(answer.layers.images),
      fail,
    );
    this.front.style.touchAction = "none";
    this.front.style.cursor = "crosshair";
    for (const type of ["pointerdown", "pointermove"]) this.front.addEventListener(type, (event) => this.drag(event));
    const leave = () => ((this.place = null), this.refresh());
    this.front.addEventListener("pointerleave", leave);
    cursor(this.front, { moved: (at) => this.look(at), act: (at) => this.look(at), left: leave });
  }

  wanted() {
    return [];
  }

  refresh() {
    this.filling.ask({ anchors: this.anchors, side: SIDE });
  }

  drag(event) {
    if (event.type === "pointermove" && event.pointerType !== "mouse" && !event.buttons) return;
    this.look(pointerShare(this.front, event));
  }

  /** Decode the code at a place of the grid, given as shares of its width and height. */
  look(share) {
    const edge = 0.5 / SIDE;
    const [u, v] = share.map((s) => (s - edge) / (1 - 2 * edge));
    this.place = [share[0] * this.w, share[1] * this.h];
    // Two questions of one name would take each other's place, so the grid waits while the pointer
    // is on its way.
    this.looking.ask({ anchors: this.anchors, at: [[u, v]] });
    this.again();
  }

  paint(frame) {
    super.paint(frame);
    if (moment(frame) === this.moment || this.place) return;
    const wait = AGAIN - (performance.now() - (this.asked ?? -AGAIN));
    if (wait > 0)
      return void (this.later ??= setTimeout(() => ((this.later = undefined), this.paint(this.stage.shown)), wait));
    this.moment = moment(frame);
    this.asked = performance.now();
    this.refresh();
  }

  over(c, frame, cw, ch) {
    const corners = [
      ["A", cw * 0.5, ch * 0.5],
      ["B", this.w - cw * 0.5, ch * 0.5],
      ["C", cw * 0.5, this.h - ch * 0.5],
    ];
    c.font = `700 ${14 * this.ratio}px "Source Sans", sans-serif`;
    c.textAlign = "center";
    for (const [letter, x, y] of corners) {
      haloed(c, letter, x, y + 5 * this.ratio, this.colours.halo, 4 * this.ratio, this.colours.word("fake"));
    }
    if (!this.place) return;
    c.beginPath();
    c.arc(...this.place, 6 * this.ratio, 0, 7);
    c.lineWidth = 2.5 * this.ratio;
    c.strokeStyle = this.colours.of("fake");
    c.stroke();
  }
}

export default LatentTriangle;
