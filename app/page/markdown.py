"""Markdown with Saddle's macros, rendered to the HTML that live text shows.

app/labs/README.md describes what may be written. What cannot be read raises WordsError, which names
the file and the line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.attrs import attrs_block_plugin, attrs_plugin

# The forms of a number, FORMS of app/web/draw/numbers.js.
FORMS = ("text", "percent", "share", "signed", "significant", "whole", "levels", "yes", "chance")
# Macros that become an <output> with this attribute.
LIVE = {"metric": "data-metric", "knob": "data-knob", "number": "data-number"}
MACROS = (*LIVE, "step", "include", "slot")
NAME = re.compile(r"[\w.-]+")
CONDITION = re.compile(r"\s*(\w+)\s*:\s*(not\s+)?([\w.-]+(?:\s*,\s*[\w.-]+)*)\s*")
OWN_ATTRIBUTES = ("th_open", "td_open", "ordered_list_open")  # blocks that Markdown itself gives attributes
SLOT = "\0{}\0"  # stands in the HTML until the page hands over its fragment


class WordsError(ValueError):
    """A text that cannot be used. The message begins with file and line."""


@dataclass(frozen=True)
class Use:
    """A name that a text relies on.

    kind: metric, knob, step, number (of a phase), slot, colour, or when (a knob or set-up field).
    values: those that a `when` names. place: file and line.
    """

    kind: str
    name: str
    place: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Text:
    """A rendered file.

    inline: the HTML without its <p> where the file is a single paragraph, else "". files: all that
    it was read from.
    """

    html: str
    inline: str
    uses: tuple[Use, ...]
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Section:
    """One section of a file, `## name: title` and a paragraph below it. html: the paragraph without
    its <p>.
    """

    name: str
    title: str
    html: str
    uses: tuple[Use, ...]


@dataclass(frozen=True)
class Sections:
    """The sections of a file by name."""

    by_name: Mapping[str, Section]
    files: tuple[Path, ...]


def place(path: Path, line: int) -> str:
    """File and line, the file as seen from the project's folder: all lie in app/labs/LAB/."""
    return f"{_shown(path)}:{line}"


def _shown(path: Path) -> str:
    return "/".join(path.parts[-4:])


def source(path: Path) -> str:
    """The text of a file, without spaces at the ends of lines, which would mean something to
    Markdown.
    """
    try:
        return re.sub(r"[ \t]+$", "", path.read_text(encoding="utf-8").removeprefix("\ufeff"), flags=re.MULTILINE)
    except FileNotFoundError:
        raise WordsError(f"{place(path, 1)}: there is no such file") from None
    except UnicodeDecodeError as error:
        raise WordsError(f"{place(path, 1)}: not UTF-8 text: {error.reason}") from None


def known(names: Iterable[str]) -> str:
    """The end of a message: what could have been written instead."""
    names = list(names)
    return f"known are {', '.join(sorted(names))}" if names else "there is none"


def _script(mark: str, tag: str) -> Callable[[StateInline, bool], bool]:
    """An inline rule: mark…mark becomes the tag; what stands between is inline Markdown."""

    def rule(state: StateInline, silent: bool) -> bool:
        start, maximum = state.pos, state.posMax
        if state.src[start] != mark:
            return False
        end = state.src.find(mark, start + 1, maximum)
        inner = state.src[start + 1 : max(end, 0)]
        if not inner or inner != inner.strip():
            return False
        if not silent:
            state.pos, state.posMax = start + 1, end
            state.push(f"{tag}_open", tag, 1)
            state.md.inline.tokenize(state)
            state.push(f"{tag}_close", tag, -1)
        state.pos, state.posMax = end + 1, maximum
        return True

    return rule


def _macro_rule(state: StateInline, silent: bool) -> bool:
    if not state.src.startswith("{{", state.pos):
        return False
    end = state.src.find("}}", state.pos, state.posMax)
    if end < 0:
        return False
    if not silent:
        state.push("macro", "", 0).content = state.src[state.pos + 2 : end]
    state.pos = end + 2
    return True


def _stray_rule(state: StateInline, silent: bool) -> bool:
    """The last inline rule: a brace that no other one took. A backslash before it makes it an
    ordinary sign.
    """
    if state.src[state.pos] not in "{}":
        return False
    if not silent:
        state.push("stray", "", 0).content = state.src[state.pos : state.pos + 40].partition("\n")[0]
    state.pos += 1
    return True


