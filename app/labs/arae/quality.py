"""How good the runs that ship were measured to be, beside the paper's table.

Below them stands a button that measures the run of the page.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import streamlit as st

from app.page import words
from app.page.components import live_text, measurement
from app.page.numbers import fixed
from app.page.run import Opened
from engine.core.assets import ASSETS
from engine.data.text import grammar
from engine.methods.arae.quality import SETS, turned_gap
from engine.metrics import students_t

FILE = ASSETS / "text" / "quality.json"

# Key, heading, what it means, and for one the key of its standard error. The browser gets them for
# the table of the button, web/widgets/quality_table.js.
COLUMNS = (
    (
        "token_accuracy",
        "words right, %",
        "Words of held-out sentences that come back from their code, by the decoder on its own",
    ),
    ("transfer_accuracy", "changed, %", "Results that a classifier trained apart reads as the class asked for"),
    (
        "turned_gap",
        "changed − AE, points",
        "Points more of the same held-out sentences than the AE that is given the style, ± the paired standard error; "
        "clear where the 95 % interval leaves 0 out",
        "turned_gap_se",
    ),
    ("bleu", "BLEU", "Of the result against its own source, 0 to 100: 100 is a copy"),
    ("perplexity", "PPL", "Of the results under an n-gram model of sentences set apart; less is more fluent"),
    (
        "reverse_perplexity",
        "reverse PPL",
        "Of real held-out sentences under an n-gram model of 5,000 samples, the mean over four sets of samples ± "
        "its standard error; less is better",
        "reverse_se",
    ),
    ("sentiment_right", "right, %", "Results that are sentences of the grammar with the sentiment asked for"),
    ("slots_kept", "kept, %", "Nouns of the source that stand in the result: food, service, place, price"),
    ("sample_grammatical", "samples right, %", "New samples that are sentences of the grammar"),
    ("sample_unseen", "of them new, %", "Of these samples, those not in the training sample"),
)
# Zhao et al. 2017, table 3: transfer by a fastText classifier, BLEU against the source, perplexity
# and reverse perplexity of an RNN language model.
YELP = (
    ("Cross-AE", 77.1, 17.75, 65.9, 124.2),
    ("AE", 59.3, 37.28, 31.9, 68.9),
    ("ARAE, λ₁ = 1", 73.4, 31.15, 29.7, 70.1),
    ("ARAE, λ₁ = 10", 81.8, 20.18, 27.7, 77.0),
)
SYSTEMS = {
    "cross-ae": "Cross-AE",
    "ae": "AE",
    "ae-styles": "AE, given the style",
    "aae": "AAE",
    "arae": "ARAE",
    "transfer": "ARAE, transfer",
}
CORPORA = ("grammar", "reviews", "domains")
TITLES = {f"{corpus}-{system}": f"{corpus} · {name}" for corpus in CORPORA for system, name in SYSTEMS.items()}


def _cell(value: float | None, digits: int = 1, error: float = 0.0) -> str:
    """A cell with a number, and with its standard error unless that rounds to 0."""
    spread = f" ± {fixed(error, 1)}" if error >= 0.05 else ""
    return f"<td>{fixed(value, digits)}{spread}</td>"


def _gap_cell(numbers: Mapping[str, Any]) -> str:
    """A cell with a difference, its error, and whether it is clear."""
    gap, error = numbers["turned_gap"], numbers["turned_gap_se"]
    return f"<td>{fixed(gap, 1)} ± {fixed(error, 1)}<br><small>{numbers['turned_gap_verdict']}</small></td>"


def _seeds(numbers: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
    """Training seed → numbers of a system that turns sentences, the shipped one first."""
    if "turned" not in numbers:
        return {}
    return {of.get("seed", 0): of for of in (numbers, *numbers.get("seeds", {}).values())}


def compared(shipped: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The measured numbers with those of a Gap against the AE of the same corpus, given the style,
    over all training seeds that were measured of both.
    """
    out = {name: dict(numbers) for name, numbers in shipped.items()}
    for name, numbers in out.items():
        plain = f"{name.split('-')[0]}-ae-styles"
        pair = (_seeds(numbers), _seeds(shipped.get(plain, {})))
        if name != plain and all(pair):
            numbers |= turned_gap(*({seed: of["turned"] for seed, of in found.items()} for found in pair)).numbers()
    return out


def _cells(numbers: Mapping[str, Any]) -> Iterator[str]:
    """The cells of a row, one for each of COLUMNS."""
    for key, _, _, *error in COLUMNS:
        if key == "turned_gap" and key in numbers:
            yield _gap_cell(numbers)
            continue
        yield _cell(numbers.get(key), error=numbers.get(error[0], 0.0) if error else 0.0)


def _wide(head: str, rows: str) -> str:
    """A table of numbers that scrolls sideways where it is too wide."""
    body = f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
    return f'<div class="wide"><table class="numbers">{body}</table></div>'


