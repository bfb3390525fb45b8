"""Adversarial training lab: in the plane and on digits."""

from app.labs.training import digits, plane
from app.page.lab import lab_title

TABS = {"plane": "Plane", "digits": "Digits"}
SHOW = {"plane": plane.show, "digits": digits.show}
SHOW[lab_title("training", TABS)]()
