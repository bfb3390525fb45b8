"""Replies to a watcher: answers, the phases of a step, measurements and their progress.

Browser to server: `{type: "ask", id, name, values}`, `{type: "explain", id}`, `{type: "measure",
id, name, values}`, `{type: "cancel", id}`. Server to browser: binary messages whose header has
`reply: id` and `state`: "done", "under way" (measurements; with `share`), "failed" (with `message`)
or "dropped" (a newer question of the same name has replaced it).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from typing import Any

from app.live.protocol import BadMessage, pack, shortened, value
from engine.core.declare import InvalidValue
from engine.core.frame import Answer, Phase
from engine.runs.live import Live
from engine.runs.measurement import Measurement

log = logging.getLogger(__name__)
MOST_MEASUREMENTS = 2  # of one watcher at once


class Replies:
    """The questions of one watcher. Answers come from worker threads."""

    def __init__(self, live: Live, give: Callable[[Any, bytes], None]) -> None:
        """give: takes a reply, with ("reply", id) before it. Of those of an id only the latest
        counts.
        """
        self._live = live
        self._give = give
        self._measuring: dict[int, Measurement] = {}

    def receive(self, message: Mapping[str, Any]) -> bool:
        """Take a message that needs a reply; returns False for any other. Raises BadMessage."""
        kinds: dict[str, Callable[[Any, Mapping[str, Any]], None]] = {
            "ask": self._ask,
            "explain": self._explain,
            "measure": self._measure,
            "cancel": self._cancel,
        }
        if message["type"] not in kinds:
            return False
        ident = value(message, "id", int)
        try:
            kinds[message["type"]](ident, message)
        except InvalidValue as problem:
            raise BadMessage(str(problem)) from problem
        return True

    def close(self) -> None:
        """Cancel the measurements under way, because nobody is there to see them."""
        for measurement in self._measuring.values():
            measurement.cancel()

    def _reply(self, ident: Any, state: str, answer: Answer | None = None, **more: Any) -> None:
        if "message" in more:
            more["message"] = shortened(more["message"])
        header = {"reply": ident, "state": state, "numbers": answer.numbers if answer else {}, **more}
        self._give(("reply", ident), pack(header, layers=answer.layers if answer else {}))

    def _when_done(self, ident: Any, future: Future[Any], done: Callable[[Any], None]) -> None:
        def settle(settled: Future[Any]) -> None:
            try:
                done(settled.result())
            except CancelledError:
                self._reply(ident, "dropped")
            except InvalidValue as error:
                self._reply(ident, "failed", message=str(error))
            except Exception:
                log.exception("a question could not be answered")
                self._reply(ident, "failed", message="This question could not be answered: a value in it does not fit.")

        future.add_done_callback(settle)

    def _ask(self, ident: Any, message: Mapping[str, Any]) -> None:
        future = self._live.ask(value(message, "name", str), value(message, "values", dict))
        self._when_done(ident, future, lambda answer: self._reply(ident, "done", answer))

    def _explain(self, ident: Any, message: Mapping[str, Any]) -> None:
        def done(phases: list[Phase]) -> None:
            layers = {f"{i}.{name}": array for i, p in enumerate(phases) for name, array in p.layers.items()}
            numbers = {"phases": [{"name": p.name, "numbers": p.numbers} for p in phases]}
            self._reply(ident, "done", Answer(numbers, layers))

        self._when_done(ident, self._live.explain(), done)

    def _measure(self, ident: Any, message: Mapping[str, Any]) -> None:
        self._measuring = {k: m for k, m in self._measuring.items() if not m.ended}
        if len(self._measuring) >= MOST_MEASUREMENTS:
            raise BadMessage("Two measurements are under way already: wait for one, or cancel it.")
        measurement = self._live.measure(value(message, "name", str), value(message, "values", dict))

        def changed() -> None:
            if measurement.failure:
                self._reply(ident, "failed", message=measurement.failure)
            elif measurement.cancelled:
                self._reply(ident, "dropped")
            else:
                state = "done" if measurement.ended else "under way"
                self._reply(ident, state, measurement.answer, share=measurement.share)

        self._measuring[ident] = measurement
        measurement.changed = changed

    def _cancel(self, ident: Any, message: Mapping[str, Any]) -> None:
        if measurement := self._measuring.pop(ident, None):
            measurement.cancel()
            self._reply(ident, "dropped")
