"""python -m tests.faults [--times 20] [--only "server killed,disk full"] [--scale 1]

Lets pages play on a server of its own while something happens to it, and prints a table: how often
the run went on, how often the page was told that it begins again, and how often something was lost
without a word. A run that goes on must have the very numbers that its steps and knobs lead to.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.browser import Server
from tests.client import run as run_apart
from tests.faults.cases import ALLOWED, CASES
from tests.faults.fuzz import tracebacks
from tests.faults.processes import descriptors, left, threads
from tests.faults.trial import LOST, REPORTED, RESUMED, Outcome
from tests.load import started_by

HEAD = (
    f"{'':<22}{'times':>6}{'resumed':>9}{'reported':>10}{'lost':>6}{'steps lost':>12}{'seconds':>9}{'longest':>9}"
    f"{'orphans':>9}{'threads':>9}{'files':>7}{'tracebacks':>12}"
)


@dataclass
class Result:
    """Of one case. orphans: processes that were left. threads, files: of the server, more at the
    end than after the first time.
    """

    name: str
    outcomes: list[Outcome] = field(default_factory=list)
    orphans: int = 0
    threads: int = 0
    files: int = 0
    tracebacks: list[str] = field(default_factory=list)

    def row(self) -> str:
        """As a line of a table."""
        kinds = Counter(outcome.kind for outcome in self.outcomes)
        steps = statistics.median([o.steps for o in self.outcomes] or [0])
        seconds = [o.seconds for o in self.outcomes] or [0.0]
        return (
            f"{self.name:<22}{len(self.outcomes):>6}{kinds[RESUMED]:>9}{kinds[REPORTED]:>10}{kinds[LOST]:>6}"
            f"{steps:>12.0f}{statistics.median(seconds):>9.1f}{max(seconds):>9.1f}{self.orphans:>9}"
            f"{self.threads:>+9}{self.files:>+7}{len(self.tracebacks):>12}"
        )

    def wrong(self) -> list[str]:
        """What must not be, a line each."""
        out = [f"{o.kind}: {o.note}" for o in self.outcomes if o.kind not in ALLOWED[self.name]]
        out += [f"a traceback: {line}" for line in self.tracebacks]
        return out + ([f"{self.orphans} processes are left"] if self.orphans else [])


async def _done(name: str, times: int, scale: float, folder: Path) -> Result:
    case, settings = CASES[name]
    result = Result(name)
    environment = {key: value for key, value in settings.items() if key.isupper()}
    server = await asyncio.to_thread(lambda: Server(log=folder / "log", environment=environment))
    pids: set[int] = set()
    first: tuple[int, int] | None = None
    try:
        async for outcome in case(server, times, scale):
            result.outcomes.append(outcome)
            pid = server.process.pid
            pids |= {pid, *started_by(pid)}
            now = threads(pid), descriptors(pid)
            first = first or now
            result.threads, result.files = now[0] - first[0], now[1] - first[1]
    finally:
        server.kill()
        pids |= {server.process.pid}
    result.orphans = len(left(sorted(pids)))
    result.tracebacks = tracebacks((folder / "log").read_text(encoding="utf-8", errors="replace"))
    return result


def run(name: str, times: int, scale: float = 1.0) -> Result:
    """Do a case so many times. scale: of the times that it waits."""
    with tempfile.TemporaryDirectory() as folder:
        return run_apart(_done(name, times, scale, Path(folder)))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__.partition("\n\n")[2])
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--only", default="", help=f"of: {', '.join(CASES)}")
    parser.add_argument("--scale", type=float, default=1.0, help="of the times that cases wait")
    options = parser.parse_args()
    only = [name.strip() for name in options.only.split(",") if name.strip()]
    if unknown := set(only) - CASES.keys():
        parser.error(f"unknown: {', '.join(unknown)}; known are {', '.join(CASES)}")
    begun, wrong = time.monotonic(), []
    print(HEAD, flush=True)
    for name in only or CASES:
        result = run(name, options.times, options.scale)
        print(result.row(), flush=True)
        for line in result.wrong():
            print(f"  {line}", flush=True)
        wrong += result.wrong()
    print(f"{time.monotonic() - begun:.0f} s, {len(wrong)} faults")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
