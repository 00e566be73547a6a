"""Transitions alone: from a state and a decision to the events that are recorded."""

import pytest

from swf.engine import decisions
from swf.engine.defaults import ActivityDefaults, RegisteredActivity
from swf.engine.limits import Limits
from swf.models.decision import (
    CancelTimer,
    CancelWorkflowExecution,
    CompleteWorkflowExecution,
    ContinueAsNewWorkflowExecution,
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
    ActivityTaskScheduled,
    CancelTimerFailed,
    CompleteWorkflowExecutionFailed,
    DecisionTaskCompleted,
    DecisionTaskScheduled,
    MarkerRecorded,
    ScheduleActivityTaskFailed,
    TimerCanceled,
    TimerStarted,
    WorkflowExecutionCompleted,
)
from swf.models.history.state import ExecutionState
from swf.shapes import TypeId

COMPLETED = 10
ADD = TypeId("add", "1")
LIMITS = {
    "schedule_to_start_timeout": "NONE",
    "schedule_to_close_timeout": 300,
    "start_to_close_timeout": 60,
    "heartbeat_timeout": "NONE",
}


class Types:
    """The types of a domain, without a domain; there may be as much as you like."""

    limits = Limits()

    def __init__(self, **statuses):
        self.statuses = statuses

    def activity_type(self, type_id):
        status = self.statuses.get(type_id.name)
        return status and RegisteredActivity(status, ActivityDefaults(default_task_list="al", default_task_priority=3))

    def is_too_fast(self, decision, task_list=None):
        return False


def outcome(*asked, before=(), types=None):
    """Carry out decisions as the engine does: each event is applied before the next is made."""
    state = ExecutionState.of([*before, DecisionTaskCompleted(id=COMPLETED, scheduled_event_id=1, started_event_id=2)])
    events = []
    for event in decisions.carry_out(state, asked, COMPLETED, types or Types(add="REGISTERED")):
        events.append(event)
        state.apply(event.numbered(state.last_event_id + 1, state.last_timestamp))
    return events


def schedule(**members):
    return ScheduleActivityTask(activity_type=ADD, activity_id="a1", **{**LIMITS, **members})


def test_an_activity_takes_from_its_type_what_the_decision_does_not_say():
    assert outcome(schedule()) == [
        ActivityTaskScheduled(
            activity_type=ADD,
            activity_id="a1",
            task_list="al",
            task_priority=3,
            decision_task_completed_event_id=COMPLETED,
            **LIMITS,
        )
    ]


@pytest.mark.parametrize(
    ("types", "cause"),
    [(Types(), "ACTIVITY_TYPE_DOES_NOT_EXIST"), (Types(add="DEPRECATED"), "ACTIVITY_TYPE_DEPRECATED")],
)
def test_an_activity_of_no_registered_type_is_refused(types, cause):
    (refusal,) = outcome(schedule(), types=types)

    assert refusal == ScheduleActivityTaskFailed(
        activity_type=ADD, activity_id="a1", cause=cause, decision_task_completed_event_id=COMPLETED
    )


def test_a_decision_sees_what_the_one_before_it_did():
    events = outcome(
        StartTimer(timer_id="t", start_to_fire_timeout=5),
        CancelTimer(timer_id="t"),
        CancelTimer(timer_id="t"),
        RecordMarker(marker_name="m"),
    )

    assert events == [
        TimerStarted(timer_id="t", start_to_fire_timeout=5, decision_task_completed_event_id=COMPLETED),
        TimerCanceled(timer_id="t", started_event_id=11, decision_task_completed_event_id=COMPLETED),
        CancelTimerFailed(timer_id="t", cause="TIMER_ID_UNKNOWN", decision_task_completed_event_id=COMPLETED),
        MarkerRecorded(marker_name="m", decision_task_completed_event_id=COMPLETED),
    ]


def test_an_activity_that_nobody_took_is_canceled_by_the_request():
    _, requested, canceled = outcome(schedule(), RequestCancelActivityTask(activity_id="a1"))

    assert requested == ActivityTaskCancelRequested(activity_id="a1", decision_task_completed_event_id=COMPLETED)
    assert canceled == ActivityTaskCanceled(
        scheduled_event_id=11, started_event_id=0, latest_cancel_requested_event_id=12
    )


@pytest.mark.parametrize(
    ("before", "event"),
    [
        ((), WorkflowExecutionCompleted(result="r", decision_task_completed_event_id=COMPLETED)),
        (
            (DecisionTaskScheduled(id=9, task_list="dl"),),
            CompleteWorkflowExecutionFailed(cause="UNHANDLED_DECISION", decision_task_completed_event_id=COMPLETED),
        ),
    ],
)
def test_an_execution_closes_unless_another_decision_task_waits(before, event):
    assert outcome(CompleteWorkflowExecution(result="r"), before=before) == [event]


NOT_LAST = "Close must be last decision in list"
NOT_ALONE = "Specified decision is incompatible with close decision"
SCHEDULE = ScheduleActivityTask(activity_type=("A", "1"), activity_id="a")
TIMER = StartTimer(timer_id="t", start_to_fire_timeout=5)


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        ([], None),
        ([CompleteWorkflowExecution()], None),
        ([SCHEDULE, TIMER], None),
        ([RecordMarker(marker_name="m"), CompleteWorkflowExecution()], None),
        ([CancelTimer(timer_id="t"), FailWorkflowExecution()], None),
        ([RequestCancelActivityTask(activity_id="a"), CancelWorkflowExecution()], None),
        ([StartChildWorkflowExecution(workflow_type=("W", "1"), workflow_id="c"), CompleteWorkflowExecution()], None),
        ([ScheduleLambdaFunction(id="l", name="f"), ContinueAsNewWorkflowExecution()], None),
        ([SignalExternalWorkflowExecution(workflow_id="w", signal_name="s"), CompleteWorkflowExecution()], None),
        ([RequestCancelExternalWorkflowExecution(workflow_id="w"), CompleteWorkflowExecution()], None),
        ([CompleteWorkflowExecution(), RecordMarker(marker_name="m")], NOT_LAST),
        ([CompleteWorkflowExecution(), CompleteWorkflowExecution()], NOT_LAST),
        ([CompleteWorkflowExecution(), SCHEDULE], NOT_LAST),
        ([SCHEDULE, CompleteWorkflowExecution()], NOT_ALONE),
        ([TIMER, FailWorkflowExecution()], NOT_ALONE),
        ([RecordMarker(marker_name="m"), TIMER, CancelWorkflowExecution()], NOT_ALONE),
        ([SCHEDULE, ContinueAsNewWorkflowExecution()], NOT_ALONE),
    ],
)
def test_a_decision_that_closes_the_execution_comes_last_and_not_with_a_task_or_a_timer(made, problem):
    assert decisions.problem_of_close(made) == problem
