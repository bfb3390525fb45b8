"""The table of the repetition where some sets diverged."""

import math

from app.labs.vat.repeat import _row, diverged

NAN = math.nan


def test_sets_that_diverged_are_counted_and_other_rows_keep_theirs():
    values = {"mle": [10.0, NAN, 20.0, 30.0, NAN], "vat": [1.0, 2.0, 3.0, 4.0, 5.0]}
    words = diverged(values)
    assert "MLE diverged on 2 of 5 sets; its row is over the other 3." in words and "VAT" not in words
    mle, vat = (_row(kind, kind, errors, values["mle"], None) for kind, errors in values.items())
    assert (mle["sets"], mle["mean ± sd"], mle["median"]) == (3, "20.0 ± 10.0", "20.0")
    assert (vat["sets"], vat["mean ± sd"], vat["median"]) == (5, "3.0 ± 1.6", "3.0")  # all five
    assert vat["minus MLE, paired ± s.e."].startswith("−17.3")  # over the three that both have
    assert diverged({"mle": [1.0], "vat": [2.0]}) == ""
    assert _row("vat", "VAT", [NAN, NAN], [NAN, NAN], None)["mean ± sd"] == "–"
