"""The words of the labs: Markdown and TOML files in app/labs/LAB/, which app/labs/README.md
describes.

A file is read again when it has changed, so a mended sentence shows at the next reload of the page
(those of a phases file, which the Stage's layout holds, after a restart). What cannot be read
raises WordsError, which names the file and the line. Whether the names in a text exist (metrics,
knobs, colours) is for app/page/check_words.py.
"""

from __future__ import annotations

import dataclasses
import html
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from app.page.markdown import SLOT, Reader, Section, Sections, Text, Use, WordsError, known, place, source

LABS = Path(__file__).parents[1] / "labs"
HOME = LABS / "home.md"
LONGEST_TASK = 150  # characters, which a laptop shows in one line


@dataclass(frozen=True)
class Preset:
    """A guided experiment. link: the query that opens it. description: what to do and what one
    sees.

    name, steps: where tests/benchmarks/ checks it, the name of the check, and when the effect
    shows. place: file and line.
    """

    title: str
    link: str
    description: str
    name: str = ""
    steps: int = 0
    place: str = field(default="", compare=False)

    @property
    def query(self) -> dict[str, str]:
        """The link as query parameters."""
        return dict(parse_qsl(self.link.lstrip("?")))


@dataclass(frozen=True)
class Tables:
    """The tables of a TOML file: a list of records for each heading. Every record has its `place`,
    file and line.
    """

    by_heading: Mapping[str, list[dict[str, Any]]]
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Lab:
    """What a lab is called and how it is described, from its lab.toml.

    title: in the menu. heading: at the top of its page. description: what one sees there. picture:
    what its picture on the home page shows, for those who cannot see it.
    """

    title: str
    heading: str
    description: str
    picture: str


def file_name(tab: str, thing: str) -> str:
    """The file, without its ending, of a tab's task, headline, explanation, phases or presets.

    tab: "" in a lab without tabs.
    """
    return f"{tab}_{thing}" if tab else thing


def lab(name: str) -> Lab:
    """The lab of a folder. Raises WordsError, as all readers here do."""
    path = LABS / name / "lab.toml"
    fields = {f.name: str for f in dataclasses.fields(Lab)}
    record = _cached(path, lambda path: Tables({"": [_record(place(path, 1), _toml(path), fields, {})]}, (path,)))
    return Lab(**{key: value for key, value in record.by_heading[""][0].items() if key in fields})


def home() -> tuple[str, str]:
    """The texts of the home page, Markdown above its labs and below them."""
    above, mark, below = source(HOME).partition("{{slot labs}}")
    if not mark:
        raise WordsError(f"{place(HOME, 1)}: {{{{slot labs}}}} is missing, the place of the labs")
    return above.strip(), below.strip()


def task(lab: str, tab: str = "") -> str:
    """What to do in a tab and what one sees then: one short paragraph, as HTML without <p>."""
    text = read(LABS / lab / f"{file_name(tab, 'task')}.md")
    if not text.inline:
        raise WordsError(f"{place(text.files[0], 1)}: a task is one paragraph")
    if (length := len(html.unescape(re.sub("<[^>]*>", "", text.inline)))) > LONGEST_TASK:
        raise WordsError(
            f"{place(text.files[0], 1)}: a task fits one line: {LONGEST_TASK} characters, and this has {length}"
        )
    return text.inline


def headline(lab: str, tab: str = "") -> str:
    """The line below the task of a tab."""
    text = read(LABS / lab / f"{file_name(tab, 'headline')}.md")
    if not text.inline:
        raise WordsError(f"{place(text.files[0], 1)}: a headline is one paragraph")
    return f'<p class="headline">{text.inline}</p>'


def sections(lab: str, name: str) -> Mapping[str, Section]:
    """The sections of a further file of a lab, by name: texts of a box or a panel of its page."""
    return read_sections(LABS / lab / f"{name}.md").by_name


def section(lab: str, name: str, section: str, **slots: object) -> str:
    """One of those sections, as HTML. slots: what to write for each `{{slot NAME}}` of the text."""
    found = sections(lab, name)[section]
    return fill(found.html, found.uses, {key: str(value) for key, value in slots.items()})


def explanation(lab: str, tab: str = "", **slots: str) -> str:
    """What is going on in a tab. slots: the HTML for each `{{slot NAME}}` of the text."""
    text = read(LABS / lab / f"{file_name(tab, 'explanation')}.md")
    return fill(text.html, text.uses, slots)


def phases(lab: str, tab: str = "") -> Mapping[str, Section]:
    """The phases of a tab by name: those of phases.md, which all tabs of a lab share, and its own.

    A section of the tab's own file takes the place of a shared one of that name.
    """
    paths = [LABS / lab / f"{name}.md" for name in dict.fromkeys(("phases", file_name(tab, "phases")))]
    there = [path for path in paths if path.exists()] or paths[-1:]
    return {name: section for path in there for name, section in read_sections(path).by_name.items()}