def _make_markdown() -> MarkdownIt:
    """CommonMark with tables, spans, sub- and superscripts and macros.

    Without code blocks: an indented line would become one.
    """
    md = MarkdownIt("commonmark", {"html": True}).enable("table").disable(["code", "fence", "lheading", "reference"])
    md.use(attrs_plugin, after=(), spans=True).use(attrs_block_plugin)
    md.inline.ruler.before("emphasis", "macro", _macro_rule)
    md.inline.ruler.before("emphasis", "sub", _script("~", "sub"))
    md.inline.ruler.before("emphasis", "sup", _script("^", "sup"))
    md.inline.ruler.push("stray", _stray_rule)
    for name in ("thead_open", "thead_close", "tbody_open", "tbody_close"):  # all rows of a table look alike
        md.add_render_rule(name, lambda *_: "")
    # A backslash at the end of a line joins it to the next without a space.
    md.add_render_rule("hardbreak", lambda *_: "")
    return md


_MARKDOWN = _make_markdown()


class Reader:
    """Reads one file and those it includes, and gathers what they use."""

    def __init__(self) -> None:
        self.uses: list[Use] = []
        self.files: list[Path] = []
        self._within: list[Path] = []  # files being included just now

    def text(self, path: Path) -> Text:
        tokens = self._tokens(path)
        html = _render(tokens)
        alone = tokens[1] if len(tokens) == 3 and tokens[1].type == "inline" and not tokens[0].attrs else None
        return Text(html, _render_inline(alone) if alone else "", tuple(self.uses), tuple(self.files))

    def sections(self, path: Path) -> Sections:
        found: dict[str, Section] = {}
        tokens = self._tokens(path)
        starts = [i for i, t in enumerate(tokens) if t.type == "heading_open"]
        if not starts or starts[0] != 0:
            raise WordsError(f"{place(path, 1)}: the file must begin with a section, ## name: title")
        for start, end in zip(starts, [*starts[1:], len(tokens)]):
            where = place(path, tokens[start].map[0] + 1)
            name, _, title = (part.strip() for part in tokens[start + 1].content.partition(":"))
            if tokens[start].tag != "h2" or not NAME.fullmatch(name) or name in found:
                raise WordsError(f"{where}: a section is ## name: title, and every name its own")
            body = tokens[start + 3 : end]
            if [t.type for t in body] != ["paragraph_open", "inline", "paragraph_close"] or body[0].attrs:
                raise WordsError(f"{where}: the section {name} must hold one paragraph, and no more")
            found[name] = Section(name, title, _render_inline(body[1]), body[1].meta["uses"])
        return Sections(found, tuple(self.files))

    def _tokens(self, path: Path) -> list[Token]:
        """The tokens of a file, every macro and span replaced by what it renders to."""
        if path in self._within:
            way = " and ".join(p.name for p in self._within)
            raise WordsError(f"{place(path, 1)}: the file includes itself, by way of {way}")
        self._within.append(path)
        self.files.append(path)
        file, line = _shown(path), 1
        tokens = _MARKDOWN.parse(source(path))
        for token in tokens:
            line = token.map[0] + 1 if token.map else line
            if token.type == "inline":
                before = len(self.uses)
                self._inline(path, file, line, token)
                token.meta["uses"] = tuple(self.uses[before:])
            elif token.type == "blockquote_open" or token.type == "bullet_list_open" and token.markup == "+":
                mark = ">" if token.type == "blockquote_open" else "+"
                raise WordsError(f"{file}:{line}: a line begins with {mark}: break it elsewhere, or write \\{mark}")
            elif token.type == "html_block" and "{{" in token.content:
                raise WordsError(f"{file}:{line}: macros are not read inside a block of HTML")
            elif token.attrs and token.type not in OWN_ATTRIBUTES:
                self._block_attributes(f"{file}:{line}", token)
        self._within.pop()
        return list(_lifted(tokens))

    def _block_attributes(self, where: str, token: Token) -> None:
        given = dict(token.attrs)
        formula, when, start = (given.pop(name, "") for name in ("class", "when", "start"))
        if given or token.type != "paragraph_open" or formula not in ("", "formula"):
            raise WordsError(f'{where}: a paragraph takes {{.formula}} or {{when="NAME: VALUE"}}, other blocks nothing')
        token.attrs = ({"class": formula} if formula else {}) | self._condition(where, when, start)

    def _inline(self, path: Path, file: str, line: int, inline: Token) -> None:
        for token in inline.children:
            where = f"{file}:{line}"
            if token.type == "macro":
                line += token.content.count("\n")
                self._macro(path, where, token)
            elif token.type == "span_open":
                given = dict(token.attrs)
                colour, when, start = (given.pop(name, "") for name in ("class", "when", "start"))
                if given or " " in colour or not (colour or when):
                    raise WordsError(f'{where}: [text] takes {{.colour}} or {{when="NAME: VALUE"}}, and nothing else')
                token.attrs = ({"data-method": colour} if colour else {}) | self._condition(where, when, start)
                if colour:
                    self.uses.append(Use("colour", colour, where))
            elif token.type == "stray":
                raise WordsError(f"{where}: this brace belongs to no macro, colour or condition: {token.content}")
            elif token.type == "html_inline":
                if "{{" in token.content:
                    raise WordsError(f"{where}: macros are not read inside a tag of HTML")
                line += token.content.count("\n")
            line += token.type in ("softbreak", "hardbreak")

    def _condition(self, where: str, when: str, start: str) -> dict[str, str | int | float]:
        """The attributes of a part that is shown under a condition; none where `when` is empty."""
        if start not in ("", "hidden") or start and not when:
            raise WordsError(f"{where}: start=hidden goes with a when, and is the only start there is")
        if not when:
            return {}
        found = CONDITION.fullmatch(when)
        if not found:
            raise WordsError(
                f'{where}: a condition is when="NAME: VALUE" or when="NAME: VALUE, VALUE", with "not" before the '
                f"values for all others, not {when!r}"
            )
        name, values = found[1], tuple(v.strip() for v in found[3].split(","))
        self.uses.append(Use("when", name, where, values))
        return {"data-when": f"{name}:{'!' if found[2] else ''}{','.join(values)}"} | ({"hidden": ""} if start else {})

    def _macro(self, path: Path, where: str, token: Token) -> None:
        """Make a macro's token one of HTML, or one of the type `include` with the file's tokens."""
        name, *arguments = token.content.split() or [""]
        if name not in MACROS:
            raise WordsError(f"{where}: there is no macro {name!r}: {known(MACROS)}")
        fewest, most = {"step": (0, 0), "include": (1, 1), "slot": (1, 1)}.get(name, (1, 2))
        if not fewest <= len(arguments) <= most or not all(NAME.fullmatch(a) for a in arguments):
            raise WordsError(f"{where}: {{{{{token.content}}}}} is not how {name} is written: see app/labs/README.md")
        if name == "include":
            part = path.with_name(f"{arguments[0]}.md")
            if not part.exists():
                raise WordsError(f"{where}: there is no file {part.name} beside this one to include")
            token.type, token.meta = "include", {"tokens": self._tokens(part), "where": where}
            return
        token.type = "html_inline"
        self.uses.append(Use(name, arguments[0] if arguments else "", where))
        if name == "step":
            token.content = '<output data-step="1" data-form="whole"></output>'
            return
        if name == "slot":
            token.content = SLOT.format(arguments[0])
            return
        form = f' data-form="{arguments[1]}"' if len(arguments) == 2 else ""
        if form and arguments[1] not in FORMS:
            raise WordsError(f"{where}: there is no form {arguments[1]!r} of a number: {known(FORMS)}")
        token.content = f'<output {LIVE[name]}="{arguments[0]}"{form}></output>'


