// window.saddle.stages[NAME]: read and drive a Stage from outside, for presenters and tests.
//
//   playing          whether the run trains
//   step, knobs      of the frame painted last
//   setup            field → value of the run
//   metrics          name → latest number
//   painted          paints since the page opened: of a frame, or of a moment between two
//   fps              paints in the last second
//   framesPerSecond  frames that came in the last second
//   stepsPerSecond   of the training
//   latencies        the latest times in milliseconds from turning a knob to the first painted frame
//                    that was computed under it
//   play(), pause(), stepOnce(), reset(seed?)
//   setKnob(name, value)     throws RangeError for an unknown name or a value outside its range
//   series(metric)           {x: steps, y: values} as far as the browser remembers
//   subscribe(listener)      called with the handle after every paint; returns a function that ends it

export function handle(name, stage) {
  window.saddle ??= { stages: {} };
  let painted = 0;
  const api = {
    owner: stage,
    get playing() {
      return Boolean(stage.playing);
    },
    get step() {
      return stage.shown?.step ?? 0;
    },
    get seed() {
      return stage.seed;
    },
    get knobs() {
      return { ...stage.shown?.knobs };
    },
    get setup() {
      return { ...stage.data?.setup };
    },
    get metrics() {
      return { ...stage.shown?.known };
    },
    get painted() {
      return painted;
    },
    get fps() {
      return stage.view.fps;
    },
    get framesPerSecond() {
      return stage.view.framesPerSecond;
    },
    get stepsPerSecond() {
      return stage.shown?.stepsPerSecond ?? 0;
    },
    get latencies() {
      return [...stage.view.latencies];
    },
    get connection() {
      return stage.root.dataset.connection;
    },
    get colours() {
      return stage.colours;
    },
    play: () => stage.playback.play(),
    pause: () => stage.playback.pause(),
    stepOnce: () => stage.playback.stepOnce(),
    reset: (seed) => (seed === undefined ? stage.playback.reset() : stage.send({ type: "reset", seed })),
    setKnob: (knob, value) => (stage.knobPanel.check(knob, value), stage.turning.turn({ [knob]: value })),
    series: (metric) => stage.history.series[metric] ?? { x: [], y: [] },
    subscribe: (listener) => (stage.listeners.add(listener), () => stage.listeners.delete(listener)),
  };
  stage.handle = api;
  stage.listeners.clear();
  stage.listeners.add(() => painted++);
  front(name, api);
}

// Where a visitor changes tabs quickly, Streamlit may take up the Stage of the tab before while that
// of the other is still on the page, and then clear the other away.
const living = new Map(); // name → handles of all its Stages on the page; the last is in front

/** Bring a Stage to the front: it is the one that others follow under this name. */
export function front(name, api) {
  const others = (living.get(name) ?? []).filter((other) => other.owner !== api.owner);
  living.set(name, [...others, api]);
  window.saddle.stages[name] = api;
}

/** A Stage leaves the page. Returns the one that comes to the front instead, if any is left. */
export function leave(name, stage) {
  const left = (living.get(name) ?? []).filter((other) => other.owner !== stage);
  living.set(name, left);
  if (left.length) front(name, left.at(-1));
  else if (window.saddle) delete window.saddle.stages[name];
  return left.at(-1)?.owner;
}
