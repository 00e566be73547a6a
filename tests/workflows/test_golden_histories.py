"""Histories that an older version made replay for ever, and what is made today is the same."""

import json

import pytest

from swf import payload
from swf.exceptions import NonDeterminismError
from swf.workflows import Replayer
from tests.workflows.golden import HISTORIES, WORKFLOWS, recorded

ENDS = {
    "Activities": [
        10,
        ["ActivityFailed", "ValueError"],
        ["ActivityTimedOut", "ActivityTimedOut"],
        ["ActivityCanceled", "ActivityCanceled"],
        ["DecisionRefused", "ACTIVITY_TYPE_DOES_NOT_EXIST"],
        ["ActivityFailed", "ValueError"],
        ["ActivityFailed", "TaskFailed"],
    ],
    "Cancelled": ["canceled", "canceled", "canceled", "timed out"],
    "Children": [
        "end",
        ["ChildWorkflowFailed", "ValueError"],
        ["ChildWorkflowTimedOut", "ChildWorkflowTimedOut"],
        ["DecisionRefused", "WORKFLOW_ALREADY_RUNNING"],
        "canceled",
        ["DecisionRefused", "WORKFLOW_TYPE_DOES_NOT_EXIST"],
        "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION",
        "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION",
    ],
    "Lambdas": [
        "A",
        ["LambdaFunctionFailed", "ValueError"],
        ["LambdaFunctionFailed", "ResourceNotFoundException"],
    ],
    "Leaf": "end",
    "Many": 83_850 - 1_200,
    "Signaled": [["before", "later"], 1],
}


def events_of(name):
    return json.loads((HISTORIES / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", [workflow.name for workflow in WORKFLOWS])
def test_a_kept_history_replays(name):
    Replayer(WORKFLOWS).replay(HISTORIES / f"{name}.json")


@pytest.mark.parametrize(("name", "result"), ENDS.items())
def test_a_kept_history_ends_as_it_should(name, result):
    last = events_of(name)[-1]

    assert payload.decode(last["workflowExecutionCompletedEventAttributes"]["result"]) == result


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("Asked", "WorkflowExecutionCanceled"),
        ("Failing", "WorkflowExecutionFailed"),
        ("Unfit", "WorkflowExecutionFailed"),
        ("Endless", "WorkflowExecutionContinuedAsNew"),
        ("Markers", "WorkflowExecutionCompleted"),
    ],
)
def test_a_kept_history_ends_with(name, last):
    assert events_of(name)[-1]["eventType"] == last


def without_stops_at_the_end(events):
    """Leave out the timers that the last answer stopped: they end with the execution, and are stopped no more."""
    kinds = [event["eventType"] for event in events]
    last = len(kinds) - 1 - kinds[::-1].index("DecisionTaskCompleted")
    return [*kinds[:last], *(kind for kind in kinds[last:] if kind != "TimerCanceled")]


def test_what_is_recorded_today_is_what_was_recorded_then():
    for name, events in recorded():
        kept = events_of(name)
        assert [event["eventType"] for event in events] == without_stops_at_the_end(kept), name


def test_a_kept_history_that_was_tampered_with_does_not_replay():
    events = events_of("Activities")
    scheduled = next(event for event in events if event["eventType"] == "ActivityTaskScheduled")
    scheduled["activityTaskScheduledEventAttributes"]["activityType"]["name"] = "play"

    with pytest.raises(NonDeterminismError, match="'play'"):
        Replayer(WORKFLOWS).replay(events)
