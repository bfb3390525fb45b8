"""The ES modules of app/web/ as one script.

Loaded one by one, a Stage's modules are a chain of forty requests, four deep, that begins when
Streamlit has drawn the page. In one script they are one request, which the page's head announces.
The script is linked when the server starts and again when a file has changed, so developers need no
build step. It is named by its content: a browser keeps it for good, and never mixes old and new.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import threading
import time
from pathlib import Path

from app.delivery.packed import Packed, packed

WEB = Path(__file__).parents[1] / "web"
PREFIX = "saddle"  # of all own addresses; Streamlit has /_stcore, /media, /component and /static
LEAST_GAP = 1.0  # seconds between two looks for files that have changed

IMPORT = re.compile(
    r"^import\s+(?:\*\s*as\s+(?P<all>\w+)\s*|(?P<default>\w+)\s*,?\s*)?(?:\{(?P<names>[^}]*)\}\s*)?"
    r'from\s+"(?P<path>[^"]+)";\n',
    re.M,
)
FROM = re.compile(r'^export\s+\{(?P<names>[^}]*)\}\s+from\s+"(?P<path>[^"]+)";\n', re.M)
DECLARED = re.compile(r"^export\s+(?=(?:async\s+function|function|class|const)\s*\*?\s*(?P<name>\w+))", re.M)
DEFAULT = re.compile(r"^export\s+default\s+(?P<name>\w+);\n", re.M)
LISTED = re.compile(r"^export\s+\{(?P<names>[^}]*)\};\n", re.M)
LATER = re.compile(r'\bimport\("(?P<path>[^"]+)"\)')
LEFT = re.compile(r"^(?:import|export)\b.*|\bimport\(.*|\bimport\.meta.*", re.M)


class NotLinked(ValueError):
    """A module is written in a way not known here, or modules import each other in a circle."""


def _pairs(names: str) -> list[tuple[str, str]]:
    """`a, b as c` as (a, a), (b, c)."""
    parts = [part.split() for part in names.split(",") if part.strip()]
    return [(part[0], part[-1]) for part in parts]


class _Module:
    """One module: what it imports, and its code as a function that returns what it exports."""

    def __init__(self, name: str, text: str, folder: Path) -> None:
        self.name = name
        self.needs: list[str] = []
        self._here = (folder / name).parent
        self._folder = folder
        exports: dict[str, str] = {}

        def taken(match: re.Match[str]) -> str:
            source = self._need(match["path"])
            names = [f"{a}: {b}" if a != b else a for a, b in _pairs(match["names"] or "")]
            names += [f"default: {match['default']}"] if match["default"] else []
            target = match["all"] or f"{{ {', '.join(names)} }}"
            return f"const {target} = {source};" + "\n" * match[0].count("\n")

        def passed_on(match: re.Match[str]) -> str:
            source = self._need(match["path"])
            exports.update({b: f"{source}.{a}" for a, b in _pairs(match["names"])})
            return "\n" * match[0].count("\n")

        def listed(match: re.Match[str]) -> str:
            exports.update({b: a for a, b in _pairs(match["names"])})
            return "\n" * match[0].count("\n")

        text = FROM.sub(passed_on, IMPORT.sub(taken, text))
        for match in DECLARED.finditer(text):
            exports[match["name"]] = match["name"]
        for match in DEFAULT.finditer(text):
            exports["default"] = match["name"]
        text = LISTED.sub(listed, DEFAULT.sub("\n", DECLARED.sub("", text)))
        text = LATER.sub(lambda match: f"Promise.resolve().then(() => {self._held(match['path'])})", text)
        if left := LEFT.search(text):
            raise NotLinked(f"app/web/{name}: {left[0].strip()} is no import or export that is known here")
        given = ", ".join(f"{name}: {value}" for name, value in exports.items())
        self.code = f'modules["{name}"] = (() => {{\n{text}return {{ {given} }};\n}})();\n'

    def _need(self, path: str) -> str:
        """Note an import; returns where the linked script holds the module."""
        self.needs.append(self._named(path))
        return self._held(path)

    def _held(self, path: str) -> str:
        return f'modules["{self._named(path)}"]'

    def _named(self, path: str) -> str:
        return Path(os.path.normpath(self._here / path)).relative_to(self._folder).as_posix()


def linked(folder: Path) -> str:
    """All modules of a folder as one, whose export `modules` maps their names to what they export.

    Raises NotLinked.
    """
    found = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.js"))
    }
    # A file without exports is a script for the page, and no module.
    modules = {name: _Module(name, text, folder) for name, text in found.items() if re.search(r"^export\b", text, re.M)}
    order: dict[str, None] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise NotLinked(f"these modules import each other in a circle: {' → '.join((*path, name))}")
        if name in order:
            return
        if name not in modules:
            raise NotLinked(f"app/web/{path[-1]} imports {name}, which is no module")
        for need in modules[name].needs:
            visit(need, (*path, name))
        order[name] = None

    for name in modules:
        visit(name, ())
    return "export const modules = {};\n" + "".join(modules[name].code for name in order)


class Bundle:
    """The linked script of a folder, up to date with its files. Functions may be called from any
    thread.
    """

    def __init__(self, folder: Path = WEB) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._stamp: tuple[tuple[str, int], ...] = ()
        self._looked = -LEAST_GAP
        self._name = ""
        self._file: Packed | None = None

    @property
    def name(self) -> str:
        """The name of its file, which changes with the content. Raises NotLinked."""
        return self.current()[0]

    def current(self) -> tuple[str, Packed]:
        """The name of its file, and the file. Raises NotLinked."""
        with self._lock:
            now = time.monotonic()
            if self._file is None or now - self._looked >= LEAST_GAP:
                self._looked = now
                stamp = tuple((str(p), p.stat().st_mtime_ns) for p in sorted(self._folder.rglob("*.js")))
                if self._file is None or stamp != self._stamp:
                    text = linked(self._folder).encode()
                    self._name = f"saddle.{hashlib.sha256(text).hexdigest()[:16]}.js"
                    self._file = packed(text, self._name)
                    self._stamp = stamp
            return self._name, self._file


@functools.cache
def bundle() -> Bundle:
    """The bundle of app/web/."""
    return Bundle()
