"""What happened, thing by thing: the events of an activity task, a timer or a child, gathered from first to latest."""

from collections.abc import Iterable

import attrs

from swf import wire
from swf.models.event import (
    ActivityTaskCancelRequested,
    ActivityTaskScheduled,
    ActivityTaskStarted,
    CancelTimerFailed,
    CancelWorkflowExecutionFailed,
    ChildWorkflowExecutionStarted,
    CompleteWorkflowExecutionFailed,
    ContinueAsNewWorkflowExecutionFailed,
    DecisionTaskEvent,
    DecisionTaskScheduled,
    DecisionTaskStarted,
    Event,
    FailWorkflowExecutionFailed,
    LambdaFunctionScheduled,
    LambdaFunctionStarted,
    RequestCancelActivityTaskFailed,
    RequestCancelExternalWorkflowExecutionInitiated,
    SignalExternalWorkflowExecutionInitiated,
    StartChildWorkflowExecutionInitiated,
    TimerEvent,
    TimerStarted,
    WorkflowExecutionCancelRequested,
    WorkflowExecutionEvent,
    WorkflowExecutionSignaled,
    WorkflowExecutionStarted,
)
from swf.models.event.base import EPOCH
from swf.models.history.state import CLOSE_STATUS_OF
from swf.shapes import ExecutionId

# What is not over after one of these goes on; every other event is an end.
_GOING_ON = frozenset(
    {
        WorkflowExecutionStarted,
        WorkflowExecutionCancelRequested,
        CompleteWorkflowExecutionFailed,
        FailWorkflowExecutionFailed,
        CancelWorkflowExecutionFailed,
        ContinueAsNewWorkflowExecutionFailed,
        DecisionTaskScheduled,
        DecisionTaskStarted,
        ActivityTaskScheduled,
        ActivityTaskStarted,
        ActivityTaskCancelRequested,
        TimerStarted,
        StartChildWorkflowExecutionInitiated,
        ChildWorkflowExecutionStarted,
        SignalExternalWorkflowExecutionInitiated,
        RequestCancelExternalWorkflowExecutionInitiated,
        LambdaFunctionScheduled,
        LambdaFunctionStarted,
    }
)

_ID_ATTRIBUTE = {
    "ActivityTask": "activity_id",
    "Timer": "timer_id",
    "ChildWorkflowExecution": "workflow_id",
    "ExternalWorkflowExecution": "workflow_id",
    "LambdaFunction": "function_id",
    "Marker": "marker_name",
    "WorkflowExecution": "signal_name",
}

# The events of the execution itself are one thing; event ids begin with 1.
_EXECUTION = 0


@attrs.frozen(repr=False)
class CompiledEvent:
    """One thing that happened to an execution, with all of its events.

    A thing is an activity task, a decision task, a timer, a child, a signal or cancel request to another execution, a
    Lambda call, a marker, a signal, a refused decision, or the execution itself: its start, its end, the requests to
    cancel it and its refused attempts to close.

    Attributes:
        type: What it is, as in `Event.type`: ``ActivityTask``, ``Timer``, ``WorkflowExecution``…
        id: Its activity id, timer id or function id, the workflow id of the other execution, the marker's or the
            signal's name. None for decision tasks and the execution itself, and where the history at hand does not
            hold the event that tells.
        events: Its events, in the order of their ids; at least one.
        is_open: Whether it goes on after the last event of the history.
    """

    type: str
    id: str | None
    events: tuple[Event, ...]
    is_open: bool

    @property
    def first(self) -> Event:
        """The event it began with."""
        return self.events[0]

    @property
    def last(self) -> Event:
        """Its latest event."""
        return self.events[-1]

    @property
    def state(self) -> str:
        """What happened to it last, in lower case: ``started``, ``timed_out``, ``schedule_failed``."""
        return self.last.state

    @property
    def input(self) -> str | None:
        """The input it began with."""
        return getattr(self.first, "input", None)

    @property
    def control(self) -> str | None:
        """The decider's own note on it."""
        return getattr(self.first, "control", None)

    @property
    def result(self) -> str | None:
        """The result its latest event brought."""
        return getattr(self.last, "result", None)

    @property
    def reason(self) -> str | None:
        """The reason its latest event gave."""
        return getattr(self.last, "reason", None)

    @property
    def details(self) -> str | None:
        """The details its latest event gave."""
        return getattr(self.last, "details", None)

    @property
    def cause(self) -> str | None:
        """Why SWF refused or ended it, in one of SWF's words."""
        return getattr(self.last, "cause", None)

    @property
    def timeout_type(self) -> str | None:
        """Which timeout its latest event reports."""
        return getattr(self.last, "timeout_type", None)

    def __repr__(self) -> str:
        name = self.type if self.id is None else f"{self.type} {self.id!r}"
        ids = ", ".join(str(event.id) for event in self.events)
        return f"CompiledEvent({name}, {self.state}, events {ids}{self._times})"

    @property
    def _times(self) -> str:
        """When it began, and when it was last heard of; empty for events that have no time."""
        instants = dict.fromkeys(event.timestamp for event in (self.first, self.last) if event.timestamp != EPOCH)
        return f", {' to '.join(map(wire.instant, instants))}" if instants else ""


