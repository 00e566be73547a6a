"""What keeps an actor from polling or answering: which errors pass, how long to wait, what to log."""

import logging
import random
import threading
import time
from collections.abc import Callable, Hashable
from typing import TypeVar

from swf.exceptions import (
    ConfigurationError,
    DoesNotExistError,
    EndpointUnreachableError,
    ExpiredCredentialsError,
    InvalidCredentialsError,
    OperationNotPermittedError,
    ServiceError,
    SWFError,
    ThrottledError,
)
from swf.logs import HarmlessLogger

T = TypeVar("T")

_log = HarmlessLogger(logging.getLogger(__name__))

LONGEST_PAUSE_SECONDS = 60.0

# What ends an actor: waiting does not help.
FATAL = (OperationNotPermittedError, InvalidCredentialsError, ConfigurationError)

# After these the same request may be granted.
PASSING = (EndpointUnreachableError, ThrottledError, ServiceError, ExpiredCredentialsError)


def is_fatal(error: SWFError) -> bool:
    """Tell whether an actor that meets this error should end."""
    return isinstance(error, FATAL) and not isinstance(error, ExpiredCredentialsError)


def pause(failures: int) -> float:
    """Give how many seconds to wait after so many failures in a row: doubling, with jitter, a minute at most."""
    return random.uniform(0.5, 1.0) * min(LONGEST_PAUSE_SECONDS, 0.5 * 2.0 ** min(failures, 10))


class Trouble:
    """What the polls of an actor run into. All of its pollers share it: one of them that is throttled slows down all.

    Args:
        who: The actor, as the log names it.
    """

    def __init__(self, who: object) -> None:
        self._who = who
        self._lock = threading.Lock()
        self._failures = 0
        self._again_at = 0.0
        self._kind: type[SWFError] | None = None

    @property
    def failures(self) -> int:
        """How many polls in a row failed."""
        return self._failures

    def met(self, error: SWFError, *, is_logged: bool = False) -> None:
        """Wait longer before the next poll, since one failed; of failures of one kind in a row the first is logged.

        Args:
            error: Why it failed.
            is_logged: Whether the log says so already.
        """
        with self._lock:
            is_new = type(error) is not self._kind
            # Pollers that fail at the same time fail for one reason.
            if time.monotonic() >= self._again_at:
                self._failures += 1
                self._again_at = time.monotonic() + pause(self._failures)
            self._kind = type(error)
        if is_new and not is_logged:
            _log.warning("%r cannot poll, and tries again at longer and longer intervals: %s", self._who, error)

    def is_over(self) -> None:
        """Hear of a poll that was answered."""
        if not self._failures:
            return
        with self._lock:
            failures, self._failures, self._kind, self._again_at = self._failures, 0, None, 0.0
        if failures:
            _log.info("%r polls again (failures in a row: %d)", self._who, failures)

    def wait(self, stopping: threading.Event) -> None:
        """Wait until it is time to try again, or to stop."""
        seconds = self._again_at - time.monotonic()
        if seconds > 0:
            stopping.wait(seconds)


class Logged:
    """What was logged already, of the last so many things: it need not be logged again.

    Args:
        most: Of how many things that is known.
    """

    def __init__(self, most: int = 1_000) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._known: dict[Hashable, None] = {}

    def is_new(self, thing: Hashable) -> bool:
        """Return whether a thing was not logged yet, and remember that it now is."""
        with self._lock:
            if thing in self._known:
                return False
            if len(self._known) >= self._most:
                del self._known[next(iter(self._known))]
            self._known[thing] = None
            return True


def persistently(
    send: Callable[[], T],
    what: str,
    *,
    seconds: float | None = None,
    hear: Callable[[SWFError], None] = lambda error: None,
    pause: Callable[[int], float] = pause,
) -> T:
    """Send an answer again and again until SWF has it.

    Args:
        send: Sends it.
        what: What it is, as the log names it.
        seconds: How long SWF may wait for it; None is until SWF says that it no longer does.
        hear: Called with each error that passes.
        pause: Gives how long to wait after so many failures, in seconds.

    Raises:
        DoesNotExistError: SWF does not wait for it, or no longer.
        SWFError: It cannot be sent, or could not in that time.
    """
    until = None if seconds is None else time.monotonic() + seconds
    failures = 0
    while True:
        try:
            return send()
        except DoesNotExistError:
            if failures:
                _log.info("%s is closed: an earlier try may have closed it, or time did.", what)
            raise
        except PASSING as error:
            failures += 1
            hear(error)
            seconds_left = None if until is None else until - time.monotonic()
            if seconds_left is not None and seconds_left <= 0:
                raise
            if failures == 1:
                _log.warning("The answer to %s could not be sent, and is sent again: %s", what, error)
            wait = pause(failures)
            time.sleep(wait if seconds_left is None else min(wait, seconds_left))
