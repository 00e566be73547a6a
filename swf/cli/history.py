"""An execution's events: as lines for people, and as they come."""

import math
import random
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import attrs

from swf import wire
from swf.cli.output import Column, lasted, shown
from swf.exceptions import WaitTimeoutError
from swf.models import WorkflowExecution
from swf.models.event import Event, WorkflowExecutionContinuedAsNew
from swf.models.history.state import CLOSE_STATUS_OF
from swf.shapes import ExecutionId

# How long is waited between two looks: at first, and at most.
SHORTEST_SLEEP_SECONDS = 0.1
LONGEST_SLEEP_SECONDS = 5.0

# Most looks find a few events; more are read page by page.
_NEWEST = 50

# What says little about what happened.
_QUIET = ("_event_id", "_timeout", "identity", "task_list", "child_policy", "lambda_role", "_priority", "control")


def follow(execution: WorkflowExecution, until: float = math.inf) -> Iterator[list[Event]]:
    """Give the events of a run that are there, page by page, and then those that come, until it has closed.

    SWF is asked often while something happens, and every 5 seconds while nothing does. Each time only events that were
    not seen yet are read. An empty list says that nothing has happened since.

    Args:
        execution: The run.
        until: When to give up, by `time.monotonic`.

    Raises:
        WaitTimeoutError: It was still open then.
    """
    seen, sleep = 0, SHORTEST_SLEEP_SECONDS
    for page in execution.events.pages():
        yield page
        seen = page[-1].id if page else seen
        if any(map(closes, page)):
            return
    while True:
        left = until - time.monotonic()
        if left <= 0:
            raise WaitTimeoutError(
                f"{execution!r} was still open when the time was over, after event {seen}. Wait longer, or see what it "
                f"does: swf executions trace {execution.workflow_id}"
            )
        time.sleep(min(sleep * random.uniform(0.75, 1), left))
        events = since(execution, seen)
        yield events
        if any(map(closes, events)):
            return
        seen = events[-1].id if events else seen
        sleep = SHORTEST_SLEEP_SECONDS if events else min(2 * sleep, LONGEST_SLEEP_SECONDS)


def since(execution: WorkflowExecution, event_id: int) -> list[Event]:
    """Give the events after an id, in order; reads from the end, so a long history is not read again."""
    found: list[Event] = []
    for event in execution.events.reverse().iterator(_NEWEST):
        if event.id <= event_id:
            break
        found.append(event)
    return found[::-1]


def closes(event: Event) -> bool:
    """Tell whether the execution ended with this event."""
    return type(event) in CLOSE_STATUS_OF


def continued(event: Event | None) -> str | None:
    """Give the run id of the run that goes on where this event closed one."""
    return event.new_execution_run_id if isinstance(event, WorkflowExecutionContinuedAsNew) else None


@attrs.frozen
class Lines:
    """The columns of a history.

    Attributes:
        started: When the execution began: times are told from there too.
    """

    started: datetime | None
    _openers: dict[int, str] = attrs.field(factory=dict, init=False)

    @property
    def columns(self) -> tuple[Column[Event], ...]:
        """The columns."""
        return (
            Column("ID", lambda event: event.id, is_right=True, is_fixed=True),
            Column("TIME (UTC)", lambda event: event.timestamp, is_fixed=True),
            Column("AFTER", self._after, is_right=True, is_fixed=True, is_extra=True),
            Column("EVENT", lambda event: event.name, is_fixed=True, least=len("WorkflowExecutionCompleted")),
            Column("ABOUT", self.about),
        )

    def about(self, event: Event) -> str:
        """Tell in a line what an event is about, and of which activity or timer it is."""
        told = about(event)
        if event.opener_id == event.id:
            self._openers[event.id] = _id(event)
            return told
        opener = self._openers.get(event.opener_id, "")
        return told if opener in told else f"{opener} {told}".rstrip()

    def _after(self, event: Event) -> str:
        return "" if self.started is None else lasted((event.timestamp - self.started).total_seconds())


def about(event: Event) -> str:
    """Tell in a line what an event is about: its attributes, but for those that say little."""
    told = ((member.name, getattr(event, member.name)) for member in wire.members(type(event)))
    return " ".join(f"{name}={_brief(value)}" for name, value in told if value is not None and not _is_quiet(name))


def _id(event: Event) -> str:
    """Tell the id of an activity, a timer, a child or a Lambda call that begins with an event."""
    names = ("activity_id", "timer_id", "workflow_id", "function_id")
    return next((f"{name}={shown(getattr(event, name))}" for name in names if hasattr(event, name)), "")


def _is_quiet(name: str) -> bool:
    return name.endswith(_QUIET)


def _brief(value: Any) -> str:
    match value:
        case ExecutionId():
            return value.workflow_id
        case _:
            return shown(value)
