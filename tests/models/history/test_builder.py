from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest

from swf import payload, wire
from swf.exceptions import InvalidKeywordArgumentError, ValidationError
from swf.models.event import (
    EVENTS,
    ActivityTaskCanceled,
    ActivityTaskStarted,
    DecisionTaskStarted,
    EventFactory,
    MarkerRecorded,
    WorkflowExecutionSignaled,
)
from swf.models.history import HistoryBuilder
from swf.shapes import ExecutionId, TypeId

CHARGE = ("Charge", "1")
PARCEL = ("Parcel", "2")


@pytest.fixture
def builder():
    return HistoryBuilder(("Order", "1"))


def names(history):
    return [event.name for event in history]


def test_a_history_begins_with_the_start_of_the_execution_and_its_first_decision_task(builder):
    started, scheduled = builder.history

    assert started.raw == {
        "eventId": 1,
        "eventTimestamp": 1577836800.0,
        "eventType": "WorkflowExecutionStarted",
        "workflowExecutionStartedEventAttributes": {
            "childPolicy": "TERMINATE",
            "taskList": {"name": "decisions"},
            "workflowType": {"name": "Order", "version": "1"},
            "executionStartToCloseTimeout": "86400",
            "taskStartToCloseTimeout": "60",
            "parentInitiatedEventId": 0,
        },
    }
    assert scheduled.raw == {
        "eventId": 2,
        "eventTimestamp": 1577836800.0,
        "eventType": "DecisionTaskScheduled",
        "decisionTaskScheduledEventAttributes": {
            "taskList": {"name": "decisions"},
            "startToCloseTimeout": "60",
            "scheduleToStartTimeout": "NONE",
        },
    }


@attrs.frozen
class Declared:
    name: str
    version: str


def test_the_start_takes_the_attributes_that_are_given():
    builder = HistoryBuilder(
        Declared("Order", "2"),
        input={"id": 7},
        task_list="orders",
        tag_list=["urgent"],
        task_priority=5,
        task_start_to_close_timeout="NONE",
        parent_workflow_execution=ExecutionId("cart", "cart-run"),
        parent_initiated_event_id=9,
    )

    started, scheduled = builder.history

    assert (started.workflow_type, started.input, started.tag_list) == (TypeId("Order", "2"), '{"id":7}', ("urgent",))
    assert (started.parent_workflow_execution, started.parent_initiated_event_id) == (("cart", "cart-run"), 9)
    assert (scheduled.task_list, scheduled.task_priority, scheduled.start_to_close_timeout) == ("orders", 5, "NONE")


STEPS = [f"add_{wire.snake(name)}" for name in EVENTS if name != "WorkflowExecutionStarted"]


@pytest.mark.parametrize("name", STEPS)
def test_every_event_has_a_method_of_its_name(name):
    assert callable(getattr(HistoryBuilder, name))


def test_every_method_that_adds_an_event_is_named_for_one_or_takes_a_thing_through_its_states():
    things = {
        "add_decision_task",
        "add_activity_task",
        "add_timer",
        "add_child_workflow_execution",
        "add_lambda_function",
    }

    assert {name for name in vars(HistoryBuilder) if name.startswith("add_")} == {*STEPS, *things}


