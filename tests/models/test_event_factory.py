import copy
import json
import pathlib
import pickle
from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest

from swf.exceptions import ValidationError
from swf.models.event import (
    DecisionTaskScheduled,
    EventFactory,
    TimerStarted,
    UnknownEvent,
    WorkflowExecutionStarted,
)
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


@pytest.mark.parametrize(
    ("timestamp", "told"),
    [
        ("2015-07-18T18:56:17.048Z", datetime(2015, 7, 18, 18, 56, 17, 48_000, UTC)),
        ("2015-07-18T20:56:17.048000+02:00", datetime(2015, 7, 18, 18, 56, 17, 48_000, UTC)),
        (1437245777.048, datetime(2015, 7, 18, 18, 56, 17, 48_000, UTC)),
    ],
)
def test_a_timestamp_is_read_in_each_form_that_clients_of_swf_write_and_written_as_swf_does(timestamp, told):
    event = EventFactory(raw("DecisionTaskStarted", {"scheduledEventId": 2}, id=3, timestamp=timestamp))

    assert event.timestamp == told
    assert event.raw["eventTimestamp"] == 1437245777.048
    assert EventFactory(event.raw) == event


@pytest.mark.parametrize("timestamp", ["2015-07-18T18:56:17.048", "noon", 1e300])
def test_an_event_whose_time_cannot_be_known_is_refused_by_its_id(timestamp):
    with pytest.raises(ValidationError, match=r"Event 3 cannot be read\. .* is not a time of SWF"):
        EventFactory(raw("DecisionTaskStarted", {"scheduledEventId": 2}, id=3, timestamp=timestamp))


def test_a_number_that_is_none_is_refused():
    attributes = {"timerId": "lunch", "startToFireTimeout": "soon", "decisionTaskCompletedEventId": 4}

    with pytest.raises(ValidationError, match=r"is no event as SWF writes them .*'soon'"):
        EventFactory(raw("TimerStarted", attributes))


# What SWF says beyond what is known here: as it has, for years, with members that no description names.

MARKER = {"markerName": "m", "decisionTaskCompletedEventId": 4}
NEWER = [
    raw("DecisionTaskStarted", {"scheduledEventId": 2, "startedOnPreviousTaskCompletion": True}),
    raw("ActivityTaskCompleted", {"scheduledEventId": 2, "startedEventId": 3, "latestHeartbeatRecordedEventId": 0}),
    raw("MarkerRecorded", {**MARKER, "new": None}),
    raw("MarkerRecorded", {**MARKER, "new": {"deep": [1, {"deeper": "x"}]}}),
    {**raw("MarkerRecorded", MARKER), "eventRegion": "moon"},
    {**raw("MarkerRecorded", {**MARKER, "new": 1}), "eventRegion": "moon", "new": 2},
    raw("DecisionTaskScheduled", {"taskList": {"name": "orders", "kind": "sticky"}, "new": 1}),
    raw("DecisionTaskScheduled", {"taskList": {"name": "orders", "kind": "sticky"}, "taskPriority": "7"}),
    raw(
        "ChildWorkflowExecutionStarted",
        {
            "workflowExecution": {"workflowId": "w", "runId": "r", "region": "moon"},
            "workflowType": {"name": "Order", "version": "1", "revision": 7},
            "initiatedEventId": 4,
        },
    ),
    {"eventId": 5, "eventTimestamp": 1500000000.25, "eventType": "PigeonSent", "pigeon": {"to": "Rome"}},
    {**raw("PigeonSent", {"to": "Rome"}), "eventRegion": "moon"},
    raw("PigeonSent", {}),
]


@pytest.mark.parametrize("entry", NEWER)
def test_members_that_are_not_known_here_are_written_as_they_were_read(entry):
    event = EventFactory(entry)

    assert event.raw == entry
    assert EventFactory(json.loads(json.dumps(event.raw))) == event