def worded(
    structure: Sequence[Mapping[str, Any]], sections: Mapping[str, Section], **slots: str
) -> list[dict[str, Any]]:
    """A Stage's phases with their words: each record of `structure` with the title and html of the
    section of its name.

    A record whose section is called otherwise names it in `words`. slots: as for `explanation`.
    """
    out = []
    for phase in structure:
        section = sections[phase.get("words", phase["name"])]
        out.append({**phase, "title": section.title, "html": fill(section.html, section.uses, slots)})
        out[-1].pop("words", None)
    return out


def presets(lab: str, tab: str = "") -> tuple[Preset, ...]:
    """The presets of a tab, in the order of its file."""
    required, optional = {"title": str, "link": str, "description": str}, {"name": str, "steps": int}
    found = read_tables(LABS / lab / f"{file_name(tab, 'presets')}.toml", {"preset": (required, optional)})
    made = tuple(Preset(**record) for record in found.by_heading["preset"])
    for preset in made:
        if not preset.link.startswith("?"):
            raise WordsError(f"{preset.place}: link must begin with ?, as behind a page's address")
    return made


def fill(text: str, uses: Sequence[Use], slots: Mapping[str, str]) -> str:
    """`text`, HTML, with the page's fragments in the slots that its `uses` name."""
    for use in uses:
        if use.kind == "slot":
            if use.name not in slots:
                raise WordsError(f"{use.place}: the page has nothing for the slot {use.name}: {known(slots)}")
            text = text.replace(SLOT.format(use.name), slots[use.name])
    return text


Read = TypeVar("Read", Text, Sections, Tables)
_cache: dict[Path, tuple[tuple[int, ...], Any]] = {}


def _stamp(files: Sequence[Path]) -> tuple[int, ...]:
    return tuple(f.stat().st_mtime_ns if f.exists() else 0 for f in files)


def _cached(path: Path, make: Callable[[Path], Read]) -> Read:
    """What `make` reads from a file, made anew when that file or one it includes has changed."""
    stamp, found = _cache.get(path, ((), None))
    if found is None or stamp != _stamp(found.files):
        found = make(path)
        _cache[path] = (_stamp(found.files), found)
    return found


def read(path: Path) -> Text:
    """A Markdown file, rendered."""
    return _cached(path, Reader().text)


def read_sections(path: Path) -> Sections:
    """A Markdown file of sections, each `## name: title` and one paragraph."""
    return _cached(path, Reader().sections)


def read_tables(path: Path, headings: Mapping[str, tuple[Mapping[str, type], Mapping[str, type]]]) -> Tables:
    """A TOML file of records under `[[heading]]`s.

    headings: heading → types of the required fields, and of the optional ones.
    """
    return _cached(path, lambda path: _tables(path, headings))


def _toml(path: Path) -> dict[str, Any]:
    text = source(path)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        line = int(at[1]) if at else len(text.splitlines())
        raise WordsError(f"{place(path, line)}: not TOML: {error}") from None


def _tables(path: Path, headings: Mapping[str, tuple[Mapping[str, type], Mapping[str, type]]]) -> Tables:
    text, found = source(path), _toml(path)
    for name in sorted(found.keys() - headings.keys()):
        raise WordsError(f"{place(path, 1)}: {name!r} has no meaning here: {known(f'[[{h}]]' for h in headings)}")
    out: dict[str, list[dict[str, Any]]] = {}
    for heading, (required, optional) in headings.items():
        records = found.get(heading, [])
        above = re.compile(rf"\s*\[\[\s*{heading}\s*\]\]\s*(#.*)?")
        lines = [n for n, line in enumerate(text.splitlines(), 1) if above.fullmatch(line)]
        if not isinstance(records, list) or len(records) != len(lines):
            raise WordsError(f"{place(path, 1)}: every {heading} must stand under a line [[{heading}]]")
        out[heading] = [_record(place(path, line), record, required, optional) for line, record in zip(lines, records)]
    return Tables(out, (path,))


def _record(
    where: str, record: Mapping[str, Any], required: Mapping[str, type], optional: Mapping[str, type]
) -> dict[str, Any]:
    """A record of a TOML file with its place; line breaks in its texts are spaces."""
    kinds = {**required, **optional}
    for name, value in record.items():
        if name not in kinds:
            raise WordsError(f"{where}: there is no field {name!r}: {known(kinds)}")
        if not isinstance(value, kinds[name]) or isinstance(value, bool):
            kind = {str: "text", int: "a whole number", dict: "a table, { name = value }"}[kinds[name]]
            raise WordsError(f"{where}: {name} must be {kind}")
    for name in required:
        if not record.get(name):
            raise WordsError(f"{where}: {name} is missing")
    texts = {name: " ".join(value.split()) for name, value in record.items() if isinstance(value, str)}
    return {**record, **texts, "place": where}
