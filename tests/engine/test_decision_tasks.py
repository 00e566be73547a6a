"""Decision tasks: when they come, how they are handed out, timed out and answered."""

import pytest

from swf.models.decision import (
    CancelWorkflowExecution,
    CompleteWorkflowExecution,
    FailWorkflowExecution,
    RecordMarker,
    RequestCancelActivityTask,
    ScheduleActivityTask,
    StartTimer,
)
from swf.models.event import (
    CancelWorkflowExecutionFailed,
    CompleteWorkflowExecutionFailed,
    DecisionTaskCompleted,
    DecisionTaskScheduled,
    DecisionTaskTimedOut,
    FailWorkflowExecutionFailed,
    MarkerRecorded,
    RequestCancelActivityTaskFailed,
    WorkflowExecutionCanceled,
    WorkflowExecutionCompleted,
    WorkflowExecutionFailed,
)

A1 = ("A", "1")


def event_ids(task):
    return [event["eventId"] for event in task["events"]]


def test_a_task_tells_the_execution_its_type_and_its_history(execution, decider):
    task = decider.take()

    del task["ResponseMetadata"]
    assert task.pop("taskToken")
    assert [event["eventType"] for event in task.pop("events")] == [
        "WorkflowExecutionStarted",
        "DecisionTaskScheduled",
        "DecisionTaskStarted",
    ]
    assert task == {
        "previousStartedEventId": 0,
        "startedEventId": 3,
        "workflowExecution": execution.id,
        "workflowType": {"name": "W", "version": "1"},
    }


def test_a_poll_that_finds_nothing_says_so(client, domain):
    answer = client.poll_for_decision_task(domain=domain, taskList={"name": "empty"})

    del answer["ResponseMetadata"]
    assert answer == {"previousStartedEventId": 0, "startedEventId": 0, "taskToken": ""}


def test_an_identity_is_recorded_as_it_was_given(client, execution, domain):
    client.poll_for_decision_task(domain=domain, taskList={"name": "dl"}, identity="me")

    assert execution.history()[-1].attributes == {"identity": "me", "scheduledEventId": 2}


def test_no_identity_is_recorded_when_none_was_given(client, execution, domain):
    client.poll_for_decision_task(domain=domain, taskList={"name": "dl"})

    assert execution.history()[-1].attributes == {"scheduledEventId": 2}


def test_a_task_is_handed_out_once(execution, decider):
    decider.take()

    assert decider.poll() is None


def test_tasks_are_handed_out_in_the_order_they_came(start, decider):
    for workflow_id in ("b", "a", "c"):
        start(workflow_id)

    assert [decider.take()["workflowExecution"]["workflowId"] for _ in range(3)] == ["b", "a", "c"]


def test_tasks_of_a_higher_priority_are_handed_out_first(start, decider):
    for workflow_id, priority in (
        ("none", None),
        ("low", "-1"),
        ("high", "10"),
        ("zero", "0"),
        ("higher", "2147483647"),
    ):
        start(workflow_id, **({} if priority is None else {"taskPriority": priority}))

    handed_out = [decider.take()["workflowExecution"]["workflowId"] for _ in range(5)]

    assert handed_out == ["higher", "high", "none", "zero", "low"]


def test_decision_and_activity_lists_of_one_name_do_not_meet(execution, workers):
    assert workers("dl").poll() is None


def test_while_a_task_waits_no_second_one_is_scheduled(execution):
    execution.signal()
    execution.request_cancel()

    assert execution.history().names == [
        "WorkflowExecutionStarted",
        "DecisionTaskScheduled",
        "WorkflowExecutionSignaled",
        "WorkflowExecutionCancelRequested",
    ]


