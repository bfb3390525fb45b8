"""Photographs: those that ship and those that visitors upload, decoded safely.

A set-up names a photograph by its shipped name, or by the digest under which `store` holds an
upload in this process. The state of a run has the pixels of an upload in it, so that its snapshot
can be restored by a process that never received the upload.
"""

from __future__ import annotations

import functools
import hashlib
import io
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from engine.core.assets import ASSETS
from engine.core.declare import InvalidValue

SHIPPED = {
    "pig": "Pig",
    "panda": "Giant panda",
    "cat": "Kitten",
    "dog": "German shepherd",
    "owl": "Owl",
    "koala": "Koala",
    "polar_bear": "Polar bear",
    "bison": "Bison",
}
FORMATS = ("PNG", "JPEG", "WEBP")
PNG = b"\x89PNG\r\n\x1a\n"  # how a PNG file begins
ENDINGS = ("png", "jpg", "jpeg", "jpe", "jfif", "jif", "webp")
MOST_BYTES = 20_000_000
MOST_PIXELS = 50_000_000
LONGEST = 1024  # pixels of a side of what is stored; a classifier is given 224
STORED_BYTES = 300_000_000  # of all uploads together; the longest unused are dropped first
DIGEST = re.compile(r"[0-9a-f]{32}")

_stored: OrderedDict[str, np.ndarray] = OrderedDict()
_lock = threading.Lock()


def decode(data: bytes) -> np.ndarray:
    """A PNG, JPEG or WebP file as RGB uint8 (H, W, 3), at most 1024 pixels a side.

    It is turned by the orientation in its EXIF data where that can be read, transparency is laid
    over white, and grey becomes RGB. A sound picture opens whatever is wrong with what its file
    says beside it: dates, colour profiles, sizes in print. Raises InvalidValue for any other file,
    for files over 20 MB and for pictures over 50 megapixels.
    """
    if len(data) > MOST_BYTES:
        raise InvalidValue(f"This file has {len(data) / 1e6:.0f} MB: choose one of at most {MOST_BYTES / 1e6:.0f} MB.")
    try:
        return _decoded(data)
    except InvalidValue:
        raise
    except Exception as error:  # a damaged or hostile file may make the decoder raise anything
        try:
            return _decoded(_bare_png(data))
        except InvalidValue:
            raise
        except Exception:
            message = "This is not a picture that can be read: choose a PNG, JPEG or WebP file."
            raise InvalidValue(message) from error


