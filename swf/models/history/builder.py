"""Histories for tests, written event by event."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar

from swf import payload, wire
from swf.checks import of_kind, of_seconds, refuse_misspelt
from swf.constants import TERMINATE
from swf.exceptions import ValidationError
from swf.models.event import (
    ActivityTaskCanceled,
    ActivityTaskCancelRequested,
    ActivityTaskCompleted,
    ActivityTaskFailed,
    ActivityTaskScheduled,
    ActivityTaskStarted,
    ActivityTaskTimedOut,
    CancelTimerFailed,
    CancelWorkflowExecutionFailed,
    ChildWorkflowExecutionCanceled,
    ChildWorkflowExecutionCompleted,
    ChildWorkflowExecutionFailed,
    ChildWorkflowExecutionStarted,
    ChildWorkflowExecutionTerminated,
    ChildWorkflowExecutionTimedOut,
    CompleteWorkflowExecutionFailed,
    ContinueAsNewWorkflowExecutionFailed,
    DecisionTaskCompleted,
    DecisionTaskScheduled,
    DecisionTaskStarted,
    DecisionTaskTimedOut,
    Event,
    ExternalWorkflowExecutionCancelRequested,
    ExternalWorkflowExecutionSignaled,
    FailWorkflowExecutionFailed,
    LambdaFunctionCompleted,
    LambdaFunctionFailed,
    LambdaFunctionScheduled,
    LambdaFunctionStarted,
    LambdaFunctionTimedOut,
    MarkerRecorded,
    RecordMarkerFailed,
    RequestCancelActivityTaskFailed,
    RequestCancelExternalWorkflowExecutionFailed,
    RequestCancelExternalWorkflowExecutionInitiated,
    ScheduleActivityTaskFailed,
    ScheduleLambdaFunctionFailed,
    SignalExternalWorkflowExecutionFailed,
    SignalExternalWorkflowExecutionInitiated,
    StartChildWorkflowExecutionFailed,
    StartChildWorkflowExecutionInitiated,
    StartLambdaFunctionFailed,
    StartTimerFailed,
    TimerCanceled,
    TimerFired,
    TimerStarted,
    WorkflowExecutionCanceled,
    WorkflowExecutionCancelRequested,
    WorkflowExecutionCompleted,
    WorkflowExecutionContinuedAsNew,
    WorkflowExecutionFailed,
    WorkflowExecutionSignaled,
    WorkflowExecutionStarted,
    WorkflowExecutionTerminated,
    WorkflowExecutionTimedOut,
)
from swf.models.history.base import History
from swf.models.history.decision_tasks import asks_for_decision, next_decision_task
from swf.models.history.state import (
    CLOSE_STATUS_OF,
    ExecutionState,
    ExternalRequest,
    OpenActivity,
    OpenChild,
    OpenLambda,
)
from swf.shapes import (
    ActivityTaskTimeoutType,
    CancelTimerFailedCause,
    CancelWorkflowExecutionFailedCause,
    CompleteWorkflowExecutionFailedCause,
    ContinueAsNewWorkflowExecutionFailedCause,
    ExecutionId,
    FailWorkflowExecutionFailedCause,
    HasNameAndVersion,
    RecordMarkerFailedCause,
    RequestCancelActivityTaskFailedCause,
    RequestCancelExternalWorkflowExecutionFailedCause,
    ScheduleActivityTaskFailedCause,
    ScheduleLambdaFunctionFailedCause,
    SignalExternalWorkflowExecutionFailedCause,
    StartChildWorkflowExecutionFailedCause,
    StartLambdaFunctionFailedCause,
    StartTimerFailedCause,
    WorkflowExecutionTerminatedCause,
    tags,
    type_id,
)

E = TypeVar("E", bound=Event)
R = TypeVar("R", SignalExternalWorkflowExecutionInitiated, RequestCancelExternalWorkflowExecutionInitiated)
T = TypeVar("T")
Type = HasNameAndVersion | tuple[str, str]

START = datetime(2020, 1, 1, tzinfo=UTC)
DECIDER = "decider"
WORKER = "worker"

_REFUSED_ENDS = (
    CompleteWorkflowExecutionFailed,
    FailWorkflowExecutionFailed,
    CancelWorkflowExecutionFailed,
    ContinueAsNewWorkflowExecutionFailed,
)
_TEXTS = {"Data", "FunctionInput", "LimitedData"}
_LAMBDA_SECONDS = 900


class HistoryBuilder:
    """Writes a history that SWF could have written, for tests.

    It begins with ``WorkflowExecutionStarted``. Each event has a method named ``add_`` and its name in snake case,
    which returns the event; ``add_decision_task``, ``add_activity_task``, ``add_timer``, ``add_lambda_function`` and
    ``add_child_workflow_execution`` add a thing as far as its ``last_state``. Any other attribute of the event, its
    references too, can be given by its name; those left out are filled in. What ``input``, ``result``, ``details``,
    ``control`` and the execution context take goes through `swf.payload.encode`.

    What SWF does by itself is done here too, so that a test says only what matters to it:

    - What a decider has to know of is followed by ``DecisionTaskScheduled``, unless a decision task waits already.
    - What comes of a decision belongs to the answer to a decision task. When none is being answered, the one that runs
      or waits is started and completed first. Such events follow their ``DecisionTaskCompleted`` with its timestamp,
      and the decision task they ask for comes after the last of them.
    - An activity task or a Lambda function that ends without having started is started first, and so is a child.
    - A timer fires, and a timeout comes, when it is due at the earliest.

    What SWF could not have written raises a `ValidationError`: an end of what is not open, a decision when there is
    no decision task to answer, an end of the execution that leaves an event unhandled, anything after its end.

    >>> builder = HistoryBuilder(("Order", "1"), input={"id": 7})
    >>> scheduled = builder.add_activity_task(("Charge", "1"), "charge", result="paid")
    >>> closed = builder.add_workflow_execution_completed()
    >>> [event.name for event in builder.history][5:8]
    ['ActivityTaskStarted', 'ActivityTaskCompleted', 'DecisionTaskScheduled']
    >>> builder.history
    History(11 events, WorkflowExecutionStarted to WorkflowExecutionCompleted, COMPLETED)

    Args:
        workflow_type: A model, or a name and a version.
        input: What the execution was started with.
        start: When it started, an aware datetime.
        step_seconds: How long after the one before the next event happens.
        attributes: Further attributes of ``WorkflowExecutionStarted``.

    Attributes:
        state: What is open after the events added so far.
    """

    def __init__(
        self,
        workflow_type: Type = ("workflow", "1.0"),
        *,
        input: Any = None,
        start: datetime = START,
        step_seconds: float = 1,
        **attributes: Any,
    ) -> None:
        of_kind(
            start, datetime, "datetime", "Give one with a time zone, for instance datetime(2020, 1, 1, tzinfo=UTC)."
        )
        if start.tzinfo is None:
            raise ValidationError(f"{start} has no time zone. Give one, for instance datetime(2020, 1, 1, tzinfo=UTC).")
        self.state = ExecutionState()
        self._events: list[Event] = []
        self._step = timedelta(seconds=of_seconds(step_seconds, "step_seconds"))
        self._now = self._earliest = start.astimezone(UTC) - self._step
        self._answer: DecisionTaskCompleted | None = None
        self._owes_decision_task = False
        self._happen(
            WorkflowExecutionStarted,
            attributes,
            workflow_type=type_id(workflow_type),
            input=input,
            task_list="decisions",
            child_policy=TERMINATE,
            execution_start_to_close_timeout=86_400,
            task_start_to_close_timeout=60,
            parent_initiated_event_id=0,
        )

    @property
    def history(self) -> History:
        """The history so far."""
        if not self._owes_decision_task:
            return History(self._events)
        return History([*self._events, self._placed(next_decision_task(self.state))])

    def advance(self, seconds: float) -> None:
        """Let time pass: the next event happens that much after the one before, or later."""
        self._earliest = self._now + timedelta(seconds=of_seconds(seconds, "seconds"))

    def add(self, event: E) -> E:
        """Add any event, give it its id and timestamp, and give it back.

        Raises:
            ValidationError: The execution is closed, or an attribute breaks its shape.
        """
        if self.state.closed is not None:
            closed = self.state.closed
            raise ValidationError(
                f"The execution closed with event {closed.id}, {closed.name}; {event.name} cannot follow."
            )
        wire.check(event)
        answers = self._answers(event)
        if not answers:
            self._end_answer()
            self._now = max(self._now + self._step, self._earliest)
        added = self._append(event)
        self._go_on(added, answers)
        return added

    # Decision tasks

    def add_decision_task(
        self, last_state: Literal["scheduled", "started", "completed", "timed_out"] = "completed", **attributes: Any
    ) -> Event:
        """Take the decision task that waits or runs as far as this state; attributes are those of the last event."""
        match last_state:
            case "scheduled":
                return self.add_decision_task_scheduled(**attributes)
            case "started":
                return self.add_decision_task_started(**attributes)
            case "completed":
                return self.add_decision_task_completed(**attributes)
            case "timed_out":
                return self.add_decision_task_timed_out(**attributes)
        raise _no_state("decision task", last_state)

    def add_decision_task_scheduled(self) -> DecisionTaskScheduled:
        """Give the decision task that waits: it is there as soon as something asks for it."""
        self._end_answer()
        if self.state.scheduled_decision is None:
            raise ValidationError(
                f"No decision task waits after event {len(self._events)}, {self._events[-1].name}: nothing happened "
                "that SWF asks a decider about. Add that first, for instance add_workflow_execution_signaled('wake')."
            )
        return self.state.scheduled_decision

    def add_decision_task_started(self, *, identity: str | None = DECIDER, **attributes: Any) -> DecisionTaskStarted:
        """Have a decider take the decision task that waits."""
        running = self.state.started_decision
        if running is not None:
            raise ValidationError(f"The decision task of event {running.id} runs. Complete it before the next starts.")
        scheduled = self.add_decision_task_scheduled()
        return self._happen(DecisionTaskStarted, attributes, scheduled_event_id=scheduled.id, identity=identity)

    def add_decision_task_completed(self, *, execution_context: Any = None, **attributes: Any) -> DecisionTaskCompleted:
        """Have the decider answer; events that come of its decisions can follow."""
        started = self.state.started_decision or self.add_decision_task_started()
        return self._happen(
            DecisionTaskCompleted,
            attributes,
            scheduled_event_id=started.scheduled_event_id,
            started_event_id=started.id,
            execution_context=execution_context,
        )

    def add_decision_task_timed_out(self, **attributes: Any) -> DecisionTaskTimedOut:
        """Have nobody answer in time, or take it in time where its task list holds for a while only."""
        running = self.state.started_decision
        if running is None:
            waiting = self.add_decision_task_scheduled()
            if isinstance(waiting.schedule_to_start_timeout, int):
                self._not_before(waiting, waiting.schedule_to_start_timeout)
                filled = _references(waiting, None)
                return self._happen(DecisionTaskTimedOut, attributes, **filled, timeout_type="SCHEDULE_TO_START")
            running = self.add_decision_task_started()
        self._not_before(running, self._start().task_start_to_close_timeout)
        filled = {"scheduled_event_id": running.scheduled_event_id, "started_event_id": running.id}
        return self._happen(DecisionTaskTimedOut, attributes, **filled, timeout_type="START_TO_CLOSE")

    # Activity tasks

    def add_activity_task(
        self,
        activity_type: Type,
        activity_id: str,
        *,
        last_state: Literal["scheduled", "started", "completed", "failed", "timed_out", "canceled"] = "completed",
        input: Any = None,
        control: Any = None,
        **attributes: Any,
    ) -> Event:
        """Schedule an activity task and take it as far as this state; the attributes are those of the last event.

        ``canceled`` is what becomes of a task that one answer schedules and asks to cancel; the attributes are those of
        the request then.
        """
        opening = attributes if last_state == "scheduled" else {}
        scheduled = self.add_activity_task_scheduled(
            activity_type, activity_id, input=input, control=control, **opening
        )
        match last_state:
            case "scheduled":
                return scheduled
            case "started":
                return self.add_activity_task_started(activity_id, **attributes)
            case "completed":
                return self.add_activity_task_completed(activity_id, **attributes)
            case "failed":
                return self.add_activity_task_failed(activity_id, **attributes)
            case "timed_out":
                return self.add_activity_task_timed_out(activity_id, **attributes)
            case "canceled":
                self.add_activity_task_cancel_requested(activity_id, **attributes)
                return self._events[-1]
        raise _no_state("activity task", last_state)

    def add_activity_task_scheduled(
        self, activity_type: Type, activity_id: str, *, input: Any = None, control: Any = None, **attributes: Any
    ) -> ActivityTaskScheduled:
        """Have a ``ScheduleActivityTask`` decision accepted."""
        used = self.state.activity(activity_id)
        if used is not None:
            raise _in_use("activity id", activity_id, used.scheduled, "add_schedule_activity_task_failed")
        return self._decide(
            ActivityTaskScheduled,
            attributes,
            activity_type=type_id(activity_type),
            activity_id=activity_id,
            input=input,
            control=control,
            task_list="activities",
            schedule_to_start_timeout=300,
            schedule_to_close_timeout=3_600,
            start_to_close_timeout=600,
            heartbeat_timeout=60,
        )

    def add_schedule_activity_task_failed(
        self,
        activity_type: Type,
        activity_id: str,
        *,
        cause: ScheduleActivityTaskFailedCause = "ACTIVITY_TYPE_DOES_NOT_EXIST",
        **attributes: Any,
    ) -> ScheduleActivityTaskFailed:
        """Have a ``ScheduleActivityTask`` decision refused."""
        kind = type_id(activity_type)
        return self._decide(
            ScheduleActivityTaskFailed, attributes, activity_type=kind, activity_id=activity_id, cause=cause
        )

    def add_activity_task_started(
        self, activity_id: str | None = None, *, identity: str | None = WORKER, **attributes: Any
    ) -> ActivityTaskStarted:
        """Have a worker take the activity task; left out, the id is that of the open one scheduled last."""
        activity = self._activity(activity_id)
        if activity.started is not None:
            raise ValidationError(
                f"Activity task {activity.scheduled.activity_id!r} was started with event {activity.started.id}. "
                "A task starts once; schedule another."
            )
        return self._happen(
            ActivityTaskStarted, attributes, scheduled_event_id=activity.scheduled.id, identity=identity
        )

    def add_activity_task_completed(
        self, activity_id: str | None = None, *, result: Any = None, **attributes: Any
    ) -> ActivityTaskCompleted:
        """Have the worker complete the activity task."""
        return self._happen(ActivityTaskCompleted, attributes, **self._taken(activity_id), result=result)

    def add_activity_task_failed(
        self, activity_id: str | None = None, *, reason: str | None = None, details: Any = None, **attributes: Any
    ) -> ActivityTaskFailed:
        """Have the worker fail the activity task."""
        return self._happen(ActivityTaskFailed, attributes, **self._taken(activity_id), reason=reason, details=details)

    def add_activity_task_timed_out(
        self,
        activity_id: str | None = None,
        *,
        timeout_type: ActivityTaskTimeoutType = "START_TO_CLOSE",
        details: Any = None,
        **attributes: Any,
    ) -> ActivityTaskTimedOut:
        """Have one of the activity task's timeouts come."""
        activity = self._activity(activity_id)
        if timeout_type == "SCHEDULE_TO_START" and activity.started is not None:
            raise ValidationError(
                f"Activity task {activity.scheduled.activity_id!r} was started with event {activity.started.id}, in "
                "time for SCHEDULE_TO_START. Give another timeout_type."
            )
        if timeout_type in ("START_TO_CLOSE", "HEARTBEAT"):
            references = self._taken(activity.scheduled.activity_id)
            since = self._events[references["started_event_id"] - 1]
        else:
            references = _references(activity.scheduled, activity.started)
            since = activity.scheduled
        self._not_before(since, getattr(activity.scheduled, f"{timeout_type.lower()}_timeout", None))
        return self._happen(ActivityTaskTimedOut, attributes, **references, timeout_type=timeout_type, details=details)

    def add_activity_task_canceled(
        self, activity_id: str | None = None, *, details: Any = None, **attributes: Any
    ) -> ActivityTaskCanceled:
        """Have the worker cancel the activity task; one that was not started is canceled by the request itself."""
        activity = self._activity(activity_id)
        return self._happen(
            ActivityTaskCanceled,
            attributes,
            **self._taken(activity_id),
            details=details,
            latest_cancel_requested_event_id=activity.cancel_requested and activity.cancel_requested.id,
        )

    def add_activity_task_cancel_requested(
        self, activity_id: str | None = None, **attributes: Any
    ) -> ActivityTaskCancelRequested:
        """Have a ``RequestCancelActivityTask`` decision accepted: SWF cancels at once what no worker took."""
        activity = self._activity(activity_id)
        requested = self._decide(ActivityTaskCancelRequested, attributes, activity_id=activity.scheduled.activity_id)
        if activity.started is None:
            references = _references(activity.scheduled, None)
            self._happen(ActivityTaskCanceled, {}, **references, latest_cancel_requested_event_id=requested.id)
        return requested

    def add_request_cancel_activity_task_failed(
        self,
        activity_id: str,
        *,
        cause: RequestCancelActivityTaskFailedCause = "ACTIVITY_ID_UNKNOWN",
        **attributes: Any,
    ) -> RequestCancelActivityTaskFailed:
        """Have a ``RequestCancelActivityTask`` decision refused."""
        return self._decide(RequestCancelActivityTaskFailed, attributes, activity_id=activity_id, cause=cause)

    # Timers

    def add_timer(
        self,
        timer_id: str,
        *,
        last_state: Literal["started", "fired", "canceled"] = "fired",
        start_to_fire_timeout: int = 60,
        control: Any = None,
        **attributes: Any,
    ) -> Event:
        """Start a timer and take it as far as this state; the attributes are those of the last event.

        ``canceled`` is a timer that is started and canceled in one answer.
        """
        opening = attributes if last_state == "started" else {}
        started = self.add_timer_started(
            timer_id, start_to_fire_timeout=start_to_fire_timeout, control=control, **opening
        )
        match last_state:
            case "started":
                return started
            case "fired":
                return self.add_timer_fired(timer_id, **attributes)
            case "canceled":
                return self.add_timer_canceled(timer_id, **attributes)
        raise _no_state("timer", last_state)

    def add_timer_started(
        self, timer_id: str, *, start_to_fire_timeout: int = 60, control: Any = None, **attributes: Any
    ) -> TimerStarted:
        """Have a ``StartTimer`` decision accepted."""
        used = self.state.timers.get(timer_id)
        if used is not None:
            raise _in_use("timer id", timer_id, used, "add_start_timer_failed")
        return self._decide(
            TimerStarted, attributes, timer_id=timer_id, start_to_fire_timeout=start_to_fire_timeout, control=control
        )

    def add_start_timer_failed(
        self, timer_id: str, *, cause: StartTimerFailedCause = "TIMER_ID_ALREADY_IN_USE", **attributes: Any
    ) -> StartTimerFailed:
        """Have a ``StartTimer`` decision refused."""
        return self._decide(StartTimerFailed, attributes, timer_id=timer_id, cause=cause)

    def add_timer_fired(self, timer_id: str | None = None, **attributes: Any) -> TimerFired:
        """Have the timer's time be over; left out, the id is that of the open one started last."""
        timer = self._timer(timer_id)
        self._not_before(timer, timer.start_to_fire_timeout)
        return self._happen(TimerFired, attributes, timer_id=timer.timer_id, started_event_id=timer.id)

    def add_timer_canceled(self, timer_id: str | None = None, **attributes: Any) -> TimerCanceled:
        """Have a ``CancelTimer`` decision accepted."""
        timer = self._timer(timer_id)
        return self._decide(TimerCanceled, attributes, timer_id=timer.timer_id, started_event_id=timer.id)

    def add_cancel_timer_failed(
        self, timer_id: str, *, cause: CancelTimerFailedCause = "TIMER_ID_UNKNOWN", **attributes: Any
    ) -> CancelTimerFailed:
        """Have a ``CancelTimer`` decision refused."""
        return self._decide(CancelTimerFailed, attributes, timer_id=timer_id, cause=cause)

    # Markers

    def add_marker_recorded(self, marker_name: str, *, details: Any = None, **attributes: Any) -> MarkerRecorded:
        """Have a ``RecordMarker`` decision accepted."""
        return self._decide(MarkerRecorded, attributes, marker_name=marker_name, details=details)

    def add_record_marker_failed(
        self, marker_name: str, *, cause: RecordMarkerFailedCause = "OPERATION_NOT_PERMITTED", **attributes: Any
    ) -> RecordMarkerFailed:
        """Have a ``RecordMarker`` decision refused."""
        return self._decide(RecordMarkerFailed, attributes, marker_name=marker_name, cause=cause)

    # What reaches the execution from outside

    def add_workflow_execution_signaled(
        self, signal_name: str, *, input: Any = None, **attributes: Any
    ) -> WorkflowExecutionSignaled:
        """Have a signal reach the execution."""
        return self._happen(
            WorkflowExecutionSignaled, attributes, signal_name=signal_name, input=input, external_initiated_event_id=0
        )

    def add_workflow_execution_cancel_requested(self, **attributes: Any) -> WorkflowExecutionCancelRequested:
        """Have somebody ask for the execution to be canceled."""
        return self._happen(WorkflowExecutionCancelRequested, attributes, external_initiated_event_id=0)

    # Child executions

    def add_child_workflow_execution(
        self,
        workflow_type: Type,
        workflow_id: str,
        *,
        last_state: Literal[
            "start_initiated", "started", "completed", "failed", "timed_out", "canceled", "terminated"
        ] = "completed",
        input: Any = None,
        control: Any = None,
        **attributes: Any,
    ) -> Event:
        """Start a child and take it as far as this state; the attributes are those of the last event."""
        opening = attributes if last_state == "start_initiated" else {}
        initiated = self.add_start_child_workflow_execution_initiated(
            workflow_type, workflow_id, input=input, control=control, **opening
        )
        match last_state:
            case "start_initiated":
                return initiated
            case "started":
                return self.add_child_workflow_execution_started(workflow_id, **attributes)
            case "completed":
                return self.add_child_workflow_execution_completed(workflow_id, **attributes)
            case "failed":
                return self.add_child_workflow_execution_failed(workflow_id, **attributes)
            case "timed_out":
                return self.add_child_workflow_execution_timed_out(workflow_id, **attributes)
            case "canceled":
                return self.add_child_workflow_execution_canceled(workflow_id, **attributes)
            case "terminated":
                return self.add_child_workflow_execution_terminated(workflow_id, **attributes)
        raise _no_state("child", last_state)

    def add_start_child_workflow_execution_initiated(
        self, workflow_type: Type, workflow_id: str, *, input: Any = None, control: Any = None, **attributes: Any
    ) -> StartChildWorkflowExecutionInitiated:
        """Have a ``StartChildWorkflowExecution`` decision accepted."""
        return self._decide(
            StartChildWorkflowExecutionInitiated,
            attributes,
            workflow_type=type_id(workflow_type),
            workflow_id=workflow_id,
            input=input,
            control=control,
            task_list="decisions",
            child_policy=TERMINATE,
            execution_start_to_close_timeout=3_600,
            task_start_to_close_timeout=60,
        )

    def add_start_child_workflow_execution_failed(
        self,
        workflow_type: Type,
        workflow_id: str,
        *,
        cause: StartChildWorkflowExecutionFailedCause = "WORKFLOW_TYPE_DOES_NOT_EXIST",
        **attributes: Any,
    ) -> StartChildWorkflowExecutionFailed:
        """Have the child refused: an id in use after it was initiated, for any other cause at once."""
        told = {"workflow_type": type_id(workflow_type), "workflow_id": workflow_id, "cause": cause}
        if cause != "WORKFLOW_ALREADY_RUNNING":
            return self._decide(StartChildWorkflowExecutionFailed, attributes, **told, initiated_event_id=0)
        initiated = self._initiated(workflow_id)
        return self._happen(StartChildWorkflowExecutionFailed, attributes, **told, **_refused(initiated))

    def add_child_workflow_execution_started(
        self, workflow_id: str | None = None, *, run_id: str | None = None, **attributes: Any
    ) -> ChildWorkflowExecutionStarted:
        """Have the child run; left out, the id is that of the one initiated last."""
        initiated = self._initiated(workflow_id)
        return self._happen(
            ChildWorkflowExecutionStarted,
            attributes,
            workflow_execution=ExecutionId(initiated.workflow_id, run_id or f"run-{initiated.id}"),
            workflow_type=initiated.workflow_type,
            initiated_event_id=initiated.id,
        )

    def add_child_workflow_execution_completed(
        self, workflow_id: str | None = None, *, result: Any = None, **attributes: Any
    ) -> ChildWorkflowExecutionCompleted:
        """Have the child complete; left out, the id is that of the open one that started last."""
        return self._happen(ChildWorkflowExecutionCompleted, attributes, **self._running(workflow_id), result=result)

    def add_child_workflow_execution_failed(
        self, workflow_id: str | None = None, *, reason: str | None = None, details: Any = None, **attributes: Any
    ) -> ChildWorkflowExecutionFailed:
        """Have the child fail."""
        references = self._running(workflow_id)
        return self._happen(ChildWorkflowExecutionFailed, attributes, **references, reason=reason, details=details)

    def add_child_workflow_execution_timed_out(
        self, workflow_id: str | None = None, **attributes: Any
    ) -> ChildWorkflowExecutionTimedOut:
        """Have the child be open too long."""
        references = self._running(workflow_id)
        initiated = self.state.children[references["initiated_event_id"]].initiated
        self._not_before(initiated, initiated.execution_start_to_close_timeout)
        return self._happen(ChildWorkflowExecutionTimedOut, attributes, **references, timeout_type="START_TO_CLOSE")

    def add_child_workflow_execution_canceled(
        self, workflow_id: str | None = None, *, details: Any = None, **attributes: Any
    ) -> ChildWorkflowExecutionCanceled:
        """Have the child cancel itself."""
        return self._happen(ChildWorkflowExecutionCanceled, attributes, **self._running(workflow_id), details=details)

    def add_child_workflow_execution_terminated(
        self, workflow_id: str | None = None, **attributes: Any
    ) -> ChildWorkflowExecutionTerminated:
        """Have somebody terminate the child."""
        return self._happen(ChildWorkflowExecutionTerminated, attributes, **self._running(workflow_id))

    # Signals and cancel requests to other executions

    def add_signal_external_workflow_execution_initiated(
        self,
        workflow_id: str,
        signal_name: str,
        *,
        run_id: str | None = None,
        input: Any = None,
        control: Any = None,
        **attributes: Any,
    ) -> SignalExternalWorkflowExecutionInitiated:
        """Have a ``SignalExternalWorkflowExecution`` decision accepted."""
        return self._decide(
            SignalExternalWorkflowExecutionInitiated,
            attributes,
            workflow_id=workflow_id,
            signal_name=signal_name,
            run_id=run_id,
            input=input,
            control=control,
        )

    def add_external_workflow_execution_signaled(
        self, workflow_id: str | None = None, *, run_id: str | None = None, **attributes: Any
    ) -> ExternalWorkflowExecutionSignaled:
        """Have the signal arrive; left out, the id is that of the last one on its way."""
        request = self._request(SignalExternalWorkflowExecutionInitiated, workflow_id)
        return self._happen(ExternalWorkflowExecutionSignaled, attributes, **_delivered(request, run_id))

    def add_signal_external_workflow_execution_failed(
        self,
        workflow_id: str,
        *,
        cause: SignalExternalWorkflowExecutionFailedCause = "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION",
        **attributes: Any,
    ) -> SignalExternalWorkflowExecutionFailed:
        """Have the signal not arrive: an unknown execution once initiated, any other cause at once."""
        told: dict[str, Any] = {"workflow_id": workflow_id, "cause": cause}
        if cause != "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION":
            return self._decide(SignalExternalWorkflowExecutionFailed, attributes, **told, initiated_event_id=0)
        request = self._request(SignalExternalWorkflowExecutionInitiated, workflow_id)
        told["run_id"] = request.run_id
        return self._happen(SignalExternalWorkflowExecutionFailed, attributes, **told, **_refused(request))

    def add_request_cancel_external_workflow_execution_initiated(
        self, workflow_id: str, *, run_id: str | None = None, control: Any = None, **attributes: Any
    ) -> RequestCancelExternalWorkflowExecutionInitiated:
        """Have a ``RequestCancelExternalWorkflowExecution`` decision accepted."""
        return self._decide(
            RequestCancelExternalWorkflowExecutionInitiated,
            attributes,
            workflow_id=workflow_id,
            run_id=run_id,
            control=control,
        )

    def add_external_workflow_execution_cancel_requested(
        self, workflow_id: str | None = None, *, run_id: str | None = None, **attributes: Any
    ) -> ExternalWorkflowExecutionCancelRequested:
        """Have the cancel request arrive; left out, the id is that of the last one on its way."""
        request = self._request(RequestCancelExternalWorkflowExecutionInitiated, workflow_id)
        return self._happen(ExternalWorkflowExecutionCancelRequested, attributes, **_delivered(request, run_id))

    def add_request_cancel_external_workflow_execution_failed(
        self,
        workflow_id: str,
        *,
        cause: RequestCancelExternalWorkflowExecutionFailedCause = "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION",
        **attributes: Any,
    ) -> RequestCancelExternalWorkflowExecutionFailed:
        """Have the cancel request not arrive: an unknown execution once initiated, any other cause at once."""
        told: dict[str, Any] = {"workflow_id": workflow_id, "cause": cause}
        if cause != "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION":
            return self._decide(RequestCancelExternalWorkflowExecutionFailed, attributes, **told, initiated_event_id=0)
        request = self._request(RequestCancelExternalWorkflowExecutionInitiated, workflow_id)
        told["run_id"] = request.run_id
        references = _refused(request)
        return self._happen(RequestCancelExternalWorkflowExecutionFailed, attributes, **told, **references)

    # Lambda functions

    def add_lambda_function(
        self,
        function_name: str,
        function_id: str,
        *,
        last_state: Literal["scheduled", "started", "completed", "failed", "timed_out", "start_failed"] = "completed",
        input: Any = None,
        control: Any = None,
        **attributes: Any,
    ) -> Event:
        """Call a Lambda function and take the call as far as this state; the attributes are those of the last event."""
        opening = attributes if last_state == "scheduled" else {}
        scheduled = self.add_lambda_function_scheduled(
            function_name, function_id, input=input, control=control, **opening
        )
        match last_state:
            case "scheduled":
                return scheduled
            case "started":
                return self.add_lambda_function_started(function_id, **attributes)
            case "completed":
                return self.add_lambda_function_completed(function_id, **attributes)
            case "failed":
                return self.add_lambda_function_failed(function_id, **attributes)
            case "timed_out":
                return self.add_lambda_function_timed_out(function_id, **attributes)
            case "start_failed":
                return self.add_start_lambda_function_failed(function_id, **attributes)
        raise _no_state("Lambda function", last_state)

    def add_lambda_function_scheduled(
        self, function_name: str, function_id: str, *, input: Any = None, control: Any = None, **attributes: Any
    ) -> LambdaFunctionScheduled:
        """Have a ``ScheduleLambdaFunction`` decision accepted."""
        return self._decide(
            LambdaFunctionScheduled,
            attributes,
            function_name=function_name,
            function_id=function_id,
            input=input,
            control=control,
        )

    def add_schedule_lambda_function_failed(
        self,
        function_name: str,
        function_id: str,
        *,
        cause: ScheduleLambdaFunctionFailedCause = "ID_ALREADY_IN_USE",
        **attributes: Any,
    ) -> ScheduleLambdaFunctionFailed:
        """Have a ``ScheduleLambdaFunction`` decision refused."""
        return self._decide(
            ScheduleLambdaFunctionFailed, attributes, function_name=function_name, function_id=function_id, cause=cause
        )

    def add_lambda_function_started(self, function_id: str | None = None, **attributes: Any) -> LambdaFunctionStarted:
        """Have SWF call the function; left out, the id is that of the call scheduled last."""
        scheduled = self._uncalled(function_id)
        return self._happen(LambdaFunctionStarted, attributes, scheduled_event_id=scheduled.id)

    def add_start_lambda_function_failed(
        self,
        function_id: str | None = None,
        *,
        cause: StartLambdaFunctionFailedCause = "ASSUME_ROLE_FAILED",
        message: str | None = None,
        **attributes: Any,
    ) -> StartLambdaFunctionFailed:
        """Have SWF fail to call the function."""
        scheduled = self._uncalled(function_id)
        return self._happen(
            StartLambdaFunctionFailed, attributes, scheduled_event_id=scheduled.id, cause=cause, message=message
        )

    def add_lambda_function_completed(
        self, function_id: str | None = None, *, result: Any = None, **attributes: Any
    ) -> LambdaFunctionCompleted:
        """Have the function give its result; left out, the id is that of the open call that started last."""
        return self._happen(LambdaFunctionCompleted, attributes, **self._called(function_id), result=result)

    def add_lambda_function_failed(
        self, function_id: str | None = None, *, reason: str | None = None, details: Any = None, **attributes: Any
    ) -> LambdaFunctionFailed:
        """Have the function fail."""
        return self._happen(
            LambdaFunctionFailed, attributes, **self._called(function_id), reason=reason, details=details
        )

    def add_lambda_function_timed_out(
        self, function_id: str | None = None, **attributes: Any
    ) -> LambdaFunctionTimedOut:
        """Have the function take too long."""
        references = self._called(function_id)
        scheduled = self.state.lambda_functions[references["scheduled_event_id"]].scheduled
        started = self._events[references["started_event_id"] - 1]
        self._not_before(started, scheduled.start_to_close_timeout or _LAMBDA_SECONDS)
        return self._happen(LambdaFunctionTimedOut, attributes, **references, timeout_type="START_TO_CLOSE")

    # The end

    def add_workflow_execution_completed(self, *, result: Any = None, **attributes: Any) -> WorkflowExecutionCompleted:
        """Have a ``CompleteWorkflowExecution`` decision close the execution."""
        self._refuse_unhandled("add_complete_workflow_execution_failed")
        return self._decide(WorkflowExecutionCompleted, attributes, result=result)

    def add_complete_workflow_execution_failed(
        self, *, cause: CompleteWorkflowExecutionFailedCause = "UNHANDLED_DECISION", **attributes: Any
    ) -> CompleteWorkflowExecutionFailed:
        """Have a ``CompleteWorkflowExecution`` decision refused."""
        self._refuse_handled(cause)
        return self._decide(CompleteWorkflowExecutionFailed, attributes, cause=cause)

    def add_workflow_execution_failed(
        self, *, reason: str | None = None, details: Any = None, **attributes: Any
    ) -> WorkflowExecutionFailed:
        """Have a ``FailWorkflowExecution`` decision close the execution."""
        self._refuse_unhandled("add_fail_workflow_execution_failed")
        return self._decide(WorkflowExecutionFailed, attributes, reason=reason, details=details)

    def add_fail_workflow_execution_failed(
        self, *, cause: FailWorkflowExecutionFailedCause = "UNHANDLED_DECISION", **attributes: Any
    ) -> FailWorkflowExecutionFailed:
        """Have a ``FailWorkflowExecution`` decision refused."""
        self._refuse_handled(cause)
        return self._decide(FailWorkflowExecutionFailed, attributes, cause=cause)

    def add_workflow_execution_canceled(self, *, details: Any = None, **attributes: Any) -> WorkflowExecutionCanceled:
        """Have a ``CancelWorkflowExecution`` decision close the execution."""
        self._refuse_unhandled("add_cancel_workflow_execution_failed")
        return self._decide(WorkflowExecutionCanceled, attributes, details=details)

    def add_cancel_workflow_execution_failed(
        self, *, cause: CancelWorkflowExecutionFailedCause = "UNHANDLED_DECISION", **attributes: Any
    ) -> CancelWorkflowExecutionFailed:
        """Have a ``CancelWorkflowExecution`` decision refused."""
        self._refuse_handled(cause)
        return self._decide(CancelWorkflowExecutionFailed, attributes, cause=cause)

    def add_workflow_execution_continued_as_new(
        self, *, new_execution_run_id: str = "run-2", input: Any = None, **attributes: Any
    ) -> WorkflowExecutionContinuedAsNew:
        """Have a ``ContinueAsNewWorkflowExecution`` decision close the run and start the next with its settings."""
        self._refuse_unhandled("add_continue_as_new_workflow_execution_failed")
        settings = self._start()
        return self._decide(
            WorkflowExecutionContinuedAsNew,
            attributes,
            new_execution_run_id=new_execution_run_id,
            input=input,
            task_list=settings.task_list,
            child_policy=settings.child_policy,
            workflow_type=settings.workflow_type,
            execution_start_to_close_timeout=settings.execution_start_to_close_timeout,
            task_start_to_close_timeout=settings.task_start_to_close_timeout,
        )

    def add_continue_as_new_workflow_execution_failed(
        self, *, cause: ContinueAsNewWorkflowExecutionFailedCause = "UNHANDLED_DECISION", **attributes: Any
    ) -> ContinueAsNewWorkflowExecutionFailed:
        """Have a ``ContinueAsNewWorkflowExecution`` decision refused."""
        self._refuse_handled(cause)
        return self._decide(ContinueAsNewWorkflowExecutionFailed, attributes, cause=cause)

    def add_workflow_execution_terminated(
        self,
        *,
        reason: str | None = None,
        details: Any = None,
        cause: WorkflowExecutionTerminatedCause | None = "OPERATOR_INITIATED",
        **attributes: Any,
    ) -> WorkflowExecutionTerminated:
        """Have somebody terminate the execution."""
        told = {"reason": reason, "details": details, "cause": cause, "child_policy": self._start().child_policy}
        return self._happen(WorkflowExecutionTerminated, attributes, **told)

    def add_workflow_execution_timed_out(self, **attributes: Any) -> WorkflowExecutionTimedOut:
        """Have the execution be open too long."""
        started = self._start()
        self._not_before(started, started.execution_start_to_close_timeout)
        return self._happen(
            WorkflowExecutionTimedOut, attributes, timeout_type="START_TO_CLOSE", child_policy=started.child_policy
        )

    # How events come about

    def _happen(self, kind: type[E], told: dict[str, Any], **filled: Any) -> E:
        """Add an event with what the caller told and, for the rest, what was filled in."""
        refuse_misspelt(kind, told)
        values = filled | told
        if "tag_list" in values:
            values["tag_list"] = tags(values["tag_list"])
        for member in wire.members(kind):
            if member.shape.name in _TEXTS and member.name in values:
                values[member.name] = payload.encode(values[member.name])
        return self.add(kind(**values))

    def _decide(self, kind: type[E], told: dict[str, Any], **filled: Any) -> E:
        """Add what came of a decision, to the answer that is being given."""
        if "decision_task_completed_event_id" not in told:
            filled["decision_task_completed_event_id"] = (self._answer or self.add_decision_task_completed()).id
        return self._happen(kind, told, **filled)

    def _answers(self, event: Event) -> bool:
        """Tell whether an event comes of the answer that is being given, and not of something later."""
        if self._answer is None:
            return False
        if isinstance(event, ActivityTaskCanceled):
            return event.started_event_id == 0
        decided = getattr(event, "decision_task_completed_event_id", None) == self._answer.id
        return decided and not getattr(event, "initiated_event_id", 0)

    def _go_on(self, event: Event, answers: bool) -> None:
        """Do what SWF does right after an event."""
        if isinstance(event, DecisionTaskCompleted):
            self._answer = event
        if isinstance(event, _REFUSED_ENDS):
            # A decision that closes the execution is the last one of its answer, refused or not.
            self._answer, answers = None, False
        if type(event) in CLOSE_STATUS_OF:
            self._owes_decision_task = False
        elif asks_for_decision(event) and self.state.scheduled_decision is None:
            self._owes_decision_task = True
        if not answers:
            self._schedule_owed_decision_task()

    def _end_answer(self) -> None:
        self._answer = None
        self._schedule_owed_decision_task()

    def _schedule_owed_decision_task(self) -> None:
        if self._owes_decision_task:
            self._owes_decision_task = False
            self._append(next_decision_task(self.state))

    def _append(self, event: E) -> E:
        placed = self._placed(event)
        self._events.append(placed)
        self.state.apply(placed)
        return placed

    def _placed(self, event: E) -> E:
        return event.numbered(len(self._events) + 1, self._now)

    def _not_before(self, since: Event, timeout: int | str | None) -> None:
        """Have the next event wait until a timeout is over."""
        if isinstance(timeout, int):
            self._earliest = max(self._earliest, since.timestamp + timedelta(seconds=timeout))

    # What events refer to

    def _start(self) -> WorkflowExecutionStarted:
        assert self.state.started is not None, "a builder begins with it"
        return self.state.started

    def _activity(self, activity_id: str | None) -> OpenActivity:
        if activity_id is None:
            activity = next(reversed(self.state.activities.values()), None)
        else:
            activity = self.state.activity(activity_id)
        return _open("activity task", activity_id, activity)

    def _taken(self, activity_id: str | None) -> dict[str, int]:
        """Give the references to an open activity task, which a worker takes first if none has."""
        activity = self._activity(activity_id)
        started = activity.started or self.add_activity_task_started(activity.scheduled.activity_id)
        return _references(activity.scheduled, started)

    def _timer(self, timer_id: str | None) -> TimerStarted:
        timers = self.state.timers
        timer = next(reversed(timers.values()), None) if timer_id is None else timers.get(timer_id)
        return _open("timer", timer_id, timer)

    def _child(self, workflow_id: str | None, *, started: bool) -> OpenChild | None:
        """Give the latest open child of this id that has started, or has not."""
        children = (
            child
            for child in reversed(self.state.children.values())
            if workflow_id in (None, child.initiated.workflow_id) and started == (child.started is not None)
        )
        return next(children, None)

    def _initiated(self, workflow_id: str | None) -> StartChildWorkflowExecutionInitiated:
        return _open("initiated child", workflow_id, self._child(workflow_id, started=False)).initiated

    def _running(self, workflow_id: str | None) -> dict[str, Any]:
        """Give the references to an open child, which starts first if none of this id has."""
        child = self._child(workflow_id, started=True)
        started = (child and child.started) or self.add_child_workflow_execution_started(workflow_id)
        return {
            "initiated_event_id": started.initiated_event_id,
            "started_event_id": started.id,
            "workflow_execution": started.workflow_execution,
            "workflow_type": started.workflow_type,
        }

    def _call(self, function_id: str | None, *, started: bool) -> OpenLambda | None:
        """Give the latest open call of this id that has started, or has not."""
        calls = (
            call
            for call in reversed(self.state.lambda_functions.values())
            if function_id in (None, call.scheduled.function_id) and started == (call.started is not None)
        )
        return next(calls, None)

    def _uncalled(self, function_id: str | None) -> LambdaFunctionScheduled:
        return _open("scheduled Lambda function", function_id, self._call(function_id, started=False)).scheduled

    def _called(self, function_id: str | None) -> dict[str, int]:
        """Give the references to an open call of a function, which starts first if none of this id has."""
        call = self._call(function_id, started=True)
        started = (call and call.started) or self.add_lambda_function_started(function_id)
        return {"scheduled_event_id": started.scheduled_event_id, "started_event_id": started.id}

    def _request(self, kind: type[R], workflow_id: str | None) -> R:
        requests = (
            request
            for request in reversed(self.state.external_requests.values())
            if isinstance(request, kind) and workflow_id in (None, request.workflow_id)
        )
        return _open(kind.__name__, workflow_id, next(requests, None))

    # What SWF would not write

    def _has_unhandled(self) -> bool:
        """Tell whether something came in while the decision task that is answered now ran."""
        answering = self._answer is not None or self.state.started_decision is not None
        return answering and self.state.scheduled_decision is not None

    def _refuse_unhandled(self, refusal: str) -> None:
        if self._has_unhandled():
            raise ValidationError(
                "A decision task was scheduled while the one that is answered ran, so SWF refuses to close the "
                f"execution: UNHANDLED_DECISION. Call {refusal}(), or add_decision_task() first."
            )

    def _refuse_handled(self, cause: str) -> None:
        if cause == "UNHANDLED_DECISION" and not self._has_unhandled():
            raise ValidationError(
                "Nothing came in while the decision task ran, so SWF does not refuse with UNHANDLED_DECISION. Add a "
                "signal between add_decision_task_started() and the refusal, or give another cause."
            )


