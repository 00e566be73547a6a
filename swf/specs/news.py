"""What each event means to an execution: one fold over its history."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from swf.failure import Failure
from swf.models import event as events
from swf.models.event import Event
from swf.models.history.state import CLOSE_STATUS_OF
from swf.specs.openings import PASSING
from swf.specs.parts import Part
from swf.specs.progress import Progress
from swf.specs.tasks import Outcome


def apply(progress: Progress, event: Event) -> None:
    """Take one more event into account; events come in the order of their ids, each once."""
    meaning = _MEANINGS.get(type(event))
    if meaning is not None:
        meaning(progress, event)
        progress.settle()


# The execution


def _on_started(progress: Progress, event: events.WorkflowExecutionStarted) -> None:
    progress.begin(event.input)


def _on_cancel_requested(progress: Progress, event: Event) -> None:
    progress.request_cancel()


def _on_signaled(progress: Progress, event: events.WorkflowExecutionSignaled) -> None:
    progress.signal(event.signal_name, event.input)


def _on_asked(progress: Progress, event: Event) -> None:
    progress.ask()


def _on_end_refused(progress: Progress, event: Any) -> None:
    progress.refused_end = None if event.cause == "UNHANDLED_DECISION" else f"{event.name}: {event.cause}"


def _on_decision_task_timed_out(progress: Progress, event: Event) -> None:
    # Nothing was decided because an end was refused: by now it may be allowed.
    progress.refused_end = None


def _on_closed(progress: Progress, event: Event) -> None:
    progress.is_closed = True


# What is opened


def _on_activity_scheduled(progress: Progress, event: events.ActivityTaskScheduled) -> None:
    progress.openings.opened("activity", event.activity_id, event.id)


def _on_lambda_scheduled(progress: Progress, event: events.LambdaFunctionScheduled) -> None:
    progress.openings.opened("lambda", event.function_id, event.id)


def _on_child_initiated(progress: Progress, event: events.StartChildWorkflowExecutionInitiated) -> None:
    progress.openings.opened("child", event.workflow_id, event.id)


def _on_child_started(progress: Progress, event: events.ChildWorkflowExecutionStarted) -> None:
    part = progress.openings.parts.get(event.initiated_event_id)
    if part is not None:
        part.has_started = True


# What SWF refuses to open


def _on_activity_refused(progress: Progress, event: events.ScheduleActivityTaskFailed) -> None:
    _fail_refused(progress, progress.openings.refused("activity", event.activity_id, event.cause), event.cause)


def _on_lambda_refused(progress: Progress, event: events.ScheduleLambdaFunctionFailed) -> None:
    _fail_refused(progress, progress.openings.refused("lambda", event.function_id, event.cause), event.cause)


def _on_child_refused(progress: Progress, event: events.StartChildWorkflowExecutionFailed) -> None:
    part = progress.openings.closed(event.initiated_event_id)
    if part is not None:
        progress.refuse_child(part, event.cause)
    else:
        _fail_refused(progress, progress.openings.refused("child", event.workflow_id, event.cause), event.cause)


def _on_timer_refused(progress: Progress, event: events.StartTimerFailed) -> None:
    _fail_refused(progress, progress.openings.timer_refused(event.timer_id, event.cause), event.cause)


def _fail_refused(progress: Progress, part: Part | None, cause: str) -> None:
    if part is not None:
        progress.fail(part, "not_scheduled", Failure(type=cause))


# What is closed


def _on_completed(progress: Progress, event: Any) -> None:
    part = progress.openings.closed(event.opener_id)
    if part is not None:
        progress.complete(part, event.result)


def _on_failed(progress: Progress, event: Any) -> None:
    _end_badly(progress, event, "failed", Failure.read(event.reason, event.details))


def _on_timed_out(progress: Progress, event: Any) -> None:
    _end_badly(progress, event, "timed_out", Failure(type=event.timeout_type or "START_TO_CLOSE"))


def _on_canceled(progress: Progress, event: Any) -> None:
    _end_badly(progress, event, "canceled", Failure(type="canceled", message=event.details or ""))


def _on_terminated(progress: Progress, event: Event) -> None:
    _end_badly(progress, event, "terminated", Failure(type="terminated"))


def _on_lambda_not_started(progress: Progress, event: events.StartLambdaFunctionFailed) -> None:
    failure = Failure(type=event.cause or "StartLambdaFunctionFailed", message=event.message or "")
    _end_badly(progress, event, "not_scheduled", failure)


def _end_badly(progress: Progress, event: Event, outcome: Outcome, failure: Failure) -> None:
    part = progress.openings.closed(event.opener_id)
    if part is not None:
        progress.fail(part, outcome, failure)


# Cancels


def _on_activity_cancel_requested(progress: Progress, event: events.ActivityTaskCancelRequested) -> None:
    progress.openings.note_cancel("activity", event.activity_id, True)


def _on_activity_cancel_refused(progress: Progress, event: events.RequestCancelActivityTaskFailed) -> None:
    # It has closed, or deciders may not cancel it: asking again does not help, and it ends by itself.
    progress.openings.note_cancel("activity", event.activity_id, True)


def _on_child_cancel_requested(
    progress: Progress, event: events.RequestCancelExternalWorkflowExecutionInitiated
) -> None:
    progress.openings.note_cancel("child", event.workflow_id, True)


def _on_child_cancel_refused(progress: Progress, event: events.RequestCancelExternalWorkflowExecutionFailed) -> None:
    # A child that is not there any more has an event of its own to come.
    is_passing = event.cause in PASSING
    progress.openings.note_cancel("child", event.workflow_id, not is_passing)
    if is_passing:
        progress.openings.pause()
    else:
        progress.openings.note_heard(event.workflow_id)


def _on_child_heard(progress: Progress, event: events.ExternalWorkflowExecutionCancelRequested) -> None:
    progress.openings.note_heard(event.workflow_execution.workflow_id)


# Timers


def _on_timer_started(progress: Progress, event: events.TimerStarted) -> None:
    timer = progress.openings.timer_started(event.timer_id)
    if timer is not None and not progress.is_needed(timer.part):
        progress.openings.drop_timer(event.timer_id)


def _on_timer_canceled(progress: Progress, event: events.TimerCanceled) -> None:
    progress.openings.timer_over(event.timer_id)


def _on_timer_fired(progress: Progress, event: events.TimerFired) -> None:
    timer = progress.openings.timer_over(event.timer_id)
    if timer is None or not progress.is_needed(timer.part):
        return
    match timer.why:
        case "work":
            progress.complete(timer.part, None)
        case "retry":
            progress.make_due(timer.part)
        case "timeout":
            failure = Failure(type="START_TO_CLOSE", message="The signal did not come.")
            progress.fail(timer.part, "timed_out", failure)


_MEANINGS: Final[Mapping[type[Event], Callable[[Progress, Any], None]]] = {
    events.WorkflowExecutionStarted: _on_started,
    events.WorkflowExecutionCancelRequested: _on_cancel_requested,
    events.WorkflowExecutionSignaled: _on_signaled,
    events.DecisionTaskStarted: _on_asked,
    events.CompleteWorkflowExecutionFailed: _on_end_refused,
    events.FailWorkflowExecutionFailed: _on_end_refused,
    events.CancelWorkflowExecutionFailed: _on_end_refused,
    events.DecisionTaskTimedOut: _on_decision_task_timed_out,
    events.ActivityTaskScheduled: _on_activity_scheduled,
    events.ScheduleActivityTaskFailed: _on_activity_refused,
    events.ActivityTaskCancelRequested: _on_activity_cancel_requested,
    events.RequestCancelActivityTaskFailed: _on_activity_cancel_refused,
    events.ActivityTaskCompleted: _on_completed,
    events.ActivityTaskFailed: _on_failed,
    events.ActivityTaskTimedOut: _on_timed_out,
    events.ActivityTaskCanceled: _on_canceled,
    events.LambdaFunctionScheduled: _on_lambda_scheduled,
    events.ScheduleLambdaFunctionFailed: _on_lambda_refused,
    events.StartLambdaFunctionFailed: _on_lambda_not_started,
    events.LambdaFunctionCompleted: _on_completed,
    events.LambdaFunctionFailed: _on_failed,
    events.LambdaFunctionTimedOut: _on_timed_out,
    events.StartChildWorkflowExecutionInitiated: _on_child_initiated,
    events.StartChildWorkflowExecutionFailed: _on_child_refused,
    events.ChildWorkflowExecutionStarted: _on_child_started,
    events.ChildWorkflowExecutionCompleted: _on_completed,
    events.ChildWorkflowExecutionFailed: _on_failed,
    events.ChildWorkflowExecutionTimedOut: _on_timed_out,
    events.ChildWorkflowExecutionCanceled: _on_canceled,
    events.ChildWorkflowExecutionTerminated: _on_terminated,
    events.RequestCancelExternalWorkflowExecutionInitiated: _on_child_cancel_requested,
    events.RequestCancelExternalWorkflowExecutionFailed: _on_child_cancel_refused,
    events.ExternalWorkflowExecutionCancelRequested: _on_child_heard,
    events.TimerStarted: _on_timer_started,
    events.StartTimerFailed: _on_timer_refused,
    events.TimerFired: _on_timer_fired,
    events.TimerCanceled: _on_timer_canceled,
    **dict.fromkeys(CLOSE_STATUS_OF, _on_closed),
}
