"""How long tests wait for what another process does, which has a machine to share with others."""

import time

# Nothing takes so long, not even where all is ten times slower: something is wrong then.
LONG_SECONDS = 100


def wait_until(condition, said=lambda: None):
    """Wait until something is so, and give what says it; or say how it is in place of that."""
    latest = time.monotonic() + LONG_SECONDS
    while not (found := condition()):
        assert time.monotonic() < latest, said()
        time.sleep(0.01)
    return found