def table(shipped: Mapping[str, Mapping[str, Any]], titles: Mapping[str, str]) -> str:
    """Two tables as HTML, of the runs that ship and of the paper, and what to make of them.

    shipped: snapshot → its numbers. titles: snapshot → its title, which begins with the corpus.
    """
    shipped = compared(shipped)
    names = [name for name in titles if name in shipped]
    heads = "".join(f'<th title="{meaning}">{heading}</th>' for _, heading, meaning, *_ in COLUMNS)
    rows = "".join(
        f"<tr><th>{titles[name]}</th>{_cell(shipped[name].get('step'), 0)}{''.join(_cells(shipped[name]))}</tr>"
        for name in names
    )
    ours = _wide(f"<th>these runs, on Saddle's sentences</th><th>steps</th>{heads}", rows) if rows else ""
    yelp = "".join(
        f"<tr><th>{name}</th>{_cell(turned)}{_cell(bleu, 2)}{_cell(ppl)}{_cell(reverse)}</tr>"
        for name, turned, bleu, ppl, reverse in YELP
    )
    paper = _wide(
        "<th>the paper, on Yelp: <b>different data</b></th> "
        "<th>changed, %</th><th>BLEU</th><th>PPL</th><th>reverse PPL</th>",
        yelp,
    )
    notes = _paragraph("quality", grammar=f"{grammar.size():,}")
    orders = "".join(_order(shipped, corpus) for corpus in CORPORA)
    floors = "".join(_floors(shipped, corpus) for corpus in ("reviews", "domains"))
    return f"{ours}\n{paper}\n{notes}{orders}{_priors(shipped)}{floors}"


def _paragraph(section: str, **slots: object) -> str:
    """A section of quality.md."""
    return f"<p>{words.section('arae', 'quality', section, **slots)}</p>"


def _order(shipped: Mapping[str, Mapping[str, Any]], corpus: str) -> str:
    """Who turns more sentences of a corpus, by training seed; empty where that was not measured."""
    rows = [(title, shipped.get(f"{corpus}-{name}", {})) for name, title in SYSTEMS.items()]
    found = [(title, numbers, seeds) for title, numbers in rows if (seeds := _seeds(numbers))]
    if len(found) < 2:
        return ""
    lines = []
    for title, numbers, seeds in found:
        each = ", ".join(fixed(of["transfer_accuracy"], 1) for of in seeds.values())
        line = f"{title}: {each} % (training seed{'s'[: len(seeds) > 1]} {', '.join(map(str, seeds))})"
        if "turned_gap" in numbers:
            gap, error, half = (numbers[f"turned_gap{end}"] for end in ("", "_se", "_half"))
            line += (
                f"; against the AE {fixed(gap, 1)} ± {fixed(error, 1)} points, 95 % interval {fixed(gap - half, 1)} to "
                f"{fixed(gap + half, 1)}: {numbers['turned_gap_verdict']}"
            )
        lines.append(f"<li>{line}.</li>")
    slots = {"corpus": corpus, "sentences": len(found[0][1]["turned"])}
    return f"{_paragraph('order', **slots)}<ul>{''.join(lines)}</ul>"


def _priors(shipped: Mapping[str, Mapping[str, Any]]) -> str:
    """What a prior is worth to an autoencoder on real reviews; empty where not measured."""
    ae = shipped.get("reviews-ae", {})
    arae = shipped.get("reviews-arae", {})
    if "reverse_fixed" not in ae or "reverse_perplexity" not in arae:
        return ""
    gap = arae["reverse_perplexity"] - ae["reverse_perplexity"]
    error = math.hypot(arae["reverse_se"], ae["reverse_se"])
    better = "which is better" if gap > 0 else "which is worse"
    # Each error has SETS − 1 degrees of freedom.
    verdict = better if abs(gap) > students_t.quantile(2 * (SETS - 1), 0.975) * error else "no clear difference"

    def reverse(numbers: Mapping[str, Any]) -> str:
        return f"{numbers['reverse_perplexity']:.0f} ± {numbers['reverse_se']:.0f}"

    slots = {"fixed": fixed(ae["reverse_fixed"], 0), "arae": reverse(arae), "ae": reverse(ae), "verdict": verdict}
    return _paragraph("priors", **slots)


def _floors(shipped: Mapping[str, Mapping[str, Any]], corpus: str) -> str:
    """What "turned" and BLEU are worth on a corpus of real text; empty where not measured."""
    n = shipped.get(f"{corpus}-transfer", {})
    if "shuffled_accuracy" not in n:
        return ""
    sentences, share = len(n["turned"]), n["transfer_accuracy"] / 100
    error = 100 * math.sqrt(share * (1 - share) / sentences)
    return _paragraph(
        "floors",
        corpus=corpus,
        right=fixed(n["judge_accuracy"], 0),
        copied=fixed(n["copied_accuracy"], 0),
        shuffled=fixed(n["shuffled_accuracy"], 0),
        shuffled_bleu=fixed(n["shuffled_bleu"], 1),
        bleu=fixed(n["bleu"], 1),
        sentences=sentences,
        error=fixed(error, 1),
        half=fixed(1.96 * error, 1),
    )


def quality_panel(run: Opened) -> None:
    """Show the tables, and a button that measures the run beside them where its method can."""
    st.header(words.sections("arae", "quality")["quality"].title)
    live_text("arae", "arae", table(shipped_quality(), TITLES), key=f"{run.slot}-quality")
    if "table" in run.method.measures:
        measurement(
            "arae",
            "arae",
            key=f"{run.slot}-measured",
            measure="table",
            kind="quality_table",
            title="",
            values={},
            button="Measure this run and the included ones",
            description="On a copy of the run as it stands: the same numbers, and the same held-out sentences "
            "transferred. Some minutes; rows come as they are done.",
            columns=[list(c) for c in COLUMNS],
            names={name: title.split(" · ")[1] for name, title in TITLES.items()},
        )


def shipped_quality() -> Mapping[str, Mapping[str, Any]]:
    """The measured numbers of the runs that ship, by snapshot; empty where there are none."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
