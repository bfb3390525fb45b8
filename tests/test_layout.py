"""The layout: which folders there are, and which modules may import which.

Each rule is a function from the root of a tree to the problems in it, one line each. The rules hold
for the project, and each is shown to fail on a small tree with one fault in it.
"""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LABS = {"vat", "gan", "aae", "arae", "attacks", "training"}
LAB_FOLDERS = ("engine/methods", "app/labs", "tests/engine/methods", "tests/app/labs")

# From high to low: a module imports only from lower groups, and from its own.
RANKS = {
    "engine": (
        ("__main__",),
        ("cli",),
        ("atlas",),
        ("runs",),
        ("methods",),
        ("attacks",),
        ("metrics",),
        ("nn",),
        ("data",),
        ("core",),
    ),
    "app": (
        ("__main__",),
        ("command",),
        ("server",),
        ("navigation",),
        ("routes", "home", "room"),
        ("warm",),
        ("labs",),
        ("page",),
        ("live",),  # links.py is lower still, since a message to the page carries a link
        ("links",),
        ("delivery", "operations"),
        ("settings",),
        ("web",),
    ),
}


@dataclass(frozen=True)
class Import:
    """A module of engine or app, a line of it, and the name imported there: of a module where there
    is one of that name, else as it is written.
    """

    module: str
    line: int
    target: str

    def __str__(self) -> str:
        return f"{self.module}, line {self.line}: imports {self.target}"


# -- reading the tree ----------------------------------------------------------------------------


