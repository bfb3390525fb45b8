"""For a server whose clock on the wall jumps: by a third of a year there and back, every two
seconds.
"""

import time

JUMPS = (0.0, 1e7, -1e7)
_real = time.time
time.time = lambda: _real() + JUMPS[int(time.monotonic() / 2) % len(JUMPS)]
