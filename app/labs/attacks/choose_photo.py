"""The sidebar of the photographs: which picture, what of it, and shown to which classifier.

There are thumbnails, an upload, the camera, a crop box and a list of models.
"""

from __future__ import annotations

import base64
import functools
import io
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import streamlit as st
import torch
from PIL import Image

from app.live.sessions import sessions
from app.page.components import cropper, thumbnails
from app.page.escape import escape
from app.page.run import Opened, visitor
from engine.core.declare import InvalidValue
from engine.data import photos
from engine.methods.attacks.photos import PhotoAttack
from engine.nn.imagenet import classifiers

DEFAULT_MODEL = "tf_efficientnet_lite0"
THUMB = 96  # pixels, the side of a thumbnail
# One model is loaded at a time. What ships has a queue of its own and does not wait for downloads.
_loading = ThreadPoolExecutor(1)
_fetching = ThreadPoolExecutor(1)


def mend() -> None:
    """Before the run is opened: leave out of the link what this server cannot do, and say so."""
    query = st.query_params
    picture = query.get("picture", "pig")
    if picture not in photos.SHIPPED and photos.DIGEST.fullmatch(picture) and photos.pixels(picture) is None:
        st.warning(
            "The photograph of this link was uploaded elsewhere, or long ago, and is not here: upload it again. "
            "The pig is shown instead."
        )
        _drop("picture", "crop")
    pixels = photos.pixels(query.get("picture", "pig"))
    crop = query.get("crop", "")
    if crop and pixels is not None:
        try:
            photos.prepare(pixels, tuple(int(v) for v in crop.split(",")), 64)
        except (InvalidValue, ValueError) as error:
            st.warning(escape(f"The crop of this link could not be used, and the default one is used instead: {error}"))
            _drop("crop")
    if problem := _fetch(query.get("model", DEFAULT_MODEL)):
        before = st.session_state.get("attacks.model", DEFAULT_MODEL)
        st.error(escape(problem))
        # With a new key the list becomes a new widget, which does not ask for the model again.
        st.session_state["attacks.refused"] = st.session_state.get("attacks.refused", 0) + 1
        if before == DEFAULT_MODEL:
            _drop("model")
        else:
            query["model"] = before
    st.session_state["attacks.model"] = query.get("model", DEFAULT_MODEL)


def _drop(*names: str) -> None:
    for name in names:
        if name in st.query_params:
            del st.query_params[name]


def _fetch(model: str) -> str:
    """Load a classifier, showing how much of its weights has come.

    Returns what went wrong, "" where nothing did.
    """
    ships = model in classifiers.SHIPPED
    do, who = sessions().crew.do, visitor()
    loading: Future[object] = (_loading if ships else _fetching).submit(do, who, classifiers.fit_of, model)
    try:
        if ships:
            with st.spinner("Loading the classifier…"):
                loading.result()
        loading.result(timeout=0.3)
    except InvalidValue as error:
        return str(error)
    except TimeoutError:
        pass
    if loading.done():
        return ""
    with st.status(f"Fetching {escape(model)}…", expanded=False) as status:
        while not loading.done():
            status.update(label=f"Fetching {escape(model)}: {_fetched() / 1e6:.0f} MB so far")
            time.sleep(0.3)
        error = loading.exception()
        status.update(
            label=f"{escape(model)} could not be fetched" if error else f"{escape(model)} is here",
            state="error" if error else "complete",
        )
    if isinstance(error, InvalidValue) or error is None:
        return "" if error is None else str(error)
    raise error


def _fetched() -> int:
    """Bytes of weights that have come so far.

    torchvision and timm put unfinished files in these places.
    """
    hub = Path(torch.hub.get_dir()) / "checkpoints"
    face = Path.home() / ".cache" / "huggingface" / "hub"
    parts = [*hub.glob("*.partial"), *face.glob("models--timm--*/blobs/*.incomplete")]
    return sum(p.stat().st_size for p in parts if p.exists())


def _go(run: Opened, changes: dict[str, str]) -> None:
    """Write changes into the link ("" takes a value out) and run the page again.

    What is chosen starts a new run, which has the classifier's own transform.
    """
    changes = {"fit": ""} | changes
    kept = {k: v for k, v in st.query_params.to_dict().items() if k not in changes}
    st.query_params.from_dict(kept | {k: v for k, v in changes.items() if v})
    st.rerun()


