"""Cells: independent pieces of a large work, such as the trainings of an atlas, on a Host.

A cell is a generator function of a module of the engine with its arguments. It yields after every
step, so that whoever is watched has their turns in between, and returns its result. One cell is
computed at a time, because Python computes in one thread of a process at a time; several processes
each have their own (app/live/crew/spread.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any

from engine.runs.host import Host, Job

Function = Callable[..., Generator[Any, None, Any]]


class Cell:
    """One piece. future: what it returns or raises."""

    def __init__(self, function: Function, arguments: tuple[Any, ...]) -> None:
        self.future: Future[Any] = Future()
        self._function = function
        self._arguments = arguments
        self._steps: Generator[Any, None, Any] | None = None

    def advance(self, deadline: float) -> bool:
        """Compute until about `deadline` (time.monotonic). Returns whether it is done."""
        if self._steps is None:
            if not self.future.set_running_or_notify_cancel():
                return True
            self._steps = self._function(*self._arguments)
        try:
            while time.monotonic() < deadline:
                next(self._steps)
            return False
        except StopIteration as end:
            self.future.set_result(end.value)
        except Exception as error:  # goes to whoever asked
            self.future.set_exception(error)
        self._steps = None
        return True


class Cells(Job):
    """The cells of a process, one after the other."""

    background = True
    patient = True

    def __init__(self, host: Host) -> None:
        self._host = host
        self._waiting: dict[int, Cell] = {}  # in order; the first one is under way

    def start(self, number: int, function: Function, arguments: tuple[Any, ...]) -> Future[Any]:
        """What a cell gives, once those before it are done. number: by which it can be dropped."""
        cell = self._waiting[number] = Cell(function, arguments)
        self._host.wake(self)
        return cell.future

    def drop(self, number: int) -> None:
        """Compute no more of a cell; its future stays as it is."""
        self._waiting.pop(number, None)

    def turn(self, deadline: float) -> float | None:
        while waiting := tuple(self._waiting):
            if self._waiting[waiting[0]].advance(deadline):
                self._waiting.pop(waiting[0], None)
            if time.monotonic() >= deadline:
                return 0.0
        return None
