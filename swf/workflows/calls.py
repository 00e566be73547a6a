"""What a workflow awaits: activities, children, Lambda functions, and word to other executions; each is a future.

Cancelling one asks SWF to cancel what it stands for, in one of three ways: ``try`` asks, and raises at once; ``wait``
asks, and goes on waiting for what becomes of it; ``abandon`` does not ask.
"""

import asyncio
import random
from collections.abc import Callable, Generator
from contextvars import Context
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from swf.models.decision import (
    ScheduleActivityTask,
    ScheduleLambdaFunction,
    SignalExternalWorkflowExecution,
    StartChildWorkflowExecution,
)
from swf.shapes import TypeId
from swf.workflows.commands import (
    ACTIVITY,
    CHILD,
    LAMBDA,
    Attributes,
    CancelActivity,
    CancelChild,
    CancelsExecution,
    Command,
    Place,
    WaitedFor,
    here,
    set_members,
)
from swf.workflows.failures import DecisionRefused, Failed
from swf.workflows.loop import Future
from swf.workflows.retry import RetryPolicy, may_pass

if TYPE_CHECKING:
    from swf.workflows.machine import Machine

T = TypeVar("T")

CancelPolicy = Literal["try", "wait", "abandon"]


class Heeded(Future[T]):
    """A future that somebody ought to wait for; the machine knows those that nobody ever did.

    A call whose policy is to abandon it may be left alone from the start.
    """

    __slots__ = ()

    def _expect_heed(self, machine: "Machine", call: "Call[T]") -> None:
        if call.is_to_be_awaited:
            machine.unheeded[self._number] = call

    def _heed(self) -> None:
        loop: Any = self.get_loop()
        loop.machine.unheeded.pop(self._number, None)

    def __await__(self) -> Generator[Any, None, T]:
        """Wait for it."""
        self._heed()
        return super().__await__()

    __iter__ = __await__

    def add_done_callback(self, callback: Callable[..., object], /, *, context: Context | None = None) -> None:
        """Have a function called when it is done: what asyncio's gather, wait and shield do."""
        self._heed()
        super().add_done_callback(callback, context=context)

    def result(self) -> T:
        """Give the result; see `Future.result`."""
        self._heed()
        return super().result()

    def exception(self) -> BaseException | None:
        """Give what it failed with, or None."""
        self._heed()
        return super().exception()


class Call(Heeded[T], WaitedFor):
    """Something that SWF is asked for, and that ends in a result or a failure."""

    __slots__ = ("event_id", "is_cancel_requested", "is_dropped", "place", "policy")

    event_id: int | None
    place: Place | None

    def __init__(self, machine: "Machine", policy: CancelPolicy) -> None:
        super().__init__(machine.loop)
        self.policy = policy
        self.event_id = None
        self.is_dropped = False
        self.is_cancel_requested = False
        self.place = here()
        self._expect_heed(machine, self)

    @property
    def is_to_be_awaited(self) -> bool:
        """Whether nobody waiting for it would be a mistake."""
        return self.policy != "abandon"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.told} {self._state.lower()}>"

    @property
    def _machine(self) -> "Machine":
        loop: Any = self.get_loop()
        return loop.machine  # type: ignore[no-any-return]

    def cancel_command(self) -> Command | None:
        """Give what asks SWF to cancel it."""
        return None

    def end_refused(self, machine: "Machine", cause: str) -> None:
        """Fail with what SWF said."""
        self.fail(DecisionRefused(self.decides.__name__, self.told, cause, retry=may_pass(cause)))

    def complete(self, result: T) -> None:
        """End with a result, unless it is over for the workflow."""
        if not self.done():
            self.set_result(result)

    def fail(self, error: Exception) -> None:
        """End with a failure, unless it is over for the workflow."""
        if not self.done():
            self.set_exception(error)

    def end_canceled(self, error: Callable[[], Exception]) -> None:
        """End as canceled, which is a failure if nobody here asked for it."""
        if self.is_cancel_requested:
            super().cancel()
        else:
            self.fail(error())

    def cancel(self, msg: Any | None = None) -> bool:
        """Ask SWF to cancel it, as its policy says."""
        if self.done():
            return False
        self._heed()
        if self.event_id is None:
            # It was not sent yet, and now will not be.
            self.is_dropped = True
            self._machine.dropped(self)
            return super().cancel(msg)
        if self.policy != "abandon" and not self.is_cancel_requested:
            self.is_cancel_requested = True
            command = self.cancel_command()
            if command is not None:
                self._machine.ask(command)
        return True if self.policy == "wait" else super().cancel(msg)