def choose(run: Opened) -> None:
    """Show the sidebar; what is chosen there starts a new run.

    A file that cannot be read leaves the run as it is.
    """
    setup = run.setup
    with st.sidebar:
        st.markdown("**Photograph** · starts a new run")
        picked = thumbnails("attacks", _shipped(setup.model), setup.picture, key="attacks-thumbs")
        if picked and picked != setup.picture and picked in photos.SHIPPED:
            _go(run, {"picture": picked, "crop": ""})
        file = st.file_uploader(
            "Upload a photograph",
            type=list(photos.ENDINGS),
            max_upload_size=20,
            help="PNG, JPEG or WebP, at most 20 MB and 50 megapixels. It stays on this server.",
        )
        if st.toggle("Use the camera"):
            file = st.camera_input("Take a snapshot", label_visibility="collapsed") or file
        if file is not None and st.session_state.get("attacks.file") != file.file_id:
            try:
                digest = photos.store(file.getvalue())
            except InvalidValue as error:
                st.error(escape(str(error)))
            else:
                st.session_state["attacks.file"] = file.file_id
                _go(run, {"picture": digest, "crop": ""})
        with st.expander("Crop box"):
            _crop(run)
        _model(run)


def _crop(run: Opened) -> None:
    """The photograph with the crop box on it, to draw or to type.

    The model sees the middle square of the box.
    """
    height, width = photos.pixels(run.setup.picture).shape[:2]
    whole = (0, 0, width, height)
    now = tuple(int(v) for v in run.setup.crop.split(",")) if run.setup.crop else whole
    box = cropper("attacks", _small(run.setup.picture), (width, height), now, key="attacks-crop")
    if box and box != ",".join(map(str, now)):
        _go(run, {"crop": box})
    st.caption(
        "Drag the box, a corner of it, or a new one; arrow keys move it, with Shift they change its size. The "
        "model sees what is inside the dashed square."
    )


def _model(run: Opened) -> None:
    """The list of classifiers, which takes other names as well."""
    now = run.setup.model
    known = list(dict.fromkeys([*classifiers.SHIPPED, "resnet50", now]))
    chosen = st.selectbox(
        "Classifier",
        known,
        known.index(now),
        format_func=classifiers.title,
        accept_new_options=True,
        key=f"attacks.model.{st.session_state.get('attacks.refused', 0)}.{now}",
        help="Two are included. Any other classifier of torchvision or timm goes by its name, such as resnet50; its "
        "weights are fetched once.",
    )
    setup = run.setup
    fit = sessions().crew.do(visitor(), classifiers.fit_of, now) if setup.fit == "own" else photos.CENTRE
    whose = "As its library evaluates it" if setup.fit == "own" else "As in this saved run"
    st.caption(f"{whose}: {fit.describe(setup.side)} pixels.")
    if chosen and chosen != now:
        _go(run, {"model": "" if chosen == DEFAULT_MODEL else chosen.strip()})


@functools.lru_cache(maxsize=4)
def _shipped(model: str) -> tuple[dict[str, str], ...]:
    """The photographs that ship, as `thumbnails` takes them: small, as the classifier sees them."""
    crops = {name: PhotoAttack.make_setup({"picture": name}).crop for name in photos.SHIPPED}
    boxes = {name: tuple(int(v) for v in crop.split(",")) if crop else () for name, crop in crops.items()}
    images = sessions().crew.do(visitor(), classifiers.shown, model, boxes)

    def source(name: str) -> str:
        return _address(Image.fromarray(images[name]).resize((THUMB, THUMB), Image.Resampling.LANCZOS))

    return tuple({"name": name, "label": label, "source": source(name)} for name, label in photos.SHIPPED.items())


@functools.lru_cache(maxsize=16)
def _small(name: str) -> str:
    """A photograph at no more than 480 pixels a side, as a data address."""
    image = Image.fromarray(photos.pixels(name))
    image.thumbnail((480, 480), Image.Resampling.LANCZOS)
    return _address(image)


def _address(image: Image.Image) -> str:
    """An image as a data address, which holds it as WebP."""
    out = io.BytesIO()
    image.save(out, "WEBP", quality=80)
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode()