def test_a_task_scheduled_while_one_is_worked_on_is_held_back_until_that_is_answered(execution, decider):
    first = decider.take()
    execution.signal()
    execution.signal()
    assert execution.history().names[3:] == [
        "WorkflowExecutionSignaled",
        "DecisionTaskScheduled",
        "WorkflowExecutionSignaled",
    ]
    assert decider.poll() is None

    decider.respond(first)

    second = decider.take()
    assert (second["previousStartedEventId"], second["startedEventId"]) == (3, 8)
    assert event_ids(second) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_an_answer_that_needs_no_other_task_schedules_none(execution, decider):
    decider.answer(
        ScheduleActivityTask(activity_type=A1, activity_id="a1"),
        StartTimer(timer_id="t", start_to_fire_timeout=5),
        RecordMarker(marker_name="m"),
    )

    assert execution.history().names[3:] == [
        "DecisionTaskCompleted",
        "ActivityTaskScheduled",
        "TimerStarted",
        "MarkerRecorded",
    ]
    assert decider.poll() is None


def test_no_decisions_and_an_empty_list_of_them_are_the_same(client, execution, decider):
    client.respond_decision_task_completed(taskToken=decider.take()["taskToken"])
    execution.signal()
    client.respond_decision_task_completed(taskToken=decider.take()["taskToken"], decisions=[])

    assert execution.history().names.count("DecisionTaskCompleted") == 2


def test_a_completed_task_tells_only_what_the_answer_said(execution, decider):
    decider.answer()
    execution.signal()
    decider.answer(executionContext="", taskList={"name": "l"}, taskListScheduleToStartTimeout="NONE")

    completed = [event.attributes for event in execution.history() if isinstance(event, DecisionTaskCompleted)]
    assert completed == [
        {"scheduledEventId": 2, "startedEventId": 3},
        {
            "executionContext": "",
            "scheduledEventId": 6,
            "startedEventId": 7,
            "taskList": {"name": "l"},
            "taskListScheduleToStartTimeout": "NONE",
        },
    ]


def test_a_task_is_answered_once(execution, decider, refused):
    task = decider.take()
    decider.respond(task)

    with refused("UnknownResourceFault", "Unknown decision task, scheduledEventId = 2"):
        decider.respond(task)


def test_markers_may_have_the_same_name(execution, decider):
    decider.answer(RecordMarker(marker_name="m", details="1"), RecordMarker(marker_name="m"))

    markers = [event.attributes for event in execution.history() if isinstance(event, MarkerRecorded)]
    assert markers == [
        {"decisionTaskCompletedEventId": 4, "details": "1", "markerName": "m"},
        {"decisionTaskCompletedEventId": 4, "markerName": "m"},
    ]


CLOSES = [
    (
        CompleteWorkflowExecution(result="r"),
        WorkflowExecutionCompleted,
        {"result": "r"},
        CompleteWorkflowExecutionFailed,
    ),
    (
        FailWorkflowExecution(reason="r", details="d"),
        WorkflowExecutionFailed,
        {"reason": "r", "details": "d"},
        FailWorkflowExecutionFailed,
    ),
    (
        CancelWorkflowExecution(details="d"),
        WorkflowExecutionCanceled,
        {"details": "d"},
        CancelWorkflowExecutionFailed,
    ),
]


