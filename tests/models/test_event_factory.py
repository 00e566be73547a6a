import json
import pathlib
from datetime import UTC, datetime, timedelta, timezone

import pytest

from swf.exceptions import ValidationError
from swf.models.event import EventFactory, MarkerRecorded, TimerStarted, UnknownEvent, WorkflowExecutionStarted
from swf.shapes import ExecutionId, TypeId

HISTORIES = sorted((pathlib.Path(__file__).parents[1] / "histories").glob("*.json"))


def raw(name, attributes, id=5, timestamp=1500000000.25):
    key = f"{name[:1].lower()}{name[1:]}EventAttributes"
    return {"eventId": id, "eventTimestamp": timestamp, "eventType": name, key: attributes}


def test_an_entry_of_swfs_history_becomes_an_event_of_its_class():
    event = EventFactory(
        raw("TimerStarted", {"timerId": "lunch", "startToFireTimeout": "60", "decisionTaskCompletedEventId": 4})
    )

    assert event == TimerStarted(
        id=5,
        timestamp=datetime(2017, 7, 14, 2, 40, 0, 250_000, UTC),
        timer_id="lunch",
        start_to_fire_timeout=60,
        decision_task_completed_event_id=4,
    )


def test_every_kind_of_member_becomes_a_value_of_ours():
    event = EventFactory(
        raw(
            "WorkflowExecutionStarted",
            {
                "childPolicy": "ABANDON",
                "continuedExecutionRunId": "before",
                "executionStartToCloseTimeout": "3600",
                "input": "in",
                "lambdaRole": "arn:aws:iam::1:role/r",
                "parentInitiatedEventId": 0,
                "parentWorkflowExecution": {"workflowId": "p", "runId": "r"},
                "tagList": ["a", "b"],
                "taskList": {"name": "decisions"},
                "taskPriority": "-5",
                "taskStartToCloseTimeout": "NONE",
                "workflowType": {"name": "Order", "version": "1"},
            },
            id=1,
        )
    )

    assert event == WorkflowExecutionStarted(
        id=1,
        timestamp=event.timestamp,
        child_policy="ABANDON",
        continued_execution_run_id="before",
        execution_start_to_close_timeout=3600,
        input="in",
        lambda_role="arn:aws:iam::1:role/r",
        parent_initiated_event_id=0,
        parent_workflow_execution=ExecutionId("p", "r"),
        tag_list=("a", "b"),
        task_list="decisions",
        task_priority=-5,
        task_start_to_close_timeout="NONE",
        workflow_type=TypeId("Order", "1"),
    )


def test_a_timestamp_that_boto3_parsed_already_becomes_utc():
    noon = datetime(2020, 1, 1, 13, tzinfo=timezone(timedelta(hours=1)))

    event = EventFactory(raw("MarkerRecorded", {"markerName": "m", "decisionTaskCompletedEventId": 4}, timestamp=noon))

    assert event.timestamp.isoformat() == "2020-01-01T12:00:00+00:00"


def test_members_that_are_not_known_here_are_passed_over():
    attributes = {"markerName": "m", "decisionTaskCompletedEventId": 4, "startedOnMonday": True}

    event = EventFactory(raw("MarkerRecorded", attributes))

    assert isinstance(event, MarkerRecorded)
    assert event.attributes == {"markerName": "m", "decisionTaskCompletedEventId": 4}


def test_an_event_without_what_its_type_must_have_is_refused():
    with pytest.raises(ValidationError, match="SWF's answer for MarkerRecorded lacks its member markerName"):
        EventFactory(raw("MarkerRecorded", {"decisionTaskCompletedEventId": 4}))


def test_an_event_whose_attributes_are_all_optional_may_come_without_them():
    event = EventFactory(
        {"eventId": 3, "eventTimestamp": 1500000000.25, "eventType": "WorkflowExecutionCancelRequested"}
    )

    assert event.external_initiated_event_id is None


def test_an_event_of_an_unknown_type_can_be_read_and_written():
    entry = raw("CoffeeMachineStarted", {"cups": 2})

    event = EventFactory(entry)

    assert isinstance(event, UnknownEvent)
    assert (event.id, event.name, event.type, event.state) == (
        5,
        "CoffeeMachineStarted",
        "Unknown",
        "coffee_machine_started",
    )
    assert event.opener_id == 5
    assert event.attributes == {"cups": 2}
    assert event.raw == entry


def test_an_event_of_an_unknown_type_is_compared_hashed_and_shown():
    entry = raw("CoffeeMachineStarted", {"cups": 2})

    assert EventFactory(entry) == EventFactory(entry)
    assert EventFactory(entry) != EventFactory(raw("CoffeeMachineStarted", {"cups": 3}))
    assert hash(EventFactory(entry)) == hash(EventFactory(entry))
    assert repr(EventFactory(entry)) == (
        "CoffeeMachineStarted(id=5, timestamp=2017-07-14T02:40:00.250Z, raw_attributes={'cups': 2})"
    )


def test_an_unknown_event_keeps_its_name_beside_events_of_its_type():
    coffee, tea = EventFactory(raw("CoffeeMade", {})), EventFactory(raw("TeaMade", {}))

    assert (coffee.name, tea.name) == ("CoffeeMade", "TeaMade")


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_history_is_written_as_it_was_read(path):
    events = json.loads(path.read_text())["events"]

    assert [EventFactory(entry).raw for entry in events] == events