def test_one_activity_task_from_start_to_end(builder):
    builder.add_activity_task(CHARGE, "charge", input={"sum": 10}, control="first", result=["paid"])
    builder.add_workflow_execution_completed(result="done")

    assert [(event.name, event.attributes) for event in builder.history][2:] == [
        ("DecisionTaskStarted", {"scheduledEventId": 2, "identity": "decider"}),
        ("DecisionTaskCompleted", {"scheduledEventId": 2, "startedEventId": 3}),
        (
            "ActivityTaskScheduled",
            {
                "activityType": {"name": "Charge", "version": "1"},
                "activityId": "charge",
                "taskList": {"name": "activities"},
                "decisionTaskCompletedEventId": 4,
                "input": '{"sum":10}',
                "control": "first",
                "scheduleToStartTimeout": "300",
                "scheduleToCloseTimeout": "3600",
                "startToCloseTimeout": "600",
                "heartbeatTimeout": "60",
            },
        ),
        ("ActivityTaskStarted", {"scheduledEventId": 5, "identity": "worker"}),
        ("ActivityTaskCompleted", {"scheduledEventId": 5, "startedEventId": 6, "result": '["paid"]'}),
        (
            "DecisionTaskScheduled",
            {"taskList": {"name": "decisions"}, "startToCloseTimeout": "60", "scheduleToStartTimeout": "NONE"},
        ),
        ("DecisionTaskStarted", {"scheduledEventId": 8, "identity": "decider"}),
        ("DecisionTaskCompleted", {"scheduledEventId": 8, "startedEventId": 9}),
        ("WorkflowExecutionCompleted", {"decisionTaskCompletedEventId": 10, "result": "done"}),
    ]


def test_a_method_gives_the_event_it_added(builder):
    signaled = builder.add_workflow_execution_signaled("paid", input=7)

    assert signaled == builder.history[2]
    assert signaled.input == "7"


@pytest.mark.parametrize(
    ("last_state", "added"),
    [
        ("scheduled", ["ActivityTaskScheduled"]),
        ("started", ["ActivityTaskScheduled", "ActivityTaskStarted"]),
        ("completed", ["ActivityTaskScheduled", "ActivityTaskStarted", "ActivityTaskCompleted"]),
        ("failed", ["ActivityTaskScheduled", "ActivityTaskStarted", "ActivityTaskFailed"]),
        ("timed_out", ["ActivityTaskScheduled", "ActivityTaskStarted", "ActivityTaskTimedOut"]),
        ("canceled", ["ActivityTaskScheduled", "ActivityTaskCancelRequested", "ActivityTaskCanceled"]),
    ],
)
def test_an_activity_task_is_taken_as_far_as_its_last_state(builder, last_state, added):
    last = builder.add_activity_task(CHARGE, "charge", last_state=last_state)

    assert names(builder.history.filter(type="ActivityTask")) == added
    assert last.state == last_state


@pytest.mark.parametrize(
    ("last_state", "added"),
    [
        ("started", ["TimerStarted"]),
        ("fired", ["TimerStarted", "TimerFired"]),
        ("canceled", ["TimerStarted", "TimerCanceled"]),
    ],
)
def test_a_timer_is_taken_as_far_as_its_last_state(builder, last_state, added):
    last = builder.add_timer("lunch", last_state=last_state)

    assert names(builder.history.filter(type="Timer")) == added
    assert last.state == last_state


@pytest.mark.parametrize(
    ("last_state", "added"),
    [
        ("start_initiated", ["StartChildWorkflowExecutionInitiated"]),
        ("started", ["StartChildWorkflowExecutionInitiated", "ChildWorkflowExecutionStarted"]),
        *(
            (state, ["StartChildWorkflowExecutionInitiated", "ChildWorkflowExecutionStarted", name])
            for state, name in [
                ("completed", "ChildWorkflowExecutionCompleted"),
                ("failed", "ChildWorkflowExecutionFailed"),
                ("timed_out", "ChildWorkflowExecutionTimedOut"),
                ("canceled", "ChildWorkflowExecutionCanceled"),
                ("terminated", "ChildWorkflowExecutionTerminated"),
            ]
        ),
    ],
)
def test_a_child_is_taken_as_far_as_its_last_state(builder, last_state, added):
    last = builder.add_child_workflow_execution(PARCEL, "parcel", last_state=last_state)

    assert names(builder.history.filter(type="ChildWorkflowExecution")) == added
    assert last.state == last_state