@pytest.mark.parametrize(("decision", "event", "attributes", "failed"), CLOSES)
class TestADecisionThatCloses:
    def test_closes_the_execution(self, execution, decider, decision, event, attributes, failed):
        decider.answer(decision)

        closing = execution.history()[-1]
        assert isinstance(closing, event)
        assert closing.attributes == {"decisionTaskCompletedEventId": 4, **attributes}
        assert execution.describe()["executionInfo"]["executionStatus"] == "CLOSED"

    def test_is_refused_when_something_happened_meanwhile(
        self, execution, decider, decision, event, attributes, failed
    ):
        task = decider.take()
        execution.signal()

        decider.respond(task, RecordMarker(marker_name="kept"), decision)

        assert execution.history().names[-3:] == ["DecisionTaskCompleted", "MarkerRecorded", failed.__name__]
        assert execution.history()[-1].attributes == {"cause": "UNHANDLED_DECISION", "decisionTaskCompletedEventId": 6}
        assert execution.describe()["executionInfo"]["executionStatus"] == "OPEN"
        decider.answer(decision)
        assert isinstance(execution.history()[-1], event)

    def test_does_not_mind_open_work(self, execution, decider, worker, decision, event, attributes, failed):
        decider.answer(
            ScheduleActivityTask(activity_type=A1, activity_id="a1"),
            StartTimer(timer_id="t", start_to_fire_timeout=5),
        )
        execution.signal()
        task = decider.take()
        worker.take()

        decider.respond(task, decision)

        assert isinstance(execution.history()[-1], event)

    def test_does_not_mind_what_the_same_answer_did_in_vain(
        self, execution, decider, decision, event, attributes, failed
    ):
        decider.answer(RequestCancelActivityTask(activity_id="nope"), decision)

        assert execution.history().names[-2:] == [RequestCancelActivityTaskFailed.__name__, event.__name__]

    def test_closes_without_attributes(self, ask, execution, decider, decision, event, attributes, failed):
        task = decider.take()

        ask(
            "RespondDecisionTaskCompleted",
            taskToken=task["taskToken"],
            decisions=[{"decisionType": decision.type}],
        )

        assert execution.history()[-1].attributes == {"decisionTaskCompletedEventId": 4}

    def test_has_to_be_the_last(self, execution, decider, refused, decision, event, attributes, failed):
        task = decider.take()

        with refused("ValidationException", "Close must be last decision in list"):
            decider.respond(task, decision, RecordMarker(marker_name="m"))
        with refused("ValidationException", "Close must be last decision in list"):
            decider.respond(task, CompleteWorkflowExecution(), decision)

        assert len(execution.history()) == 3
        decider.respond(task, decision)
        assert isinstance(execution.history()[-1], event)


def test_one_bad_decision_refuses_the_answer_and_the_token_stays_good(execution, decider, client, refused):
    task = decider.take()
    good = RecordMarker(marker_name="m").raw
    bad = {"decisionType": "RecordMarker", "recordMarkerDecisionAttributes": {"markerName": "m" * 257}}

    with refused("ValidationException"):
        client.respond_decision_task_completed(taskToken=task["taskToken"], decisions=[good, bad])

    assert len(execution.history()) == 3
    decider.respond(task, RecordMarker(marker_name="m"))
    assert execution.history().names[-1] == "MarkerRecorded"


def test_a_task_that_is_not_answered_in_time_is_scheduled_again(execution, decider, clock):
    decider.take()
    clock.advance(seconds=59.999)
    assert decider.poll() is None

    clock.advance(milliseconds=1)

    timed_out, scheduled = execution.history()[-2:]
    assert timed_out.attributes == {"scheduledEventId": 2, "startedEventId": 3, "timeoutType": "START_TO_CLOSE"}
    assert isinstance(scheduled, DecisionTaskScheduled)
    assert timed_out.timestamp == scheduled.timestamp
    assert decider.take()["startedEventId"] == 6


def test_a_task_times_out_again_and_again(execution, decider, clock):
    for _ in range(3):
        decider.take()
        clock.advance(seconds=60)

    assert execution.history().names[2:] == ["DecisionTaskStarted", "DecisionTaskTimedOut", "DecisionTaskScheduled"] * 3


def test_an_answered_task_does_not_time_out(execution, decider, clock):
    decider.answer()

    clock.advance(seconds=60)

    assert execution.history().names[-1] == "DecisionTaskCompleted"


def test_a_decision_without_a_timeout_waits_for_its_answer(start, decider, clock):
    execution = start(taskStartToCloseTimeout="NONE")
    task = decider.take()

    clock.advance(seconds=3599)
    decider.respond(task)

    assert execution.history().names[-1] == "DecisionTaskCompleted"


