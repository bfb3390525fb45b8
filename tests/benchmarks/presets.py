"""Whether the cards of *Try this* say what happens: their claims, checked over seeds 0, 1 and 2.

`python -m tests.benchmarks.presets [LAB | PART OF A TITLE ...]`

claims.toml beside this file has the claims as data; tests/benchmarks/README.md has the results.
Exits with 1 where a claim does not hold for every seed.
"""

from __future__ import annotations

import operator
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from app import links
from app.labs.catalogue import LABS
from app.labs.check import MADE
from app.page import words
from app.page.words import Preset
from engine.core.frame import Answer
from engine.core.registry import find
from engine.core.shipped import open_shipped
from engine.nn.gan_losses import generator_loss
from engine.runs.run import Run

FILE = Path(__file__).with_name("claims.toml")
SEEDS = (0, 1, 2)
COMPARE = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt, "==": operator.eq}
# METRIC op NUMBER, METRIC op METRIC, METRIC op METRIC ± NUMBER, METRIC op NUMBER * METRIC.
NUMBER, METRIC = r"[−-]?[\d.]+(?:e-?\d+)?", r"[a-z_][\w.-]*"
CLAIM = re.compile(
    rf"(?P<left>{METRIC}) (?P<op><=|>=|==|<|>) (?:(?P<factor>{NUMBER}) \* )?(?:(?P<right>{METRIC})|(?P<alone>{NUMBER}))"
    rf"(?: (?P<sign>[+-]) (?P<more>{NUMBER}))?"
)
Numbers = dict[str, float]


@dataclass(frozen=True)
class Look:
    """One look at a run. step: of this run, counted from where the preset starts. turn: knobs that
    are turned before it trains on to there. every: the claims hold at every so many steps on the
    way there, too; 0 for the end alone. claims: lines as CLAIM describes them.
    """

    step: int
    claims: Sequence[str]
    turn: Mapping[str, Any] = field(default_factory=dict)
    every: int = 0


@dataclass(frozen=True)
class Claimed:
    """The claims of one card. short: checked in the test suite as well, for seed 0."""

    lab: str
    tab: str
    title: str
    looks: Sequence[Look]
    short: bool = False

    @property
    def preset(self) -> Preset:
        (found,) = [p for p in all_presets(self.lab, self.tab) if p.title == self.title]
        return found

    @property
    def method(self) -> type:
        return find({lab.page: lab.methods for lab in LABS}[self.lab][self.tab])


def all_presets(lab: str, tab: str) -> Sequence[Preset]:
    """The cards of a tab."""
    made = MADE.get(lab, {}).get(tab)
    return made() if made else words.presets(lab, tab)


def claims() -> list[Claimed]:
    """All of the file."""
    cards = tomllib.loads(FILE.read_text(encoding="utf-8"))["card"]
    return [Claimed(**{**card, "looks": [Look(**look) for look in card["looks"]]}) for card in cards]


# -- numbers that a page shows otherwise than as a metric ------------------------------------------


def report_warnings(run: Run) -> Numbers:
    """Signs of masking in the robustness report: how many for each network."""
    *_, answer = run.method.measure(run.knobs, "robustness", {})
    assert isinstance(answer, Answer)
    return {f"warnings.{kind}": float(len(m["warnings"])) for kind, m in answer.numbers["members"].items()}


def arrow_lengths(run: Run) -> Numbers:
    """Mean length in the plane of the arrows of VAT and Random, as a share of ε."""
    arrows = torch.from_numpy(run.method.layers(run.knobs, ("arrows",))["arrows"])
    length = {kind: arrows[i].norm(dim=-1).mean().item() for i, kind in ((2, "vat"), (3, "random"))}
    return {f"arrow.{kind}": value / getattr(run.knobs, f"epsilon_{kind}") for kind, value in length.items()}


def generator_gradients(run: Run) -> Numbers:
    """How many times longer G's gradient would be with the non-saturating loss, before this D."""
    game, view = run.method.game, run.method.view(run.knobs)
    fake = game.g(view._codes[:512])
    norm = {k: game.g.gradient(generator_loss(k, game.judge(fake)).mean()).norm().item() for k in ("ns", "minimax")}
    return {"gradient_ratio": norm["ns"] / max(norm["minimax"], 1e-12)}


