"""How far the tests' random walks go: a tenth of their length, in full by `scripts/torture walks`."""

import os

SETTING = "IDVAULT_TEST_WALKS"
"""The environment variable with the length in tenths."""

FULL = 10

TENTHS = int(os.environ.get(SETTING, "1"))


def length(full: int) -> int:
    """Return how many steps, or drawn examples, to do of the full number."""
    return full * TENTHS // FULL
