"""What each decision does: from the execution's state and the decision to the events that SWF records.

No clock, no database, no socket. A handler is resumed after each event it yields has been applied to the state, so the
next decision of the list sees what the one before it did. Refusals come first, the normal case last.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Literal, Protocol

from swf.constants import DEPRECATED, NONE
from swf.engine import defaults, limits
from swf.engine.defaults import MissingDefault, RegisteredActivity, RegisteredWorkflow
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
    RequestCancelExternalWorkflowExecutionInitiated,
    ScheduleActivityTaskFailed,
    ScheduleLambdaFunctionFailed,
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
from swf.shapes import DurationInSecondsOptional, ScheduleActivityTaskFailedCause, TypeId


class Registry(Protocol):
    """What a decision may look up in the execution's domain."""

    def activity_type(self, type_id: TypeId) -> RegisteredActivity | None:
        """Give an activity type, deprecated or not, or None."""
        ...

    def workflow_type(self, type_id: TypeId) -> RegisteredWorkflow | None:
        """Give a workflow type, deprecated or not, or None."""
        ...

    def new_run_id(self) -> str:
        """Give a run id for an execution to come."""
        ...


StartUndefinedCause = Literal[
    "DEFAULT_EXECUTION_START_TO_CLOSE_TIMEOUT_UNDEFINED",
    "DEFAULT_TASK_LIST_UNDEFINED",
    "DEFAULT_TASK_START_TO_CLOSE_TIMEOUT_UNDEFINED",
    "DEFAULT_CHILD_POLICY_UNDEFINED",
]

Handler = Callable[[ExecutionState, Any, int, Registry], Iterator[Event]]

HANDLERS: dict[type[Decision], Handler] = {}