@pytest.mark.parametrize(
    ("last_state", "added"),
    [
        ("scheduled", ["LambdaFunctionScheduled"]),
        ("started", ["LambdaFunctionScheduled", "LambdaFunctionStarted"]),
        ("completed", ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionCompleted"]),
        ("failed", ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionFailed"]),
        ("timed_out", ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionTimedOut"]),
        ("start_failed", ["LambdaFunctionScheduled", "StartLambdaFunctionFailed"]),
    ],
)
def test_a_lambda_function_is_taken_as_far_as_its_last_state(builder, last_state, added):
    last = builder.add_lambda_function("pictures", "resize", last_state=last_state)

    assert names(builder.history.filter(type="LambdaFunction")) == added
    assert last.state == last_state


@pytest.mark.parametrize(
    ("last_state", "added"),
    [
        ("scheduled", ["DecisionTaskScheduled"]),
        ("started", ["DecisionTaskScheduled", "DecisionTaskStarted"]),
        ("completed", ["DecisionTaskScheduled", "DecisionTaskStarted", "DecisionTaskCompleted"]),
        (
            "timed_out",
            ["DecisionTaskScheduled", "DecisionTaskStarted", "DecisionTaskTimedOut", "DecisionTaskScheduled"],
        ),
    ],
)
def test_a_decision_task_is_taken_as_far_as_its_last_state(builder, last_state, added):
    last = builder.add_decision_task(last_state=last_state)

    assert names(builder.history[1:]) == added
    assert last.state == last_state


@pytest.mark.parametrize(
    "add",
    [
        lambda builder: builder.add_activity_task(CHARGE, "charge", last_state="schedule"),
        lambda builder: builder.add_timer("lunch", last_state="completed"),
        lambda builder: builder.add_child_workflow_execution(PARCEL, "parcel", last_state="fired"),
        lambda builder: builder.add_lambda_function("pictures", "resize", last_state="canceled"),
        lambda builder: builder.add_decision_task(last_state="failed"),
    ],
)
def test_a_last_state_that_a_thing_does_not_have_is_refused(builder, add):
    with pytest.raises(ValidationError, match="has no last_state"):
        add(builder)


def test_attributes_of_a_thing_are_those_of_its_last_event(builder):
    scheduled = builder.add_activity_task(CHARGE, "charge", last_state="scheduled", heartbeat_timeout="NONE")
    fired = builder.add_timer("lunch", last_state="started", decision_task_completed_event_id=4)

    assert scheduled.heartbeat_timeout == "NONE"
    assert fired.decision_task_completed_event_id == 4


def test_what_a_decider_has_to_know_of_is_followed_by_one_decision_task(builder):
    builder.add_decision_task()
    builder.add_workflow_execution_signaled("paid")
    builder.add_workflow_execution_signaled("sent")

    assert names(builder.history[4:]) == [
        "WorkflowExecutionSignaled",
        "DecisionTaskScheduled",
        "WorkflowExecutionSignaled",
    ]


def test_what_comes_while_a_decision_task_runs_schedules_the_next_one_at_once(builder):
    builder.add_decision_task_started()
    builder.add_workflow_execution_signaled("paid")
    builder.add_workflow_execution_signaled("sent")
    builder.add_marker_recorded("seen")
    builder.add_decision_task_started()

    assert names(builder.history[2:]) == [
        "DecisionTaskStarted",
        "WorkflowExecutionSignaled",
        "DecisionTaskScheduled",
        "WorkflowExecutionSignaled",
        "DecisionTaskCompleted",
        "MarkerRecorded",
        "DecisionTaskStarted",
    ]


def test_what_comes_of_one_answer_stands_together_with_the_time_of_the_answer(builder):
    builder.add_timer_started("lunch")
    builder.add_schedule_activity_task_failed(CHARGE, "charge")
    builder.add_marker_recorded("seen")
    builder.add_workflow_execution_signaled("paid")

    history = builder.history

    assert names(history[3:]) == [
        "DecisionTaskCompleted",
        "TimerStarted",
        "ScheduleActivityTaskFailed",
        "MarkerRecorded",
        "DecisionTaskScheduled",
        "WorkflowExecutionSignaled",
    ]
    assert [event.decision_task_completed_event_id for event in history[4:7]] == [4, 4, 4]
    assert {event.timestamp for event in history[3:8]} == {history[3].timestamp}
    assert history[8].timestamp > history[7].timestamp


def test_reading_the_history_between_two_results_does_not_end_the_answer(builder):
    builder.add_schedule_activity_task_failed(CHARGE, "charge")
    between = builder.history
    builder.add_marker_recorded("seen")

    assert names(between[4:]) == ["ScheduleActivityTaskFailed", "DecisionTaskScheduled"]
    assert names(builder.history[4:]) == ["ScheduleActivityTaskFailed", "MarkerRecorded", "DecisionTaskScheduled"]


def test_a_decision_task_that_runs_is_the_one_that_is_answered(builder):
    builder.add_decision_task_started(identity="me")

    marker = builder.add_marker_recorded("seen")

    assert marker.decision_task_completed_event_id == 4
    assert len(builder.history.filter("DecisionTaskStarted")) == 1


def test_without_a_decision_task_nothing_can_come_of_a_decision(builder):
    builder.add_activity_task(CHARGE, "charge", last_state="started")

    with pytest.raises(ValidationError, match=r"No decision task waits after event 6, ActivityTaskStarted") as caught:
        builder.add_marker_recorded("seen")

    assert "add_workflow_execution_signaled" in str(caught.value)
    assert len(builder.history) == 6


def test_a_decision_task_is_not_scheduled_without_a_reason(builder):
    builder.add_decision_task()

    with pytest.raises(ValidationError, match="No decision task waits after event 4, DecisionTaskCompleted"):
        builder.add_decision_task()


def test_two_decision_tasks_do_not_run_at_once(builder):
    builder.add_decision_task_started()
    builder.add_workflow_execution_signaled("paid")

    with pytest.raises(ValidationError, match="The decision task of event 3 runs"):
        builder.add_decision_task_started()


def test_activity_tasks_side_by_side_end_in_any_order(builder):
    builder.add_activity_task_scheduled(CHARGE, "first")
    builder.add_activity_task_scheduled(CHARGE, "second")
    builder.add_activity_task_started("second")
    builder.add_activity_task_started("first")

    second = builder.add_activity_task_completed("second")
    first = builder.add_activity_task_failed("first")

    assert (first.scheduled_event_id, first.started_event_id) == (5, 8)
    assert (second.scheduled_event_id, second.started_event_id) == (6, 7)


def test_left_out_the_id_is_that_of_the_open_thing_added_last(builder):
    builder.add_activity_task_scheduled(CHARGE, "first")
    builder.add_activity_task_scheduled(CHARGE, "second")
    builder.add_timer_started("lunch")
    builder.add_start_child_workflow_execution_initiated(PARCEL, "parcel")
    builder.add_lambda_function_scheduled("pictures", "resize")
    builder.add_signal_external_workflow_execution_initiated("bank", "refund")

    assert builder.add_activity_task_completed().scheduled_event_id == 6
    assert builder.add_timer_fired().timer_id == "lunch"
    assert builder.add_child_workflow_execution_completed().workflow_execution.workflow_id == "parcel"
    assert builder.add_lambda_function_completed().scheduled_event_id == 9
    assert builder.add_external_workflow_execution_signaled().initiated_event_id == 10


def test_what_ends_without_having_started_is_started_first(builder):
    builder.add_activity_task_scheduled(CHARGE, "charge")
    builder.add_activity_task_failed("charge", reason="no money")

    assert builder.history.event(6) == ActivityTaskStarted(
        id=6, timestamp=builder.history.event(6).timestamp, scheduled_event_id=5, identity="worker"
    )


def test_a_task_that_nobody_took_can_time_out(builder):
    builder.add_activity_task_scheduled(CHARGE, "charge")

    timed_out = builder.add_activity_task_timed_out("charge", timeout_type="SCHEDULE_TO_START")

    assert (timed_out.scheduled_event_id, timed_out.started_event_id) == (5, 0)


@pytest.mark.parametrize(("started", "started_event_id"), [(False, 0), (True, 6)])
def test_schedule_to_close_comes_whether_or_not_somebody_took_the_task(builder, started, started_event_id):
    builder.add_activity_task_scheduled(CHARGE, "charge")
    if started:
        builder.add_activity_task_started("charge")

    timed_out = builder.add_activity_task_timed_out("charge", timeout_type="SCHEDULE_TO_CLOSE")

    assert timed_out.started_event_id == started_event_id


def test_a_task_that_somebody_took_cannot_time_out_for_not_being_taken(builder):
    builder.add_activity_task(CHARGE, "charge", last_state="started")

    with pytest.raises(ValidationError, match="'charge' was started with event 6, in time for SCHEDULE_TO_START"):
        builder.add_activity_task_timed_out("charge", timeout_type="SCHEDULE_TO_START")


def test_a_cancel_request_cancels_at_once_what_no_worker_took(builder):
    builder.add_activity_task_scheduled(CHARGE, "charge")

    requested = builder.add_activity_task_cancel_requested("charge")

    canceled, asked = builder.history[6:]
    assert canceled == ActivityTaskCanceled(
        id=7,
        timestamp=requested.timestamp,
        scheduled_event_id=5,
        started_event_id=0,
        latest_cancel_requested_event_id=6,
    )
    assert asked.name == "DecisionTaskScheduled"


def test_a_worker_cancels_after_the_request(builder):
    builder.add_activity_task(CHARGE, "charge", last_state="started")
    builder.add_workflow_execution_cancel_requested()
    requested = builder.add_activity_task_cancel_requested("charge")

    canceled = builder.add_activity_task_canceled("charge", details={"left": 3})

    assert canceled.latest_cancel_requested_event_id == requested.id
    assert (canceled.started_event_id, canceled.details) == (6, '{"left":3}')


def test_a_child_that_ends_names_its_run_and_its_start(builder):
    builder.add_start_child_workflow_execution_initiated(PARCEL, "parcel", input=7)
    builder.add_child_workflow_execution_started("parcel", run_id="parcel-run")

    failed = builder.add_child_workflow_execution_failed("parcel", reason="lost", details={"at": "sea"})

    assert failed.attributes == {
        "workflowExecution": {"workflowId": "parcel", "runId": "parcel-run"},
        "workflowType": {"name": "Parcel", "version": "2"},
        "initiatedEventId": 5,
        "startedEventId": 6,
        "reason": "lost",
        "details": '{"at":"sea"}',
    }


def test_a_child_is_refused_at_once(builder):
    refused = builder.add_start_child_workflow_execution_failed(PARCEL, "parcel")

    assert (refused.id, refused.initiated_event_id, refused.decision_task_completed_event_id) == (5, 0, 4)
    assert refused.cause == "WORKFLOW_TYPE_DOES_NOT_EXIST"


def test_a_child_whose_id_is_in_use_is_refused_after_it_was_initiated(builder):
    builder.add_start_child_workflow_execution_initiated(PARCEL, "parcel", control="again")
    refused = builder.add_start_child_workflow_execution_failed(PARCEL, "parcel", cause="WORKFLOW_ALREADY_RUNNING")

    assert (refused.id, refused.initiated_event_id, refused.decision_task_completed_event_id) == (6, 5, 4)
    assert refused.control == "again"
    assert names(builder.history[5:]) == ["StartChildWorkflowExecutionFailed", "DecisionTaskScheduled"]
    assert refused.timestamp > builder.history[4].timestamp


@pytest.mark.parametrize(
    ("initiate", "deliver", "fail"),
    [
        (
            lambda builder, other: builder.add_signal_external_workflow_execution_initiated(
                other, "refund", control="c"
            ),
            HistoryBuilder.add_external_workflow_execution_signaled,
            HistoryBuilder.add_signal_external_workflow_execution_failed,
        ),
        (
            lambda builder, other: builder.add_request_cancel_external_workflow_execution_initiated(other, control="c"),
            HistoryBuilder.add_external_workflow_execution_cancel_requested,
            HistoryBuilder.add_request_cancel_external_workflow_execution_failed,
        ),
    ],
)
def test_a_request_to_another_execution_arrives_or_not(builder, initiate, deliver, fail):
    first = initiate(builder, "bank")
    second = initiate(builder, "nobody")

    failed = fail(builder, "nobody")
    delivered = deliver(builder, "bank", run_id="bank-run")

    assert (failed.initiated_event_id, failed.decision_task_completed_event_id, failed.control) == (second.id, 4, "c")
    assert (delivered.initiated_event_id, delivered.workflow_execution) == (first.id, ("bank", "bank-run"))
    assert not builder.state.external_requests


@pytest.mark.parametrize(
    "fail",
    [
        HistoryBuilder.add_signal_external_workflow_execution_failed,
        HistoryBuilder.add_request_cancel_external_workflow_execution_failed,
    ],
)
def test_a_request_that_is_not_permitted_is_refused_at_once(builder, fail):
    refused = fail(builder, "bank", cause="OPERATION_NOT_PERMITTED")

    assert (refused.id, refused.initiated_event_id, refused.decision_task_completed_event_id) == (5, 0, 4)


def test_a_signal_of_another_execution_names_it(builder):
    signaled = builder.add_workflow_execution_signaled(
        "paid", external_workflow_execution=ExecutionId("bank", "bank-run"), external_initiated_event_id=5
    )

    assert (signaled.external_workflow_execution, signaled.external_initiated_event_id) == (("bank", "bank-run"), 5)


def test_a_lambda_function_that_cannot_be_called_names_its_call(builder):
    builder.add_lambda_function_scheduled("pictures", "resize")

    failed = builder.add_start_lambda_function_failed("resize", message="no role")

    assert failed.attributes == {"scheduledEventId": 5, "cause": "ASSUME_ROLE_FAILED", "message": "no role"}


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (lambda builder: builder.add_activity_task_completed("charge"), "No activity task 'charge' is open here"),
        (lambda builder: builder.add_activity_task_completed(), "No activity task is open here"),
        (lambda builder: builder.add_timer_fired("lunch"), "No timer 'lunch' is open here"),
        (lambda builder: builder.add_child_workflow_execution_failed("parcel"), "No initiated child 'parcel' is open"),
        (lambda builder: builder.add_lambda_function_failed("resize"), "No scheduled Lambda function 'resize' is open"),
        (
            lambda builder: builder.add_external_workflow_execution_signaled("bank"),
            "No SignalExternalWorkflowExecutionInitiated 'bank' is open here",
        ),
    ],
)
def test_what_is_not_open_cannot_end(builder, add, message):
    with pytest.raises(ValidationError, match=message):
        add(builder)


def test_an_activity_task_starts_once(builder):
    builder.add_activity_task(CHARGE, "charge", last_state="started")

    with pytest.raises(ValidationError, match="'charge' was started with event 6"):
        builder.add_activity_task_started("charge")


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (lambda builder: builder.add_activity_task_scheduled(CHARGE, "a"), "activity id 'a' is in use since event 5"),
        (lambda builder: builder.add_timer_started("a"), "timer id 'a' is in use since event 6"),
    ],
)
def test_an_id_in_use_is_not_given_again(builder, add, message):
    builder.add_activity_task_scheduled(CHARGE, "a")
    builder.add_timer_started("a")

    with pytest.raises(ValidationError, match=message):
        add(builder)


