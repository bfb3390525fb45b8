"""The command line: Saddle's own options, and those that go on to Streamlit."""

import pytest

from app import command
from app.settings.reading import BadSettings


def test_own_options_are_taken_and_the_others_go_on(monkeypatch):
    monkeypatch.setattr(command, "OPTIONS", ("log_level",))
    assert command.taken(["--log-level", "debug", "--server.port", "9"]) == (
        {"SADDLE_LOG_LEVEL": "debug"},
        ["--server.port", "9"],
    )
    assert command.taken(["--server.port=9", "--log-level=info"]) == ({"SADDLE_LOG_LEVEL": "info"}, ["--server.port=9"])
    for given in (["--log-level"], ["--log-level", "--server.port"], ["--log-level="]):
        with pytest.raises(BadSettings, match="--log-level needs a value"):
            command.taken(given)
    assert "--log-level VALUE" in command.help_text()
