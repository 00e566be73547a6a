import copy
import pickle
from datetime import UTC, datetime

import attrs
import pytest

from swf.models.event import (
    EPOCH,
    EVENTS,
    ActivityTaskCanceled,
    ActivityTaskCancelRequested,
    ActivityTaskCompleted,
    ActivityTaskEvent,
    ActivityTaskScheduled,
    CancelTimerFailed,
    ChildWorkflowExecutionCompleted,
    DecisionTaskEvent,
    DecisionTaskTimedOut,
    Event,
    ExternalWorkflowExecutionSignaled,
    LambdaFunctionCompleted,
    LambdaFunctionScheduled,
    SignalExternalWorkflowExecutionFailed,
    StartChildWorkflowExecutionFailed,
    StartLambdaFunctionFailed,
    TimerEvent,
    TimerFired,
    TimerStarted,
    WorkflowExecutionSignaled,
    WorkflowExecutionStarted,
)
from swf.shapes import ExecutionId, TypeId

NOON = datetime(2020, 1, 1, 12, tzinfo=UTC)

TYPES_AND_STATES = {
    "WorkflowExecutionStarted": ("WorkflowExecution", "started"),
    "WorkflowExecutionCancelRequested": ("WorkflowExecution", "cancel_requested"),
    "WorkflowExecutionCompleted": ("WorkflowExecution", "completed"),
    "CompleteWorkflowExecutionFailed": ("WorkflowExecution", "complete_failed"),
    "WorkflowExecutionFailed": ("WorkflowExecution", "failed"),
    "FailWorkflowExecutionFailed": ("WorkflowExecution", "fail_failed"),
    "WorkflowExecutionTimedOut": ("WorkflowExecution", "timed_out"),
    "WorkflowExecutionCanceled": ("WorkflowExecution", "canceled"),
    "CancelWorkflowExecutionFailed": ("WorkflowExecution", "cancel_failed"),
    "WorkflowExecutionContinuedAsNew": ("WorkflowExecution", "continued_as_new"),
    "ContinueAsNewWorkflowExecutionFailed": ("WorkflowExecution", "continue_as_new_failed"),
    "WorkflowExecutionTerminated": ("WorkflowExecution", "terminated"),
    "WorkflowExecutionSignaled": ("WorkflowExecution", "signaled"),
    "DecisionTaskScheduled": ("DecisionTask", "scheduled"),
    "DecisionTaskStarted": ("DecisionTask", "started"),
    "DecisionTaskCompleted": ("DecisionTask", "completed"),
    "DecisionTaskTimedOut": ("DecisionTask", "timed_out"),
    "ActivityTaskScheduled": ("ActivityTask", "scheduled"),
    "ScheduleActivityTaskFailed": ("ActivityTask", "schedule_failed"),
    "ActivityTaskStarted": ("ActivityTask", "started"),
    "ActivityTaskCompleted": ("ActivityTask", "completed"),
    "ActivityTaskFailed": ("ActivityTask", "failed"),
    "ActivityTaskTimedOut": ("ActivityTask", "timed_out"),
    "ActivityTaskCanceled": ("ActivityTask", "canceled"),
    "ActivityTaskCancelRequested": ("ActivityTask", "cancel_requested"),
    "RequestCancelActivityTaskFailed": ("ActivityTask", "request_cancel_failed"),
    "TimerStarted": ("Timer", "started"),
    "StartTimerFailed": ("Timer", "start_failed"),
    "TimerFired": ("Timer", "fired"),
    "TimerCanceled": ("Timer", "canceled"),
    "CancelTimerFailed": ("Timer", "cancel_failed"),
    "MarkerRecorded": ("Marker", "recorded"),
    "RecordMarkerFailed": ("Marker", "record_failed"),
    "StartChildWorkflowExecutionInitiated": ("ChildWorkflowExecution", "start_initiated"),
    "StartChildWorkflowExecutionFailed": ("ChildWorkflowExecution", "start_failed"),
    "ChildWorkflowExecutionStarted": ("ChildWorkflowExecution", "started"),
    "ChildWorkflowExecutionCompleted": ("ChildWorkflowExecution", "completed"),
    "ChildWorkflowExecutionFailed": ("ChildWorkflowExecution", "failed"),
    "ChildWorkflowExecutionTimedOut": ("ChildWorkflowExecution", "timed_out"),
    "ChildWorkflowExecutionCanceled": ("ChildWorkflowExecution", "canceled"),
    "ChildWorkflowExecutionTerminated": ("ChildWorkflowExecution", "terminated"),
    "SignalExternalWorkflowExecutionInitiated": ("ExternalWorkflowExecution", "signal_initiated"),
    "SignalExternalWorkflowExecutionFailed": ("ExternalWorkflowExecution", "signal_failed"),
    "ExternalWorkflowExecutionSignaled": ("ExternalWorkflowExecution", "signaled"),
    "RequestCancelExternalWorkflowExecutionInitiated": ("ExternalWorkflowExecution", "request_cancel_initiated"),
    "RequestCancelExternalWorkflowExecutionFailed": ("ExternalWorkflowExecution", "request_cancel_failed"),
    "ExternalWorkflowExecutionCancelRequested": ("ExternalWorkflowExecution", "cancel_requested"),
    "LambdaFunctionScheduled": ("LambdaFunction", "scheduled"),
    "ScheduleLambdaFunctionFailed": ("LambdaFunction", "schedule_failed"),
    "LambdaFunctionStarted": ("LambdaFunction", "started"),
    "StartLambdaFunctionFailed": ("LambdaFunction", "start_failed"),
    "LambdaFunctionCompleted": ("LambdaFunction", "completed"),
    "LambdaFunctionFailed": ("LambdaFunction", "failed"),
    "LambdaFunctionTimedOut": ("LambdaFunction", "timed_out"),
}


