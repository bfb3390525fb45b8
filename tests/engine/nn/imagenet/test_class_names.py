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
