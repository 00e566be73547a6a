"""When SWF asks the decider, and with which decision task."""

from swf.constants import NONE
from swf.exceptions import ValidationError
from swf.models.event import (
    EVENTS,
    ActivityTaskCancelRequested,
    ActivityTaskScheduled,
    ActivityTaskStarted,
    DecisionTaskCompleted,
    DecisionTaskScheduled,
    DecisionTaskStarted,
    Event,
    LambdaFunctionScheduled,
    LambdaFunctionStarted,
    MarkerRecorded,
    RequestCancelExternalWorkflowExecutionInitiated,
    SignalExternalWorkflowExecutionInitiated,
    StartChildWorkflowExecutionInitiated,
    TimerCanceled,
    TimerStarted,
)
from swf.models.history.state import CLOSE_STATUS_OF, ExecutionState

_QUIET = frozenset(
    {
        DecisionTaskScheduled,
        DecisionTaskStarted,
        DecisionTaskCompleted,
        ActivityTaskScheduled,
        ActivityTaskStarted,
        ActivityTaskCancelRequested,
        TimerStarted,
        TimerCanceled,
        MarkerRecorded,
        StartChildWorkflowExecutionInitiated,
        SignalExternalWorkflowExecutionInitiated,
        RequestCancelExternalWorkflowExecutionInitiated,
        LambdaFunctionScheduled,
        LambdaFunctionStarted,
        *CLOSE_STATUS_OF,
    }
)
_ASKING = frozenset(EVENTS.values()) - _QUIET


def asks_for_decision(event: Event) -> bool:
    """Tell whether the decider has to know of an event at once.

    If so, SWF schedules a decision task right after it, unless one waits already.
    """
    return type(event) in _ASKING


def next_decision_task(state: ExecutionState) -> DecisionTaskScheduled:
    """Give the decision task that SWF schedules next: in the task list, and with the timeouts, that hold now.

    Raises:
        ValidationError: The state has not seen the execution's start.
    """
    if state.started is None:
        raise ValidationError(
            "A decision task belongs to an execution that has started. Apply its WorkflowExecutionStarted first."
        )
    sticky = state.sticky_task_list
    return DecisionTaskScheduled(
        task_list=sticky.task_list if sticky else state.task_list,
        start_to_close_timeout=state.started.task_start_to_close_timeout,
        schedule_to_start_timeout=sticky.schedule_to_start_timeout if sticky else NONE,
        task_priority=state.started.task_priority,
    )
