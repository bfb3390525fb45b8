"""Discs and lines laid down in an array of pixels, beside the same drawn by the browser."""

import math

import numpy as np
import pytest

DRAW = """() => {
  const { Overlay, Lines } = web["draw/overlay.js"];
  const { stamp } = web["draw/stamp.js"];
  const [w, h] = [160, 120];
  const canvas = () => {
    const c = Object.assign(document.createElement("canvas"), { width: w, height: h }).getContext("2d");
    c.fillStyle = "#fbfbfa";
    c.fillRect(0, 0, w, h);
    return c;
  };
  const bytes = (c) => [...c.getImageData(0, 0, w, h).data];
  const overlay = new Overlay();
  overlay.size(w, h);
  window.both = (lines, pens, alpha) => {
    const [own, other, path, mine] = [canvas(), canvas(), new Path2D(), new Lines()];
    for (const { places, ring } of lines)
      for (const to of [path, mine]) {
        places.forEach(([x, y], i) => (i ? to.lineTo(x, y) : to.moveTo(x, y)));
        if (ring) to.closePath();
      }
    overlay.begin();
    overlay.stroke(mine, 1, pens, alpha);
    overlay.flush(own);
    other.lineJoin = "round";
    const layer = Object.assign(document.createElement("canvas"), { width: w, height: h }).getContext("2d");
    layer.lineJoin = "round";
    for (const [width, colour] of pens) {
      layer.lineWidth = width;
      layer.strokeStyle = colour;
      layer.stroke(path);
    }
    other.globalAlpha = alpha;
    other.drawImage(layer.canvas, 0, 0);
    return [bytes(own), bytes(other)];
  };
  window.discs = (places, r, ring) => {
    const [own, other] = [canvas(), canvas()];
    overlay.begin();
    for (const [x, y] of places) {
      stamp(r, "#d55e00", "#ffffff", ring)(overlay, x, y);
      other.beginPath();
      other.arc(x, y, r, 0, 2 * Math.PI);
      other.strokeStyle = "#ffffff";
      other.lineWidth = ring;
      other.stroke();
      other.fillStyle = "#d55e00";
      other.fill();
    }
    overlay.flush(own);
    return [bytes(own), bytes(other)];
  };
  window.twice = () => {
    const c = canvas();
    const line = (x) => {
      const lines = new Lines();
      lines.moveTo(x, 20);
      lines.lineTo(x, 90);
      overlay.stroke(lines, 1, [[4, "#000000"]]);
      overlay.flush(c);
    };
    overlay.begin();
    line(20);
    line(130);
    const first = bytes(c);
    c.fillRect(0, 0, w, h);
    overlay.begin();
    line(130);
    line(20);
    return [first, bytes(c)];
  };
}"""
SHAPE = (120, 160, 4)
HALO = [[4.5, "#ffffff"], [2.2, "#1d2327"]]


@pytest.fixture(scope="module")
def page(web):
    web.evaluate(DRAW)
    return web


def _pictures(page, call, *arguments):
    return [
        np.array(p, float).reshape(SHAPE)[..., :3] for p in page.evaluate(f"(given) => {call}(...given)", arguments)
    ]


def _lines(seed, rings):
    g = np.random.default_rng(seed)
    return [
        {"places": np.cumsum(np.vstack([g.uniform(20, 100, 2), g.normal(0, 9, (12, 2))]), 0).tolist(), "ring": ring}
        for ring in rings
    ]


@pytest.mark.parametrize("pens, alpha", [(HALO, 1), ([[1.7, "#d55e00"]], 0.55), ([[9, "#0067ad"], [4.4, "#fff"]], 0.8)])
@pytest.mark.parametrize("seed", range(3))
def test_lines_look_as_the_browser_draws_them(page, seed, pens, alpha):
    own, other = _pictures(page, "both", _lines(seed, [False, True, False]), pens, alpha)
    apart = np.abs(own - other).max(-1)
    assert (other != own[0, 0]).any(-1).sum() > 500
    assert apart.mean() < 1.5 and (apart > 64).mean() < 0.004


def test_lines_that_leave_the_picture_and_places_that_are_not_finite_do_no_harm(page):
    far = [{"places": [[-4e6, 40], [4e6, 80]], "ring": False}, {"places": [[10, 10], [10, 10]], "ring": False}]
    own, other = _pictures(page, "both", far, HALO, 1)
    assert np.abs(own - other).max(-1).mean() < 2
    bad = [{"places": [[10, 10], [math.nan, 30], [40, 50]]}, {"places": [[5, 5], [math.inf, 9]]}]
    own, _ = _pictures(page, "both", bad, HALO, 1)
    assert np.isfinite(own).all()


@pytest.mark.parametrize("r, ring", [(2.1, 0.9), (4.6, 2.2)])
def test_discs_look_as_the_browser_draws_them_one_over_the_other(page, r, ring):
    g = np.random.default_rng(0)
    places = np.vstack([g.uniform(-5, 165, (60, 2)), g.normal(60, 4, (30, 2))])
    own, other = _pictures(page, "discs", places.tolist(), r, ring)
    apart = np.abs(own - other).max(-1)
    assert apart.mean() < 2.5 and (apart > 100).mean() < 0.004  # places are rounded to quarters of a pixel


def test_nothing_stays_of_an_earlier_picture(page):
    first, second = _pictures(page, "twice")
    assert (first == second).all() and len(np.unique(first)) > 1
