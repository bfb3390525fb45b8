"""Level lines of a field, in a real browser."""

import numpy as np
import pytest

# Lines as lists of places, the first repeated at the end of a ring; cells are of one pixel.
LINES = """([values, rows, columns]) => {
  const lines = [];
  const path = {
    moveTo: (x, y) => lines.push([[x, y]]),
    lineTo: (x, y) => lines.at(-1).push([x, y]),
    closePath: () => lines.at(-1).push(lines.at(-1)[0]),
  };
  web["draw/field.js"].levelLine(Uint8Array.from(values), rows, columns, columns, rows, 127.5, path);
  return lines;
}"""


@pytest.fixture(scope="module")
def level_lines(web):
    """A function from values (rows, columns) to their lines at 127.5, each an array of places."""
    return lambda values: [
        np.array(line) for line in web.evaluate(LINES, [values.flatten().tolist(), *map(int, values.shape)])
    ]


def _crossed_edges(values):
    """Where the level is crossed between two cell centres, in pixels from the upper left."""
    v, rows = values.astype(float), len(values)
    found = []
    for (r, c), here in np.ndenumerate(v):
        for dr, dc in ((0, 1), (1, 0)):
            if r + dr < v.shape[0] and c + dc < v.shape[1] and (here > 127.5) != (v[r + dr, c + dc] > 127.5):
                t = (127.5 - here) / (v[r + dr, c + dc] - here)
                found.append((c + dc * t + 0.5, rows - (r + dr * t) - 0.5))
    return np.array(found)


def _smooth(seed, shape=(24, 31)):
    g = np.random.default_rng(seed)
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]] / 10
    waves = sum(np.sin(a * x + b * y + c) for a, b, c in g.normal(0, 1.5, (5, 3)))
    return np.clip(127 + 90 * waves, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("values", [_smooth(0), _smooth(1), np.random.default_rng(2).integers(0, 256, (15, 20))])
def test_they_pass_every_crossing_once_and_stay_in_their_cells(level_lines, values):
    lines = level_lines(values.astype(np.uint8))
    rings = [len(line) > 2 and bool((line[0] == line[-1]).all()) for line in lines]
    places = np.concatenate([line[:-1] if ring else line for line, ring in zip(lines, rings)])
    wanted = _crossed_edges(values)
    gaps = np.abs(places[:, None] - wanted[None]).max(-1)
    assert len(places) == len(wanted) and (gaps.min(0) < 1e-4).all() and (gaps.min(1) < 1e-4).all()
    for line, ring in zip(lines, rings):
        assert (np.abs(np.diff(line, axis=0)).max(axis=1) <= 1 + 1e-6).all(), "a piece lies in one cell"
        ends = line[[0, -1]]
        at_border = (np.abs(ends - 0.5) < 1e-4) | (np.abs(ends - np.array(values.shape[::-1]) + 0.5) < 1e-4)
        assert ring or at_border.any(axis=1).all(), "a line ends at the border alone"


def test_a_disc_has_one_ring_and_a_flat_field_none(level_lines):
    y, x = np.mgrid[0:40, 0:40]
    disc = np.clip(255 - 12 * np.hypot(x - 19, y - 22), 0, 255).astype(np.uint8)
    (ring,) = level_lines(disc)
    assert (ring[0] == ring[-1]).all()
    radius = np.hypot(ring[:, 0] - 19.5, ring[:, 1] - (40 - 22.5))
    assert np.allclose(radius, 127.5 / 12, atol=0.15)
    assert level_lines(np.full((9, 9), 200, np.uint8)) == [] and level_lines(disc) != []


@pytest.mark.parametrize("high", [True, False])
@pytest.mark.parametrize("rising", [True, False])
def test_corners_belong_together_as_the_middle_of_their_cell_says(level_lines, high, rising):
    """Two opposite corners are above the level. Where the mean of the four is too, they are one
    region, and each line goes round one of the others.
    """
    above, below = (255, 100) if high else (150, 0)
    values = np.full((2, 2), below, np.uint8)
    alone = [(0, 0), (1, 1)] if rising else [(0, 1), (1, 0)]  # row from below, column
    for place in alone:
        values[place] = above
    if high:
        alone = [(0, 1), (1, 0)] if rising else [(0, 0), (1, 1)]
    lines = level_lines(values)
    corners = np.array([(c + 0.5, 1.5 - r) for r, c in alone])
    # A line around a corner starts and ends on that corner's two sides of the square.
    found = [[bool((np.abs(line - corner).min(axis=1) < 1e-4).all()) for corner in corners] for line in lines]
    assert sorted(found) == [[False, True], [True, False]]
