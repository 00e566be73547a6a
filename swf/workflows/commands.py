"""What a workflow asks of SWF: what it sends, how a history records it, and what becomes of it.

A command is one decision. It is asked for by a call, sent with the answer of a turn unless it was taken back by then,
and found again in the record of that turn: accepted, with the event that later events refer to, or refused. What is
waited for is a future, and the command at the same time: one object for each activity, child or timer.
"""

import asyncio
import sys
from abc import abstractmethod
from collections.abc import Callable, Mapping
from contextvars import Context
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, ClassVar

from swf.failure import Failure
from swf.models.decision import (
    CancelTimer,
    CancelWorkflowExecution,
    CompleteWorkflowExecution,
    ContinueAsNewWorkflowExecution,
    Decision,
    FailWorkflowExecution,
    RecordMarker,
    RequestCancelActivityTask,
    RequestCancelExternalWorkflowExecution,
    StartTimer,
    from_raw,
)
from swf.models.decision.base import attributes_key
from swf.workflows.failures import DecisionRefused
from swf.workflows.retry import may_pass

if TYPE_CHECKING:
    from swf.workflows.machine import Machine

Attributes = Mapping[str, Any]
Place = tuple[CodeType, int]

# SWF has limits for how many of these may be open at the same time.
ACTIVITY = "activity"
TIMER = "timer"
CHILD = "child"
LAMBDA = "Lambda function"

# Markers that are made here, and not by a workflow's own record_marker().
OURS = "swf.workflows."
PATCH = f"{OURS}patch."

_PASSED_OVER = ("swf.workflows.", "asyncio.")


def here() -> Place | None:
    """Give where the workflow is that asks for something now."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if not frame.f_globals.get("__name__", "").startswith(_PASSED_OVER):
            return frame.f_code, frame.f_lineno
        frame = frame.f_back
    return None


def raised_at(error: BaseException) -> Place | None:
    """Give where a workflow's own code raised an error, or let it through."""
    place: Place | None = None
    traceback = error.__traceback__
    while traceback is not None:
        if not traceback.tb_frame.f_globals.get("__name__", "").startswith(_PASSED_OVER):
            place = traceback.tb_frame.f_code, traceback.tb_lineno
        traceback = traceback.tb_next
    return place


class Command:
    """One decision that a workflow asks for.

    It is no `abc.ABC`: commands are looked at by their class again and again, and those of an ABC take three times as
    long. mypy sees to what is abstract all the same.
    """

    if TYPE_CHECKING:
        # Each kind has slots for these.
        event_id: int | None
        is_dropped: bool
        place: Place | None
    else:
        __slots__ = ()

    decides: type[Decision]
    recorded_as: str
    refused_as: str
    # Of what there may be so many open only.
    limited: ClassVar[str | None] = None

    @property
    def reaches_out(self) -> bool:
        """Whether another execution is to hear of it: if this one ends before, that comes to nothing."""
        return False

    @property
    @abstractmethod
    def attributes(self) -> dict[str, Any]:
        """What is sent."""

    @property
    @abstractmethod
    def told(self) -> str:
        """What it is about, for a message."""

    @property
    def texts(self) -> tuple[str | None, ...]:
        """The texts of what is sent that may be long."""
        return ()

    @property
    def decision(self) -> Decision:
        """What is sent, as a decision; it was checked when it was asked for."""
        return from_raw(self.decides, {attributes_key(self.decides.__name__): self.attributes})

    @abstractmethod
    def is_recorded_by(self, attributes: Attributes) -> bool:
        """Tell whether an event of its kind is about it."""

    def accept(self, machine: "Machine", event_id: int, attributes: Attributes) -> None:
        """Hear that SWF does it."""
        self.event_id = event_id

    def refuse(self, machine: "Machine", cause: str) -> None:
        """Hear that SWF does not do it."""

    def end_refused(self, machine: "Machine", cause: str) -> None:
        """End what was waited for, when SWF does not do it."""


class WaitedFor(Command):
    """A command whose end comes with a later event, which refers to the one that records it."""

    __slots__ = ()

    def accept(self, machine: "Machine", event_id: int, attributes: Attributes) -> None:
        """Hear that SWF does it, and wait for what becomes of it."""
        self.event_id = event_id
        machine.waiting[event_id] = self
        if self.reaches_out:
            machine.outbox.on_their_way.add(event_id)

    def refuse(self, machine: "Machine", cause: str) -> None:
        """Hear that SWF does not do it."""
        machine.not_open(self, cause)


