"""The adversarial image and its perturbation as files."""

from __future__ import annotations

import io

import numpy as np
import streamlit as st
from PIL import Image

from engine.data import photos
from engine.methods.attacks.photos import PhotoAttack
from engine.runs.live import Live
from engine.runs.run import Run


def _now(live: Live) -> tuple[PhotoAttack, object]:
    """A copy of the run's method as it stands, and its knobs."""
    method = Run.restore(live.snapshot().result(timeout=30)).method
    return method, PhotoAttack.Knobs.of(live.knobs)


def png(live: Live) -> bytes:
    """The adversarial image as a PNG file, rounded to eight bits a channel."""
    method, knobs = _now(live)
    out = io.BytesIO()
    Image.fromarray(photos.to_bytes(method.image(knobs))).save(out, "PNG")
    return out.getvalue()


def npy(live: Live) -> bytes:
    """δ as a .npy file: float32 (side, side, 3), exact."""
    method, knobs = _now(live)
    out = io.BytesIO()
    np.save(out, method.delta(knobs))
    return out.getvalue()


def downloads(live: Live) -> None:
    """Show two buttons in the sidebar; a file is made when its button is pressed."""
    with st.sidebar:
        left, right = st.columns(2)
        left.download_button(
            "Image, PNG",
            lambda: png(live),
            "adversarial.png",
            "image/png",
            width="stretch",
            on_click="ignore",
            help="The adversarial image, eight bits a channel; the rounding may take it out of the ball by up to half "
            "a grey level",
        )
        right.download_button(
            "δ, npy",
            lambda: npy(live),
            "delta.npy",
            "application/octet-stream",
            width="stretch",
            on_click="ignore",
            help="The perturbation, float32, before any rounding",
        )
