"""Photographs: whatever is a picture is taken, whatever is not is refused with a word; crops,
sizes, digests.
"""

import io
import struct
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.core.declare import InvalidValue
from engine.data import photos


def file(image: Image.Image, kind: str = "PNG", **more) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def gradient(width=60, height=40) -> Image.Image:
    """Red grows to the right, green downwards."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([x, y, 0 * x + 100], -1).astype(np.uint8))


@pytest.mark.parametrize("kind, more", [("PNG", {}), ("WEBP", {"lossless": True}), ("JPEG", {"quality": 98})])
def test_the_three_formats_are_read(kind, more):
    found = photos.decode(file(gradient(), kind, **more))
    assert found.shape == (40, 60, 3) and found.dtype == np.uint8
    assert np.abs(found.astype(int) - np.asarray(gradient()).astype(int)).max() <= (6 if kind == "JPEG" else 0)


def test_grey_alpha_palette_and_sixteen_bits_become_rgb():
    ramp = np.tile(np.linspace(0, 255, 32).astype(np.uint8), (32, 1))
    grey = photos.decode(file(Image.fromarray(ramp)))
    assert (grey[..., 0] == ramp).all() and (grey[..., 0] == grey[..., 2]).all()
    deep = photos.decode(file(Image.fromarray(ramp.astype(np.uint16) * 257)))
    assert np.abs(deep[..., 1].astype(int) - ramp).max() <= 1
    clear = gradient().convert("RGBA")
    clear.putalpha(0)
    assert (photos.decode(file(clear)) == 255).all(), "nothing but transparency is the white it lies on"
    assert np.array_equal(
        photos.decode(file(gradient().quantize(16))), np.asarray(gradient().quantize(16).convert("RGB"))
    )
    assert photos.decode(file(gradient().convert("CMYK"), "JPEG")).shape == (40, 60, 3)


def test_a_picture_turned_by_exif_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise to see it upright
    found = photos.decode(file(gradient(), "JPEG", exif=exif, quality=98))
    assert found.shape == (60, 40, 3)
    assert np.abs(found.astype(int) - np.rot90(np.asarray(gradient()), -1).astype(int)).max() <= 8


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (4000, 1), (3000, 2000), (5, 300), (224, 224)])
def test_any_size_is_shown_to_the_model_as_its_square(size):
    picture = photos.decode(file(Image.new("RGB", size, (10, 200, 30))))
    assert max(picture.shape) <= photos.LONGEST
    x = photos.prepare(picture)
    assert x.shape == (3, 224, 224) and x.dtype == torch.float32
    assert torch.allclose(x, torch.tensor([10.0, 200.0, 30.0]).view(3, 1, 1).expand_as(x) / 255, atol=1.5 / 255)


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"\x89PNG\r\n\x1a\n" + bytes(100), bytes(5000), b"GIF89a" + bytes(50), b"<svg xmlns='x'/>"]
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(InvalidValue, match="PNG, JPEG or WebP"):
        photos.decode(data)


def test_other_formats_cut_files_and_giants_are_refused():
    with pytest.raises(InvalidValue, match="PNG, JPEG or WebP"):
        photos.decode(file(gradient(), "GIF"))
    with pytest.raises(InvalidValue, match="PNG, JPEG or WebP"):
        photos.decode(file(gradient(300, 300))[:-2000])
    with pytest.raises(InvalidValue, match="MB"):
        photos.decode(bytes(photos.MOST_BYTES + 1))
    with pytest.raises(InvalidValue, match="megapixels"):
        photos.decode(file(Image.new("1", (10_000, 6_000))))


@settings(deadline=None, max_examples=80)
@given(st.binary(max_size=400), st.integers(0, 1000))
def test_damage_anywhere_never_gets_past_the_message(noise, where):
    whole = file(gradient(20, 20), "JPEG")
    where %= len(whole)
    try:
        photos.decode(whole[:where] + noise + whole[where + len(noise) :])
    except InvalidValue:
        pass  # any other error fails the test


def test_a_crop_takes_what_it_says():
    picture = np.asarray(gradient(256, 256))
    x = photos.prepare(picture, (128, 0, 256, 128))  # the right half, the upper half
    assert x[0].min() >= 0.49 and x[1].max() <= 0.51
    for box in ((0, 0, 0, 10), (10, 10, 5, 20), (0, 0, 257, 10), (-1, 0, 5, 5)):
        with pytest.raises(InvalidValue, match="crop"):
            photos.prepare(picture, box)


def test_the_square_is_torchvisions_resize_and_centre_crop():
    from engine.nn.imagenet.libraries import torchvision

    torchvision()
    from torchvision.transforms import CenterCrop, Compose, Resize

    for name in ("pig", "koala", "panda"):
        picture = photos.pixels(name)
        theirs = np.asarray(Compose([Resize(256), CenterCrop(224)])(Image.fromarray(picture)))
        assert np.array_equal(photos.to_bytes(photos.prepare(picture)), theirs)


def test_uploads_are_found_by_their_pixels():
    a, b = photos.store(file(gradient())), photos.store(file(gradient(), "WEBP", lossless=True))
    assert a == b and photos.DIGEST.fullmatch(a)
    assert np.array_equal(photos.pixels(a), np.asarray(gradient()))
    assert photos.pixels("0" * 32) is None
    assert set(photos.SHIPPED) == {p.stem for p in (photos.ASSETS / "photos").iterdir()}


def test_old_uploads_go_when_there_is_no_room(monkeypatch):
    monkeypatch.setattr(photos, "STORED_BYTES", 3 * 40 * 60 * 3)
    kept = [photos.store_pixels(np.full((40, 60, 3), k, np.uint8)) for k in range(5)]
    assert photos.pixels(kept[0]) is None and photos.pixels(kept[4]) is not None


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 90), st.integers(1, 90))
def test_bytes_of_the_clean_image_are_the_image(width, height):
    x = photos.prepare(np.asarray(gradient(width, height)), (), 64)
    assert torch.equal(torch.from_numpy(photos.to_bytes(x)).permute(2, 0, 1).float() / 255, x)


def with_chunk(name: bytes, data: bytes, sound: bool = True) -> bytes:
    """A PNG file with one more chunk behind its header, with a wrong checksum where not `sound`."""
    png, check = file(gradient()), zlib.crc32(name + data) ^ (not sound)
    return png[:33] + struct.pack(">I", len(data)) + name + data + struct.pack(">I", check) + png[33:]


@pytest.mark.parametrize(
    "data",
    [
        with_chunk(b"eXIf", b"junkjunkjunk"),
        with_chunk(b"eXIf", b""),
        with_chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\1", sound=False),
        with_chunk(b"eXIf", b"II*\0\x08\0\0\0\x05\0"),
        with_chunk(b"iCCP", b"x\0\0junk", sound=False),
        with_chunk(b"tEXt", b"x\0y", sound=False),
        with_chunk(b"iTXt", b"x"),
        with_chunk(b"gAMA", b"x"),
        with_chunk(b"pHYs", b"x"),
        with_chunk(b"cHRM", b"x"),
        file(gradient(), "WEBP", lossless=True, exif=b"junkjunk"),
    ],
)
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_sound_picture_opens_whatever_its_file_says_beside_it(data):
    assert np.array_equal(photos.decode(data), np.asarray(gradient()))


def test_transparency_of_every_kind_lies_over_white():
    level = Image.fromarray(np.full((9, 9), 30000, np.uint16))
    deep = file(level)
    deep = (
        deep[:33] + struct.pack(">I", 2) + b"tRNS" + struct.pack(">HI", 30000, zlib.crc32(b"tRNS\x75\x30")) + deep[33:]
    )
    palette = Image.new("P", (9, 9), 0)
    palette.putpalette([255, 0, 0, 0, 255, 0])
    for data in (
        deep,
        file(palette, transparency=0),
        file(palette, transparency=b"\x00\xff"),
        file(Image.new("L", (9, 9), 77), transparency=77),
        file(Image.new("1", (9, 9), 0), transparency=0),
        file(Image.new("RGB", (9, 9), (1, 2, 3)), transparency=(1, 2, 3)),
        file(Image.new("LA", (9, 9), (0, 0))),
    ):
        assert (photos.decode(data) == 255).all()
    assert (photos.decode(file(level)) == 117).all()
    assert photos.decode(file(Image.new("CMYK", (9, 9), (255, 0, 0, 0)), "JPEG"))[4, 4].tolist() == [0, 255, 255]


def test_all_endings_of_a_jpeg_may_be_uploaded():
    assert {"jpg", "jpeg", "jpe", "jfif"} < set(photos.ENDINGS)
