"""The engine's time: milliseconds since 1970, and when the next deadline passes."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol

import attrs

from swf.exceptions import EngineError, ValidationError
from swf.shapes import Time

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LATEST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // _MILLISECOND

# The machine's clock may be set while a thread sleeps, so none sleeps for long; nor could every system wait a year.
LONGEST_SLEEP_SECONDS = 30

# Whoever ends some work says so; a poll that is given up while it is woken does not.
LOOK_AGAIN_SECONDS = 1.0

_log = logging.getLogger(__name__)


def to_datetime(milliseconds: int) -> datetime:
    """Give the instant as an aware UTC datetime."""
    return EPOCH + milliseconds * _MILLISECOND


def to_milliseconds(instant: datetime) -> int:
    """Give the instant as milliseconds since 1970."""
    return (instant - EPOCH) // _MILLISECOND


@attrs.frozen(kw_only=True)
class Outlook:
    """What an engine is about, at one moment.

    Attributes:
        is_working: Whether somebody works on a task, or a poll was woken for one.
        waiting: The kind, domain and name of each task list with tasks that wait for a poller.
        deadline: When the next deadline of an open execution passes, in milliseconds since 1970. None if there is none.
        quiet_seconds: How many real seconds ago an execution got an event.
    """

    is_working: bool
    waiting: tuple[tuple[str, str, str], ...]
    deadline: int | None
    quiet_seconds: float


class Deadlines(Protocol):
    """What a clock drives: an engine with deadlines to fire."""

    def next_deadline(self) -> int | None:
        """Give the time of the next deadline."""
        ...

    def fire_deadlines(self) -> None:
        """Let happen what was due by now."""
        ...

    def standing_still(self) -> AbstractContextManager[Outlook]:
        """Tell what the engine is about; in the block nothing changes."""
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

    def work_ended(self) -> None:
        """Hear that something was done: nothing may be left to do before the next deadline."""
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
        """Fire what passed while no engine ran, and start the thread that fires the deadlines to come."""
        if not self._stopped:
            raise _taken()
        self._stopped = False
        self._fire(deadlines)
        self._thread = threading.Thread(target=self._run, args=(deadlines,), name="swf-engine-deadlines", daemon=True)
        self._thread.start()

    def deadline_set(self, due: int) -> None:
        """Have the thread look again, if it would sleep too long."""
        with self._changed:
            if self._sleeps_until is None or due < self._sleeps_until:
                self._sleeps_until = due
                self._changed.notify()

    def work_ended(self) -> None:
        """Do nothing: this time passes by itself."""

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

    With ``auto_advance`` it moves by itself too: when nothing can happen before the next deadline of an open
    execution, it jumps there. Something can still happen, and time stands still,

    - while somebody works on a task, however long that takes: it was handed out, and neither answered nor closed. A
      Lambda function that is called is such work, and so is a poll that was woken for a task;
    - while a task waits for a poller, until no execution has got an event for ``patience_seconds`` of real time. A
      worker between two polls, or about to be started, is not overtaken; a task that nobody will take times out in
      the end;
    - inside `held`.

    That a closed execution is forgotten after its retention is nothing to jump to.

    Args:
        start: Where it begins. Left out, at the machine's time.
        auto_advance: Whether it moves by itself too.
        patience_seconds: Real seconds that a task may wait for a poller before time moves on without one.
    """

    def __init__(
        self, start: datetime | None = None, auto_advance: bool = False, *, patience_seconds: float = 1.0
    ) -> None:
        self.auto_advance = auto_advance
        self.patience_seconds = patience_seconds
        self._now = _checked(start or datetime.now(UTC))
        self._moving = threading.Lock()
        self._deadlines: Deadlines | None = None
        self._holds = 0
        self._look_again = threading.Event()
        self._thread: threading.Thread | None = None
        self._firing = threading.local()

    def now(self) -> int:
        """Give the time it was last moved to."""
        return self._now

    def start(self, deadlines: Deadlines) -> None:
        """Fire the deadlines of this engine whenever the time moves."""
        if self._deadlines is not None:
            raise _taken()
        self._deadlines = deadlines
        self._fire()
        if self.auto_advance:
            self._thread = threading.Thread(target=self._run, name="swf-engine-time", daemon=True)
            self._thread.start()

    def deadline_set(self, due: int) -> None:
        """Fire a deadline that has come already; for others the time has to move."""
        if due <= self._now:
            self._fire()

    def work_ended(self) -> None:
        """See whether there is anything left to do before the next deadline."""
        self._look_again.set()

    def stop(self) -> None:
        """Fire nothing any more."""
        self._deadlines = None
        self._look_again.set()
        thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep time from moving by itself inside the block; `advance` still moves it."""
        with self._moving:
            self._holds += 1
        try:
            yield
        finally:
            with self._moving:
                self._holds -= 1
            self._look_again.set()

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
        if end > _LATEST:
            raise ValidationError(f"The clock stands at {to_datetime(self._now)} and cannot pass the year 9999.")
        while (due := self._next_deadline()) is not None and due <= end:
            self._now = max(self._now, due)
            self._fire()
        self._now = end
        # Another thread may have set a deadline meanwhile that is past now.
        self._fire()

    def _run(self) -> None:
        sleep = 0.0
        while self._deadlines is not None:
            self._look_again.wait(sleep)
            self._look_again.clear()
            sleep = self._jumped()

    def _jumped(self) -> float:
        """Jump as often as can be, and give the seconds after which to look again if nobody says so earlier."""
        try:
            while not (sleep := self._jump()):
                pass
        except Exception:
            _log.exception("A deadline that passed could not be recorded; it is tried again in a second.")
            return LOOK_AGAIN_SECONDS
        return sleep

    def _jump(self) -> float:
        """Jump to the next deadline if nothing can happen before; give 0 then, else the seconds to wait."""
        with self._moving:
            deadlines = self._deadlines
            if deadlines is None or self._holds:
                return LOOK_AGAIN_SECONDS
            with deadlines.standing_still() as outlook:
                due, sleep = outlook.deadline, seconds_to_wait(outlook, self.patience_seconds)
                if due is None or sleep:
                    return sleep or LOOK_AGAIN_SECONDS
                self._now = max(self._now, due)
            self._fire()
        return 0

    def _next_deadline(self) -> int | None:
        deadlines = self._deadlines
        return None if deadlines is None else deadlines.next_deadline()

    def _fire(self) -> None:
        deadlines = self._deadlines
        # What is due at once because of what is fired is fired by who fires already.
        if deadlines is not None and not getattr(self._firing, "is_here", False):
            self._firing.is_here = True
            try:
                deadlines.fire_deadlines()
            finally:
                self._firing.is_here = False


def clock_of(clock: Clock | None) -> Clock:
    """Give an engine's clock; None is the time of this machine.

    Raises:
        ValidationError: It is none, or a class of such.
    """
    if clock is None:
        return RealClock()
    if isinstance(clock, type) or not hasattr(clock, "now"):
        raise ValidationError(f"{clock!r} is no clock. Give one that is made, such as VirtualClock().")
    return clock


def seconds_to_wait(outlook: Outlook, patience_seconds: float) -> float:
    """Give 0 when nothing can happen before the next deadline, else after how many real seconds to look again."""
    if outlook.is_working or outlook.deadline is None:
        return LOOK_AGAIN_SECONDS
    if outlook.waiting:
        return max(0.0, patience_seconds - outlook.quiet_seconds)
    return 0


def _checked(instant: datetime) -> int:
    if problem := Time("Timestamp").problem(instant):
        raise ValidationError(f"The clock's time {instant!r} {problem}.")
    if instant < EPOCH:
        raise ValidationError(f"The clock's time {instant} is before 1970, where SWF's time begins. Give a later one.")
    return to_milliseconds(instant)


def _taken() -> EngineError:
    return EngineError("This clock drives another engine. Give each engine a clock of its own, or close the other one.")