def modules(root: Path) -> dict[str, Path]:
    """Name → file of every module of engine and app."""
    found = {}
    for top in RANKS:
        for path in sorted((root / top).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(root: Path) -> list[Import]:
    """Every import in engine and app, also those inside functions.

    `import a.b` and `from a.b import c` count as an import of a.b, or of a.b.c where that is a
    module; not of the packages around it, which Python runs as well.
    """
    known = modules(root)
    return [
        Import(module, node.lineno, target)
        for module, path in known.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for target in _targets(node, module, path, known)
    ]


def _targets(node: ast.AST, module: str, path: Path, known: dict[str, Path]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:  # relative: one level is the package that the module is in
            package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
            parts = package[: len(package) - node.level + 1]
            base = ".".join([*parts, base] if base else parts)
        for alias in node.names:
            inner = f"{base}.{alias.name}"
            yield inner if inner in known else base


def entries(folder: Path) -> set[str]:
    """Names of the files and folders in a folder, without .py and what running makes."""
    return {p.name.removesuffix(".py") for p in folder.iterdir() if p.name != "__pycache__" and p.name[0] != "."}


# -- rules ---------------------------------------------------------------------------------------


def circles(root: Path) -> list[str]:
    """No modules import each other in a circle."""
    known = modules(root)
    graph: dict[str, set[str]] = {module: set() for module in known}
    for found in imports(root):
        if found.target in known:
            graph[found.module].add(found.target)
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return [f"a circle: {' > '.join(reversed(error.args[1]))}"]
    return []


def upward(root: Path) -> list[str]:
    """Imports run down the list of folders."""
    problems = []
    for found in imports(root):
        top = found.module.partition(".")[0]
        if found.target.partition(".")[0] != top:
            continue
        here, there = (_rank(name) for name in (found.module, found.target))
        if here is not None and there is not None and there < here:
            problems.append(f"{found}, which is above it")
    return problems


def _rank(module: str) -> int | None:
    """The place in RANKS, 0 the highest; None for engine, app and unknown names."""
    top, *rest = module.split(".")
    return next((k for k, names in enumerate(RANKS[top]) if rest and rest[0] in names), None)


def engine_alone(root: Path) -> list[str]:
    """The engine knows neither pages nor Streamlit."""
    return [
        str(found)
        for found in imports(root)
        if found.module.partition(".")[0] == "engine" and found.target.partition(".")[0] in ("app", "streamlit")
    ]


def labs_apart(root: Path) -> list[str]:
    """No lab imports another lab."""
    return [
        f"{found}, another lab"
        for found in imports(root)
        if (mine := _lab(found.module)) and (other := _lab(found.target)) and mine != other
    ]


def _lab(module: str) -> str | None:
    """The lab that a module belongs to; None for what stands beside the labs."""
    parts = module.split(".")
    return parts[2] if parts[:2] in (["engine", "methods"], ["app", "labs"]) and set(parts[2:3]) & LABS else None


def lab_folders(root: Path) -> list[str]:
    """The labs have the same folders everywhere."""
    problems = []
    for folder in LAB_FOLDERS:
        found = {p.name for p in (root / folder).iterdir() if p.is_dir() and p.name != "__pycache__"}
        problems += [f"{folder} has {name}, which is no lab" for name in sorted(found - LABS)]
        problems += [f"{folder} has no {name}" for name in sorted(LABS - found)]
    return problems


def top_entries(root: Path) -> list[str]:
    """The top of engine and of app has the entries of RANKS and no others."""
    problems = []
    for top, groups in RANKS.items():
        allowed = {"__init__", *(name for group in groups for name in group)}
        found = entries(root / top)
        problems += [f"{top} has {name}, which has no place in the layout" for name in sorted(found - allowed)]
        problems += [f"{top} has no {name}" for name in sorted(allowed - found)]
    return problems


def missing(root: Path) -> list[str]:
    """What is imported from engine and app is there."""
    known = modules(root)
    return [
        f"{found}, which is not there"
        for found in imports(root)
        if found.target.partition(".")[0] in RANKS and found.target not in known
    ]


RULES = (circles, upward, engine_alone, labs_apart, lab_folders, top_entries, missing)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_project_keeps_the_rule(rule: Callable[[Path], list[str]]) -> None:
    assert rule(ROOT) == []


# -- the rules can fail --------------------------------------------------------------------------


def write(root: Path, path: str, source: str = "") -> None:
    """Write a file of a tree; a path that ends in / is a folder."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    if path.endswith("/"):
        (root / path).mkdir(parents=True, exist_ok=True)
    else:
        (root / path).write_text(source, encoding="utf-8")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree without a fault: every entry is there, and some imports that are allowed."""
    for top, groups in RANKS.items():
        write(tmp_path, f"{top}/__init__.py")
        for name in (name for group in groups for name in group):
            is_file = top == "app" and name in ("command", "server", "navigation", "routes", "home", "room", "links")
            write(tmp_path, f"{top}/{name}.py" if is_file or name == "__main__" else f"{top}/{name}/__init__.py")
    for folder in LAB_FOLDERS:
        for lab in sorted(LABS):
            write(tmp_path, f"{folder}/{lab}/__init__.py")
    write(tmp_path, "engine/core/method.py")
    write(tmp_path, "engine/methods/plane_task.py", "import torch\nfrom engine.core import method\n")
    write(tmp_path, "engine/methods/gan/plane.py", "from engine.methods.plane_task import points\n")
    write(tmp_path, "engine/runs/run.py", "import engine.methods.gan.plane\nfrom .. import core\n")
    write(tmp_path, "app/labs/catalogue.py", "")
    write(tmp_path, "app/labs/gan/page.py", "import streamlit\nfrom engine.methods.gan import plane\n")
    write(tmp_path, "app/home.py", "from app.labs.catalogue import LABS\n")
    write(tmp_path, "app/live/protocol.py", "from app import links\n")
    return tmp_path


def test_a_tree_without_a_fault_passes(tree: Path) -> None:
    assert {rule.__name__: rule(tree) for rule in RULES} == {rule.__name__: [] for rule in RULES}


IN_FUNCTION = "def f():\n    {}\n"
FAULTS = {
    "a circle of two": (
        circles,
        {"engine/nn/a.py": "import engine.nn.b", "engine/nn/b.py": "from engine.nn import a"},
        ["a circle", "engine.nn.a", "engine.nn.b"],
    ),
    "a circle inside functions": (
        circles,
        {
            "app/page/a.py": IN_FUNCTION.format("from app.page.b import x"),
            "app/page/b.py": IN_FUNCTION.format("import app.page.c"),
            "app/page/c.py": IN_FUNCTION.format("from . import a"),
        },
        ["app.page.a", "app.page.b", "app.page.c"],
    ),
    "a module and its package": (
        circles,
        {"engine/nn/__init__.py": "from engine.nn.a import x", "engine/nn/a.py": "from engine.nn import y"},
        ["a circle", "engine.nn"],
    ),
    "the core imports a method": (
        upward,
        {"engine/core/method.py": "import engine.methods.gan.plane"},
        ["engine.core.method, line 1: imports engine.methods.gan.plane, which is above it"],
    ),
    "a network imports a metric inside a function": (
        upward,
        {"engine/nn/a.py": IN_FUNCTION.format("from engine import metrics")},
        ["engine.nn.a, line 2: imports engine.metrics, which is above it"],
    ),
    "a relative import runs up": (
        upward,
        {"engine/data/a.py": "from ..attacks import task"},
        ["engine.data.a, line 1: imports engine.attacks, which is above it"],
    ),
    "the server imports the start": (
        upward,
        {"app/server.py": "from app.__main__ import x"},
        ["app.server, line 1: imports app.__main__, which is above it"],
    ),
    "the live channel imports a page": (
        upward,
        {"app/page/lab.py": "", "app/live/sessions.py": "from app.page import lab"},
        ["app.live.sessions, line 1: imports app.page.lab, which is above it"],
    ),
    "the engine imports Streamlit": (
        engine_alone,
        {"engine/runs/a.py": "import streamlit as st"},
        ["engine.runs.a, line 1: imports streamlit"],
    ),
    "the engine imports a page inside a function": (
        engine_alone,
        {"engine/runs/a.py": IN_FUNCTION.format("from app.links import read")},
        ["engine.runs.a, line 2: imports app.links"],
    ),
    "one lab's methods import another's": (
        labs_apart,
        {"engine/methods/aae/a.py": "from engine.methods.gan.plane import GAN"},
        ["engine.methods.aae.a, line 1: imports engine.methods.gan.plane, another lab"],
    ),
    "one lab's page imports another's": (
        labs_apart,
        {"app/labs/vat/a.py": "from app.labs.gan import page"},
        ["app.labs.vat.a, line 1: imports app.labs.gan.page, another lab"],
    ),
    "one lab's page imports another's methods": (
        labs_apart,
        {"app/labs/vat/a.py": "import engine.methods.gan.plane"},
        ["app.labs.vat.a, line 1: imports engine.methods.gan.plane, another lab"],
    ),
    "a folder that is no lab": (
        lab_folders,
        {"engine/methods/vae/": ""},
        ["engine/methods has vae, which is no lab"],
    ),
    "a lab's tests under another name": (
        lab_folders,
        {"tests/app/labs/robustness/": ""},
        ["tests/app/labs has robustness, which is no lab"],
    ),
    "a module at the top of the engine": (
        top_entries,
        {"engine/losses.py": ""},
        ["engine has losses, which has no place in the layout"],
    ),
    "a folder at the top of the app": (
        top_entries,
        {"app/widgets/": ""},
        ["app has widgets, which has no place in the layout"],
    ),
    "an import of what has moved": (
        missing,
        {"app/page/a.py": IN_FUNCTION.format("from engine.method import Method")},
        ["app.page.a, line 2: imports engine.method, which is not there"],
    ),
}


@pytest.mark.parametrize("rule, files, words", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_found(
    tree: Path, rule: Callable[[Path], list[str]], files: dict[str, str], words: list[str]
) -> None:
    for path, source in files.items():
        write(tree, path, source)
    (problem,) = rule(tree)
    assert all(word in problem for word in words), problem


@pytest.mark.parametrize("folder", LAB_FOLDERS)
def test_a_lab_without_a_folder_is_found(tree: Path, folder: str) -> None:
    (tree / folder / "gan" / "__init__.py").unlink()
    for path in (tree / folder / "gan").iterdir():
        path.unlink()
    (tree / folder / "gan").rmdir()
    assert lab_folders(tree) == [f"{folder} has no gan"]


def test_an_entry_that_is_gone_is_found(tree: Path) -> None:
    (tree / "app" / "links.py").unlink()
    assert top_entries(tree) == ["app has no links"]
