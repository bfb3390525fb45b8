"""A watcher of a live run, and a run of VAT to watch."""

import threading
import time

from engine.methods.vat.vat import VAT
from engine.runs.live import Live
from engine.runs.run import Run

PATIENCE = 20  # seconds


class Watcher:
    """Receives frames like a browser that asks for the next one as soon as it has one."""

    def __init__(self, live, layers=("field",)):
        self.live, self.views, self.arrived = live, [], threading.Condition()
        live.watch(self.offer, layers)
        live.want()

    def offer(self, view):
        with self.arrived:
            self.views.append(view)
            self.arrived.notify_all()
        self.live.want()

    def until(self, wanted):
        """The first view from now on for which wanted(view) holds."""
        seen, deadline = 0, time.monotonic() + PATIENCE
        with self.arrived:
            while True:
                for view in self.views[seen:]:
                    if wanted(view):
                        return view
                seen = len(self.views)
                assert self.arrived.wait(deadline - time.monotonic()), f"nothing came; last: {self.views[-1:]}"


class Second:
    """A live run as an audience uses it."""

    def __init__(self, live):
        self.watch = lambda offer, layers: live.gather(offer)
        self.want = live.want_too


def make(host, **setup):
    """A live run of VAT at seed 1."""
    return Live(host, Run(VAT, VAT.make_setup({"test": 50, **setup}), 1))
