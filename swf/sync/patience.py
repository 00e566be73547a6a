"""Many requests at the same time, and those that come too fast for AWS once more, later."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, TypeVar

from swf.actors.trouble import pause
from swf.exceptions import ThrottledError

T = TypeVar("T")

# How many requests are under way at the same time.
WORKERS: Final = 16

# With pauses that double, the last try comes after a minute or two.
TRIES = 8


def patiently(send: Callable[[], T], pause: Callable[[int], float] = pause) -> T:
    """Send a request again, at longer and longer intervals, while AWS says that requests come too fast.

    Args:
        send: Sends it.
        pause: Gives how long to wait after so many refusals, in seconds.

    Raises:
        ThrottledError: They still come too fast.
    """
    for refusals in range(1, TRIES):
        try:
            return send()
        except ThrottledError:
            time.sleep(pause(refusals))
    return send()


@contextmanager
def threads(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Give threads for requests; at the end those under way come to their end, and those that wait are given up."""
    executor = ThreadPoolExecutor(workers, thread_name_prefix="swf-sync")
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)
