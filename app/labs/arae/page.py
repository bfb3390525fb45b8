"""ARAE lab: sentences from a learned prior, and sentences changed from one class to another."""

from app.labs.arae import tabs
from app.page.lab import lab_title

tabs.show(lab_title("arae", {name: tab.title for name, tab in tabs.TABS.items()}))
