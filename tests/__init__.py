"""All tests."""

import engine  # noqa: F401  (before torch: it says how torch's threads wait)
