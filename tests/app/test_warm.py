"""What is made ready beside the server's start."""

from app.delivery import bundle
from app.warm import warm


def test_the_first_lab_is_made_ready_and_a_fault_in_it_ends_nothing(monkeypatch, caplog):
    warm()
    assert not caplog.records
    monkeypatch.setattr("app.warm.FIRST", "no such method")
    warm()
    assert "could not be made ready" in caplog.text and bundle.bundle().name
