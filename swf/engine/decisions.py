"""What each decision does: from the execution's state and the decision to the events that SWF records.

No clock, no database, no socket. A handler is resumed after each event it yields has been applied to the state, so the
next decision of the list sees what the one before it did. Refusals come first, the normal case last.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

from swf.constants import DEPRECATED, LONGEST_EXECUTION_SECONDS, NONE
from swf.engine import defaults
from swf.engine.defaults import Asked, MissingDefault, RegisteredActivity, RegisteredWorkflow
from swf.engine.limits import Limits
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
    ScheduleActivityTask,
    ScheduleLambdaFunction,
    SignalExternalWorkflowExecution,
    StartChildWorkflowExecution,
    StartTimer,
)
from swf.models.event import (
    ActivityTaskCanceled,
    ActivityTaskCancelRequested,
    CancelTimerFailed,
    CancelWorkflowExecutionFailed,
    CompleteWorkflowExecutionFailed,
    ContinueAsNewWorkflowExecutionFailed,
    Event,
    FailWorkflowExecutionFailed,
    LambdaFunctionScheduled,
    MarkerRecorded,
    RequestCancelActivityTaskFailed,
    RequestCancelExternalWorkflowExecutionFailed,
    RequestCancelExternalWorkflowExecutionInitiated,
    ScheduleActivityTaskFailed,
    ScheduleLambdaFunctionFailed,
    SignalExternalWorkflowExecutionFailed,
    SignalExternalWorkflowExecutionInitiated,
    StartChildWorkflowExecutionFailed,
    StartChildWorkflowExecutionInitiated,
    StartTimerFailed,
    TimerCanceled,
    TimerStarted,
    WorkflowExecutionCanceled,
    WorkflowExecutionCompleted,
    WorkflowExecutionContinuedAsNew,
    WorkflowExecutionFailed,
)
from swf.models.history.state import ExecutionState
from swf.shapes import ScheduleActivityTaskFailedCause, TypeId


class Surroundings(Protocol):
    """What a decision may look up outside of its execution."""

    @property
    def limits(self) -> Limits:
        """How much there may be of what."""
        ...

    def is_too_fast(self, decision: Decision, task_list: str | None = None) -> bool:
        """Count a decision that is going to be carried out; tells whether there were too many of its kind of late."""
        ...

    def is_domain_full(self) -> bool:
        """Tell whether no further execution may be opened in the domain."""
        ...

    def activity_type(self, type_id: TypeId) -> RegisteredActivity | None:
        """Give an activity type, deprecated or not, or None."""
        ...

    def workflow_type(self, type_id: TypeId) -> RegisteredWorkflow | None:
        """Give a workflow type, deprecated or not, or None."""
        ...

    def new_run_id(self) -> str:
        """Give a run id for an execution to come."""
        ...


Handler = Callable[[ExecutionState, Any, int, Surroundings], Iterator[Event]]

HANDLERS: dict[type[Decision], Handler] = {}


def handles(kind: type[Decision]) -> Callable[[Handler], Handler]:
    """Make a function the handler of a decision type."""

    def register(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        return handler

    return register


def carry_out(
    state: ExecutionState, decisions: Iterable[Decision], completed: int, around: Surroundings
) -> Iterator[Event]:
    """Yield what a decider's decisions do, in their order.

    Args:
        state: The execution after its ``DecisionTaskCompleted`` event; whoever iterates applies each event to it.
        decisions: Decisions of kinds that have a handler, a closing one last.
        completed: The id of the ``DecisionTaskCompleted`` event.
        around: The execution's domain, and what may be in it.
    """
    for decision in decisions:
        yield from HANDLERS[type(decision)](state, decision, completed, around)


def problem_of_close(decisions: Sequence[Decision]) -> str | None:
    """Return why SWF refuses an answer that closes the execution, in its words; None if it does not."""
    if any(decision.closes for decision in decisions[:-1]):
        return "Close must be last decision in list"
    if decisions and decisions[-1].closes and any(not decision.goes_with_close for decision in decisions):
        return "Specified decision is incompatible with close decision"
    return None


_UNDEFINED: dict[str, ScheduleActivityTaskFailedCause] = {
    "default_task_list": "DEFAULT_TASK_LIST_UNDEFINED",
    "default_task_schedule_to_start_timeout": "DEFAULT_SCHEDULE_TO_START_TIMEOUT_UNDEFINED",
    "default_task_schedule_to_close_timeout": "DEFAULT_SCHEDULE_TO_CLOSE_TIMEOUT_UNDEFINED",
    "default_task_start_to_close_timeout": "DEFAULT_START_TO_CLOSE_TIMEOUT_UNDEFINED",
    "default_task_heartbeat_timeout": "DEFAULT_HEARTBEAT_TIMEOUT_UNDEFINED",
}


@handles(ScheduleActivityTask)
def schedule_activity_task(
    state: ExecutionState, decision: ScheduleActivityTask, completed: int, around: Surroundings
) -> Iterator[Event]:
    """Schedule the task, or record why SWF would not."""
    refuse = partial(
        ScheduleActivityTaskFailed,
        activity_type=decision.activity_type,
        activity_id=decision.activity_id,
        decision_task_completed_event_id=completed,
    )
    registered = around.activity_type(decision.activity_type)
    if registered is None:
        yield refuse(cause="ACTIVITY_TYPE_DOES_NOT_EXIST")
    elif registered.status == DEPRECATED:
        yield refuse(cause="ACTIVITY_TYPE_DEPRECATED")
    elif state.activity(decision.activity_id) is not None:
        yield refuse(cause="ACTIVITY_ID_ALREADY_IN_USE")
    elif len(state.activities) >= around.limits.open_activities:
        yield refuse(cause="OPEN_ACTIVITIES_LIMIT_EXCEEDED")
    else:
        try:
            scheduled = defaults.scheduled(decision, registered.defaults, completed)
        except MissingDefault as missing:
            yield refuse(cause=_UNDEFINED[missing.default])
            return
        too_fast = around.is_too_fast(decision, scheduled.task_list)
        yield refuse(cause="ACTIVITY_CREATION_RATE_EXCEEDED") if too_fast else scheduled


@handles(RequestCancelActivityTask)
def request_cancel_activity_task(
    state: ExecutionState, decision: RequestCancelActivityTask, completed: int, around: Surroundings
) -> Iterator[Event]:
    """Ask for the cancellation; a task that no worker has is canceled at once."""
    activity = state.activity(decision.activity_id)
    if activity is None:
        yield RequestCancelActivityTaskFailed(
            activity_id=decision.activity_id,
            cause="ACTIVITY_ID_UNKNOWN",
            decision_task_completed_event_id=completed,
        )
        return
    yield ActivityTaskCancelRequested(activity_id=decision.activity_id, decision_task_completed_event_id=completed)
    if activity.started is None:
        yield ActivityTaskCanceled(
            scheduled_event_id=activity.scheduled.id,
            started_event_id=0,
            latest_cancel_requested_event_id=state.last_event_id,
        )


@handles(StartTimer)
def start_timer(state: ExecutionState, decision: StartTimer, completed: int, around: Surroundings) -> Iterator[Event]:
    """Start the timer, or record why SWF would not."""
    refuse = partial(StartTimerFailed, timer_id=decision.timer_id, decision_task_completed_event_id=completed)
    if decision.timer_id in state.timers:
        yield refuse(cause="TIMER_ID_ALREADY_IN_USE")
    elif len(state.timers) >= around.limits.open_timers:
        yield refuse(cause="OPEN_TIMERS_LIMIT_EXCEEDED")
    elif around.is_too_fast(decision):
        yield refuse(cause="TIMER_CREATION_RATE_EXCEEDED")
    else:
        yield TimerStarted(
            timer_id=decision.timer_id,
            start_to_fire_timeout=decision.start_to_fire_timeout,
            control=decision.control,
            decision_task_completed_event_id=completed,
        )


@handles(CancelTimer)
def cancel_timer(state: ExecutionState, decision: CancelTimer, completed: int, around: Surroundings) -> Iterator[Event]:
    """Stop the timer, or record that there is none."""
    timer = state.timers.get(decision.timer_id)
    if timer is None:
        yield CancelTimerFailed(
            timer_id=decision.timer_id, cause="TIMER_ID_UNKNOWN", decision_task_completed_event_id=completed
        )
    else:
        yield TimerCanceled(
            timer_id=decision.timer_id, started_event_id=timer.id, decision_task_completed_event_id=completed
        )


@handles(RecordMarker)
def record_marker(
    state: ExecutionState, decision: RecordMarker, completed: int, around: Surroundings
) -> Iterator[Event]:
    """Record the marker."""
    yield MarkerRecorded(
        marker_name=decision.marker_name, details=decision.details, decision_task_completed_event_id=completed
    )


@handles(CompleteWorkflowExecution)
def complete_workflow_execution(
    state: ExecutionState, decision: CompleteWorkflowExecution, completed: int, around: Surroundings
) -> Iterator[Event]:
    """Close the execution as completed, unless something happened that its decider has not seen."""
    if _has_unseen_events(state):
        yield CompleteWorkflowExecutionFailed(cause="UNHANDLED_DECISION", decision_task_completed_event_id=completed)
    else:
        yield WorkflowExecutionCompleted(result=decision.result, decision_task_completed_event_id=completed)


@handles(FailWorkflowExecution)
def fail_workflow_execution(
    state: ExecutionState, decision: FailWorkflowExecution, completed: int, around: Surroundings
) -> Iterator[Event]:
    """Close the execution as failed, unless something happened that its decider has not seen."""
    if _has_unseen_events(state):
        yield FailWorkflowExecutionFailed(cause="UNHANDLED_DECISION", decision_task_completed_event_id=completed)
    else:
        yield WorkflowExecutionFailed(
            reason=decision.reason, details=decision.details, decision_task_completed_event_id=completed
        )


@handles(CancelWorkflowExecution)
def cancel_workflow_execution(
    state: ExecutionState, decision: CancelWorkflowExecution, completed: int, around: Surroundings
) -> Iterator[Event]:
    """Close the execution as canceled, unless something happened that its decider has not seen."""
    if _has_unseen_events(state):
        yield CancelWorkflowExecutionFailed(cause="UNHANDLED_DECISION", decision_task_completed_event_id=completed)
    else:
        yield WorkflowExecutionCanceled(details=decision.details, decision_task_completed_event_id=completed)


@handles(ContinueAsNewWorkflowExecution)
def continue_as_new_workflow_execution(
    state: ExecutionState, decision: ContinueAsNewWorkflowExecution, completed: int, around: Surroundings
) -> Iterator[Event]:
    """Close this run and name the one that goes on, or record why SWF would not."""
    assert state.started is not None, "a run begins with WorkflowExecutionStarted"
    refuse = partial(ContinueAsNewWorkflowExecutionFailed, decision_task_completed_event_id=completed)
    name, version = state.started.workflow_type
    if _has_unseen_events(state):
        yield refuse(cause="UNHANDLED_DECISION")
        return
    try:
        settings = _settings(TypeId(name, decision.workflow_type_version or version), decision, around)
    except _CannotStart as error:
        yield refuse(cause=error.cause)
        return
    if around.is_too_fast(decision):
        yield refuse(cause="CONTINUE_AS_NEW_WORKFLOW_EXECUTION_RATE_EXCEEDED")
        return
    yield WorkflowExecutionContinuedAsNew(
        **settings, new_execution_run_id=around.new_run_id(), decision_task_completed_event_id=completed
    )


@handles(StartChildWorkflowExecution)
def start_child_workflow_execution(
    state: ExecutionState, decision: StartChildWorkflowExecution, completed: int, around: Surroundings
) -> Iterator[Event]:
    """Initiate the start, or record why SWF would not; whether the workflow id is free turns out later."""
    refuse = partial(
        StartChildWorkflowExecutionFailed,
        workflow_type=decision.workflow_type,
        workflow_id=decision.workflow_id,
        initiated_event_id=0,
        decision_task_completed_event_id=completed,
        control=decision.control,
    )
    try:
        settings = _settings(decision.workflow_type, decision, around)
    except _CannotStart as error:
        yield refuse(cause=error.cause)
        return
    if len(state.children) >= around.limits.open_children:
        yield refuse(cause="OPEN_CHILDREN_LIMIT_EXCEEDED")
    elif around.is_domain_full():
        yield refuse(cause="OPEN_WORKFLOWS_LIMIT_EXCEEDED")
    elif around.is_too_fast(decision):
        yield refuse(cause="CHILD_CREATION_RATE_EXCEEDED")
    else:
        yield StartChildWorkflowExecutionInitiated(
            **settings,
            workflow_id=decision.workflow_id,
            control=decision.control,
            decision_task_completed_event_id=completed,
        )


class _CannotStart(Exception):
    """No execution can be started as a decision asks; the causes are those that children and new runs share."""

    def __init__(self, cause: Any) -> None:
        super().__init__(cause)
        self.cause = cause


_START_UNDEFINED = {
    "default_execution_start_to_close_timeout": "DEFAULT_EXECUTION_START_TO_CLOSE_TIMEOUT_UNDEFINED",
    "default_task_list": "DEFAULT_TASK_LIST_UNDEFINED",
    "default_task_start_to_close_timeout": "DEFAULT_TASK_START_TO_CLOSE_TIMEOUT_UNDEFINED",
    "default_child_policy": "DEFAULT_CHILD_POLICY_UNDEFINED",
}


def _settings(type_id: TypeId, asked: Asked, around: Surroundings) -> dict[str, Any]:
    """Give what an execution of a type is to be started with."""
    registered = around.workflow_type(type_id)
    if registered is None:
        raise _CannotStart("WORKFLOW_TYPE_DOES_NOT_EXIST")
    if registered.status == DEPRECATED:
        raise _CannotStart("WORKFLOW_TYPE_DEPRECATED")
    try:
        settings = defaults.carried(defaults.started(type_id, asked, registered.defaults))
    except MissingDefault as missing:
        raise _CannotStart(_START_UNDEFINED[missing.default]) from None
    # A decision may ask for more, or for no limit; SWF keeps no execution open for longer than a year all the same.
    timeout = settings["execution_start_to_close_timeout"]
    if timeout == NONE or timeout > LONGEST_EXECUTION_SECONDS:
        settings["execution_start_to_close_timeout"] = LONGEST_EXECUTION_SECONDS
    return settings


@handles(SignalExternalWorkflowExecution)
def signal_external_workflow_execution(
    state: ExecutionState, decision: SignalExternalWorkflowExecution, completed: int, around: Surroundings
) -> Iterator[Event]:
    """Initiate the signal; whether there is an execution to receive it turns out later."""
    if around.is_too_fast(decision):
        yield SignalExternalWorkflowExecutionFailed(
            workflow_id=decision.workflow_id,
            run_id=decision.run_id,
            cause="SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_RATE_EXCEEDED",
            initiated_event_id=0,
            decision_task_completed_event_id=completed,
            control=decision.control,
        )
        return
    yield SignalExternalWorkflowExecutionInitiated(
        workflow_id=decision.workflow_id,
        run_id=decision.run_id,
        signal_name=decision.signal_name,
        input=decision.input,
        control=decision.control,
        decision_task_completed_event_id=completed,
    )


@handles(RequestCancelExternalWorkflowExecution)
def request_cancel_external_workflow_execution(
    state: ExecutionState, decision: RequestCancelExternalWorkflowExecution, completed: int, around: Surroundings
) -> Iterator[Event]:
    """Initiate the cancel request; whether there is an execution to receive it turns out later."""
    if around.is_too_fast(decision):
        yield RequestCancelExternalWorkflowExecutionFailed(
            workflow_id=decision.workflow_id,
            run_id=decision.run_id,
            cause="REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_RATE_EXCEEDED",
            initiated_event_id=0,
            decision_task_completed_event_id=completed,
            control=decision.control,
        )
        return
    yield RequestCancelExternalWorkflowExecutionInitiated(
        workflow_id=decision.workflow_id,
        run_id=decision.run_id,
        control=decision.control,
        decision_task_completed_event_id=completed,
    )


@handles(ScheduleLambdaFunction)
def schedule_lambda_function(
    state: ExecutionState, decision: ScheduleLambdaFunction, completed: int, around: Surroundings
) -> Iterator[Event]:
    """Schedule the call, or record why SWF would not."""
    refuse = partial(
        ScheduleLambdaFunctionFailed,
        function_id=decision.id,
        function_name=decision.name,
        decision_task_completed_event_id=completed,
    )
    if any(called.scheduled.function_id == decision.id for called in state.lambda_functions.values()):
        yield refuse(cause="ID_ALREADY_IN_USE")
    elif len(state.lambda_functions) >= around.limits.open_lambda_functions:
        yield refuse(cause="OPEN_LAMBDA_FUNCTIONS_LIMIT_EXCEEDED")
    elif around.is_too_fast(decision):
        yield refuse(cause="LAMBDA_FUNCTION_CREATION_RATE_EXCEEDED")
    else:
        yield LambdaFunctionScheduled(
            function_id=decision.id,
            function_name=decision.name,
            input=decision.input,
            control=decision.control,
            start_to_close_timeout=decision.start_to_close_timeout,
            decision_task_completed_event_id=completed,
        )


def _has_unseen_events(state: ExecutionState) -> bool:
    # While one decision task is worked on, the next is scheduled only by something that needs a decision.
    return state.scheduled_decision is not None