def test_a_value_that_swf_would_not_write_is_refused(builder):
    with pytest.raises(ValidationError, match="timer_id '' has 0 characters"):
        builder.add_timer_started("")
    with pytest.raises(ValidationError, match="cause 'NO_LUCK' must be one of TIMER_ID_UNKNOWN"):
        builder.add_cancel_timer_failed("lunch", cause="NO_LUCK")


@pytest.mark.parametrize(
    ("close", "refusal"),
    [
        (HistoryBuilder.add_workflow_execution_completed, "add_complete_workflow_execution_failed"),
        (HistoryBuilder.add_workflow_execution_failed, "add_fail_workflow_execution_failed"),
        (HistoryBuilder.add_workflow_execution_canceled, "add_cancel_workflow_execution_failed"),
        (HistoryBuilder.add_workflow_execution_continued_as_new, "add_continue_as_new_workflow_execution_failed"),
    ],
)
def test_an_execution_does_not_close_over_what_its_decider_has_not_seen(builder, close, refusal):
    builder.add_decision_task_started()
    builder.add_workflow_execution_signaled("wait")

    with pytest.raises(ValidationError, match=f"UNHANDLED_DECISION. Call {refusal}"):
        close(builder)
    refused = getattr(builder, refusal)()

    assert refused.cause == "UNHANDLED_DECISION"
    assert close(builder) == builder.history.close_event


