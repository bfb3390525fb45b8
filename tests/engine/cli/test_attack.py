"""`python -m engine attack` and `digit-errors`."""

import json

import numpy as np
import pytest
from PIL import Image

from engine.__main__ import main
from engine.data import photos


def test_digit_errors_are_told_by_a_command(capsys):
    assert main(["digit-errors", "linear", "dnn2-robust", "--count", "40", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(r["name"], r["epsilon"], r["count"]) for r in found] == [("linear", 0.1, 40), ("dnn2-robust", 0.1, 40)]
    assert found[0]["pgd"] >= found[0]["fgsm"] > found[0]["clean"] and found[0]["pgd"] > found[1]["pgd"]
    assert main(["digit-errors", "linear", "--count", "40", "--epsilon", "0", "--json"]) == 0
    (r,) = json.loads(capsys.readouterr().out)
    assert r["clean"] == r["fgsm"] == r["pgd"]
    for bad, said in ((["nonesuch"], "no digit model"), (["linear", "--count", "0"], "1 to 10000")):
        assert main(["digit-errors", *bad]) == 2 and said in capsys.readouterr().err


def test_the_command_reports_and_writes_what_it_found(tmp_path, capsys):
    png, npy = tmp_path / "a.png", tmp_path / "d.npy"
    how = "--model squeezenet1_1 --method pgd --epsilon 4/255 --steps 15 --target gibbon"
    image = ["--image", str(photos.ASSETS / "photos" / "panda.webp"), "--crop", "200,100,800,600"]
    arguments = ["attack", *image, *how.split(), "--out", str(png), "--delta", str(npy), "--json"]
    assert main(arguments) == 0
    r = json.loads(capsys.readouterr().out)
    assert r["before"][0][0] == "giant panda"
    assert r["after"][0][0] == "gibbon"
    assert len(r["before"]) == len(r["after"]) == 5
    assert r["linf"] <= 4 / 255 * (1 + 1e-6) and r["l2"] > 0 and r["seconds"] > 0 and r["survives_8bit"] is True
    picture, delta = np.asarray(Image.open(png)), np.load(npy)
    clean = photos.prepare(photos.pixels("panda"), (200, 100, 800, 600)).permute(1, 2, 0).numpy()
    assert np.array_equal(picture, np.round((clean + delta) * 255).astype(np.uint8))
    assert np.abs(delta).max() == pytest.approx(r["linf"])


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--image", "nonesuch.png"], "nonesuch.png"),
        (["--image", "Makefile"], "PNG, JPEG or WebP"),
        (["--image", "pig", "--model", "x"], "no classifier"),
        (["--image", "pig", "--method", "x"], "choose one of"),
        (["--image", "pig", "--target", "airlinr"], "did you mean airliner"),
        (["--image", "pig", "--target", "crane"], "did you mean crane (bird) or crane (machine)?"),
        (["--image", "pig", "--target", "404"], "number 404, counted from 0, is 'airliner'"),
        (["--image", "pig", "--target", "1000"], "they go to 999"),
        (["--image", "pig", "--knob", "target=crane"], "did you mean crane (bird) or crane (machine)?"),
        (
            ["--image", "pig", "--epsilon", "8"],
            "--epsilon is 8: the largest is 0.502 (128/255), since pixels go from 0 to 1; did you mean 8/255?",
        ),
        (["--image", "pig", "--epsilon", "2040"], "--epsilon is 2040: the largest is 0.502 (128/255)"),
        (["--image", "pig", "--epsilon", "0.0001"], "--epsilon is 0.0001: the smallest above 0 is 0.00098 (0.25/255)"),
        (["--image", "pig", "--step-size", "2"], "--step-size is 2: the largest is 0.502 (128/255)"),
        (["--image", "pig", "--norm", "l2", "--epsilon", "30"], "--epsilon is 30: the largest is 20, since"),
        (["--image", "pig", "--crop", "1,2"], "crop"),
        (["--image", "pig", "--out", "a.jpg"], "keep every pixel"),
        (["--image", "pig", "--steps", "0"], "steps"),
    ],
)
def test_bad_commands_end_with_one_line_and_code_two(arguments, said, capsys):
    assert main(["attack", *arguments]) == 2
    out = capsys.readouterr()
    assert said in out.err and out.err.count("\n") == 1 and not out.out


def test_a_radius_in_grey_levels_is_told_for_digits_too(capsys):
    assert main(["digit-errors", "linear", "--epsilon", "8"]) == 2
    assert (
        "--epsilon is 8: the largest is 1, since pixels go from 0 to 1; did you mean 8/255?" in capsys.readouterr().err
    )
