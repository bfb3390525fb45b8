"""GAN lab: the minimax game in the plane and on digits."""

from app.labs.gan import digits, plane
from app.page.lab import lab_title

TABS = {"plane": "Plane", "pair": "Two games", "digits": "Digits"}
SHOW = {"plane": plane.show, "pair": plane.show_pair, "digits": digits.show}
SHOW[lab_title("gan", TABS)]()
