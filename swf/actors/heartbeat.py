"""Heartbeats of the tasks that a worker works on: sent by one thread, with the last details, not too often.

A heartbeat tells SWF that the worker lives, and tells the worker whether the task was asked to cancel itself, or is
closed. So there are some also where no heartbeat timeout asks for them, though fewer.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from swf.constants import NONE
from swf.exceptions import DoesNotExistError, SWFError
from swf.logs import HarmlessLogger
from swf.models.activity import ActivityTask, Heartbeat

_log = HarmlessLogger(logging.getLogger(__name__))


# A third of the timeout leaves room for two heartbeats that are lost.
FRACTION = 3
# Without a timeout, or with a long one, this is how long a cancel request may stay unheard.
LONGEST_INTERVAL_SECONDS = 60.0
# How often it is looked what is due; a task that is done sooner costs nothing.
TICK_SECONDS = 0.25
RETRY_SECONDS = 5.0
SENDERS = 4
IDLE_SECONDS = 10.0


def interval(timeout: float | str | None) -> float:
    """Give how many seconds pass between two heartbeats of a task with this heartbeat timeout."""
    if timeout is None or timeout == NONE or float(timeout) <= 0:
        return LONGEST_INTERVAL_SECONDS
    return min(float(timeout) / FRACTION, LONGEST_INTERVAL_SECONDS)


class Heart:
    """The heartbeats of one task.

    Args:
        task: The task, as it came from the poll.
        find_interval: Gives the seconds between two heartbeats; asked once, and only if the task takes long enough.

    Attributes:
        is_cancel_requested: Whether the decider asked for the task to be canceled.
        is_closed: Whether SWF no longer waits for the task's answer.
    """

    def __init__(self, task: ActivityTask, find_interval: Callable[[], float]) -> None:
        self._task = task
        self._find_interval = find_interval
        self.is_cancel_requested = False
        self.is_closed = False
        self._details: Any = None
        self._interval: float | None = None
        self._has_beaten = False
        # The task was heard of, or it was tried, at this time; it is time again so many seconds later.
        self._last = time.monotonic()
        self._wait = TICK_SECONDS
        # Held by the thread whose turn it is to send: there is never more than one heartbeat of a task under way.
        self._turn = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    @property
    def is_due(self) -> bool:
        """Whether it is time for a heartbeat, or to find out when that is."""
        return not self.is_closed and time.monotonic() >= self._last + self._wait

    def beat(self, details: Any = None, *, may_wait: bool = True) -> bool:
        """Take in details, and send them now if it is time; otherwise they go with the next heartbeat.

        Args:
            details: A JSON value, or text; None leaves those before.
            may_wait: Whether there is time to hear SWF's answer.

        Returns:
            Whether the task should be canceled, as far as is known.

        Raises:
            DoesNotExistError: SWF no longer waits for the task.
            ValidationError: The details are no JSON, or too long.
        """
        if details is not None:
            # What cannot be sent is told to who gave it, not to the thread that would send it.
            self._details = Heartbeat(details=details).details
        if may_wait and (not self._has_beaten or self.is_due) and self.takes_turn():
            self.beat_in_turn(now=not self._has_beaten)
        if self.is_closed:
            raise ActivityTask.DoesNotExist(
                f"{self._task!r} of {self._task.execution!r} is closed. Stop working on it."
            )
        return self.is_cancel_requested

    def takes_turn(self) -> bool:
        """Take the turn to send, unless somebody has it."""
        return self._turn.acquire(blocking=False)

    def beat_in_turn(self, *, now: bool = False) -> None:
        """Send a heartbeat if it is time, or now; what goes wrong is logged and tried again. Gives the turn back."""
        try:
            if self._interval is None:
                self._interval = self._wait = self._find_interval()
            if now or self.is_due:
                self._send()
        except Exception as error:
            self._last, self._wait = time.monotonic(), min(self._interval or RETRY_SECONDS, RETRY_SECONDS)
            told = "No heartbeat of %r of %r could be sent, and it is tried again: %s"
            # What SWF says is told in its words; what else there is may be in whatever was to hear of its answer.
            trace = None if isinstance(error, SWFError) else error
            _log.warning(told, self._task, self._task.execution, error, exc_info=trace)
        finally:
            self._turn.release()

    def on_change(self, call: Callable[[], None]) -> None:
        """Have something called, from any thread, when the task is to be canceled or is closed."""
        self._listeners.append(call)

    def _send(self) -> None:
        before = (self.is_cancel_requested, self.is_closed)
        try:
            self.is_cancel_requested = self._task.heartbeat(self._details) or self.is_cancel_requested
        except DoesNotExistError:
            self.is_closed = True
        self._has_beaten = True
        self._last, self._wait = time.monotonic(), self._interval or LONGEST_INTERVAL_SECONDS
        if (self.is_cancel_requested, self.is_closed) != before:
            for call in tuple(self._listeners):
                call()


class Heartbeats:
    """Sends the heartbeats of all tasks that a worker works on, from a few threads that are there while it does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hearts: set[Heart] = set()
        self._senders = 0

    def begin(self, heart: Heart) -> None:
        """Send the heartbeats of a task from now on."""
        with self._lock:
            self._hearts.add(heart)
            is_short_of = self._senders < min(len(self._hearts), SENDERS)
            self._senders += is_short_of
        if is_short_of:
            threading.Thread(target=self._send, name="heartbeats", daemon=True).start()

    def end(self, heart: Heart) -> None:
        """Send no more heartbeats of a task."""
        with self._lock:
            self._hearts.discard(heart)

    def _send(self) -> None:
        last_needed = time.monotonic()
        while True:
            with self._lock:
                if self._hearts:
                    last_needed = time.monotonic()
                elif time.monotonic() > last_needed + IDLE_SECONDS:
                    self._senders -= 1
                    return
                due = next((heart for heart in self._hearts if heart.is_due and heart.takes_turn()), None)
            if due is None:
                time.sleep(TICK_SECONDS)
            else:
                due.beat_in_turn()