def test_nothing_follows_a_refused_end_in_its_answer(builder):
    builder.add_complete_workflow_execution_failed(cause="OPERATION_NOT_PERMITTED")
    builder.add_marker_recorded("tried")

    assert names(builder.history[4:]) == [
        "CompleteWorkflowExecutionFailed",
        "DecisionTaskScheduled",
        "DecisionTaskStarted",
        "DecisionTaskCompleted",
        "MarkerRecorded",
    ]


def test_an_end_is_not_refused_for_nothing(builder):
    with pytest.raises(ValidationError, match="Nothing came in while the decision task ran"):
        builder.add_complete_workflow_execution_failed()

    assert builder.add_complete_workflow_execution_failed(cause="OPERATION_NOT_PERMITTED").id == 5


def test_a_refused_decision_of_the_same_answer_does_not_hinder_the_end(builder):
    builder.add_start_timer_failed("lunch")

    builder.add_workflow_execution_completed()

    assert names(builder.history[4:]) == ["StartTimerFailed", "WorkflowExecutionCompleted"]


def test_nothing_follows_the_end(builder):
    builder.add_workflow_execution_terminated(reason="enough")

    with pytest.raises(ValidationError, match="closed with event 3, WorkflowExecutionTerminated"):
        builder.add_workflow_execution_signaled("paid")

    assert len(builder.history) == 3