def _lifted(tokens: Sequence[Token]) -> Iterator[Token]:
    """Tokens with the included files in place.

    A paragraph that is nothing but an include becomes the blocks of that file, one that is nothing
    but a slot becomes the slot. In the middle of a sentence an include becomes the file's one
    paragraph.
    """
    tokens = list(tokens)
    while tokens:
        token = tokens.pop(0)
        inner = tokens[0].children if token.type == "paragraph_open" and not token.attrs else []
        if len(inner) == 1 and (inner[0].type == "include" or "\0" in inner[0].content):
            if inner[0].type == "include":
                yield from inner[0].meta["tokens"]
            else:
                yield Token("html_block", "", 0, content=f"{inner[0].content}\n")
            del tokens[:2]
            continue
        if token.type == "inline":
            token.children = [part for child in token.children for part in _included(child)]
        yield token


def _included(token: Token) -> list[Token]:
    """What stands for a token within a sentence: of an include, its file's one paragraph."""
    if token.type != "include":
        return [token]
    part = token.meta["tokens"]
    if [t.type for t in part] != ["paragraph_open", "inline", "paragraph_close"]:
        raise WordsError(
            f"{token.meta['where']}: only a file of one paragraph can be included in the middle of a sentence"
        )
    return part[1].children


def _render(tokens: Sequence[Token]) -> str:
    return _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})


def _render_inline(inline: Token) -> str:
    return _MARKDOWN.renderer.renderInline(inline.children, _MARKDOWN.options, {})