def test_when_a_task_times_out_the_one_held_back_is_handed_out(execution, decider, clock):
    lost = decider.take()
    execution.signal()

    clock.advance(seconds=60)

    assert execution.history().names[3:] == [
        "WorkflowExecutionSignaled",
        "DecisionTaskScheduled",
        "DecisionTaskTimedOut",
    ]
    task = decider.take()
    assert (lost["startedEventId"], task["startedEventId"], task["previousStartedEventId"]) == (3, 7, 0)


def test_a_task_that_timed_out_is_no_previous_one(execution, decider, clock):
    decider.answer()
    execution.signal()
    decider.take()
    clock.advance(seconds=60)

    assert decider.take()["previousStartedEventId"] == 3


class TestStartAtPreviousStartedEvent:
    def test_gives_the_whole_history_at_first(self, execution, decider):
        assert event_ids(decider.take(startAtPreviousStartedEvent=True)) == [1, 2, 3]

    def test_begins_with_the_start_of_the_task_before(self, execution, decider):
        decider.answer(RecordMarker(marker_name="m"))
        execution.signal()

        task = decider.take(startAtPreviousStartedEvent=True)

        assert event_ids(task) == [3, 4, 5, 6, 7, 8]

    def test_goes_on_over_pages_and_backwards(self, execution, decider):
        decider.answer(RecordMarker(marker_name="m"))
        execution.signal()
        asked = {"startAtPreviousStartedEvent": True, "reverseOrder": True, "maximumPageSize": 4}

        first = decider.take(**asked)
        second = decider.take(**asked, nextPageToken=first["nextPageToken"])

        assert (event_ids(first), event_ids(second)) == ([8, 7, 6, 5], [4, 3])
        assert "nextPageToken" not in second


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 6])
def test_pages_of_a_task_follow_each_other_without_gaps(client, execution, decider, reverse, size):
    decider.answer()
    execution.signal()

    pages = client.get_paginator("poll_for_decision_task").paginate(
        domain="d", taskList={"name": "dl"}, maximumPageSize=size, reverseOrder=reverse
    )
    listed = list(pages)

    assert [event_id for page in listed for event_id in event_ids(page)] == (
        [7, 6, 5, 4, 3, 2, 1] if reverse else [1, 2, 3, 4, 5, 6, 7]
    )
    for page in listed:
        assert {name: page[name] for name in ("startedEventId", "previousStartedEventId", "taskToken")} == {
            "startedEventId": 7,
            "previousStartedEventId": 3,
            "taskToken": listed[0]["taskToken"],
        }
        assert page["workflowExecution"] == execution.id


def test_a_page_hands_out_no_other_task(start, decider):
    start("a")
    start("b")
    first = decider.take(maximumPageSize=2)

    second = decider.take(maximumPageSize=2, nextPageToken=first["nextPageToken"])

    assert second["workflowExecution"] == first["workflowExecution"]
    assert decider.take()["workflowExecution"]["workflowId"] == "b"


def test_what_happens_after_a_task_was_taken_is_on_none_of_its_pages(execution, decider):
    first = decider.take(maximumPageSize=2)
    execution.signal()

    second = decider.take(maximumPageSize=2, nextPageToken=first["nextPageToken"])

    assert event_ids(second) == [3]
    assert "nextPageToken" not in second


def test_a_task_can_be_answered_before_its_last_page_was_read(execution, decider):
    decider.respond(decider.take(maximumPageSize=1), CompleteWorkflowExecution())

    assert isinstance(execution.history()[-1], WorkflowExecutionCompleted)


def test_there_are_no_pages_of_a_task_that_is_answered(execution, decider, refused):
    task = decider.take(maximumPageSize=1)
    decider.respond(task)

    with refused("UnknownResourceFault", "Unknown decision task, scheduledEventId = 2"):
        decider.poll(maximumPageSize=1, nextPageToken=task["nextPageToken"])


