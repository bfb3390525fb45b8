"""Metrics of the server, in the format of Prometheus.

What happens in the server is counted here as it happens, which takes less than a microsecond each.
What worker processes know, and what takes time to find out, is asked for when somebody reads the
metrics: app/live/health.py does.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

# Seconds. The default buckets begin too high for frames and end too high for a person.
KNOB_BUCKETS = (0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.35, 0.5, 0.75, 1, 1.5, 2.5, 5)

disable_created_metrics()
registry = CollectorRegistry()

info = Gauge("saddle_info", "1, with the version", ["version"], registry=registry)
uptime = Gauge("saddle_uptime_seconds", "Time since the start", registry=registry)
workers = Gauge("saddle_workers", "Processes of runs", registry=registry)
sessions = Gauge("saddle_sessions", "Sessions, with those whose run rests", registry=registry)
visitors = Gauge("saddle_visitors", "Visitors with a session", registry=registry)
rooms = Gauge("saddle_rooms", "Rooms that are open", registry=registry)
runs = Gauge("saddle_runs", "Runs, by method and by state", ["method", "state"], registry=registry)
sockets = Gauge("saddle_sockets", "Open live channels", registry=registry)
open_files = Gauge("saddle_open_files", "Files and connections of the server", registry=registry)
memory = Gauge(
    "saddle_memory_bytes", "Memory of a process, with what it shares counted in part", ["process"], registry=registry
)
steps = Counter("saddle_steps", "Steps of training", ["method"], registry=registry)
frames = Counter("saddle_frames", "Frames sent to pages", ["method"], registry=registry)
room_frames = Counter("saddle_room_frames", "Frames sent to watchers in rooms", registry=registry)
turned = Histogram(
    "saddle_knob_to_frame_seconds",
    "Time from the arrival of a turned knob to sending the first frame under it",
    buckets=KNOB_BUCKETS,
    registry=registry,
)
refused = Counter("saddle_refused", "Messages and requests refused", ["reason"], registry=registry)
errors = Counter("saddle_errors", "Errors that were logged", ["where", "kind"], registry=registry)
lost = Counter("saddle_workers_lost", "Processes of runs that ended by themselves", registry=registry)


class Errors(logging.Handler):
    """Counts what is logged as an error, by where and by the exception's type."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else "message"
        errors.labels(record.name, kind).inc()


class Growth:
    """A counter that is fed with totals from elsewhere. Where a total falls, because another
    process has begun to count from 0, what it has now is all new.
    """

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._seen: dict[tuple[str, ...], float] = {}

    def take(self, source: str, totals: Mapping[tuple[str, ...], float]) -> None:
        """Take the totals of one process, by labels."""
        for labels, total in totals.items():
            before = self._seen.get((source, *labels), 0.0)
            self._counter.labels(*labels).inc(total - before if total >= before else total)
            self._seen[source, *labels] = total


def own_errors() -> dict[tuple[str, ...], float]:
    """The errors of this process, by labels: for a worker to report."""
    return {
        (sample.labels["where"], sample.labels["kind"]): sample.value
        for metric in errors.collect()
        for sample in metric.samples
    }