def test_a_run_that_continues_as_new_hands_its_settings_on(builder):
    continued = builder.add_workflow_execution_continued_as_new(input={"page": 2}, tag_list=["again"])

    assert continued.attributes == {
        "decisionTaskCompletedEventId": 4,
        "newExecutionRunId": "run-2",
        "taskList": {"name": "decisions"},
        "childPolicy": "TERMINATE",
        "workflowType": {"name": "Order", "version": "1"},
        "input": '{"page":2}',
        "executionStartToCloseTimeout": "86400",
        "taskStartToCloseTimeout": "60",
        "tagList": ["again"],
    }


def test_a_decision_task_on_a_task_list_for_a_while_times_out_untaken(builder):
    builder.add_decision_task(task_list="mine", task_list_schedule_to_start_timeout=5)
    builder.add_workflow_execution_signaled("paid")

    timed_out = builder.add_decision_task_timed_out()

    assert (timed_out.timeout_type, timed_out.scheduled_event_id, timed_out.started_event_id) == (
        "SCHEDULE_TO_START",
        6,
        0,
    )
    mine, back = builder.history.filter("DecisionTaskScheduled")[1:]
    assert (mine.task_list, mine.schedule_to_start_timeout) == ("mine", 5)
    assert (back.task_list, back.schedule_to_start_timeout) == ("decisions", "NONE")