def _open(what: str, id: str | None, found: T | None) -> T:
    if found is None:
        named = "" if id is None else f" {id!r}"
        raise ValidationError(f"No {what}{named} is open here. Add its start first.")
    return found


def _in_use(what: str, id: str, event: Event, refusal: str) -> ValidationError:
    return ValidationError(
        f"The {what} {id!r} is in use since event {event.id}, so SWF refuses it. Call {refusal}(), or give another."
    )


def _no_state(what: str, state: str) -> ValidationError:
    return ValidationError(f"A {what} has no last_state {state!r}. See the method's signature for those it has.")


def _references(scheduled: Event, started: Event | None) -> dict[str, int]:
    return {"scheduled_event_id": scheduled.id, "started_event_id": 0 if started is None else started.id}


def _refused(initiated: ExternalRequest | StartChildWorkflowExecutionInitiated) -> dict[str, Any]:
    """Give what the failure repeats of an initiated request."""
    return {
        "initiated_event_id": initiated.id,
        "decision_task_completed_event_id": initiated.decision_task_completed_event_id,
        "control": initiated.control,
    }


def _delivered(request: ExternalRequest, run_id: str | None) -> dict[str, Any]:
    run_id = run_id or request.run_id or f"run-{request.id}"
    return {"workflow_execution": ExecutionId(request.workflow_id, run_id), "initiated_event_id": request.id}
