"""The files that the attack lab offers to download."""

import io

import numpy as np
from PIL import Image

from app.labs.attacks.downloads import npy, png
from engine.data import photos
from engine.methods.attacks.photos import PhotoAttack
from engine.runs.host import Host
from engine.runs.live import Live
from engine.runs.run import Run


def test_the_files_hold_exactly_what_the_run_has():
    setup = PhotoAttack.make_setup({"model": "squeezenet1_1", "side": 64})
    knobs = PhotoAttack.make_knobs(setup, {"epsilon": 3})
    run = Run(PhotoAttack, setup, 0)
    run.advance(knobs, 3)
    host = Host(1)
    try:
        live = Live(host, run, knobs.to_dict())
        image, delta = np.asarray(Image.open(io.BytesIO(png(live)))), np.load(io.BytesIO(npy(live)))
    finally:
        host.close()
    assert (image == photos.to_bytes(run.method.image(knobs))).all() and image.shape == (64, 64, 3)
    assert delta.dtype == np.float32
    assert (delta == run.method.delta(knobs)).all()
    assert 0 < abs(delta).max() <= 3 / 255 * (1 + 1e-6)