def bare(kind):
    """An event of which only what is asked for below has a meaning."""
    return kind(**{field.name: None for field in attrs.fields(kind) if field.default is attrs.NOTHING})


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_tells_its_name_what_it_happened_to_and_what_happened(name):
    event = bare(EVENTS[name])

    assert event.name == name
    assert (event.type, event.state) == TYPES_AND_STATES[name]


WORKFLOW = TypeId("Order", "1")
CHILD = ExecutionId("child", "run")


@pytest.mark.parametrize(
    ("event", "opener_id"),
    [
        (TimerStarted(id=5, timer_id="t", start_to_fire_timeout=1, decision_task_completed_event_id=4), 5),
        (TimerFired(id=8, timer_id="t", started_event_id=5), 5),
        (CancelTimerFailed(id=8, timer_id="t", cause="TIMER_ID_UNKNOWN", decision_task_completed_event_id=4), 8),
        (ActivityTaskCompleted(id=7, scheduled_event_id=5, started_event_id=6), 5),
        (ActivityTaskCanceled(id=7, scheduled_event_id=5, started_event_id=0), 5),
        (ActivityTaskCancelRequested(id=7, activity_id="a", decision_task_completed_event_id=4), 7),
        (DecisionTaskTimedOut(id=4, timeout_type="START_TO_CLOSE", scheduled_event_id=2, started_event_id=3), 2),
        (
            ChildWorkflowExecutionCompleted(
                id=9, workflow_execution=CHILD, workflow_type=WORKFLOW, initiated_event_id=5, started_event_id=6
            ),
            5,
        ),
        (
            StartChildWorkflowExecutionFailed(
                id=5,
                workflow_type=WORKFLOW,
                workflow_id="child",
                cause="WORKFLOW_TYPE_DOES_NOT_EXIST",
                initiated_event_id=0,
                decision_task_completed_event_id=4,
            ),
            5,
        ),
        (ExternalWorkflowExecutionSignaled(id=8, workflow_execution=CHILD, initiated_event_id=5), 5),
        (
            SignalExternalWorkflowExecutionFailed(
                id=8,
                workflow_id="child",
                cause="OPERATION_NOT_PERMITTED",
                initiated_event_id=0,
                decision_task_completed_event_id=4,
            ),
            8,
        ),
        (LambdaFunctionCompleted(id=7, scheduled_event_id=5, started_event_id=6), 5),
        (StartLambdaFunctionFailed(id=7), 7),
        (WorkflowExecutionSignaled(id=3, signal_name="paid"), 3),
    ],
)
def test_an_event_knows_the_event_that_the_thing_it_happened_to_began_with(event, opener_id):
    assert event.opener_id == opener_id