class Timer(asyncio.TimerHandle, WaitedFor):
    """A callback that is called when a timer has fired."""

    __slots__ = ("event_id", "is_dropped", "place", "seconds", "timer_id")

    decides = StartTimer
    recorded_as = "TimerStarted"
    refused_as = "StartTimerFailed"
    limited = TIMER

    # asyncio's repr of a handle wants it.
    _source_traceback = None

    timer_id: str
    seconds: int

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: asyncio.AbstractEventLoop,
        context: Context,
    ) -> None:
        self._context = context
        self._loop = loop
        self._callback = callback
        self._args = args
        self._cancelled = False
        self._when = when
        self._scheduled = False
        self._repr = None
        self.event_id = None
        self.is_dropped = False

    @property
    def attributes(self) -> dict[str, Any]:
        return {"timerId": self.timer_id, "startToFireTimeout": str(self.seconds)}

    @property
    def told(self) -> str:
        return repr(self.timer_id)

    def is_recorded_by(self, attributes: Attributes) -> bool:
        return attributes["timerId"] == self.timer_id  # type: ignore[no-any-return]

    def end_refused(self, machine: "Machine", cause: str) -> None:
        """Start it again if that may help: whoever sleeps cannot be told."""
        if may_pass(cause):
            self.event_id = None
            machine.ask(self)
        else:
            machine.close_with(DecisionRefused("StartTimer", self.told, cause))


class _Plain(Command):
    """A command that nobody waits for."""

    __slots__ = ("event_id", "is_dropped", "place")

    def __init__(self) -> None:
        self.event_id = None
        self.is_dropped = False
        self.place = here()


class WakeUp(_Plain):
    """A timer of no seconds: what did not fit into this answer is sent with the next."""

    __slots__ = ("timer_id",)

    decides = StartTimer
    recorded_as = "TimerStarted"
    refused_as = "StartTimerFailed"

    def __init__(self, timer_id: str) -> None:
        super().__init__()
        self.timer_id = timer_id

    @property
    def attributes(self) -> dict[str, Any]:
        return {"timerId": self.timer_id, "startToFireTimeout": "0"}

    @property
    def told(self) -> str:
        return repr(self.timer_id)

    def is_recorded_by(self, attributes: Attributes) -> bool:
        return attributes["timerId"] == self.timer_id  # type: ignore[no-any-return]


class StopTimer(_Plain):
    """Cancel a timer."""

    __slots__ = ("timer",)

    decides = CancelTimer
    recorded_as = "TimerCanceled"
    refused_as = "CancelTimerFailed"

    def __init__(self, timer: Timer) -> None:
        super().__init__()
        self.timer = timer

    @property
    def attributes(self) -> dict[str, Any]:
        return {"timerId": self.timer.timer_id}

    @property
    def told(self) -> str:
        return self.timer.told

    def is_recorded_by(self, attributes: Attributes) -> bool:
        return attributes["timerId"] == self.timer.timer_id  # type: ignore[no-any-return]

    def accept(self, machine: "Machine", event_id: int, attributes: Attributes) -> None:
        self.event_id = event_id
        if self.timer.event_id is not None:
            machine.take(self.timer.event_id)


class Marker(_Plain):
    """Record a marker."""

    __slots__ = ("details", "name")

    decides = RecordMarker
    recorded_as = "MarkerRecorded"
    refused_as = "RecordMarkerFailed"

    def __init__(self, name: str, details: str | None) -> None:
        super().__init__()
        self.name = name
        self.details = details

    @property
    def attributes(self) -> dict[str, Any]:
        return set_members(markerName=self.name, details=self.details)

    @property
    def told(self) -> str:
        return repr(self.name)

    @property
    def texts(self) -> tuple[str | None, ...]:
        return (self.details,)

    def is_recorded_by(self, attributes: Attributes) -> bool:
        return attributes["markerName"] == self.name  # type: ignore[no-any-return]

    def refuse(self, machine: "Machine", cause: str) -> None:
        machine.close_with(DecisionRefused("RecordMarker", self.told, cause))


def is_ours(command: Command) -> bool:
    """Tell whether a command is a marker that a replay reads: of a side effect, of a local activity, of `patched`."""
    return isinstance(command, Marker) and command.name.startswith(OURS)


def is_patch(command: Command) -> bool:
    """Tell whether a command is the marker of `patched`, which programs come to ask for, and cease to."""
    return isinstance(command, Marker) and command.name.startswith(PATCH)


class CancelActivity(_Plain):
    """Ask for an activity task to be canceled."""

    __slots__ = ("activity_id",)

    decides = RequestCancelActivityTask
    recorded_as = "ActivityTaskCancelRequested"
    refused_as = "RequestCancelActivityTaskFailed"

    def __init__(self, activity_id: str) -> None:
        super().__init__()
        self.activity_id = activity_id

    @property
    def attributes(self) -> dict[str, Any]:
        return {"activityId": self.activity_id}

    @property
    def told(self) -> str:
        return repr(self.activity_id)

    def is_recorded_by(self, attributes: Attributes) -> bool:
        return attributes["activityId"] == self.activity_id  # type: ignore[no-any-return]


