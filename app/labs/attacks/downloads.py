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
    """A copy of the run as it stands, and its knobs."""
    return Run.restore(live.snapshot().result(timeout=30)).method, PhotoAttack.Knobs.of(live.knobs)


def png(live: Live) -> bytes:
    """The adversarial image as PNG: eight bits a channel, so exactly what a file can hold of it."""
    method, knobs = _now(live)
    out = io.BytesIO()
    Image.fromarray(photos.to_bytes(method.image(knobs))).save(out, "PNG")
    return out.getvalue()


def npy(live: Live) -> bytes:
    """δ as .npy: float32 (side, side, 3), every bit."""
    method, knobs = _now(live)
    out = io.BytesIO()
    np.save(out, method.delta(knobs))
    return out.getvalue()


def downloads(live: Live) -> None:
    """Two buttons in the sidebar; the files are made when they are pressed."""
    with st.sidebar:
        left, right = st.columns(2)
        left.download_button(
            "Image, PNG",
            lambda: png(live),
            "adversarial.png",
            "image/png",
            width="stretch",
            on_click="ignore",
            help="The adversarial image, eight bits a channel",
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
