"""Metrics that are fed with totals from other processes, and errors that are counted."""

import logging

from prometheus_client import CollectorRegistry, Counter

from app.operations import metrics
from app.operations.metrics import Errors, Growth, own_errors


def test_totals_of_processes_add_up_and_never_fall():
    registry = CollectorRegistry()
    growth = Growth(Counter("steps", "", ["method"], registry=registry))

    def total(method="vat"):
        return registry.get_sample_value("steps_total", {"method": method})

    growth.take("worker 1", {("vat",): 10, ("gan",): 1})
    growth.take("worker 2", {("vat",): 5})
    growth.take("worker 1", {("vat",): 30})
    assert total() == 35 and total("gan") == 1
    growth.take("worker 1", {("vat",): 4})  # another process under the same name
    assert total() == 39
    growth.take("worker 1", {("vat",): 4})
    assert total() == 39


def test_errors_are_counted_by_where_and_kind():
    log = logging.getLogger("app.tests.counted")
    log.addHandler(counter := Errors())
    try:
        log.warning("no error")
        log.error("one")
        for _ in range(2):
            try:
                int("x")
            except ValueError:
                log.exception("two")
    finally:
        log.removeHandler(counter)
    mine = {kind: count for (where, kind), count in own_errors().items() if where == log.name}
    assert mine == {"message": 1, "ValueError": 2}
    metrics.errors.remove(log.name, "message")
    metrics.errors.remove(log.name, "ValueError")
