"""An activity task while a worker works on it."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

import attrs

from swf.exceptions import SWFError
from swf.models.activity import ActivityTask


class Pulse(Protocol):
    """What a running task asks about itself: a `Heart`, here or in another process."""

    @property
    def is_cancel_requested(self) -> bool:
        """Whether the decider asked for the task to be canceled."""
        ...

    @property
    def is_closed(self) -> bool:
        """Whether SWF no longer waits for the task's answer."""
        ...

    def beat(self, details: Any = None, *, may_wait: bool = True) -> bool:
        """Take in details of the work, and give whether to give it up."""
        ...

    def on_change(self, call: Callable[[], None]) -> None:
        """Have something called when the task is to be canceled or is closed."""
        ...


class TaskCanceled(SWFError):
    """Raised inside a handler of an activity task to answer that it was canceled; its text is the details."""


@attrs.frozen(repr=False)
class RunningTask(ActivityTask):
    """An activity task that a worker works on: its handler gets one of these.

    The worker sends heartbeats by itself, so `heartbeat` is for details, and to hear whether to go on.
    """

    heart: Pulse = attrs.field(kw_only=True, eq=False)

    @property
    def is_cancel_requested(self) -> bool:
        """Whether the decider asked for the task to be canceled, as far as is known; nothing is asked here.

        Whoever gives up raises `TaskCanceled`; whoever does not may finish, and answers as always.
        """
        return self.heart.is_cancel_requested

    @property
    def is_closed(self) -> bool:
        """Whether SWF no longer waits for the answer: the task timed out, or its execution has closed."""
        return self.heart.is_closed

    def heartbeat(self, details: Any = None) -> bool:
        """Tell how far the work is, and learn whether it should be given up.

        The first one is sent at once. Of those that come sooner than heartbeats are due, the last one's details go with
        the next heartbeat. In a coroutine nothing is sent here, so that nothing waits.

        Args:
            details: A JSON value, or text sent as it stands; 2,048 characters at most.

        Returns:
            Whether the task should be canceled, as far as is known.

        Raises:
            DoesNotExistError: SWF no longer waits for the task: it timed out, or its execution has closed.
            ValidationError: The details cannot be sent.

        See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RecordActivityTaskHeartbeat.html
        """
        return self.heart.beat(details, may_wait=not _in_event_loop())


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