def _decoded(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        if image.width * image.height > MOST_PIXELS:
            raise InvalidValue(
                f"This picture has {image.width} × {image.height} pixels: choose one of at most 50 megapixels."
            )
        image.draft("RGB", (2 * LONGEST, 2 * LONGEST))  # JPEG: decode no more than is stored
        image.load()
        return np.asarray(_rgb(_turned(image)))


def _turned(image: Image.Image) -> Image.Image:
    """The image, turned by the orientation in its EXIF data; as it is where those are damaged."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # the parser of EXIF data raises whatever a damaged entry leads to
        return image


def _bare_png(data: bytes) -> bytes:
    """A PNG file with its picture and transparency alone, without chunks that say more about it.

    Raises ValueError for what is no PNG.
    """
    if not data.startswith(PNG):
        raise ValueError("not a PNG")
    out, at = [PNG], len(PNG)
    while at + 8 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        name = data[at + 4 : at + 8]
        if name[:1].isupper() or name == b"tRNS":  # capital: a chunk without which there is no picture
            out.append(data[at:end])
        at = end
    return b"".join(out)


def _rgb(image: Image.Image) -> Image.Image:
    """Eight-bit RGB of at most LONGEST a side."""
    if image.mode.startswith("I") or image.mode == "F":  # 16-bit grey: to eight bits by its top byte
        levels = np.asarray(image, dtype=np.float64)
        clear = levels == image.info.get("transparency", -1)
        image = Image.fromarray((levels / max(levels.max(), 65535) * 255).round().astype(np.uint8))
        image.paste(255, mask=Image.fromarray(clear))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        over = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)
    image = image.convert("RGB")
    if max(image.size) > LONGEST:
        image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    return image


def store(data: bytes) -> str:
    """Decode an uploaded file and store it; returns its digest. Raises InvalidValue."""
    return store_pixels(decode(data))


def store_pixels(pixels: np.ndarray) -> str:
    """Store RGB uint8 (H, W, 3); returns the digest of shape and pixels, 32 hexadecimal digits."""
    digest = hashlib.blake2b(repr(pixels.shape).encode() + pixels.tobytes(), digest_size=16).hexdigest()
    with _lock:
        _stored[digest] = pixels
        _stored.move_to_end(digest)
        while len(_stored) > 1 and sum(p.nbytes for p in _stored.values()) > STORED_BYTES:
            _stored.popitem(last=False)
    return digest


def pixels(name: str) -> np.ndarray | None:
    """RGB uint8 (H, W, 3) of a shipped name or a stored digest, not to be written to.

    None for a digest that this process does not have.
    """
    if name in SHIPPED:
        return _shipped(name)
    with _lock:
        if name in _stored:
            _stored.move_to_end(name)
        return _stored.get(name)


@functools.lru_cache(maxsize=3)  # the photographs in use; all eight would be 19 MB
def _shipped(name: str) -> np.ndarray:
    return decode((ASSETS / "photos" / f"{name}.webp").read_bytes())


class Fit(Protocol):
    """How a photograph is brought to the square that a classifier is given."""

    def __call__(self, image: Image.Image, side: int) -> Image.Image:
        """The square, side × side pixels."""

    def describe(self, side: int) -> str:
        """What is done, in words."""


@dataclass(frozen=True)
class Centre:
    """Bring the shorter side to side·resize/crop and take the middle.

    As torchvision evaluates its classifiers on ImageNet. The default, 256/224 and bilinear, is the
    most common there; whoever compares classifiers should give each its own.
    """

    resize: int = 256
    crop: int = 224
    how: str = "bilinear"

    def shorter(self, side: int) -> int:
        """The shorter side before the middle is taken."""
        return round(side * self.resize / self.crop)

    def __call__(self, image: Image.Image, side: int) -> Image.Image:
        width, height = image.size
        shorter = self.shorter(side)
        size = (shorter, int(shorter * height / width)) if width <= height else (int(shorter * width / height), shorter)
        image = image.resize(size, Image.Resampling[self.how.upper()])
        left, top = round((size[0] - side) / 2), round((size[1] - side) / 2)
        return image.crop((left, top, left + side, top + side))

    def describe(self, side: int) -> str:
        return f"shorter side to {self.shorter(side)}, {self.how}, then the middle {side} × {side}"


CENTRE = Centre()


def prepare(picture: np.ndarray, box: tuple[int, ...] = (), side: int = 224, fit: Fit = CENTRE) -> Tensor:
    """The image a classifier is given, (3, side, side) in [0, 1].

    picture: RGB uint8 (H, W, 3). box: (x0, y0, x1, y1) in its pixels, () for all of it. fit: the
    classifier's own, or the default. The result is rounded to eight bits, so that a file can hold
    the clean image exactly. Raises InvalidValue for a box that is empty or lies outside.
    """
    image = Image.fromarray(picture)
    if box:
        x0, y0, x1, y1 = box
        if not (0 <= x0 < x1 <= image.width and 0 <= y0 < y1 <= image.height):
            raise InvalidValue(
                f"crop = {x0},{y0},{x1},{y1} is not allowed: 0 ≤ x0 < x1 ≤ {image.width}, 0 ≤ y0 < y1 ≤ {image.height}"
            )
        image = image.crop(box)
    width, height = image.size
    if max(width, height) > 8 * min(width, height):
        # Only the middle will be used; enlarging a strip of 1 × 10,000 would take too much memory.
        half = 4 * min(width, height)
        left, top = max(0, width // 2 - half), max(0, height // 2 - half)
        image = image.crop((left, top, min(width, left + 2 * half), min(height, top + 2 * half)))
    return torch.from_numpy(np.array(fit(image, side))).permute(2, 0, 1).contiguous().float() / 255


def to_bytes(image: Tensor) -> np.ndarray:
    """An image (3, H, W) in [0, 1] → uint8 (H, W, 3), rounded, as a file or a screen holds it."""
    return (image * 255).round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
