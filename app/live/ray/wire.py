"""ActorWire: what carries messages to an actor of Ray and from it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import ray
from ray.actor import ActorHandle
from ray.exceptions import RayError

from app.live.crew.wire import Take

log = logging.getLogger(__name__)
AGAIN_AFTER = 5.0  # seconds


class ActorWire:
    """To an actor. Its stream of messages ends with it: so the server learns of its end."""

    near = False  # it may be on another machine

    def __init__(self, actor: ActorHandle, cores: int) -> None:
        """cores: how many it may use."""
        self.ready = False
        self.cores = cores
        self._actor = actor
        self._closed = False

    def begin(self, take: Take, ended: Callable[[], None]) -> None:
        """As Wire has it."""
        threading.Thread(target=self._read, args=(take, ended), name="actor", daemon=True).start()

    def send(self, data: bytes) -> None:
        """As Wire has it. Ray keeps messages until the actor is there, and their order."""
        if not self._closed:
            self._actor.obey.remote(data)

    def close(self) -> None:
        """End the actor."""
        self._closed = True
        ray.kill(self._actor)

    def _read(self, take: Take, ended: Callable[[], None]) -> None:
        try:
            while True:
                for batch in self._actor.messages.options(num_returns="streaming").remote():
                    for data in ray.get(batch):
                        take(data)
                    self.ready = True
        except (RayError, SystemExit) as reason:  # the second where Ray itself ends meanwhile
            if not self._closed:
                self._give_up(str(reason).partition("\n")[0])
        ended()

    def _give_up(self, reason: str) -> None:
        if self.ready:
            ray.kill(self._actor)  # it may only be out of reach, and nobody would find it again
        else:
            log.error("an actor could not be started, and another one is tried: %s", reason)
            time.sleep(AGAIN_AFTER)
