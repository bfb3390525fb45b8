"""The names of ImageNet's classes."""

import numpy as np
import pytest

from engine.core.declare import InvalidValue
from engine.nn.imagenet.class_names import index, names, search


def test_names_are_a_thousand_and_unique_and_searchable():
    assert len(set(names())) == 1000
    assert [names()[i] for i in (341, 404, 276, 368, 388)] == ["hog", "airliner", "hyena", "gibbon", "giant panda"]
    assert index("Airliner") == 404 and index("crane (bird)") == 134
    assert search("hog")[0] == (54, "hognose snake") and (341, "hog") in search("hog")
    assert search("liner")[0][1] == "liner" if "liner" in names() else (404, "airliner") in search("liner")
    with pytest.raises(InvalidValue, match="did you mean gibbon"):
        index("gibon")
    assert np.all([search(n)[0][1].lower().startswith(n.lower()) for n in names()[::50]])


@pytest.mark.parametrize(
    "name, offered, not_offered",
    [
        ("crane", ("crane (bird)", "crane (machine)"), "crate"),
        ("bear", ("brown bear", "American black bear", "ice bear", "sloth bear"), "bearskin"),
        ("ship", ("container ship", "airship"), "shop"),
        ("truck", ("tow truck", "trailer truck", "garbage truck"), "trucks"),
        ("shark", ("great white shark", "tiger shark"), "shack"),
        ("dog", ("African hunting dog",), "dock"),
        ("sharc", ("tiger shark",), "park"),
        ("404", ("number 404, counted from 0, is 'airliner'",), "405"),
    ],
)
def test_a_name_that_is_none_is_answered_with_those_that_hold_the_word(name, offered, not_offered):
    with pytest.raises(InvalidValue) as refused:
        index(name)
    assert [o for o in offered if o not in str(refused.value)] == [] and not_offered not in str(refused.value)


def test_case_blanks_hyphens_and_underscores_do_not_count():
    assert len({index(name) for name in names()}) == 1000
    assert index("GIANT_panda") == index("giant-panda") == 388 and index("crane bird") == 134
    assert names()[index("Cardigan")] == "Cardigan" and names()[index("cardigan")] == "cardigan"
