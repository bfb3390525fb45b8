// AttackPlane: a plane of one network under attack. A click chooses the network and the nearest
// point, for a panel that shows the loss in its ball.
//
// It sends "pick.point" {member, point}, and on receiving it outlines the ball that was chosen.
// spec.radius: the knob ε.

import { pixelsPerUnit } from "../../draw/mapping.js";
import { stroke } from "../../draw/marks.js";
import { ball } from "../../draw/threats.js";
import { nearest } from "../../input/points.js";
import { Plane } from "./plane.js";

export class AttackPlane extends Plane {
  constructor(spec, stage) {
    super(spec, stage);
    this.front.style.cursor = "pointer";
    this.front.addEventListener("click", (event) => this.pick(event));
    stage.on("pick.point", (chosen) => {
      this.chosen = chosen;
      if (stage.shown && !this.element.hidden) this.paint(stage.shown);
    });
  }

  pick(event) {
    if (!this.stage.placing?.tool()) this.pickAt(this.locate(event));
  }

  pickAt(place) {
    const point = nearest(this.stage.pointsShown() ?? [], ...place, Infinity);
    if (point >= 0) this.stage.tell("pick.point", { member: this.spec.name, title: this.spec.title, point });
  }

  over(c, frame) {
    const point = this.stage.pointsShown()?.[this.chosen?.point];
    if (!point) return;
    const [x, y] = this.at(point[0], point[1]);
    const r = frame.knobs[this.spec.radius] * pixelsPerUnit(this);
    const path = new Path2D();
    ball(path, x, y, Math.max(r, 3 * this.ratio), this.stage.data.setup.norm);
    const mine = this.chosen.member === this.spec.name;
    stroke(c, path, this.ratio, [
      [mine ? 5 : 2.6, this.colours.halo],
      [mine ? 2.6 : 1.2, this.colours.ink],
    ]);
  }
}

export default AttackPlane;
