"""python -m tests.load [--rooms vat=1,arae=2] [--seconds 60] [--flood resets,layers,measurements]

Opens rooms of visitors on a server of its own, without a browser, and prints what each had: frames
and steps a second, the longest time without a frame, and the time from turning a knob to the first
frame under it. With --flood all rooms but those of the first page flood the server with messages of
these kinds. With --leave the server's memory is printed again so many seconds after all have left.
With --soak visitors come, play and leave at random for so many minutes (tests/load/soak.py).
"""

from __future__ import annotations

import argparse
import asyncio
import time

from tests.browser import Server
from tests.load import FLOODS, HEAD, MIXED, memory, trial
from tests.load.soak import soak


def _rooms(text: str) -> dict[str, int]:
    """`vat=1,arae=2` as {"vat": 1, "arae": 2}."""
    rooms = {}
    for part in text.split(","):
        page, _, count = part.rpartition("=")
        rooms[page or count] = int(count) if page else 1
    return rooms


def _floods(text: str) -> list[str]:
    kinds = text.split(",")
    if unknown := set(kinds) - FLOODS.keys():
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; known are {', '.join(FLOODS)}")
    return kinds


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__.partition("\n\n")[2])
    mixed = ",".join(f"{page}={count}" for page, count in MIXED.items())
    parser.add_argument("--rooms", type=_rooms, default=MIXED, metavar="PAGE=N,…", help=f"default: {mixed}")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--flood", type=_floods, default=[], metavar="KIND,…", help=", ".join(FLOODS))
    parser.add_argument("--speed", type=int, default=0, help="steps a second, 0 (default) for as fast as it goes")
    parser.add_argument("--rounds", type=int, default=1, help="how often all rooms come and leave")
    parser.add_argument("--leave", type=float, default=0, metavar="SECONDS", help="wait after each round")
    parser.add_argument("--url", help="of a server that runs already")
    parser.add_argument("--soak", type=float, default=0, metavar="MINUTES")
    options = parser.parse_args()
    if options.soak:
        wrong = soak(options.soak)
        print("\n".join([*wrong, f"{len(wrong)} faults"]))
        raise SystemExit(bool(wrong))
    server = None if options.url else Server()
    try:
        for _ in range(options.rounds):
            if server:
                print(f"server: {memory(server.process.pid):.0f} MB")
            url = options.url or server.url
            results = asyncio.run(trial(url, options.rooms, options.seconds, options.flood, options.speed))
            print(HEAD)
            for result in results:
                print(result.row())
            if server:
                print(f"server: {memory(server.process.pid):.0f} MB after {options.seconds:g} s")
            if server and options.leave:
                time.sleep(options.leave)
                print(f"server: {memory(server.process.pid):.0f} MB {options.leave:g} s after all have left")
    finally:
        if server:
            server.kill()


if __name__ == "__main__":
    main()
