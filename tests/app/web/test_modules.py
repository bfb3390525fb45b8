"""The Stage's ES modules without a browser: they parse, their imports meet, and pages name panels
that exist.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = next(p for p in Path(__file__).resolve().parents if (p / "app" / "web" / "README.md").is_file())
WEB = ROOT / "app" / "web"
MODULES = sorted(WEB.rglob("*.js"))

# Compiles every file as a module, without running it. Prints {file: message} of those that do not
# parse.
PARSE = """
const fs = require("fs"), vm = require("vm"), found = {};
for (const file of JSON.parse(fs.readFileSync(0, "utf8"))) {
  try {
    new vm.SourceTextModule(fs.readFileSync(file, "utf8"), { identifier: file });
  } catch (error) {
    found[file] = `${error.name}: ${error.message}`;
  }
}
console.log(JSON.stringify(found));
"""
STATIC = re.compile(r"^(?:import|export)\s+(?:([^;\"'`]*?)\s*from\s+)?[\"']([^\"']+)[\"'];", re.M)
DYNAMIC = re.compile(r"\bimport\(\s*([^)]*?)\s*\)")
DECLARED = re.compile(r"^export\s+(?:async\s+)?(?:function\s*\*?|class|const|let|var)\s+(\w+)", re.M)
LISTED = re.compile(r"^export\s*{([^}]*)}", re.M)


def name_of(path: Path) -> str:
    return path.relative_to(WEB).as_posix()


def exports(path: Path) -> set[str]:
    """The names that a module exports."""
    text = path.read_text(encoding="utf-8")
    names = set(DECLARED.findall(text))
    for listed in LISTED.findall(text):
        names |= {entry.split()[-1] for entry in listed.split(",") if entry.strip()}
    return names | ({"default"} if re.search(r"^export\s+default\b", text, re.M) else set())


def imports(path: Path) -> Iterator[tuple[str, set[str]]]:
    """(address, names imported) of every import of a module."""
    text = path.read_text(encoding="utf-8")
    for clause, address in STATIC.findall(text):
        braces = re.search(r"{(.*)}", clause, re.S)
        names = {entry.split()[0] for entry in braces[1].split(",") if entry.strip()} if braces else set()
        default = re.match(r"\w+", clause)  # import Name from, import Name, {…} from
        yield address, names | ({"default"} if default and "*" not in clause else set())
    for argument in DYNAMIC.findall(text):
        assert re.fullmatch(r'"[^"]+"', argument), f"{name_of(path)}: import({argument}) does not name its file"
        yield argument.strip('"'), set()


def panel_index() -> dict[str, str]:
    """kind → address, as panels/index.js has them."""
    text = (WEB / "panels/index.js").read_text(encoding="utf-8")
    return dict(re.findall(r'(\w+): \(\) => import\("([^"]+)"\)', text))


def constant(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def declared_kinds() -> tuple[dict[str, Path], dict[str, Path]]:
    """The kinds that pages declare, of panels and of measurements, each with its file.

    They stand in a dict, in keyword arguments, or second in a call of `panel`.
    """
    panels: dict[str, Path] = {}
    measurements: dict[str, Path] = {}
    for path in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Dict):
                fields = {constant(key): value for key, value in zip(node.keys, node.values)}
            elif isinstance(node, ast.Call):
                fields = {k.arg: k.value for k in node.keywords}
                if isinstance(node.func, ast.Name) and node.func.id == "panel":
                    fields = {"kind": node.args[1]}
                elif "measure" not in fields:
                    continue
            else:
                continue
            if (kind := constant(fields.get("kind"))) is not None:
                (measurements if "measure" in fields else panels)[kind] = path
    return panels, measurements


def test_every_module_parses():
    if (node := shutil.which("node")) is None:
        pytest.skip("no node found: it parses the modules without a browser")
    files = json.dumps([str(path) for path in MODULES])
    command = [node, "--no-warnings", "--experimental-vm-modules", "-e", PARSE]
    done = subprocess.run(command, input=files, capture_output=True, text=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {}


def test_every_import_names_a_file_and_what_that_exports():
    assert len(MODULES) > 50
    known = {path: exports(path) for path in MODULES}
    problems, count = [], 0
    for path in MODULES:
        for address, names in imports(path):
            count += 1
            target = (path.parent / address).resolve()
            if not address.startswith(".") or target not in known:
                problems.append(f"{name_of(path)} imports {address}, which is not there")
            elif missing := names - known[target]:
                problems.append(f"{name_of(path)} imports {sorted(missing)}, which {name_of(target)} does not export")
    assert not problems and count > 100, "\n".join(problems)


def test_every_panel_kind_of_a_page_is_in_the_index_and_the_other_way_round():
    panels, _ = declared_kinds()
    index = panel_index()
    assert set(panels) == set(index)
    for kind, address in index.items():
        path = WEB / "panels" / address
        assert path.is_file() and "default" in exports(path), kind


def test_every_measurement_kind_of_a_page_has_a_function_that_draws_it():
    _, measurements = declared_kinds()
    text = (WEB / "widgets/measurement_results.js").read_text(encoding="utf-8")
    entries = re.search(r"export const SHOWS = {(.*?)};", text, re.S)[1].split(",")
    drawn = {entry.partition(":")[0].strip() for entry in entries}
    assert set(measurements) == drawn


def test_every_module_and_style_sheet_that_a_page_loads_is_there():
    tree = ast.parse((ROOT / "app" / "page" / "components.py").read_text(encoding="utf-8"))
    texts = [text for node in ast.walk(tree) if (text := constant(node)) is not None]
    loaded = [text for text in texts if re.fullmatch(r"[\w/]+\.(js|css)", text)]
    assert len(loaded) > 6 and all((WEB / path).is_file() for path in loaded), loaded
    assert all("mount" in exports(WEB / path) for path in loaded if path.endswith(".js"))