@pytest.mark.parametrize(
    ("kind", "family"),
    [(TimerFired, TimerEvent), (ActivityTaskScheduled, ActivityTaskEvent), (DecisionTaskTimedOut, DecisionTaskEvent)],
)
def test_an_event_belongs_to_a_family(kind, family):
    assert issubclass(kind, family)
    assert issubclass(kind, Event)
    assert family not in EVENTS.values()


def test_an_event_stands_in_swfs_json_with_its_attributes_under_its_own_key():
    event = ActivityTaskScheduled(
        id=5,
        timestamp=NOON,
        activity_type=TypeId("Charge", "1"),
        activity_id="charge",
        task_list="activities",
        decision_task_completed_event_id=4,
        input='{"id":7}',
        start_to_close_timeout=600,
        heartbeat_timeout="NONE",
        task_priority=-5,
    )

    assert event.raw == {
        "eventId": 5,
        "eventTimestamp": 1577880000.0,
        "eventType": "ActivityTaskScheduled",
        "activityTaskScheduledEventAttributes": {
            "activityType": {"name": "Charge", "version": "1"},
            "activityId": "charge",
            "taskList": {"name": "activities"},
            "decisionTaskCompletedEventId": 4,
            "input": '{"id":7}',
            "startToCloseTimeout": "600",
            "heartbeatTimeout": "NONE",
            "taskPriority": "-5",
        },
    }


def test_zero_and_empty_text_are_written_and_none_is_not():
    event = WorkflowExecutionSignaled(id=3, signal_name="paid", input="", external_initiated_event_id=0)

    assert event.attributes == {"signalName": "paid", "input": "", "externalInitiatedEventId": 0}


def test_a_lambda_function_keeps_its_id_and_name_apart_from_those_of_the_event():
    event = LambdaFunctionScheduled(id=5, function_id="resize", function_name="fn", decision_task_completed_event_id=4)

    assert (event.id, event.name) == (5, "LambdaFunctionScheduled")
    assert event.attributes == {"id": "resize", "name": "fn", "decisionTaskCompletedEventId": 4}


def test_an_event_has_no_place_in_a_history_until_it_is_numbered():
    event = TimerFired(timer_id="lunch", started_event_id=5)

    numbered = event.numbered(8, NOON)

    assert (event.id, event.timestamp) == (0, EPOCH)
    assert numbered == TimerFired(id=8, timestamp=NOON, timer_id="lunch", started_event_id=5)


def test_an_event_shows_when_it_happened_in_utc_and_to_the_millisecond():
    fired = TimerFired(
        id=8, timestamp=datetime(2030, 1, 31, 8, 0, 0, 48_000, UTC), timer_id="lunch", started_event_id=5
    )

    assert repr(fired) == "TimerFired(id=8, timestamp=2030-01-31T08:00:00.048Z, timer_id='lunch', started_event_id=5)"


def test_an_event_without_a_place_in_a_history_shows_no_time():
    assert repr(TimerFired(timer_id="lunch", started_event_id=5)) == (
        "TimerFired(id=0, timer_id='lunch', started_event_id=5)"
    )


def test_an_event_shows_its_id_and_what_is_set_and_cuts_what_is_long():
    event = WorkflowExecutionStarted(
        id=1, child_policy="TERMINATE", task_list="decisions", workflow_type=WORKFLOW, input="x" * 99
    )

    assert repr(event) == (
        "WorkflowExecutionStarted(id=1, child_policy='TERMINATE', task_list='decisions', "
        f"workflow_type=TypeId(name='Order', version='1'), input='{'x' * 55}...')"
    )


def test_an_event_cannot_be_changed():
    event = TimerFired(timer_id="lunch", started_event_id=5)

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        event.timer_id = "dinner"


def test_events_are_equal_and_hashed_by_what_they_hold():
    lunch = TimerFired(id=8, timestamp=NOON, timer_id="lunch", started_event_id=5)
    same = TimerFired(id=8, timestamp=NOON, timer_id="lunch", started_event_id=5)
    later = same.numbered(9, NOON)

    assert lunch == same
    assert lunch != later
    assert {lunch, same, later} == {lunch, later}


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda event: pickle.loads(pickle.dumps(event))])
def test_an_event_can_be_copied_and_sent_to_another_process(clone):
    event = TimerFired(id=8, timestamp=NOON, timer_id="lunch", started_event_id=5)

    assert clone(event) == event


def test_what_an_event_must_have_cannot_be_left_out():
    with pytest.raises(TypeError, match="timer_id"):
        TimerFired(started_event_id=5)
