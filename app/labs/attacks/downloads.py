"""The adversarial image and its perturbation as files."""

from __future__ import annotations

import io

import numpy as np
import streamlit as st
from PIL import Image

from app.page.run import LiveRun

PATIENCE = 30.0  # seconds


def _now(live: LiveRun, layer: str) -> np.ndarray:
    return live.ask("files", {}).result(PATIENCE).layers[layer]


def png(live: LiveRun) -> bytes:
    """The adversarial image as a PNG file, rounded to eight bits a channel."""
    out = io.BytesIO()
    Image.fromarray(_now(live, "image")).save(out, "PNG")
    return out.getvalue()


def npy(live: LiveRun) -> bytes:
    """δ as a .npy file: float32 (side, side, 3), exact."""
    out = io.BytesIO()
    np.save(out, _now(live, "delta"))
    return out.getvalue()


def downloads(live: LiveRun) -> None:
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
