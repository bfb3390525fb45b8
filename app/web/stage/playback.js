// Playback: play, pause, step and restart the run, look at frames of the past, and train on from
// one.

import { whole } from "../draw/numbers.js";

export class Playback {
  constructor(stage) {
    this.stage = stage;
    this.playing = false;
    this.autoplay = false; // play as soon as the connection is open
    this.speed = 0; // steps per second; 0 is as fast as it goes
    this.going = false; // what the visitor wants: not the pause that the timeline or the run's end makes
    this.renewed = false; // the run has begun again by itself since the last press of play
    this.due = false; // a knob was turned meanwhile, so that the run begins again once more at its end
  }

  send(message) {
    this.stage.send(message);
  }

  /** The first state of a run that was just opened: {play, speed}, by the page's rule or the link. */
  open({ play, speed }) {
    this.speed = speed;
    this.stage.transport.speed.value = String(speed);
    this.autoplay = play;
  }

  /** The connection is open: send the run the speed, and let it play where the link wants that. */
  begin() {
    this.send({ type: "speed", value: this.speed });
    if (this.autoplay) {
      this.going = true;
      this.send({ type: "play" });
    }
    this.autoplay = false;
  }

  /** Take over from a frame whether the run plays. */
  follow(frame) {
    this.stage.transport.show(frame.playing);
    this.playing = frame.playing;
    if (this.due) this.renew();
  }

  setSpeed(value) {
    this.speed = value;
    this.stage.transport.speed.value = String(value);
    this.send({ type: "speed", value });
    this.stage.link({ speed: value === this.stage.data.look.first ? null : value });
  }

  /** The run has come to its end (data.ends; metric `rests`). */
  get atRest() {
    return this.stage.history.known.rests === 1;
  }

  play() {
    this.present();
    // A run that has diverged refuses, and does not play by itself once it is rewound.
    this.going = !this.stage.history.frames.at(-1)?.diverged;
    this.renewed = false;
    this.due = false;
    if (this.atRest) this.send({ type: "reset" });
    this.send({ type: "play" });
  }

  pause() {
    this.going = false;
    this.send({ type: "pause" });
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  /** One step, or with `knobs` a step of one part alone. */
  stepOnce(knobs) {
    this.present();
    this.stepped = this.stage.shown;
    this.going = false;
    this.send({ type: "step", steps: 1, ...(knobs ? { knobs } : {}) });
  }

  /** Whether the last single step is on screen. */
  get arrived() {
    return this.stepped !== this.stage.shown;
  }

  /** Back to the start of the run, with a new random seed if `newSeed`. */
  reset(newSeed = false) {
    this.present();
    const seed = { seed: Math.floor(Math.random() * 1e6) };
    this.send({ type: "reset", ...(newSeed ? seed : {}) });
    if (!newSeed || !this.stage.placing?.byHand) return;
    const text = "New weights and test points. The points you placed are kept; Restore points brings new ones.";
    this.stage.say(text, "info", 4000);
  }

  /** A run that ends (data.ends) begins again when a knob is turned after its end. A knob that is
   * turned before the end has its effect at the next beginning. */
  renew(turned = false) {
    const resting = !this.playing && this.atRest;
    if (turned && !resting) this.due = this.renewed;
    if (!resting || !(turned || this.due)) return;
    this.renewed = true;
    this.due = false;
    this.playing = true;
    this.stage.history.known.rests = 0;
    this.send({ type: "reset" });
    this.send({ type: "play" });
  }

  // -- the past ----------------------------------------------------------------------------------

  /** Leave the past and the explanation of a step. */
  present() {
    if (this.stage.past) this.latest();
    this.stage.explaining?.close();
  }

  /** Show one of the frames kept: that at a share of them, 0 for the first and 1 for the latest. More
   * may have come since the timeline was drawn. */
  scrub(share) {
    const { view } = this.stage;
    if (this.playing) this.send({ type: "pause" });
    const last = view.history.frames.length - 1;
    const index = Math.round(share * last);
    view.past = index < last;
    view.index = index;
    view.draw(view.history.frames[Math.min(index, last)]);
    view.write(view.shown, performance.now());
  }

  /** Show the latest frame. */
  latest() {
    const { view } = this.stage;
    view.past = false;
    if (!view.history.frames.length) return;
    view.draw(view.history.frames.at(-1));
    view.write(view.shown, performance.now());
  }

  /** Go back on the server, exactly, to the step on screen. It trains on from there, unless
   * the visitor has paused it. */
  branch() {
    const { stage } = this;
    const { step, knobs, placed } = stage.shown;
    stage.view.past = false;
    if (placed) stage.placing.comeBack(placed);
    Object.assign(stage.values, knobs);
    stage.turning.settle();
    this.send({ type: "rewind", step });
    this.send({ type: "knobs", values: knobs });
    if (this.going) this.send({ type: "play" });
    else stage.say(`Back at step ${whole(step)}; what came after is gone. Play trains on from here.`, "info", 4000);
  }
}