@pytest.mark.parametrize("entry", NEWER)
@pytest.mark.parametrize(
    "clone",
    [copy.copy, copy.deepcopy, attrs.evolve, lambda event: pickle.loads(pickle.dumps(event))],
)
def test_members_that_are_not_known_here_are_in_every_copy(entry, clone):
    assert clone(EventFactory(entry)).raw == entry


def test_members_that_are_not_known_here_stay_when_an_event_is_numbered():
    event = EventFactory(raw("MarkerRecorded", {**MARKER, "new": 1}))

    assert event.numbered(9, datetime(2020, 1, 1, tzinfo=UTC)).raw == {
        "eventId": 9,
        "eventTimestamp": 1577836800.0,
        "eventType": "MarkerRecorded",
        "markerRecordedEventAttributes": {"markerName": "m", "decisionTaskCompletedEventId": 4, "new": 1},
    }


def test_an_event_tells_its_members_that_are_not_known_here():
    entry = {
        **raw("DecisionTaskScheduled", {"taskList": {"name": "orders", "kind": "sticky"}, "new": 1}),
        "eventRegion": "moon",
    }

    event = EventFactory(entry)

    assert isinstance(event, DecisionTaskScheduled)
    assert event.task_list == "orders"
    assert event.attributes == {"taskList": {"name": "orders", "kind": "sticky"}, "new": 1}
    assert event.unknown == {
        "eventRegion": "moon",
        "decisionTaskScheduledEventAttributes": {"taskList": {"kind": "sticky"}, "new": 1},
    }


@pytest.mark.parametrize(
    "entry",
    [
        raw("MarkerRecorded", MARKER),
        raw("MarkerRecorded", {**MARKER, "details": None}),
        raw("WorkflowExecutionCancelRequested", {}),
        {"eventId": 3, "eventTimestamp": 1500000000.25, "eventType": "WorkflowExecutionCancelRequested"},
    ],
)
def test_where_all_is_known_there_is_nothing_more(entry):
    assert EventFactory(entry).unknown is None


def test_a_member_that_is_missing_does_not_hide_one_that_is_not_known():
    entry = {"eventId": 3, "eventTimestamp": 1.0, "eventType": "WorkflowExecutionCancelRequested", "new": 1}

    assert EventFactory(entry).unknown == {"new": 1}


def test_events_that_differ_in_what_is_not_known_here_are_not_equal():
    event = EventFactory(raw("MarkerRecorded", {**MARKER, "new": 1}))

    assert event == EventFactory(raw("MarkerRecorded", {**MARKER, "new": 1}))
    assert event != EventFactory(raw("MarkerRecorded", {**MARKER, "new": 2}))
    assert event != EventFactory(raw("MarkerRecorded", MARKER))
    assert hash(event) == hash(EventFactory(raw("MarkerRecorded", {**MARKER, "new": 1})))


def test_an_event_is_not_changed_with_what_it_was_read_from_or_wrote():
    entry = raw("MarkerRecorded", {**MARKER, "new": {"parts": [1]}})
    event = EventFactory(entry)

    entry["markerRecordedEventAttributes"]["new"]["parts"].append(2)
    event.raw["markerRecordedEventAttributes"]["new"]["parts"].append(3)

    assert event.attributes["new"] == {"parts": [1]}


def test_what_is_inside_a_member_goes_with_it():
    event = EventFactory(
        raw(
            "DecisionTaskCompleted",
            {"scheduledEventId": 2, "startedEventId": 3, "taskList": {"name": "orders", "kind": "sticky"}},
        )
    )

    assert attrs.evolve(event, task_list=None).attributes == {"scheduledEventId": 2, "startedEventId": 3}


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


def test_an_event_of_an_unknown_type_whose_attributes_are_no_object_is_refused():
    with pytest.raises(ValidationError, match="is no event as SWF writes them"):
        EventFactory({"eventId": 1, "eventTimestamp": 0, "eventType": "NewThing", "newThingEventAttributes": [1]})