def test_time_goes_on_with_every_event_that_does_not_belong_to_the_one_before():
    builder = HistoryBuilder(start=datetime(2021, 6, 1, 14, tzinfo=timezone(timedelta(hours=2))), step_seconds=0.5)
    builder.add_activity_task(CHARGE, "charge")

    seconds = [(event.timestamp - datetime(2021, 6, 1, 12, tzinfo=UTC)).total_seconds() for event in builder.history]

    assert seconds == [0, 0, 0.5, 1, 1, 1.5, 2, 2]
    assert {event.timestamp.tzinfo for event in builder.history} == {UTC}


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda: HistoryBuilder(start="2020-01-01"), ValidationError, "'2020-01-01' is no datetime"),
        (lambda: HistoryBuilder(step_seconds="1"), ValidationError, "step_seconds '1' must be a number of seconds"),
        (lambda: HistoryBuilder().advance("1"), ValidationError, "seconds '1' must be a number of seconds"),
        (
            lambda: HistoryBuilder().add_timer_started("lunch", contrl="x"),
            InvalidKeywordArgumentError,
            "TimerStarted has no attribute 'contrl'. Did you mean 'control'",
        ),
    ],
)
def test_what_a_history_cannot_be_written_with_is_refused(ask, error, message):
    with pytest.raises(error, match=message):
        ask()