def gather(events: Iterable[Event]) -> tuple[CompiledEvent, ...]:
    """Gather events, which come in the order of their ids, into the things they happened to."""
    groups: dict[int, list[Event]] = {}
    scheduled: dict[str, int] = {}
    for event in events:
        if isinstance(event, ActivityTaskScheduled):
            scheduled[event.activity_id] = event.id
        groups.setdefault(_thing(event, scheduled), []).append(event)
    closed = any(type(event) in CLOSE_STATUS_OF for event in groups.get(_EXECUTION, ())[-1:])
    return tuple(_compiled(tuple(group), closed) for group in groups.values())


def latest_by_id(things: Iterable[CompiledEvent], type: str) -> dict[str, CompiledEvent]:
    """Give the things of a type by their ids: of those that share one the open thing, else the one heard of last.

    A refused request to cancel is no thing of the type, and a refused second one does not hide the open one.
    """
    latest: dict[str, CompiledEvent] = {}
    for thing in things:
        if thing.type != type or thing.id is None or _is_refused_cancel(thing):
            continue
        known = latest.get(thing.id)
        if known is None or (known.is_open, known.last.id) < (thing.is_open, thing.last.id):
            latest[thing.id] = thing
    return latest


def _thing(event: Event, scheduled: dict[str, int]) -> int:
    """Give the id of the event that the thing began with."""
    match event:
        case WorkflowExecutionSignaled():
            return event.id
        case WorkflowExecutionEvent():
            return _EXECUTION
        case ActivityTaskCancelRequested():
            # It names the activity id only. SWF accepts it for the open task, which is the latest with that id.
            return scheduled.get(event.activity_id, event.id)
        case _:
            return event.opener_id


def _compiled(events: tuple[Event, ...], closed: bool) -> CompiledEvent:
    last = events[-1]
    ended_with_execution = closed and isinstance(last, TimerEvent | DecisionTaskEvent)
    is_open = type(last) in _GOING_ON and not ended_with_execution
    return CompiledEvent(last.type, _id(events), events, is_open)


def _id(events: tuple[Event, ...]) -> str | None:
    attribute = _ID_ATTRIBUTE.get(events[0].type)
    if attribute is None:
        return None
    return next((id for event in events if (id := _told_id(event, attribute)) is not None), None)


def _told_id(event: Event, attribute: str) -> str | None:
    """Read the id, or the workflow id of the execution that the event names."""
    execution: ExecutionId | None = getattr(event, "workflow_execution", None)
    return execution.workflow_id if execution else getattr(event, attribute, None)


def _is_refused_cancel(thing: CompiledEvent) -> bool:
    return isinstance(thing.first, RequestCancelActivityTaskFailed | CancelTimerFailed)
