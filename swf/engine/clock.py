"""The engine's time: milliseconds since 1970, and when the next deadline passes."""

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from swf.exceptions import EngineError, ValidationError
from swf.shapes import Time

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

# The machine's clock may be set while a thread sleeps, so none sleeps for long; nor could every system wait a year.
LONGEST_SLEEP_SECONDS = 30

_log = logging.getLogger(__name__)


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
        """Drive the deadlines of this engine, and of no other, from now on."""
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
        self._stopped = True
        self._sleeps_until: int | None = None
        self._thread: threading.Thread | None = None

    def now(self) -> int:
        """Give the machine's time; it stands still while the machine's clock is set back."""
        self._last = max(self._last, time.time_ns() // 1_000_000)
        return self._last

    def start(self, deadlines: Deadlines) -> None:
        """Start the thread that fires deadlines."""
        if not self._stopped:
            raise _taken()
        self._stopped = False
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
            due = self._fire(deadlines)
            with self._changed:
                # One that was set since is known here already; the earlier of both counts.
                known = [time for time in (due, self._sleeps_until) if time is not None]
                self._sleeps_until = min(known, default=None)
                self._sleep()

    def _fire(self, deadlines: Deadlines) -> int | None:
        """Fire what is due and give the time of the next deadline; after a failure, a full disk for one, try again."""
        try:
            deadlines.fire_deadlines()
            return deadlines.next_deadline()
        except Exception:
            _log.exception("A deadline that passed could not be recorded; it is tried again in a second.")
            return self.now() + 1000

    def _sleep(self) -> None:
        """Sleep until the next deadline, or until an earlier one is set."""
        while not self._stopped:
            until = self._sleeps_until
            remaining = LONGEST_SLEEP_SECONDS if until is None else (until - self.now()) / 1000
            if remaining <= 0:
                return
            self._changed.wait(min(remaining, LONGEST_SLEEP_SECONDS))


class VirtualClock:
    """A time that stands still until it is moved; on its way it stops at every deadline.

    What is due at once, such as a timer of 0 seconds, happens at once.

    >>> clock = VirtualClock(datetime(2030, 1, 1, tzinfo=UTC))
    >>> clock.advance(days=30)
    >>> to_datetime(clock.now())
    datetime.datetime(2030, 1, 31, 0, 0, tzinfo=datetime.timezone.utc)
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._now = _checked(start or datetime.now(UTC))
        self._moving = threading.Lock()
        self._deadlines: Deadlines | None = None

    def now(self) -> int:
        """Give the time it was last moved to."""
        return self._now

    def start(self, deadlines: Deadlines) -> None:
        """Fire the deadlines of this engine whenever the time moves."""
        if self._deadlines is not None:
            raise _taken()
        self._deadlines = deadlines
        self._fire()

    def deadline_set(self, due: int) -> None:
        """Fire a deadline that has come already; for others the time has to move."""
        if due <= self._now:
            self._fire()

    def stop(self) -> None:
        """Fire nothing any more."""
        self._deadlines = None

    def advance(self, **duration: float) -> None:
        """Move the time by a duration, given as for `datetime.timedelta`; deadlines fire in order, each at its time."""
        with self._moving:
            self._move(self._now + timedelta(**duration) // _MILLISECOND)

    def advance_to(self, instant: datetime) -> None:
        """Move the time to an instant; deadlines on the way fire in order, each at its time.

        Raises:
            ValidationError: The instant is past, or says no time zone.
        """
        end = _checked(instant)
        with self._moving:
            self._move(end)

    def _move(self, end: int) -> None:
        if end < self._now:
            raise ValidationError(
                f"The clock stands at {to_datetime(self._now)} and cannot go back to {to_datetime(end)}. "
                "Move it forward, or start a new one."
            )
        while (due := self._next_deadline()) is not None and due <= end:
            self._now = max(self._now, due)
            self._fire()
        self._now = end
        # Another thread may have set a deadline meanwhile that is past now.
        self._fire()

    def _next_deadline(self) -> int | None:
        deadlines = self._deadlines
        return None if deadlines is None else deadlines.next_deadline()

    def _fire(self) -> None:
        deadlines = self._deadlines
        if deadlines is not None:
            deadlines.fire_deadlines()


def _checked(instant: datetime) -> int:
    if problem := Time("Timestamp").problem(instant):
        raise ValidationError(f"The clock's time {instant!r} {problem}.")
    return to_milliseconds(instant)


def _taken() -> EngineError:
    return EngineError("This clock drives another engine. Give each engine a clock of its own, or close the other one.")
