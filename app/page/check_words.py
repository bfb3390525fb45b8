"""Whether the words of the labs name only what exists: knobs, set-up fields, colours, links'
parameters.

app/labs/check.py asks when the server starts; no model is trained for it. Whether a run brings
every metric and every number of a phase is for tests/app/page/test_words.py, which trains small
ones.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qsl

import engine.methods  # noqa: F401  (importing registers them)
from app import links
from app.page import words
from app.page.markdown import Use, WordsError, known, place
from app.page.words import Preset
from engine.core.declare import Declaration, InvalidValue
from engine.core.method import Method
from engine.core.registry import methods

THEME = Path(__file__).parents[1] / "web" / "draw" / "theme.js"
PAGE = {"tab", "from", "play", "view", "seed", "speed", "lock"}  # what every page reads from a link, beside show_NAME
OWN = {"arae": {"say", "to", "ends"}}  # and what one lab's page reads
FURTHER = {
    "vat": ("repeat",),
    "arae": ("quality",),
    "attacks": ("boxes",),
    "training": ("report",),
}  # files of sections, of one lab's page
IN_PAGE = ("metric", "knob", "step", "colour", "when", "slot")  # what is filled in in a headline or an explanation
IN_PHASE = ("number", "when", "slot")  # what Explain fills in

Labs = Mapping[str, Mapping[str, str]]
Made = Mapping[str, Mapping[str, Sequence[Preset]]]


def colours() -> set[str]:
    """Names of colours that theme.js knows."""
    source = THEME.read_text(encoding="utf-8")
    named = re.search(r"^const NAMED = \{$(.*?)^\};$", source, re.MULTILINE | re.DOTALL)
    return set(re.findall(r'(\w+): \["#', named[1])) | set(re.findall(r'\b(\w+): "#', source))


def problems(labs: Labs, made: Made | None = None) -> list[str]:
    """What is wrong in the words of the labs, a line each.

    labs: lab → tab ("" in a lab without tabs) → name of the tab's method. made: presets that a lab
    makes itself instead of having a presets file, lab → tab → presets.
    """
    return [problem for lab, tabs in labs.items() for problem in _Lab(lab, tabs).problems((made or {}).get(lab, {}))]


class _Lab:
    """The words of one lab, and what was found wrong in them."""

    def __init__(self, lab: str, tabs: Mapping[str, str]) -> None:
        self.lab = lab
        self.tabs = tabs
        self.folder = words.LABS / lab
        self.colours = colours()
        self.found: list[str] = []
        self.shown: set[Path] = set()  # files that some tab shows

    def problems(self, made: Mapping[str, Sequence[Preset]]) -> list[str]:
        registered = methods()
        for tab, name in self.tabs.items():
            if name in registered:
                self._tab(tab, registered[name], made.get(tab, ()))
            else:
                self.found.append(f"{self.lab}: the tab {tab!r} shows {name!r}, which is no method")
        with self._gathered():
            words.lab(self.lab)
        self.shown.add(self.folder / "lab.toml")
        for further in FURTHER.get(self.lab, ()):
            path = self.folder / f"{further}.md"
            self.shown.add(path)
            with self._gathered():
                for section in words.read_sections(path).by_name.values():
                    uses = [use for use in section.uses if use.kind != "slot"]
                    self.found += (f"{use.place}: {use.kind} {use.name} is not filled in here" for use in uses)
        there = {*self.folder.glob("*.md"), *self.folder.glob("*.toml")}
        for path in sorted(there - self.shown) if not self.found else ():
            self.found.append(f"{place(path, 1)}: no tab shows this file, and no text includes it")
        return self.found

    def _tab(self, tab: str, method: type[Method], made: Sequence[Preset]) -> None:
        with self._gathered():
            words.headline(self.lab, tab)
        with self._gathered():
            words.task(self.lab, tab)
        for thing in ("task", "headline", "explanation"):
            with self._gathered():
                text = words.read(self._path(tab, thing))
                self.shown |= set(text.files)
                self._uses(text.uses, method, IN_PAGE)
        for path in {self._path(tab, "phases"), self._path("", "phases")}:
            if path.exists():
                with self._gathered():
                    sections = words.read_sections(path)
                    self.shown |= set(sections.files)
                    for section in sections.by_name.values():
                        self._uses(section.uses, method, IN_PHASE)
        if self._path(tab, "presets").exists():
            with self._gathered():
                self.shown.add(self._path(tab, "presets"))
                made = [*made, *words.presets(self.lab, tab)]
        for preset in made:
            self.shown.add(words.LABS.parents[1] / preset.place.rpartition(":")[0])
            self.found += (f"{preset.place}: {problem}" for problem in self._link(preset, tab, method))

    def _path(self, tab: str, thing: str) -> Path:
        return self.folder / f"{words.file_name(tab, thing)}.{'toml' if thing == 'presets' else 'md'}"

    @contextlib.contextmanager
    def _gathered(self) -> Iterator[None]:
        """Put down what cannot be read, once, and go on."""
        try:
            yield
        except WordsError as error:
            if str(error) not in self.found:
                self.found.append(str(error))

    def _uses(self, uses: Iterable[Use], method: type[Method], allowed: Sequence[str]) -> None:
        for use in uses:
            self.found += (f"{use.place}: {problem}" for problem in self._use(use, method, allowed))

    def _use(self, use: Use, method: type[Method], allowed: Sequence[str]) -> Iterator[str]:
        knobs, setup = method.Knobs.declarations(), method.Setup.declarations()
        if use.kind not in allowed:
            yield f"{use.kind} {use.name} is not filled in here: {known(allowed)}"
        elif use.kind == "colour" and use.name not in self.colours:
            yield f"there is no colour {use.name!r}: {known(self.colours)}"
        elif use.kind == "knob" and use.name not in knobs:
            yield f"{method.name} has no knob {use.name!r}: {known(knobs)}"
        elif use.kind == "when":
            fields = knobs if allowed == IN_PHASE else {**setup, **knobs}  # Explain knows knobs alone
            if use.name not in fields:
                yield f"{method.name} has no field {use.name!r} for a condition: {known(fields)}"
                return
            if fields[use.name].kind in ("number", "whole"):
                yield from (f"{use.name} is never {v!r}" for v in use.values if not _is_number(v))
                return
            possible = _values(fields[use.name])
            yield from (f"{use.name} is never {v!r}: {known(possible)}" for v in use.values if v not in possible)

    def _link(self, preset: Preset, tab: str, method: type[Method]) -> Iterator[str]:
        """What is wrong in a preset's link."""
        declared = {**method.Setup.declarations(), **method.Knobs.declarations()}
        try:
            pairs = parse_qsl(preset.link.lstrip("?"), keep_blank_values=True, strict_parsing=True)
        except ValueError:
            yield f"the link {preset.link} is not ?NAME=VALUE&NAME=VALUE"
            return
        if len(dict(pairs)) < len(pairs):
            yield f"the link {preset.link} names something twice"
        if dict(pairs).get("tab", next(iter(self.tabs))) != tab:
            yield f"the link must open this tab, by tab={tab}"
        for name, value in pairs:
            if name in declared:
                try:
                    declared[name].check(name, links.DECODE.get(declared[name].kind, str)(value))
                except InvalidValue as error:
                    yield str(error)
            elif name not in PAGE | OWN.get(self.lab, set()) and not name.startswith("show_"):
                yield f"{method.name} has no knob or set-up field {name!r}, and no page reads it from a link"


def _values(declaration: Declaration) -> tuple[str, ...]:
    """What a field may be, as a condition names it."""
    return ("true", "false") if declaration.kind == "flag" else tuple(value for value, _ in declaration.options)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None