def handles(kind: type[Decision]) -> Callable[[Handler], Handler]:
    """Make a function the handler of a decision type."""

    def register(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        return handler

    return register


def carry_out(
    state: ExecutionState, decisions: Iterable[Decision], completed: int, registry: Registry
) -> Iterator[Event]:
    """Yield what a decider's decisions do, in their order.

    Args:
        state: The execution after its ``DecisionTaskCompleted`` event; whoever iterates applies each event to it.
        decisions: Decisions of kinds that have a handler, a closing one last.
        completed: The id of the ``DecisionTaskCompleted`` event.
        registry: The types of the execution's domain.
    """
    for decision in decisions:
        yield from HANDLERS[type(decision)](state, decision, completed, registry)


def misplaced_close(decisions: Sequence[Decision]) -> bool:
    """Tell whether a decision that closes the execution is not the last one."""
    return any(decision.closes for decision in decisions[:-1])


_UNDEFINED: dict[str, ScheduleActivityTaskFailedCause] = {
    "default_task_list": "DEFAULT_TASK_LIST_UNDEFINED",
    "default_task_schedule_to_start_timeout": "DEFAULT_SCHEDULE_TO_START_TIMEOUT_UNDEFINED",
    "default_task_schedule_to_close_timeout": "DEFAULT_SCHEDULE_TO_CLOSE_TIMEOUT_UNDEFINED",
    "default_task_start_to_close_timeout": "DEFAULT_START_TO_CLOSE_TIMEOUT_UNDEFINED",
    "default_task_heartbeat_timeout": "DEFAULT_HEARTBEAT_TIMEOUT_UNDEFINED",
}


@handles(ScheduleActivityTask)
def schedule_activity_task(
    state: ExecutionState, decision: ScheduleActivityTask, completed: int, registry: Registry
) -> Iterator[Event]:
    """Schedule the task, or record why SWF would not."""
    refuse = partial(
        ScheduleActivityTaskFailed,
        activity_type=decision.activity_type,
        activity_id=decision.activity_id,
        decision_task_completed_event_id=completed,
    )
    registered = registry.activity_type(decision.activity_type)
    if registered is None:
        yield refuse(cause="ACTIVITY_TYPE_DOES_NOT_EXIST")
    elif registered.status == DEPRECATED:
        yield refuse(cause="ACTIVITY_TYPE_DEPRECATED")
    elif state.activity(decision.activity_id) is not None:
        yield refuse(cause="ACTIVITY_ID_ALREADY_IN_USE")
    else:
        try:
            yield defaults.scheduled(decision, registered.defaults, completed)
        except MissingDefault as missing:
            yield refuse(cause=_UNDEFINED[missing.default])


@handles(RequestCancelActivityTask)
def request_cancel_activity_task(
    state: ExecutionState, decision: RequestCancelActivityTask, completed: int, registry: Registry
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
def start_timer(state: ExecutionState, decision: StartTimer, completed: int, registry: Registry) -> Iterator[Event]:
    """Start the timer, or record why SWF would not."""
    if decision.timer_id in state.timers:
        yield StartTimerFailed(
            timer_id=decision.timer_id, cause="TIMER_ID_ALREADY_IN_USE", decision_task_completed_event_id=completed
        )
    else:
        yield TimerStarted(
            timer_id=decision.timer_id,
            start_to_fire_timeout=decision.start_to_fire_timeout,
            control=decision.control,
            decision_task_completed_event_id=completed,
        )


@handles(CancelTimer)
def cancel_timer(state: ExecutionState, decision: CancelTimer, completed: int, registry: Registry) -> Iterator[Event]:
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
def record_marker(state: ExecutionState, decision: RecordMarker, completed: int, registry: Registry) -> Iterator[Event]:
    """Record the marker."""
    yield MarkerRecorded(
        marker_name=decision.marker_name, details=decision.details, decision_task_completed_event_id=completed
    )


@handles(CompleteWorkflowExecution)
def complete_workflow_execution(
    state: ExecutionState, decision: CompleteWorkflowExecution, completed: int, registry: Registry
) -> Iterator[Event]:
    """Close the execution as completed, unless something happened that its decider has not seen."""
    if _has_unseen_events(state):
        yield CompleteWorkflowExecutionFailed(cause="UNHANDLED_DECISION", decision_task_completed_event_id=completed)
    else:
        yield WorkflowExecutionCompleted(result=decision.result, decision_task_completed_event_id=completed)


@handles(FailWorkflowExecution)
def fail_workflow_execution(
    state: ExecutionState, decision: FailWorkflowExecution, completed: int, registry: Registry
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
    state: ExecutionState, decision: CancelWorkflowExecution, completed: int, registry: Registry
) -> Iterator[Event]:
    """Close the execution as canceled, unless something happened that its decider has not seen."""
    if _has_unseen_events(state):
        yield CancelWorkflowExecutionFailed(cause="UNHANDLED_DECISION", decision_task_completed_event_id=completed)
    else:
        yield WorkflowExecutionCanceled(details=decision.details, decision_task_completed_event_id=completed)


@handles(ContinueAsNewWorkflowExecution)
def continue_as_new_workflow_execution(
    state: ExecutionState, decision: ContinueAsNewWorkflowExecution, completed: int, registry: Registry
) -> Iterator[Event]:
    """Close this run and name the one that goes on, or record why SWF would not."""
    assert state.started is not None, "a run begins with WorkflowExecutionStarted"
    refuse = partial(ContinueAsNewWorkflowExecutionFailed, decision_task_completed_event_id=completed)
    name, version = state.started.workflow_type
    type_id = TypeId(name, decision.workflow_type_version or version)
    registered = registry.workflow_type(type_id)
    if _has_unseen_events(state):
        yield refuse(cause="UNHANDLED_DECISION")
    elif registered is None:
        yield refuse(cause="WORKFLOW_TYPE_DOES_NOT_EXIST")
    elif registered.status == DEPRECATED:
        yield refuse(cause="WORKFLOW_TYPE_DEPRECATED")
    else:
        try:
            started = defaults.started(type_id, decision, registered.defaults)
        except MissingDefault as missing:
            yield refuse(cause=_START_UNDEFINED[missing.default])
            return
        yield WorkflowExecutionContinuedAsNew(
            new_execution_run_id=registry.new_run_id(),
            workflow_type=type_id,
            child_policy=started.child_policy,
            task_list=started.task_list,
            execution_start_to_close_timeout=_within_a_year(started.execution_start_to_close_timeout),
            task_start_to_close_timeout=started.task_start_to_close_timeout,
            task_priority=started.task_priority,
            lambda_role=started.lambda_role,
            input=started.input,
            tag_list=started.tag_list,
            decision_task_completed_event_id=completed,
        )


@handles(StartChildWorkflowExecution)
def start_child_workflow_execution(
    state: ExecutionState, decision: StartChildWorkflowExecution, completed: int, registry: Registry
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
    registered = registry.workflow_type(decision.workflow_type)
    if registered is None:
        yield refuse(cause="WORKFLOW_TYPE_DOES_NOT_EXIST")
    elif registered.status == DEPRECATED:
        yield refuse(cause="WORKFLOW_TYPE_DEPRECATED")
    else:
        try:
            started = defaults.started(decision.workflow_type, decision, registered.defaults)
        except MissingDefault as missing:
            yield refuse(cause=_START_UNDEFINED[missing.default])
            return
        yield StartChildWorkflowExecutionInitiated(
            workflow_id=decision.workflow_id,
            workflow_type=decision.workflow_type,
            child_policy=started.child_policy,
            task_list=started.task_list,
            execution_start_to_close_timeout=_within_a_year(started.execution_start_to_close_timeout),
            task_start_to_close_timeout=started.task_start_to_close_timeout,
            task_priority=started.task_priority,
            lambda_role=started.lambda_role,
            input=started.input,
            tag_list=started.tag_list,
            control=decision.control,
            decision_task_completed_event_id=completed,
        )


# Of the causes that starting a child and continuing as new share.
_START_UNDEFINED: dict[str, StartUndefinedCause] = {
    "default_execution_start_to_close_timeout": "DEFAULT_EXECUTION_START_TO_CLOSE_TIMEOUT_UNDEFINED",
    "default_task_list": "DEFAULT_TASK_LIST_UNDEFINED",
    "default_task_start_to_close_timeout": "DEFAULT_TASK_START_TO_CLOSE_TIMEOUT_UNDEFINED",
    "default_child_policy": "DEFAULT_CHILD_POLICY_UNDEFINED",
}


def _within_a_year(timeout: DurationInSecondsOptional | None) -> DurationInSecondsOptional | None:
    # A decision may ask for no limit; SWF keeps no execution open for longer than a year all the same.
    return limits.EXECUTION_SECONDS if timeout == NONE else timeout


@handles(SignalExternalWorkflowExecution)
def signal_external_workflow_execution(
    state: ExecutionState, decision: SignalExternalWorkflowExecution, completed: int, registry: Registry
) -> Iterator[Event]:
    """Initiate the signal; whether there is an execution to receive it turns out later."""
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
    state: ExecutionState, decision: RequestCancelExternalWorkflowExecution, completed: int, registry: Registry
) -> Iterator[Event]:
    """Initiate the cancel request; whether there is an execution to receive it turns out later."""
    yield RequestCancelExternalWorkflowExecutionInitiated(
        workflow_id=decision.workflow_id,
        run_id=decision.run_id,
        control=decision.control,
        decision_task_completed_event_id=completed,
    )


@handles(ScheduleLambdaFunction)
def schedule_lambda_function(
    state: ExecutionState, decision: ScheduleLambdaFunction, completed: int, registry: Registry
) -> Iterator[Event]:
    """Schedule the call, or record that its id is in use."""
    if any(called.scheduled.function_id == decision.id for called in state.lambda_functions.values()):
        yield ScheduleLambdaFunctionFailed(
            function_id=decision.id,
            function_name=decision.name,
            cause="ID_ALREADY_IN_USE",
            decision_task_completed_event_id=completed,
        )
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
