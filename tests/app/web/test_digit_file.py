"""A picture of a digit becomes 28 × 28 grey levels that a classifier reads, in a real browser."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from engine.data.hand_drawn import drawn
from engine.data.mnist import images, labels
from engine.nn.digit_classifiers import load

DIGITS = 30
SIDE = 480
READ = """async (data) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  return [...(await web["input/digit_file.js"].readDigit(new File([bytes], "digit.png", { type: "image/png" })))];
}"""


@pytest.fixture(scope="module")
def read(web):
    """A function from a picture to its 784 levels."""

    def levels(picture, **more):
        out = io.BytesIO()
        picture.save(out, "PNG", compress_level=1, **more)
        return web.evaluate(READ, base64.b64encode(out.getvalue()).decode())

    return levels


def ink(digit, height, generator):
    """A test digit of a height in pixels, at a random place of a sheet (SIDE, SIDE), 0 to 1."""
    small = Image.fromarray(images("test")[digit].reshape(28, 28).numpy())
    small = small.crop(small.getbbox())
    scale = height / max(small.size)
    small = small.resize([max(1, round(n * scale)) for n in small.size], Image.Resampling.BICUBIC)
    sheet = Image.new("L", (SIDE, SIDE), 0)
    sheet.paste(small, tuple(int(generator.integers(20, SIDE - n - 20)) for n in small.size))
    return np.asarray(sheet) / 255


def on_paper(level, generator):
    """Dark on uneven paper with six specks of dust."""
    grey = 235 - 200 * level + generator.normal(0, 3, level.shape)
    for x, y in generator.integers(0, SIDE - 6, (6, 2)):
        grey[y : y + 2, x : x + 2] = 60
    return Image.fromarray(grey.clip(0, 255).astype(np.uint8))


def on_nothing(colour):
    """In one grey, on transparent ground."""

    def picture(level, _):
        alpha = (level * 255).astype(np.uint8)
        return Image.fromarray(np.stack([np.full_like(alpha, colour), alpha], -1))  # grey and alpha

    return picture


@pytest.mark.parametrize(
    "look, height",
    [(on_paper, 340), (on_paper, SIDE // 6), (on_nothing(255), SIDE // 6)],
    ids=("paper", "small", "white"),
)
def test_a_digit_is_read_wherever_and_however_small_it_stands(read, look, height):
    g = np.random.default_rng(0)
    net = load("cnn")
    found = torch.stack([drawn(read(look(ink(k, height, g), g))) for k in range(DIGITS)])
    with torch.no_grad():
        right = (net(found).argmax(1) == labels("test")[:DIGITS]).sum().item()
    assert right >= 28


def test_a_picture_without_ink_is_refused(read):
    for picture in (Image.new("L", (50, 50), 200), Image.new("LA", (50, 50), (0, 0))):
        with pytest.raises(Exception, match="all of one colour"):
            read(picture)
    assert max(read(Image.fromarray(np.pad(np.zeros((9, 3), np.uint8), 8, constant_values=255)))) == 255
