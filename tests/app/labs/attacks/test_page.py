"""The attack bench without a browser: every preset opens, photographs good and bad, files, and runs
that come to rest.
"""

import io

import numpy as np
import pytest
from PIL import Image

from app.page.words import presets
from engine.core.declare import InvalidValue
from engine.data import photos
from engine.methods.attacks.digits import DigitAttack
from engine.methods.attacks.photos import PIG, PhotoAttack
from engine.nn.imagenet import classifiers

LAB = "attacks"
SLOTS = {"photographs": "attack", "digits": "attack-digits", "why": "attack-digits"}

QUICK = {"model": "squeezenet1_1"}


def file(image, kind="PNG", **more):
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_it_opens_on_the_pig(page, live_of):
    test = page()
    assert not test.exception and not test.warning and not test.error
    assert live_of(test).setup == PhotoAttack.make_setup(
        {"picture": "pig", "crop": PIG, "model": "tf_efficientnet_lite0"}
    )


def test_the_transform_of_the_classifier_is_on_the_page(page, live_of):
    test = page()
    assert "shorter side to 256, bicubic, then the middle 224 × 224" in " ".join(c.value for c in test.sidebar.caption)
    test = page(fit="bilinear", picture="koala")
    assert "As in this saved run: shorter side to 256, bilinear" in " ".join(c.value for c in test.sidebar.caption)


@pytest.mark.parametrize("tab, method", [("photographs", PhotoAttack), ("digits", DigitAttack)])
def test_presets_are_links_that_open(page, live_of, tab, method):
    for preset in presets("attacks", tab):
        test = page(**preset.query)
        assert not test.exception and not test.warning and not test.error, preset.title
        live = live_of(test, tab)
        given = {n: v for n, v in preset.query.items() if n in live.knobs}
        assert {n: live.knobs[n] for n in given} == {
            n: d.check(n, given[n]) for n, d in method.Knobs.declarations().items() if n in given
        }, preset.title


def test_the_tab_that_explains_opens(page, live_of):
    test = page(tab="why")
    assert not test.exception and not test.warning
    assert live_of(test, "digits").knobs["method"] == "fgsm"


GOOD = {
    "alpha": (file(Image.fromarray(noise(40, 30, 4), "RGBA")), (40, 30)),
    "one pixel": (file(Image.fromarray(noise(1, 1, 3))), (1, 1)),
    "16-bit grey": (file(Image.fromarray(noise(50, 60).astype(np.uint16) << 8)), (50, 60)),
    "large": (file(Image.fromarray(noise(1500, 2048, 3)), "JPEG"), (750, 1024)),
    "rotated": (
        file(
            Image.fromarray(noise(60, 90, 3)),
            "JPEG",
            exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0",
        ),
        (90, 60),
    ),
    "webp": (file(Image.fromarray(noise(64, 64, 3)), "WEBP"), (64, 64)),
}


@pytest.mark.parametrize("name", GOOD)
def test_an_uploaded_photograph_becomes_the_run(page, live_of, name):
    data, shape = GOOD[name]
    test = page(**QUICK)
    before = live_of(test)
    test.sidebar.file_uploader[0].set_value(("picture.png", data, "image/png")).run()
    assert not test.exception and not test.error
    live = live_of(test)
    assert live is not before and photos.pixels(live.setup.picture).shape == (*shape, 3)
    assert live.setup.crop == "" and live.setup.model == "squeezenet1_1"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + bytes(100),
        b"\x89PNG\r\n\x1a\n" + bytes(300),
        file(Image.fromarray(noise(64, 64, 3)))[:500],
        b"<svg/>",
    ],
)
def test_a_file_that_is_no_photograph_is_refused_and_the_run_kept(page, live_of, data):
    test = page(**QUICK)
    before = live_of(test)
    test.sidebar.file_uploader[0].set_value(("picture.png", data, "image/png")).run()
    assert not test.exception and len(test.error) == 1 and "choose a PNG, JPEG or WebP" in test.error[0].value
    assert live_of(test) is before


@pytest.mark.parametrize(
    "query, reason",
    [
        ({"picture": "0" * 32}, "upload it again"),
        ({"crop": "0,0,99999,10"}, "could not be used"),
        ({"crop": "5,5,5,5"}, "could not be used"),
        ({"target": "sea"}, "choose one"),
    ],
)
def test_a_link_that_asks_for_too_much_says_so_and_opens_all_the_same(page, live_of, query, reason):
    test = page(**QUICK, **query)
    assert not test.exception and len(test.warning) == 1 and reason in test.warning[0].value.replace("\\", "")
    assert live_of(test).setup == PhotoAttack.make_setup(QUICK)


def test_an_unknown_model_and_a_missing_network_are_explained_and_the_run_kept(page, live_of, monkeypatch):
    test = page(**QUICK)
    before = live_of(test)
    test.query_params["model"] = "resnet_of_my_own"
    test.run()
    assert not test.exception and "no classifier" in test.error[0].value and live_of(test) is before

    def offline(name):
        if name == "resnet50":
            raise InvalidValue(
                "the weights of resnet50 are not here and could not be fetched (URLError): connect to a network once"
            )
        return load(name)

    load = classifiers.load
    monkeypatch.setattr(classifiers, "load", offline)
    test.sidebar.selectbox[0].set_value("resnet50").run()
    assert not test.exception and "connect to a network" in test.error[0].value and live_of(test) is before
