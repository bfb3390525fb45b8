"""AAE lab: codes of digits that fit a prior, beside a VAE, with and without labels."""

from app.labs.aae import tabs
from app.page.lab import lab_title

tabs.show(lab_title("aae", {name: tab.title for name, tab in tabs.TABS.items()}))
