"""Many requests at the same time, and those that come too fast for AWS once more, later."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Final, TypeVar

from swf.actors.trouble import pause
from swf.exceptions import ThrottledError

T = TypeVar("T")

# How many requests are under way at the same time.
WORKERS: Final = 16

# With pauses that double, the last try comes after a minute or two.
TRIES = 8

# Of a thread for requests: whether the requests are wanted no more, in `is_over`.
_here = threading.local()


def patiently(send: Callable[[], T], pause: Callable[[int], float] = pause) -> T:
    """Send a request again, at longer and longer intervals, while AWS says that requests come too fast.

    In one of `threads` it is given up, in place of another wait, once those who asked for it have left.

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
            if _is_over_after(pause(refusals)):
                raise
    return send()


def _is_over_after(seconds: float) -> bool:
    is_over: threading.Event = getattr(_here, "is_over", None) or threading.Event()
    return is_over.wait(seconds)


@contextmanager
def threads(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Give threads for requests; at the end those under way come to their end, and those that wait are given up."""
    is_over = threading.Event()
    executor = ThreadPoolExecutor(workers, "swf-sync", initializer=partial(setattr, _here, "is_over", is_over))
    try:
        yield executor
    finally:
        is_over.set()
        executor.shutdown(cancel_futures=True)
