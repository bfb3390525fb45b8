"""Settings as text: for the terminal, and for README."""

from __future__ import annotations

import textwrap

from app.settings.declared import Settings, variable
from app.settings.reading import OTHER_FILE, Read, meant

WIDTH = 100  # columns
INDENT = "    "


def shown(found: Read) -> str:
    """All settings with their values, where these come from, and what they mean."""
    rows = [(variable(name), _text(value), _source(found, name)) for name, value in found.settings.to_dict().items()]
    widths = [max(len(row[k]) for row in rows) for k in (0, 1)]
    out = []
    for (name, value, source), declaration in zip(rows, Settings.declarations().values()):
        out.append(f"{name:{widths[0]}}  {value:{widths[1]}}  {source}")
        out += textwrap.wrap(f"{INDENT}{declaration.help}{allowed(declaration)}", WIDTH, subsequent_indent=INDENT)
    out.append(f"\nIn {found.file or 'saddle.toml'} the keys are the same names in lower case, without SADDLE_.")
    out.append(f"{OTHER_FILE} names another file. Variables of the environment come before the file.")
    return "\n".join([*out, *map(meant, found.odd)])


def _source(found: Read, name: str) -> str:
    source = found.sources.get(name)
    return "default" if source is None else "environment" if source == variable(name) else source


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value) or "(none)"


def allowed(declaration: object) -> str:
    """What a value may be, in brackets."""
    if declaration.kind == "choice":
        return f" ({', '.join(value for value, _ in declaration.options)})"
    return f" ({declaration.range()})" if declaration.low is not None else ""


def markdown() -> str:
    """The table in README."""
    rows = ["| key in saddle.toml | default | what it is |", "|---|---|---|"]
    for name, declaration in Settings.declarations().items():
        default = "one a core" if name == "workers" else _text(declaration.default)
        rows.append(f"| `{name}` | {default} | {declaration.help}{allowed(declaration)} |")
    return "\n".join(rows)