def test_a_start_without_a_time_zone_is_refused():
    with pytest.raises(ValidationError, match="has no time zone"):
        HistoryBuilder(start=datetime(2021, 6, 1))


@pytest.mark.parametrize(
    ("add", "seconds"),
    [
        (lambda builder: builder.add_timer("lunch", start_to_fire_timeout=3600), 3602),
        (lambda builder: builder.add_timer("lunch", start_to_fire_timeout=0), 3),
        (lambda builder: builder.add_activity_task(CHARGE, "charge", last_state="timed_out"), 603),
        (
            lambda builder: builder.add_activity_task(
                CHARGE, "charge", last_state="timed_out", timeout_type="SCHEDULE_TO_START"
            ),
            302,
        ),
        (
            lambda builder: builder.add_activity_task(
                CHARGE, "charge", last_state="timed_out", timeout_type="HEARTBEAT"
            ),
            63,
        ),
        (lambda builder: builder.add_decision_task(last_state="timed_out"), 61),
        (lambda builder: builder.add_lambda_function("pictures", "resize", last_state="timed_out"), 903),
        (lambda builder: builder.add_child_workflow_execution(PARCEL, "parcel", last_state="timed_out"), 3602),
        (lambda builder: builder.add_workflow_execution_timed_out(), 86_400),
    ],
)
def test_a_timeout_comes_when_it_is_due(builder, add, seconds):
    event = add(builder)

    assert (event.timestamp - builder.history[0].timestamp).total_seconds() == seconds


def test_time_can_pass_without_events(builder):
    builder.advance(3600)
    later = builder.add_workflow_execution_signaled("paid")
    next = builder.add_workflow_execution_signaled("sent")

    assert (later.timestamp - builder.history[0].timestamp).total_seconds() == 3600
    assert (next.timestamp - later.timestamp).total_seconds() == 1


def test_any_event_can_be_added(builder):
    signaled = builder.add(WorkflowExecutionSignaled(signal_name="paid"))
    started = builder.add(DecisionTaskStarted(scheduled_event_id=2))
    coffee = builder.add(
        EventFactory({"eventId": 99, "eventTimestamp": 0, "eventType": "CoffeeMade", "coffeeMadeEventAttributes": {}})
    )

    assert [(event.id, event.name) for event in builder.history[2:]] == [
        (3, "WorkflowExecutionSignaled"),
        (4, "DecisionTaskStarted"),
        (5, "CoffeeMade"),
    ]
    assert [signaled, started, coffee] == list(builder.history[2:])


def test_an_event_that_names_the_answer_being_given_belongs_to_it(builder):
    answer = builder.add_decision_task_completed()

    marker = builder.add(MarkerRecorded(marker_name="seen", decision_task_completed_event_id=answer.id))

    assert marker.timestamp == answer.timestamp


def test_texts_are_written_with_the_codec_in_force(builder):
    class Shouting(payload.JSONCodec):
        def encode(self, value):
            return super().encode(value).upper()

    with payload.use(Shouting()):
        builder.add_decision_task(execution_context={"step": "one"})
        marker = builder.add_marker_recorded("seen", details={"a": "b"})

    assert builder.history[3].execution_context == '{"STEP":"ONE"}'
    assert marker.details == '{"A":"B"}'


def test_a_history_that_was_given_does_not_change_when_more_is_added(builder):
    before = builder.history

    builder.add_workflow_execution_signaled("paid")

    assert (len(before), len(builder.history)) == (2, 3)
