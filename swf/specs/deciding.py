"""What is decided, given how far an execution is: a pure function."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from swf.exceptions import SpecError, SpecInputError, ValidationError
from swf.failure import Failure
from swf.models.decision import (
    CancelTimer,
    CancelWorkflowExecution,
    CompleteWorkflowExecution,
    Decision,
    FailWorkflowExecution,
    RecordMarker,
    RequestCancelActivityTask,
    RequestCancelExternalWorkflowExecution,
    ScheduleActivityTask,
    ScheduleLambdaFunction,
    StartChildWorkflowExecution,
    StartTimer,
)
from swf.specs import inputs
from swf.specs.inputs import Input, Sources
from swf.specs.openings import PAUSE, Openings
from swf.specs.parts import TimerOf
from swf.specs.paths import NOTHING
from swf.specs.progress import Progress
from swf.specs.tasks import Activity, ChildWorkflow, LambdaFunction, Work

# SWF keeps so many open in an execution, of each kind.
# https://docs.aws.amazon.com/amazonswf/latest/developerguide/swf-dg-limits.html
MOST_OPEN: Final = 1_000

# Timers that room is left for: one for a pause, and the one with which an answer is continued.
SPARE_TIMERS: Final = 2

LONGEST_PAUSE_SECONDS: Final = 60

RESULT_TOO_LONG: Final = "swf.specs.result-too-long"


def decisions_of(progress: Progress, output: Input | None = None) -> list[Decision]:
    """Give what is to be decided, given how far an execution is.

    Args:
        progress: How far it is, with the events up to a decision task.
        output: The result, should it complete; None is the results of all tasks.

    Raises:
        SpecError: SWF does not allow the execution to be closed.
    """
    if progress.is_closed:
        return []
    if progress.refused_end is not None:
        raise SpecError(
            f"SWF refused to close the execution ({progress.refused_end}). Allow that in the decider's IAM policy."
        )
    return list(_decisions(progress, output))


def _decisions(progress: Progress, output: Input | None) -> Iterator[Decision]:
    if progress.failure is not None and not progress.is_compensating:
        yield from _failing(progress, progress.failure)
    elif progress.failure is not None:
        yield from _compensating(progress, progress.failure)
    elif progress.is_cancel_requested:
        yield from _canceling(progress)
    elif not progress.unfinished:
        yield from _completed(progress, output)
    else:
        yield from _stale_timers(progress)
        yield from _due(progress.openings)


# The bad ends


def _failing(progress: Progress, failure: Failure) -> Iterator[Decision]:
    # What an answer asks of a child comes to nothing if the same answer ends the execution, and one that is about to
    # start cannot be asked yet: children would outlive it.
    if progress.openings.has_unheard_children:
        yield from _canceled_children(progress)
    else:
        yield _failed(failure)


def _failed(failure: Failure) -> Decision:
    return FailWorkflowExecution(reason=failure.reason, details=failure.details)


def _canceling(progress: Progress) -> Iterator[Decision]:
    if progress.openings.parts:
        yield from _stale_timers(progress)
        yield from _cancels(progress)
    else:
        yield CancelWorkflowExecution()


def _compensating(progress: Progress, failure: Failure) -> Iterator[Decision]:
    if progress.is_compensated:
        yield _failed(failure)
        return
    yield from _stale_timers(progress)
    if progress.openings.is_only_undoing:
        yield from _due(progress.openings)
    else:
        yield from _cancels(progress)


def _cancels(progress: Progress) -> Iterator[Decision]:
    """Give requests to cancel what is open and was not asked yet."""
    for part in progress.openings.uncanceled_activities:
        yield RequestCancelActivityTask(activity_id=part.key)
    yield from _canceled_children(progress)


def _canceled_children(progress: Progress) -> Iterator[Decision]:
    children = list(progress.openings.uncanceled_children)
    if children and progress.openings.is_pausing:
        yield from _pause(progress.openings)
        return
    for part in children:
        yield RequestCancelExternalWorkflowExecution(workflow_id=progress.child_id(part.key))


def _stale_timers(progress: Progress) -> Iterator[Decision]:
    return (CancelTimer(timer_id=timer_id) for timer_id in progress.openings.stale)


# The good end


def _completed(progress: Progress, output: Input | None) -> Iterator[Decision]:
    try:
        yield CompleteWorkflowExecution(result=_result(progress, output))
    except (SpecInputError, ValidationError) as error:
        if output is not None:
            yield _failed(Failure(type="OutputError", message=f"The output {error}"))
            return
        yield RecordMarker(marker_name=RESULT_TOO_LONG, details=f"The result, that of all tasks together, {error}")
        yield CompleteWorkflowExecution()


def _result(progress: Progress, output: Input | None) -> str | None:
    if output is not None:
        return inputs.text_of(inputs.value_of(output, Sources(progress.workflow_input, progress.result_of)))
    results = {id: result for id in progress.tasks if (result := progress.result_of(id)) is not NOTHING}
    return inputs.text_of(results or NOTHING)


# What is begun


def _due(openings: Openings) -> Iterator[Decision]:
    if openings.is_pausing:
        yield from _pause(openings)
        return
    for kind, due in openings.due.items():
        most = MOST_OPEN - SPARE_TIMERS if kind == "timer" else MOST_OPEN
        for id, each in islice(due.items(), max(0, most - openings.open[kind])):
            if isinstance(each, TimerOf):
                yield StartTimer(timer_id=id, start_to_fire_timeout=each.seconds)
            else:
                yield opening(each.work, id, each.text)


def _pause(openings: Openings) -> Iterator[Decision]:
    timer_id = f"{PAUSE}-{openings.refusals}"
    if timer_id not in openings.timers:
        seconds = min(LONGEST_PAUSE_SECONDS, 2 ** min(openings.refusals - 1, 10))
        yield StartTimer(timer_id=timer_id, start_to_fire_timeout=seconds)


def opening(work: Work, id: str, text: str | None = None) -> Decision:
    """Give the decision that begins an activity, a Lambda function or a child.

    Args:
        work: What is to be done.
        id: The activity id, the function id or the workflow id.
        text: The input.

    Raises:
        ValidationError: SWF would refuse it.
    """
    if isinstance(work, Activity):
        return ScheduleActivityTask(activity_id=id, activity_type=work.type, input=text, **_timeouts(work))
    if isinstance(work, LambdaFunction):
        return ScheduleLambdaFunction(id=id, name=work.name, input=text, start_to_close_timeout=_seconds(work.timeout))
    assert isinstance(work, ChildWorkflow)
    return StartChildWorkflowExecution(
        workflow_id=id,
        workflow_type=work.type,
        input=text,
        execution_start_to_close_timeout=_seconds(work.timeout),
        task_start_to_close_timeout=_seconds(work.task_timeout),
        task_list=work.task_list,
        task_priority=work.priority,
        child_policy=work.child_policy,
    )


def _timeouts(work: Activity) -> dict[str, Any]:
    return {
        "start_to_close_timeout": work.timeout,
        "heartbeat_timeout": work.heartbeat,
        "schedule_to_start_timeout": work.schedule_to_start_timeout,
        "schedule_to_close_timeout": work.schedule_to_close_timeout,
        "task_list": work.task_list,
        "task_priority": work.priority,
    }


def _seconds(value: int | str | None) -> Any:
    # The shapes of decisions say Literal["NONE"].
    return value