MORE: Mapping[str, Callable[[Run], Numbers]] = {
    "warnings": report_warnings,
    "arrow": arrow_lengths,
    "gradient_ratio": generator_gradients,
}


# -- checking --------------------------------------------------------------------------------------


def numbers(run: Run, lines: Sequence[str]) -> Numbers:
    """The numbers that the claims name, and no others: some take seconds."""
    named = {name for line in lines for name in _parsed(line).group("left", "right") if name}
    groups = (*run.method.quick_metrics, *run.method.slow_metrics)
    wanted = tuple(g for g in groups if any(name == g or name.startswith(f"{g}.") for name in named))
    out = dict(run.method.metrics(run.knobs, wanted)[0]) if wanted else {}
    for group, more in MORE.items():
        if any(name == group or name.startswith(f"{group}.") for name in named):
            out |= more(run)
    return out


def _parsed(line: str) -> re.Match[str]:
    match = CLAIM.fullmatch(line)
    if match is None:
        raise ValueError(f"{FILE.name}: {line!r} is not METRIC <= NUMBER, or METRIC <= METRIC + NUMBER")
    return match


def holds(line: str, found: Numbers) -> tuple[bool, str]:
    """Whether a claim holds of these numbers, and the numbers that decide it.

    A comparison with what is not finite does not hold. Raises KeyError for an unknown name.
    """
    m = _parsed(line)
    left = found[m["left"]]
    right = found[m["right"]] if m["right"] else float(m["alone"])
    text = f"{m['left']} {left:.4g}" + (f", {m['right']} {right:.4g}" if m["right"] else "")
    right = right * float(m["factor"] or 1) + float(f"{m['sign'] or '+'}{m['more'] or 0}")
    finite = left - left == 0 and right - right == 0
    return finite and COMPARE[m["op"]](left, right), text


def check(card: Claimed, seed: int) -> Iterator[tuple[int, str, bool, str]]:
    """Train as the card's link says: (step, claim, whether it holds, the numbers) for each."""
    query = card.preset.query
    start = open_shipped(query["from"]) if query.get("from", "scratch") != "scratch" else None
    setup, _, knobs, problems = links.read(card.method, query, start)
    assert not problems, problems
    run = Run.restore(start) if start else Run(card.method, setup, seed)
    first = run.step
    for look in card.looks:
        knobs = knobs.with_values(look.turn)
        begun, end = run.step, first + look.step
        stops = range(end, begun, -look.every)[::-1] if look.every else (end,)
        for stop in stops:
            run.advance(knobs, stop - run.step)
            run.knobs = knobs
            found = numbers(run, look.claims)
            for line in look.claims:
                ok, text = holds(line, found)
                yield stop - first, line, ok, text


def seeds_of(card: Claimed) -> Sequence[int]:
    """A run that ships has a seed of its own."""
    return SEEDS if card.preset.query.get("from", "scratch") == "scratch" else SEEDS[:1]


def main(chosen: Sequence[str]) -> int:
    """Print every claim with its numbers for each seed."""
    failed = 0
    for card in claims():
        if chosen and card.lab not in chosen and not any(part in card.title for part in chosen):
            continue
        print(f"\n{card.lab} {card.tab}: {card.title}".replace(" :", ":"))
        results = {seed: list(check(card, seed)) for seed in seeds_of(card)}
        for row in zip(*results.values()):
            step, line, _, _ = row[0]
            ok = all(holds for _, _, holds, _ in row)
            failed += not ok
            values = "; ".join(text.replace(f"{line.split()[0]} ", "", 1) for *_, text in row)
            print(f"  {'holds' if ok else 'FAILS'} at step {step}: {line} ({values})", flush=True)
    print(f"\n{failed} claims do not hold" if failed else "\nall hold")
    return int(failed > 0)


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(main(sys.argv[1:]))
