"""Messages from the browser."""

import pytest

from app.live.protocol import BadMessage, decode


def test_messages_are_limited_in_size():
    with pytest.raises(BadMessage, match="65536"):
        decode("x" * 65_537)