class TestATaskList:
    """What an answer may say about the task list of the decisions to come."""

    def scheduled(self, execution):
        return execution.history().last(DecisionTaskScheduled).attributes

    def test_is_changed_for_good(self, execution, decider, deciders):
        decider.answer(taskList={"name": "other"})
        for _ in range(2):
            execution.signal()
            deciders("other").answer()

        assert self.scheduled(execution) == {
            "scheduleToStartTimeout": "NONE",
            "startToCloseTimeout": "60",
            "taskList": {"name": "other"},
        }
        assert execution.describe()["executionConfiguration"]["taskList"] == {"name": "dl"}

    def test_is_changed_for_good_by_a_timeout_of_none(self, execution, decider, deciders):
        decider.answer(taskList={"name": "other"}, taskListScheduleToStartTimeout="NONE")
        execution.signal()

        assert self.scheduled(execution)["scheduleToStartTimeout"] == "NONE"
        deciders("other").answer()

    def test_is_changed_for_as_long_as_its_tasks_are_taken_in_time(self, execution, decider, deciders):
        decider.answer(taskList={"name": "sticky"}, taskListScheduleToStartTimeout="5")
        for _ in range(3):
            execution.signal()
            assert self.scheduled(execution) == {
                "scheduleToStartTimeout": "5",
                "startToCloseTimeout": "60",
                "taskList": {"name": "sticky"},
            }
            deciders("sticky").answer()

    def test_is_the_old_one_again_when_a_task_was_not_taken_in_time(self, execution, decider, clock):
        decider.answer(taskList={"name": "sticky"}, taskListScheduleToStartTimeout="5")
        execution.signal()

        clock.advance(seconds=5)

        assert execution.history().last(DecisionTaskTimedOut).attributes == {
            "scheduledEventId": 6,
            "startedEventId": 0,
            "timeoutType": "SCHEDULE_TO_START",
        }
        assert self.scheduled(execution)["taskList"] == {"name": "dl"}
        assert decider.take()["previousStartedEventId"] == 3

    def test_is_the_old_one_again_when_a_task_was_not_answered_in_time(self, execution, decider, deciders, clock):
        decider.answer(taskList={"name": "sticky"}, taskListScheduleToStartTimeout="5")
        execution.signal()
        deciders("sticky").take()

        clock.advance(seconds=60)

        assert execution.history().last(DecisionTaskTimedOut).timeout_type == "START_TO_CLOSE"
        assert self.scheduled(execution)["taskList"] == {"name": "dl"}

    def test_that_was_changed_for_good_is_the_old_one(self, execution, decider, deciders, clock):
        decider.answer(taskList={"name": "other"})
        execution.signal()
        deciders("other").answer(taskList={"name": "sticky"}, taskListScheduleToStartTimeout="5")
        execution.signal()

        clock.advance(seconds=5)

        assert self.scheduled(execution)["taskList"] == {"name": "other"}

    def test_is_the_old_one_again_when_an_answer_names_it(self, execution, decider, deciders):
        decider.answer(taskList={"name": "sticky"}, taskListScheduleToStartTimeout="5")
        execution.signal()
        deciders("sticky").answer(taskList={"name": "dl"})
        execution.signal()

        assert self.scheduled(execution) == {
            "scheduleToStartTimeout": "NONE",
            "startToCloseTimeout": "60",
            "taskList": {"name": "dl"},
        }

    def test_may_get_a_timeout_alone(self, execution, decider):
        decider.answer(taskListScheduleToStartTimeout="5")
        execution.signal()

        assert self.scheduled(execution)["scheduleToStartTimeout"] == "5"
        assert self.scheduled(execution)["taskList"] == {"name": "dl"}

    def test_of_a_task_that_waits_already_stays(self, execution, decider):
        task = decider.take()
        execution.signal()

        decider.respond(task, taskList={"name": "other"})

        assert decider.take()["startedEventId"] == 7


def test_a_task_list_with_a_timeout_of_zero_gives_its_task_back_at_once(execution, decider):
    decider.answer(taskList={"name": "sticky"}, taskListScheduleToStartTimeout="0")

    execution.signal()

    assert execution.history().names[-3:] == ["DecisionTaskScheduled", "DecisionTaskTimedOut", "DecisionTaskScheduled"]
    decider.answer()
