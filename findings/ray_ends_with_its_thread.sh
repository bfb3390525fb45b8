#!/bin/sh
# ray 2.60.0: a local Ray that was started in a thread is gone as soon as that thread ends, while the
# program goes on and ray.is_initialized() still says True.
#
# One expects its processes to end with the program: they are children of the process, and nothing in
# ray.init() speaks of threads. Ray asks Linux to kill them when their parent dies, and for Linux the
# parent is the thread that started them (prctl(2), PR_SET_PDEATHSIG). So ray.init() in a worker
# thread, as a server would call it beside its event loop, works as long as the pool keeps that
# thread, and not in one that ends.
#
# Seen, raylets that run: "in the main thread: 1, initialized True", "in a thread, while it lives: 1,
# initialized True", "in a thread that has ended: 0, initialized True". Fails if that changes. Linux;
# needs Python 3.11+.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet ray==2.60.0

cat > look.py <<'PY'
import os
import sys
import threading
import time
from pathlib import Path

os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
import ray

WITHIN = 20  # seconds


def raylets():
    """How many of this program's children are a running raylet."""
    count = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue
        state, parent = rest.split()[:2]
        count += name == "raylet" and state != "Z" and int(parent) == os.getpid()
    return count


def start():
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level="ERROR",
             object_store_memory=80_000_000)


def settled(wanted):
    """The number of raylets, once it is the wanted one or WITHIN seconds are over."""
    until = time.monotonic() + WITHIN
    while raylets() != wanted and time.monotonic() < until:
        time.sleep(0.2)
    return raylets()


how, stay = sys.argv[1], threading.Event()
if how == "main":
    start()
    found = settled(1)
else:
    begun = threading.Event()
    thread = threading.Thread(target=lambda: (start(), begun.set(), stay.wait()))
    thread.start()
    begun.wait(120)
    if how == "ended":
        stay.set()
        thread.join()
    found = settled(0 if how == "ended" else 1)
print(f"{found}, initialized {ray.is_initialized()}", flush=True)
os._exit(0)
PY
main=$(env/bin/python look.py main 2>errors || true)
lives=$(env/bin/python look.py lives 2>errors || true)
ended=$(env/bin/python look.py ended 2>errors || true)
echo "in the main thread: $main"
echo "in a thread, while it lives: $lives"
echo "in a thread that has ended: $ended"
[ "$main" = "1, initialized True" ] && [ "$lives" = "1, initialized True" ] && [ "$ended" = "0, initialized True" ]
