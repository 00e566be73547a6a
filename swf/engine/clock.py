"""The engine's time: milliseconds since 1970, and when the next deadline passes."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_datetime(milliseconds: int) -> datetime:
    """Give the instant as an aware UTC datetime."""
    return EPOCH + milliseconds * _MILLISECOND


def to_milliseconds(instant: datetime) -> int:
    """Give the instant as milliseconds since 1970."""
    return (instant - EPOCH) // _MILLISECOND


class Deadlines(Protocol):
    """What a clock drives: an engine with deadlines to fire."""

    def next_deadline(self) -> int | None:
        """Give the time of the next deadline."""
        ...

    def fire_deadlines(self) -> None:
        """Let happen what was due by now."""
        ...


class Clock(Protocol):
    """Where an engine gets the time from, and who wakes it when a deadline passes."""

    def now(self) -> int:
        """Give the time, which never goes back."""
        ...

    def start(self, deadlines: Deadlines) -> None:
        """Drive the deadlines of this engine from now on."""
        ...

    def deadline_set(self, due: int) -> None:
        """Hear of a new deadline, which may be the next one."""
        ...

    def stop(self) -> None:
        """Drive nothing any more."""
        ...


class RealClock:
    """The time of this machine; a thread sleeps until the next deadline."""

    def __init__(self) -> None:
        self._last = 0
        self._changed = threading.Condition()
        self._stopped = False
        self._sleeps_until: int | None = None
        self._thread: threading.Thread | None = None

    def now(self) -> int:
        """Give the machine's time; it stands still while the machine's clock is set back."""
        self._last = max(self._last, time.time_ns() // 1_000_000)
        return self._last

    def start(self, deadlines: Deadlines) -> None:
        """Start the thread that fires deadlines."""
        self._thread = threading.Thread(target=self._run, args=(deadlines,), name="swf-engine-deadlines", daemon=True)
        self._thread.start()

    def deadline_set(self, due: int) -> None:
        """Have the thread look again, if it would sleep too long."""
        with self._changed:
            if self._sleeps_until is None or due < self._sleeps_until:
                self._sleeps_until = due
                self._changed.notify()

    def stop(self) -> None:
        """End the thread."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self, deadlines: Deadlines) -> None:
        while not self._stopped:
            with self._changed:
                self._sleeps_until = None
            deadlines.fire_deadlines()
            due = deadlines.next_deadline()
            with self._changed:
                # One that was set since is known here already; the earlier of both counts.
                known = [time for time in (due, self._sleeps_until) if time is not None]
                self._sleeps_until = min(known, default=None)
                self._sleep()

    def _sleep(self) -> None:
        """Sleep until the next deadline, or until an earlier one is set."""
        while not self._stopped:
            until = self._sleeps_until
            remaining = None if until is None else (until - self.now()) / 1000
            if remaining is not None and remaining <= 0:
                return
            self._changed.wait(remaining)


class VirtualClock:
    """A time that stands still until it is moved; on its way it stops at every deadline.

    >>> clock = VirtualClock(datetime(2030, 1, 1, tzinfo=UTC))
    >>> clock.advance(days=30)
    >>> to_datetime(clock.now())
    datetime.datetime(2030, 1, 31, 0, 0, tzinfo=datetime.timezone.utc)
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._now = to_milliseconds(start or datetime.now(UTC))
        self._deadlines: Deadlines | None = None

    def now(self) -> int:
        """Give the time it was last moved to."""
        return self._now

    def start(self, deadlines: Deadlines) -> None:
        """Fire the deadlines of this engine whenever the time moves."""
        self._deadlines = deadlines

    def deadline_set(self, due: int) -> None:
        """Do nothing: only `advance` moves the time."""

    def stop(self) -> None:
        """Fire nothing any more."""
        self._deadlines = None

    def advance(self, **duration: float) -> None:
        """Move the time by a duration, given as for `datetime.timedelta`; deadlines fire in order, each at its time."""
        self.advance_to(to_datetime(self._now) + timedelta(**duration))

    def advance_to(self, instant: datetime) -> None:
        """Move the time to an instant; deadlines on the way fire in order, each at its time."""
        end = max(self._now, to_milliseconds(instant))
        while self._deadlines is not None and (due := self._deadlines.next_deadline()) is not None and due <= end:
            self._now = max(self._now, due)
            self._deadlines.fire_deadlines()
        self._now = end
