"""Measurements: progress, answer, cancelling."""

from tests.engine.runs.watcher import PATIENCE


def test_a_measurement_reports_its_progress_and_ends_with_an_answer(live):
    measurement, shares = live.measure("mean", {}), []
    measurement.changed = lambda: shares.append(measurement.share)
    assert measurement.wait(PATIENCE)
    assert measurement.answer.numbers["x"] == 0 and measurement.share == 1 and not measurement.failure
    assert len(shares) > 3 and shares == sorted(shares)


def test_a_cancelled_measurement_stops_soon(live):
    measurement = live.measure("mean", {"pieces": 100_000})
    measurement.cancel()
    assert measurement.wait(PATIENCE) and measurement.answer is None
    assert live.ask("where", {"plus": 0}).result(PATIENCE)  # the only worker is free again