class ActivityCall(Call[T]):
    """An activity task.

    Attributes:
        activity_type: Its type.
        activity_id: Its id.
    """

    __slots__ = ("activity_id", "activity_type", "input", "settings")

    decides = ScheduleActivityTask
    recorded_as = "ActivityTaskScheduled"
    refused_as = "ScheduleActivityTaskFailed"
    limited = ACTIVITY

    def __init__(
        self,
        machine: "Machine",
        policy: CancelPolicy,
        activity_type: TypeId,
        activity_id: str,
        input: str | None,
        settings: dict[str, Any],
    ) -> None:
        super().__init__(machine, policy)
        self.activity_type = activity_type
        self.activity_id = activity_id
        self.input = input
        self.settings = settings

    @property
    def attributes(self) -> dict[str, Any]:
        """What is sent."""
        return {**self.settings, **set_members(activityId=self.activity_id, input=self.input)}

    @property
    def told(self) -> str:
        """What it is about, for a message."""
        return f"{self.activity_type.name!r} {self.activity_type.version!r} with the id {self.activity_id!r}"

    @property
    def texts(self) -> tuple[str | None, ...]:
        """The texts that may be long."""
        return self.input, self.settings.get("control")

    def is_recorded_by(self, attributes: Attributes) -> bool:
        """Tell whether an event of its kind is about it."""
        kind = attributes["activityType"]
        return (  # type: ignore[no-any-return]
            attributes["activityId"] == self.activity_id
            and kind["name"] == self.activity_type.name
            and kind["version"] == self.activity_type.version
        )

    def cancel_command(self) -> Command:
        """Give what asks SWF to cancel it."""
        return CancelActivity(self.activity_id)