class CancelsExecution(Command):
    """Ask for another execution to be canceled."""

    if TYPE_CHECKING:
        workflow_id: str
        run_id: str | None
    else:
        __slots__ = ()

    decides = RequestCancelExternalWorkflowExecution
    recorded_as = "RequestCancelExternalWorkflowExecutionInitiated"
    refused_as = "RequestCancelExternalWorkflowExecutionFailed"

    @property
    def reaches_out(self) -> bool:
        return True

    @property
    def attributes(self) -> dict[str, Any]:
        return set_members(workflowId=self.workflow_id, runId=self.run_id)

    @property
    def told(self) -> str:
        return repr(self.workflow_id)

    def is_recorded_by(self, attributes: Attributes) -> bool:
        return attributes["workflowId"] == self.workflow_id  # type: ignore[no-any-return]


class CancelChild(CancelsExecution, WaitedFor, _Plain):
    """Ask for a child to be canceled. What the workflow hears of it is what becomes of the child."""

    __slots__ = ("run_id", "workflow_id")

    def __init__(self, workflow_id: str, run_id: str | None) -> None:
        super().__init__()
        self.workflow_id = workflow_id
        self.run_id = run_id

    def complete(self, result: None) -> None:
        """Hear that the child knows."""

    def fail(self, error: Exception) -> None:
        """Hear that the child cannot be told: as a rule it has just closed."""


class Close(_Plain):
    """Close the execution, by a decision that is made when it is sent.

    Args:
        decides: The decision's type.
        make: Gives the decision.
        error: What it is closed for, if anything.
    """

    __slots__ = ("_made", "decides", "error", "make", "recorded_as", "refused_as")

    def __init__(
        self, decides: type[Decision], make: Callable[[], Decision], error: BaseException | None = None
    ) -> None:
        super().__init__()
        # Of an end that was returned no line is known.
        self.place = None if error is None else raised_at(error)
        self.error = error
        self.decides = decides
        self.make = make
        self.recorded_as = _CLOSES[decides]
        self.refused_as = f"{decides.__name__}Failed"
        self._made: Decision | None = None

    @property
    def is_as_intended(self) -> bool:
        """Whether the workflow came to its end, or to the end of this run, by itself."""
        return self.decides in (CompleteWorkflowExecution, ContinueAsNewWorkflowExecution)

    @property
    def decision(self) -> Decision:
        if self._made is None:
            self._made = self.make()
        return self._made

    @property
    def attributes(self) -> dict[str, Any]:
        return self.decision.raw[attributes_key(self.decides.__name__)]  # type: ignore[no-any-return]

    @property
    def told(self) -> str:
        return "" if self.error is None else f"for {type(self.error).__name__}: {self.error}"

    def is_recorded_by(self, attributes: Attributes) -> bool:
        return True

    def accept(self, machine: "Machine", event_id: int, attributes: Attributes) -> None:
        self.event_id = event_id
        machine.is_closed = True

    def refuse(self, machine: "Machine", cause: str) -> None:
        machine.refuse_close(self, cause)


_CLOSES: dict[type[Decision], str] = {
    CompleteWorkflowExecution: "WorkflowExecutionCompleted",
    FailWorkflowExecution: "WorkflowExecutionFailed",
    CancelWorkflowExecution: "WorkflowExecutionCanceled",
    ContinueAsNewWorkflowExecution: "WorkflowExecutionContinuedAsNew",
}

# The events of answers that ended an execution, or were to.
ENDS = frozenset({*_CLOSES.values(), *(f"{decides.__name__}Failed" for decides in _CLOSES)})


def completing(result: str | None) -> Close:
    """Close as completed, with a result."""
    return Close(CompleteWorkflowExecution, lambda: _raw(CompleteWorkflowExecution, result=result))


def failing(error: BaseException) -> Close:
    """Close as failed; the error is told when it is sent."""

    def tell() -> Decision:
        failure = Failure.of(error)
        return _raw(FailWorkflowExecution, reason=failure.reason, details=failure.details)

    return Close(FailWorkflowExecution, tell, error)


def failing_with(reason: str, details: str | None) -> Close:
    """Close as failed, in just these words."""
    return Close(FailWorkflowExecution, lambda: _raw(FailWorkflowExecution, reason=reason, details=details))


def canceling(details: str | None) -> Close:
    """Close as canceled."""
    return Close(CancelWorkflowExecution, lambda: _raw(CancelWorkflowExecution, details=details))


def continuing(attributes: dict[str, Any], place: Place | None) -> Close:
    """Close this run, and go on with a new one, as was asked for at some place."""
    kind = ContinueAsNewWorkflowExecution
    close = Close(kind, lambda: from_raw(kind, {attributes_key(kind.__name__): attributes}))
    close.place = place
    return close


def _raw(decides: type[Decision], **members: str | None) -> Decision:
    return from_raw(decides, {attributes_key(decides.__name__): set_members(**members)})


def set_members(**members: Any) -> dict[str, Any]:
    """Give those members that are not None."""
    return {name: value for name, value in members.items() if value is not None}
