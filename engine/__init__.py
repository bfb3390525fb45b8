"""Everything that computes: methods, runs, snapshots, hosts. Knows nothing of pages."""

import os

# How often torch's threads look whether there is work before they sleep, read when torch is first
# imported. By default they look 300,000 times, and beside a busy neighbour two threads then need
# 25 times as long as one. If they sleep at once (OMP_WAIT_POLICY=PASSIVE), they gain less or
# nothing where they are alone: waking up takes longer than a small operation.
os.environ.setdefault("GOMP_SPINCOUNT", "3000")
