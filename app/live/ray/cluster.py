"""Cluster: Ray, started on this machine or joined, where workers are actors.

What Ray does by itself is left to it: it starts processes, places actors where there is room, on
the machine with the fewest first, and carries messages.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import secrets
import socket
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from app.live.crew.line import Line
from engine.core.cores import cores

ROOT = Path(__file__).parents[3]
AUTO = "auto"
STORE = 100_000_000  # bytes that Ray shares between processes of this machine, where it is started here
# Read by Ray when it is imported. A Ray that is started here listens on this machine alone, keeps
# no idle processes and lets in who knows the token.
ALONE = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # despite its name, this is what binds to 127.0.0.1
    "RAY_prestart_worker_first_driver": "0",
    "RAY_enable_worker_prestart": "0",
}
ALWAYS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_IGNORE_UNHANDLED_ERRORS": "1",  # messages to an actor that has ended
    "RAY_ENABLE_AUTO_CONNECT": "0",  # a call after the end must not start Ray again
}
TOKENS = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
TOKEN_FILE = Path(".ray", "auth_token")  # at home, where neither is set
# Threads that wait for each other must not spin where others compute.
THREADS = {"OMP_WAIT_POLICY": "PASSIVE"}
LEFT_OUT = [".git", ".venv", "/tests", "/findings", "__pycache__", ".*_cache", ".hypothesis"]  # of what is sent
QUIET = {"log_to_driver": False, "logging_level": "ERROR"}
BELONG = (
    "This machine must belong to the cluster (ray start --address={address}), with the same Python and Ray, and with "
    "RAY_AUTH_MODE and RAY_AUTH_TOKEN as they were where the cluster was started."
)
LONGEST = 25  # characters of the folder for temporary files: Ray's sockets are deep below it
ANSWERS_WITHIN = 5.0  # seconds; Ray itself waits for minutes where nobody is


class NoCluster(RuntimeError):
    """Ray cannot be had; the message is one line for whoever starts the server."""


@dataclass(frozen=True)
class Wanted:
    """What is wanted of Ray.

    address: AUTO for the cluster that RAY_ADDRESS names, or where it names none one on this
    machine; else host:port of a cluster that this machine belongs to. actors: how many, 0 for as
    many as the cluster has room for. cpus, gpus: that each has reserved. code: the folder that
    Saddle is in on the cluster's machines; "" to send it to them.
    """

    address: str = AUTO
    actors: int = 0
    cpus: int = 1
    gpus: float = 0.0
    code: str = ""


class Cluster:
    """The source of workers that are actors. count: how many there should be."""

    def __init__(self, wanted: Wanted) -> None:
        """Start Ray, or join it. Raises NoCluster."""
        if importlib.util.find_spec("ray") is None:
            raise NoCluster("Ray is not installed here. Install it with: pip install -r requirements-ray.txt")
        self._wanted = wanted
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        os.environ.update(ALWAYS)
        address = os.environ.get("RAY_ADDRESS", "") if wanted.address == AUTO else wanted.address
        # In the main thread Ray would take over SIGTERM, and its processes end with the thread that
        # started them.
        self._thread = ThreadPoolExecutor(1, "ray")
        self._thread.submit(self._join if address else self._start, address).result()

    def _start(self, _: str) -> None:
        """Start a cluster of this machine alone."""
        os.environ.update(ALONE | {"RAY_AUTH_MODE": "token"})
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
        import ray

        wanted = self._wanted
        short = len(tempfile.gettempdir()) <= LONGEST
        self._folder = tempfile.TemporaryDirectory(
            prefix="ray-", dir=None if short else "/tmp", ignore_cleanup_errors=True
        )
        self.count = wanted.actors or max(1, cores() // wanted.cpus)
        try:
            ray.init(
                "local",
                num_cpus=self.count * wanted.cpus,
                include_dashboard=False,
                object_store_memory=STORE,
                runtime_env={"env_vars": THREADS | {"PYTHONPATH": str(ROOT)}},
                _temp_dir=self._folder.name,
                **QUIET,
            )
        except Exception as error:  # whatever it is
            raise NoCluster(f"Ray could not be started: {_first_line(error)}.") from None

    def _join(self, address: str) -> None:
        """Join a cluster that runs. Raises NoCluster."""
        if address.startswith("ray://"):
            raise NoCluster(f"{address} is an address for Ray Client. {BELONG.format(address='host:port')}")
        _check_answers(address)
        if any(os.environ.get(name) for name in TOKENS) or (Path.home() / TOKEN_FILE).is_file():
            os.environ.setdefault("RAY_AUTH_MODE", "token")
        import ray

        wanted = self._wanted
        code = {"env_vars": THREADS | {"PYTHONPATH": wanted.code}}
        if not wanted.code:
            code = {"env_vars": THREADS, "working_dir": str(ROOT), "excludes": LEFT_OUT}
        try:
            ray.init(address, runtime_env=code, **QUIET)
        except Exception as error:  # whatever it is
            raise NoCluster(
                f"The server could not join Ray: {_first_line(error)}. {BELONG.format(address=address)}"
            ) from None
        self.count = wanted.actors or max(1, int(ray.cluster_resources().get("CPU", 1) // wanted.cpus))

    def line(self, lost: Callable[[Line], None], loop: asyncio.AbstractEventLoop | None) -> Line:
        """The line to a new actor, which Ray places as soon as there is room."""
        import ray

        from app.live.ray.actor import Actor
        from app.live.ray.wire import ActorWire

        wanted = self._wanted
        kind = ray.remote(
            num_cpus=wanted.cpus,
            num_gpus=wanted.gpus,
            max_restarts=0,  # its runs would be gone: a new one gets them from what is kept of them
            concurrency_groups={"messages": 1},
            allow_out_of_order_execution=False,
            scheduling_strategy="SPREAD",
        )(Actor)
        return Line(ActorWire(kind.remote(wanted.cpus), wanted.cpus), lost)

    def close(self) -> None:
        """End Ray where it was started here, else leave it. Actors end with both."""
        import ray

        ray.shutdown()
        self._thread.shutdown()
        if self._folder:
            self._folder.cleanup()


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).partition("\n")[0].rstrip(".")


def _check_answers(address: str) -> None:
    """Raise NoCluster where nobody listens at an address."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), ANSWERS_WITHIN).close()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NoCluster(
            f"No Ray answers at {address!r}: {reason}. Give the host:port that `ray start --head` has printed."
        ) from None
