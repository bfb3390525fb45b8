"""The robustness report of the plane, and the signs of masked gradients."""

import pytest

from engine.methods.training.robustness import ATTACKS, SHARES, warnings
from tests.engine.methods.training.runs import started


def test_the_report_has_every_attack_and_search_bounds_them_all():
    run, knobs = started(0, {"test": 60})
    run.advance(knobs, 200)
    *shares, answer = run.method.measure(knobs, "robustness", {})
    assert shares == sorted(shares)
    assert len(shares) == 6 * (len(SHARES) + 1) * len(ATTACKS)
    assert shares[-1] == pytest.approx(1)
    report = answer.numbers
    assert report["points"] == 60 and report["epsilons"] == pytest.approx([0, 0.125, 0.25, 0.5, 0.75, 1.0, 3.0])
    for kind, member in report["members"].items():
        fgsm, pgd, restarts, search = member["table"]
        assert len({row[0] for row in member["table"]}) == 1, "ε = 0 is the clean error"
        assert fgsm[0] == pytest.approx(run.method.metrics(knobs)[0][f"clean_error.{kind}"])
        assert all(s >= max(f, p, r) - 2 for f, p, r, s in zip(fgsm, pgd, restarts, search))
        assert search == sorted(search)
        assert member["worst"][0][3] == min(member["distances"]) and len(member["worst"]) == 8
        wrong = sum(d < 0 for d in member["distances"])
        assert wrong == round(fgsm[0] * 60 / 100)


def test_warnings_name_each_sign_of_masking_and_honest_tables_have_none():
    radii = [0, 0.1, 0.2, 0.4, 0.6, 0.8, 3.0]
    honest = {name: [0, 5, 10, 20, 40, 60, 100] for name in ATTACKS}
    assert warnings(radii, honest, 200) == []
    signs = {
        "should never do worse": {"fgsm": [0, 5, 10, 30, 40, 60, 100]},
        "on fewer points": {"fgsm": [0, 5, 10, 1, 40, 60, 100]},
        "do not show how robust": {"search": [0, 5, 10, 30, 40, 60, 100]},
        "do not lead there": {"restarts": [0, 5, 10, 20, 40, 60, 70]},
    }
    for reason, change in signs.items():
        assert any(reason in w for w in warnings(radii, {**honest, **change}, 200)), reason
