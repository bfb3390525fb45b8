"""A few faults, once each; `python -m tests.faults` does all of them twenty times."""

import pytest

from app.live.crew.zygote import ABLE
from tests.faults.__main__ import run
from tests.faults.trial import RESUMED

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(not ABLE, reason="needs processes of runs, and what Linux tells of them"),
]


@pytest.mark.parametrize("name", ["worker killed", "disk full"])
def test_a_run_goes_on_to_the_same_bits(name):
    result = run(name, 1)
    assert result.wrong() == [] and [o.kind for o in result.outcomes] == [RESUMED]
