"""The plane of the training lab: six networks learn the same points under attack."""

from __future__ import annotations

from app.labs.training.plane_stage import CHARTS, LAYOUT, ORDER, TITLES
from app.labs.training.robustness import PLANE, robustness_panel
from app.page.lab import Layout, Tab, show_tab
from app.page.run import Opened
from app.page.upload_points import points_sidebar
from engine.methods.training.plane import Training


def _layout(run: Opened) -> Layout:
    nothing_to_train_on = run.setup.dataset == "own" and not run.setup.rows and not run.knobs.points
    return {**LAYOUT, "rests": nothing_to_train_on}


TAB = Tab("training", "plane", Training, _layout, CHARTS, sidebar=points_sidebar)


def show() -> None:
    """The whole tab."""
    show_tab(TAB, below=lambda run: robustness_panel(run, dict(zip(ORDER, TITLES)), PLANE))
