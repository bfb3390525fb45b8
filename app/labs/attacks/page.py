"""Attack bench: adversarial examples on photographs, on digits, and why they exist."""

from app.labs.attacks import digits, photos
from app.page.lab import lab_title

TABS = {"photographs": "Photographs", "digits": "Digits", "why": "Why"}
SHOW = {"photographs": photos.show, "digits": digits.show, "why": digits.why}
SHOW[lab_title("attacks", TABS)]()
