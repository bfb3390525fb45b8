"""Replay across commits: `python -m tests.replay COMMIT` compares training bit for bit.

Checks COMMIT out beside, trains every method 20 steps at seed 0 in both trees, and compares all
state, metrics and layers bit for bit. Prints what differs; exit code 1 where anything does.

    python -m tests.replay HEAD~1                    every method, default set-up and knobs
    python -m tests.replay HEAD~1 --every-choice     also each choice and flag of a knob, 5 steps
    python -m tests.replay HEAD~1 --methods vat gan  only these

Run it before and after a refactoring. It compares one machine with itself: other processors or
thread counts round differently.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

ROOT = Path(__file__).parents[1]
WORKER = Path(__file__).with_name("replay_worker.py")
SHORT = 5  # steps of each choice
MINUTES = 30  # after which a side is given up


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="tests.replay", description=__doc__.partition("\n")[0])
    parser.add_argument("commit")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--methods", nargs="+", default=[])
    parser.add_argument("--every-choice", action="store_true")
    options = parser.parse_args(arguments)
    cases = cases_of(options.methods, options.steps, options.every_choice)
    with tempfile.TemporaryDirectory() as temporary, checkout(options.commit, Path(temporary)) as tree:
        folders = [Path(temporary) / side for side in ("then", "now")]
        sides = [start(root, folder, cases) for root, folder in zip((tree, ROOT), folders, strict=True)]
        failures = [side.wait(60 * MINUTES) for side in sides]
        if any(failures):
            print("a side ended before its cases: see the error above", file=sys.stderr)
            return 2
        found = {name: differences(*(read(folder, name) for folder in folders)) for name in cases}
    for name, lines in found.items():
        print(f"{name:44} {'same' if not lines else 'DIFFERS'}")
        for line in lines:
            print(f"    {line}")
    return int(any(found.values()))


def cases_of(methods: Sequence[str], steps: int, every_choice: bool) -> dict[str, list[str]]:
    """Name → arguments of the command line, by what this tree declares."""
    command = [sys.executable, "-m", "engine", "list", "--json"]
    listed = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    cases = {}
    for method in listed:
        name = method["method"]
        if methods and name not in methods:
            continue
        cases[name] = ["run", name, "--seed", "0", "--steps", str(steps)]
        if not every_choice:
            continue
        for knob, declaration in method["knobs"].items():
            values = [value for value, _ in declaration.get("options", ())]
            values += ["true", "false"] if declaration["kind"] == "flag" else []
            for value in values:
                if len(values) <= 20 and str(declaration["default"]).lower() != value:
                    more = ["--steps", str(SHORT), "--knob", f"{knob}={value}"]
                    cases[f"{name}-{knob}-{value}"] = [*cases[name][:-2], *more]
    return cases


@contextlib.contextmanager
def checkout(commit: str, temporary: Path) -> Iterator[Path]:
    """A work tree of `commit`, gone afterwards."""
    tree = temporary / "tree"
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(tree), commit], check=True)
    try:
        yield tree
    finally:
        subprocess.run([*git, "remove", "--force", str(tree)], check=False)


def start(root: Path, folder: Path, cases: Mapping[str, list[str]]) -> subprocess.Popen[bytes]:
    """The worker, in the tree `root`."""
    folder.mkdir()
    source = WORKER.read_text(encoding="utf-8")
    command = [sys.executable, "-c", source, str(folder), json.dumps(cases)]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL)


def read(folder: Path, name: str) -> dict[str, Any]:
    """What the worker wrote of a case."""
    answer = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    for part in ("snapshot", "layers"):
        path = folder / f"{name}.{part}"
        answer[part] = safetensors.torch.load_file(path) if path.exists() else {}
    return answer


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """A line for each thing that is not the same, bit for bit."""
    lines = []
    for part in ("code", "error"):
        if then[part] != now[part]:
            lines.append(f"{part}: {then[part]!r} became {now[part]!r}")
    for part in ("method", "seed", "step", "setup", "knobs", "metrics"):
        a, b = ((side["report"] or {}).get(part) for side in (then, now))
        if a != b:
            changed = (
                sorted(k for k in {*a, *b} if a.get(k) != b.get(k))
                if isinstance(a, dict) and isinstance(b, dict)
                else [a, b]
            )
            lines.append(f"{part}: {', '.join(map(str, changed))}")
    for part in ("snapshot", "layers"):
        a, b = then[part], now[part]
        for name in sorted({*a, *b}):
            if name not in a or name not in b:
                lines.append(f"{part} {name}: only {'now' if name in b else 'then'}")
            elif a[name].dtype != b[name].dtype or a[name].shape != b[name].shape:
                lines.append(f"{part} {name}: another type or shape")
            elif not torch.equal(as_bytes(a[name]), as_bytes(b[name])):
                lines.append(f"{part} {name}: other values")
    return lines


def as_bytes(tensor: torch.Tensor) -> torch.Tensor:
    """Its bits, so that NaN equals NaN and 0 differs from -0."""
    return tensor.contiguous().reshape(-1).view(torch.uint8)


if __name__ == "__main__":
    sys.exit(main())
