"""What moves on between two frames, in a real browser."""

import pytest

RUN = """() => {
  const { Glide } = web["draw/glide.js"];
  window.frame = (generation, kind, values) => ({ generation, layers: { z: { shape: [2], data: kind.from(values) } } });
  window.run = async (steps, rest = 300) => {
    const seen = [];
    const glide = new Glide((frame) => seen.push([...frame.layers.z.data]));
    for (const step of steps) {
      if (step === null) glide.stop();
      else {
        glide.to(step.frame, ["z"], step.moves ?? true);
        seen.push([...glide.now(step.frame).layers.z.data]);
      }
      await new Promise((then) => setTimeout(then, 60));
    }
    await new Promise((then) => setTimeout(then, rest));
    return seen;
  };
}"""


@pytest.fixture(scope="module")
def page(web):
    web.evaluate(RUN)
    return web


@pytest.mark.parametrize("kind, low, high", [("Float32Array", -1.5, 2.25), ("Uint8Array", 0, 255)])
def test_what_is_drawn_lies_between_two_frames_and_arrives_exactly(page, kind, low, high):
    seen = page.evaluate(
        f"run([{{frame: frame(1, {kind}, [{low}, {high}])}}, {{frame: frame(1, {kind}, [{high}, {high}])}}])"
    )
    first = [value for value, _ in seen]
    assert first[0] == low and first[-1] == high and first == sorted(first) and len(set(first)) > 2
    assert {rest for _, rest in seen} == {high}


def test_a_frame_that_does_not_move_and_one_of_another_life_are_drawn_at_once(page):
    frames = "{frame: frame(1, Float32Array, [0, 0])}, {frame: frame(%d, Float32Array, [8, 8]), moves: %s}"
    for generation, moves in ((1, "false"), (2, "true")):
        assert page.evaluate(f"run([{frames % (generation, moves)}])") == [[0, 0], [8, 8]]


def test_the_first_frame_of_another_run_is_drawn_at_once(page):
    """Its generation may be the number that the run before it had."""
    first, other = "{frame: frame(0, Float32Array, [0, 0])}", "{frame: frame(0, Float32Array, [8, 8])}"
    assert page.evaluate(f"run([{first}, null, {other}])") == [[0, 0], [8, 8]]


MOMENTS = """async (held) => {
  const { Glide } = web["draw/glide.js"];
  const frame = (a, b) => ({ generation: 1, layers: {
    a: { shape: [1], data: Float32Array.of(a) }, b: { shape: [1], data: Float32Array.of(b) } } });
  const seen = [];
  let next = false;
  const glide = new Glide((f, names) => seen.push([[...names], f.layers.a.data[0]]), () => next);
  for (const at of [0, 1, 2]) {
    glide.to(frame(at, 7), ["a", "b"], true);
    next = held;
    await new Promise((then) => setTimeout(then, 100));
  }
  return seen;
}"""


def test_only_layers_that_differ_are_on_their_way(page):
    seen = page.evaluate(MOMENTS, False)
    assert len(seen) > 4 and all(names == ["a"] for names, _ in seen)


def test_no_moment_is_drawn_where_a_new_frame_is_drawn_at_the_same_refresh(page):
    """It would be drawn twice and counted twice."""
    assert page.evaluate(MOMENTS, True) == []


def test_there_is_motion_until_a_frame_that_is_a_little_late(page):
    late = """async () => {
      const { Glide } = web["draw/glide.js"];
      const frame = (v) => ({ generation: 1, layers: { a: { shape: [1], data: Float32Array.of(v) } } });
      const times = [];
      const glide = new Glide(() => times.push(performance.now()));
      let at;
      for (const gap of [100, 100, 100, 0]) {
        glide.to(frame(times.length + 1e3 * gap), ["a"], true);
        at = performance.now();
        await new Promise((then) => setTimeout(then, gap));
      }
      await new Promise((then) => setTimeout(then, 300));
      return times.at(-1) - at;
    }"""
    assert page.evaluate(late) > 95
