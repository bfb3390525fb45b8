"""Whether the words of all labs can be shown; the server asks when it starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from app.labs.catalogue import LABS
from app.labs.gan import experiments
from app.page import check_words, words
from app.page.markdown import WordsError
from app.page.words import Preset

# Presets that a lab makes itself instead of having a presets file: lab → tab → how.
MADE: Mapping[str, Mapping[str, Callable[[], Sequence[Preset]]]] = {
    "gan": {"plane": experiments.alone, "pair": experiments.pairs}
}


def problems() -> list[str]:
    """What is wrong, a line each with file and line."""
    try:
        words.home()
        made = {lab: {tab: make() for tab, make in tabs.items()} for lab, tabs in MADE.items()}
    except WordsError as error:
        return [str(error)]
    return check_words.problems({lab.page: lab.methods for lab in LABS}, made)


def check() -> None:
    """Raise WordsError with all `problems`, where there are any."""
    if found := problems():
        raise WordsError("\n".join(found))


def cards() -> list[dict[str, str]]:
    """The cards of *Try this* of all labs, as a presenter may send them to a room."""
    found = []
    for lab in LABS:
        for tab in lab.methods:
            made = MADE.get(lab.page, {}).get(tab)
            presets = made() if made else words.presets(lab.page, tab)
            found += [{"page": lab.page, "title": preset.title, "query": preset.link.lstrip("?")} for preset in presets]
    return found