class ChildFuture(Heeded[T]):
    """What starting a child gives: a future of its result, which tells of the child."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def workflow_id(self) -> str:
            """Its workflow id."""

        @property
        def run_id(self) -> str | None:
            """Its run id, once it has started."""

        @property
        def started(self) -> Future[str]:
            """A future of its run id: done when it has started, or will not."""


class ChildCall(Call[T], ChildFuture[T]):
    """A child execution.

    Attributes:
        workflow_type: Its type.
        workflow_id: Its workflow id.
        run_id: Its run id, once it has started.
    """

    __slots__ = (
        "_error",
        "_started",
        "_workflow_id_counts",
        "input",
        "run_id",
        "settings",
        "workflow_id",
        "workflow_type",
    )

    workflow_id: str
    run_id: str | None

    decides = StartChildWorkflowExecution
    recorded_as = "StartChildWorkflowExecutionInitiated"
    refused_as = "StartChildWorkflowExecutionFailed"
    limited = CHILD

    def __init__(
        self,
        machine: "Machine",
        policy: CancelPolicy,
        workflow_type: TypeId,
        workflow_id: str,
        input: str | None,
        settings: dict[str, Any],
    ) -> None:
        super().__init__(machine, policy)
        self.workflow_type = workflow_type
        self.workflow_id = workflow_id
        self.run_id = None
        self.input = input
        self.settings = settings
        self._started: Future[str] | None = None
        self._error: Exception | None = None
        # Where it is not known whose history is replayed, neither is what its children were called.
        self._workflow_id_counts = machine.is_known

    @property
    def reaches_out(self) -> bool:
        """Whether it is to start though nobody waits for it."""
        return self.policy == "abandon"

    @property
    def started(self) -> Future[str]:
        """A future of its run id: done when it has started, or will not."""
        self._heed()
        if self._started is None:
            loop: Any = self.get_loop()
            self._started = Future(loop)
            self._tell_started()
        return self._started

    def _tell_started(self) -> None:
        started = self._started
        if started is None or started.done():
            return
        if self.run_id is not None:
            started.set_result(self.run_id)
        elif self._error is not None:
            started.set_exception(self._error)
        elif self.is_dropped:
            started.cancel()

    def accept(self, machine: "Machine", event_id: int, attributes: Attributes) -> None:
        """Hear that SWF does it, and under which workflow id."""
        super().accept(machine, event_id, attributes)
        self.workflow_id = attributes["workflowId"]

    def begin(self, run_id: str) -> None:
        """Hear that it has started."""
        self.run_id = run_id
        self._tell_started()

    def fail(self, error: Exception) -> None:
        """End with a failure, unless it is over for the workflow."""
        self._error = error
        self._tell_started()
        super().fail(error)

    def cancel(self, msg: Any | None = None) -> bool:
        """Ask SWF to cancel it, as its policy says; what was not sent yet never starts."""
        is_canceled = super().cancel(msg)
        self._tell_started()
        return is_canceled

    @property
    def attributes(self) -> dict[str, Any]:
        """What is sent."""
        return {**self.settings, **set_members(workflowId=self.workflow_id, input=self.input)}

    @property
    def told(self) -> str:
        """What it is about, for a message."""
        return f"{self.workflow_type.name!r} {self.workflow_type.version!r} with the workflow id {self.workflow_id!r}"

    @property
    def texts(self) -> tuple[str | None, ...]:
        """The texts that may be long."""
        return self.input, self.settings.get("control")

    def is_recorded_by(self, attributes: Attributes) -> bool:
        """Tell whether an event of its kind is about it."""
        kind = attributes["workflowType"]
        return (
            kind["name"] == self.workflow_type.name
            and kind["version"] == self.workflow_type.version
            and (attributes["workflowId"] == self.workflow_id or not self._workflow_id_counts)
        )

    def cancel_command(self) -> Command:
        """Give what asks SWF to cancel it."""
        return CancelChild(self.workflow_id, self.run_id)


class LambdaCall(Call[Any]):
    """A call of an AWS Lambda function; SWF cannot cancel one."""

    __slots__ = ("function_id", "input", "name", "settings")

    decides = ScheduleLambdaFunction
    recorded_as = "LambdaFunctionScheduled"
    refused_as = "ScheduleLambdaFunctionFailed"
    limited = LAMBDA

    def __init__(
        self, machine: "Machine", function_id: str, name: str, input: str | None, settings: dict[str, Any]
    ) -> None:
        super().__init__(machine, "abandon")
        self.function_id = function_id
        self.name = name
        self.input = input
        self.settings = settings

    @property
    def is_to_be_awaited(self) -> bool:
        """Whether nobody waiting for it would be a mistake."""
        return True

    @property
    def attributes(self) -> dict[str, Any]:
        """What is sent."""
        return {**self.settings, **set_members(id=self.function_id, name=self.name, input=self.input)}

    @property
    def told(self) -> str:
        """What it is about, for a message."""
        return f"{self.name!r} with the id {self.function_id!r}"

    @property
    def texts(self) -> tuple[str | None, ...]:
        """The texts that may be long."""
        return (self.input,)

    def is_recorded_by(self, attributes: Attributes) -> bool:
        """Tell whether an event of its kind is about it."""
        return (  # type: ignore[no-any-return]
            attributes.get("functionId", attributes.get("id")) == self.function_id
            and attributes.get("functionName", attributes.get("name")) == self.name
        )


class ExternalSignal(Call[None]):
    """A signal to another execution."""

    __slots__ = ("input", "run_id", "signal_name", "workflow_id")

    decides = SignalExternalWorkflowExecution
    recorded_as = "SignalExternalWorkflowExecutionInitiated"
    refused_as = "SignalExternalWorkflowExecutionFailed"

    def __init__(
        self, machine: "Machine", workflow_id: str, signal_name: str, input: str | None, run_id: str | None
    ) -> None:
        super().__init__(machine, "abandon")
        self.workflow_id = workflow_id
        self.signal_name = signal_name
        self.input = input
        self.run_id = run_id

    @property
    def reaches_out(self) -> bool:
        """Whether another execution is to hear of it."""
        return True

    @property
    def attributes(self) -> dict[str, Any]:
        """What is sent."""
        return set_members(
            workflowId=self.workflow_id, signalName=self.signal_name, input=self.input, runId=self.run_id
        )

    @property
    def told(self) -> str:
        """What it is about, for a message."""
        return f"{self.signal_name!r} to {self.workflow_id!r}"

    @property
    def texts(self) -> tuple[str | None, ...]:
        """The texts that may be long."""
        return (self.input,)

    def is_recorded_by(self, attributes: Attributes) -> bool:
        """Tell whether an event of its kind is about it."""
        # A refusal does not tell the signal's name.
        return (  # type: ignore[no-any-return]
            attributes["workflowId"] == self.workflow_id
            and attributes.get("signalName", self.signal_name) == self.signal_name
        )


class ExternalCancel(CancelsExecution, Call[None]):
    """A request to another execution to cancel itself."""

    __slots__ = ("run_id", "workflow_id")

    def __init__(self, machine: "Machine", workflow_id: str, run_id: str | None) -> None:
        super().__init__(machine, "abandon")
        self.workflow_id = workflow_id
        self.run_id = run_id


class Retried(ChildFuture[T]):
    """A call that is made again when it fails, after a timer, as a policy says.

    Attributes:
        attempt: Which attempt it is at.
    """

    __slots__ = ("_chance", "_current", "_is_cancel_requested", "_make", "_policy", "_timer", "attempt")

    def __init__(
        self, machine: "Machine", policy: RetryPolicy, chance: random.Random, make: Callable[[int], Call[T]]
    ) -> None:
        super().__init__(machine.loop)
        self._policy = policy
        self._chance = chance
        self._make = make
        self._timer: asyncio.TimerHandle | None = None
        self._is_cancel_requested = False
        self.attempt = 0
        self._try()
        self._expect_heed(machine, self._current)

    @property
    def workflow_id(self) -> str:
        """The workflow id of the child that is the latest attempt."""
        return self._child.workflow_id

    @property
    def run_id(self) -> str | None:
        """The run id of the child that is the latest attempt, once it has started."""
        return self._child.run_id

    @property
    def started(self) -> Future[str]:
        """A future of the run id of the child that is the latest attempt."""
        return self._child.started

    @property
    def _child(self) -> ChildCall[T]:
        if isinstance(self._current, ChildCall):
            return self._current
        raise AttributeError("An activity has no workflow id and no run id: a child has.")

    def _try_again(self) -> None:
        try:
            self._try()
        except Exception as error:
            self.set_exception(error)

    def _try(self) -> None:
        self._timer = None
        self.attempt += 1
        self._current = self._make(self.attempt)
        self._current.add_done_callback(self._hear)

    def _hear(self, ended: "asyncio.Future[T]") -> None:
        if self.done():
            return
        if ended.cancelled():
            super().cancel()
            return
        error = ended.exception()
        if error is None:
            self.set_result(ended.result())
            return
        delay = self._delay(error)
        if delay is None:
            self.set_exception(error)
        else:
            self._timer = self.get_loop().call_later(delay, self._try_again)

    def _delay(self, error: BaseException) -> float | None:
        if self._is_cancel_requested or not isinstance(error, Failed):
            return None
        return self._policy.delay(self.attempt, error.failure, self._chance)

    def cancel(self, msg: Any | None = None) -> bool:
        """Cancel the attempt that is under way, or make no more."""
        if self.done():
            return False
        self._heed()
        self._is_cancel_requested = True
        if self._timer is not None:
            self._timer.cancel()
        elif not self._current.done():
            # What becomes of the attempt becomes of this too.
            return self._current.cancel(msg)
        return super().cancel(msg)


def made(machine: "Machine", retry: RetryPolicy | None, make: Callable[[int], Call[T]]) -> Future[T]:
    """Make a call, and make it again when it fails if a policy says so; what makes it is told which attempt it is."""
    return make(1) if retry is None else Retried(machine, retry, machine.chance("retry"), make)
