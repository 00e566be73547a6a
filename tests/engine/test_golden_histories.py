"""Whole histories as SWF writes them, event by event.

A line of a file in ``golden`` is an event: its id, the seconds since the execution began, its type and its attributes.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from swf.models.decision import (
    CancelTimer,
    CancelWorkflowExecution,
    CompleteWorkflowExecution,
    ContinueAsNewWorkflowExecution,
    Decision,
    FailWorkflowExecution,
    RecordMarker,
    RequestCancelActivityTask,
    ScheduleActivityTask,
    StartChildWorkflowExecution,
    StartTimer,
)
from tests.engine.conftest import Execution

A1 = ("A", "1")


@pytest.fixture
def recorded(ask: Callable[..., Any]) -> Callable[..., str]:
    """Gives the history of an execution in the form of the golden files; run ids that have names, by these."""

    def lines(execution: Any, **run_ids: str) -> str:
        events = ask("GetWorkflowExecutionHistory", domain="d", execution=execution.id)["events"]
        began = events[0]["eventTimestamp"]
        text = "".join(f"{_line(event, event['eventTimestamp'] - began)}\n" for event in events)
        for name, run_id in run_ids.items():
            text = text.replace(run_id, name)
        return text

    return lines


def _line(event: dict[str, Any], offset: float) -> str:
    name = event["eventType"]
    assert set(event) == {"eventId", "eventTimestamp", "eventType", f"{name[0].lower()}{name[1:]}EventAttributes"}
    attributes = next(value for member, value in event.items() if member.endswith("EventAttributes"))
    return f"{event['eventId']} +{offset:.3f} {name} {json.dumps(attributes, separators=(',', ':'))}"


def golden(name: str) -> str:
    return (Path(__file__).parent / "golden" / f"{name}.txt").read_text(encoding="utf-8")


def event_ids(task: dict[str, Any]) -> list[int]:
    return [event["eventId"] for event in task["events"]]


def test_one_activity(start, decider, worker, seconds, clock, recorded):
    execution = start(input="in")
    seconds(0.1)
    first = decider.take()
    seconds(0.2)
    decider.respond(first, ScheduleActivityTask(activity_type=A1, activity_id="a1", input="x"))
    seconds(0.3)
    activity = worker.take()
    seconds(0.8)
    worker.complete(activity, result="r")
    seconds(0.9)
    second = decider.take()
    seconds(1.0)
    decider.respond(second, CompleteWorkflowExecution(result="done"))

    assert recorded(execution) == golden("one_activity")
    assert (first["startedEventId"], first["previousStartedEventId"], event_ids(first)) == (3, 0, [1, 2, 3])
    assert (second["startedEventId"], second["previousStartedEventId"]) == (9, 3)
    assert event_ids(second) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert (activity["startedEventId"], activity["activityId"], activity["input"]) == (6, "a1", "x")
    described = execution.describe()
    assert described["executionInfo"]["closeStatus"] == "COMPLETED"
    assert set(described["openCounts"].values()) == {0}
    assert described["latestActivityTaskTimestamp"] == execution.history()[6].timestamp


def test_an_activity_is_lost_and_scheduled_again(start, decider, worker, seconds, recorded, refused):
    execution = start()
    seconds(0.1)
    task = decider.take()
    seconds(0.2)
    decider.respond(task, ScheduleActivityTask(activity_type=A1, activity_id="a1"))
    seconds(30.3)
    task = decider.take()
    seconds(30.4)
    decider.respond(task, ScheduleActivityTask(activity_type=A1, activity_id="a1", heartbeat_timeout=5))
    seconds(31)
    activity = worker.take()
    seconds(33)
    assert worker.heartbeat(activity, details="50%") is False
    seconds(38.05)
    with refused("UnknownResourceFault", "Unknown activity, scheduledEventId = 10"):
        worker.complete(activity)
    seconds(38.1)
    task = decider.take()
    seconds(38.2)
    decider.respond(task, FailWorkflowExecution(reason="timeout", details="gave up"))

    assert recorded(execution) == golden("activity_timeouts")
    with refused(
        "UnknownResourceFault",
        f"Unknown execution: WorkflowExecution=[workflowId=w1, runId={execution.run_id}]",
    ):
        worker.complete(activity)


def test_timers(start, decider, seconds, recorded):
    execution = start()
    seconds(0.1)
    task = decider.take()
    seconds(0.2)
    decider.respond(
        task,
        StartTimer(timer_id="t1", start_to_fire_timeout=10),
        StartTimer(timer_id="t2", start_to_fire_timeout=100, control="c"),
        RecordMarker(marker_name="m", details="v"),
    )
    seconds(10.3)
    task = decider.take()
    seconds(10.4)
    decider.respond(task, CancelTimer(timer_id="t2"), CancelTimer(timer_id="t1"))
    seconds(10.5)
    task = decider.take()
    seconds(10.6)
    decider.respond(task, CompleteWorkflowExecution())

    assert recorded(execution) == golden("timers")


def test_signals_before_and_during_a_decision(start, decider, seconds, recorded):
    execution = start()
    seconds(0.05)
    execution.signal("s1", input="i1")
    seconds(0.1)
    first = decider.take()
    seconds(0.15)
    execution.signal("s2")
    seconds(0.16)
    execution.signal("s3")
    seconds(0.2)
    decider.respond(
        first, RecordMarker(marker_name="kept"), CompleteWorkflowExecution(result="no"), executionContext="ctx"
    )
    seconds(0.3)
    second = decider.take()
    seconds(0.4)
    decider.respond(second, CompleteWorkflowExecution(result="ok"))

    assert recorded(execution) == golden("signals")
    assert (second["previousStartedEventId"], second["startedEventId"]) == (4, 11)
    assert event_ids(second) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert execution.describe()["latestExecutionContext"] == "ctx"


def test_cancellation(start, decider, worker, seconds, recorded):
    execution = start()
    seconds(0.1)
    task = decider.take()
    seconds(0.2)
    decider.respond(
        task,
        ScheduleActivityTask(activity_type=A1, activity_id="a1"),
        ScheduleActivityTask(activity_type=A1, activity_id="a2"),
    )
    seconds(0.3)
    activity = worker.take()
    seconds(1)
    execution.request_cancel()
    seconds(1.1)
    task = decider.take()
    seconds(1.2)
    decider.respond(task, RequestCancelActivityTask(activity_id="a1"), RequestCancelActivityTask(activity_id="a2"))
    seconds(1.3)
    task = decider.take()
    seconds(1.4)
    decider.respond(task)
    assert worker.heartbeat(activity) is True
    seconds(2)
    worker.cancel(activity, details="cleaned")
    seconds(2.1)
    task = decider.take()
    seconds(2.2)
    decider.respond(task, CancelWorkflowExecution(details="bye"))

    assert recorded(execution) == golden("cancellation")


def test_a_decision_task_times_out(start, deciders, seconds, recorded, refused):
    execution = start()
    dead, alive = deciders(identity="dec"), deciders(identity="dec2")
    seconds(0.1)
    lost = dead.take()
    seconds(60.2)
    task = alive.take()
    with refused("UnknownResourceFault", "Unknown decision task, scheduledEventId = 2"):
        dead.respond(lost, CompleteWorkflowExecution())
    seconds(60.3)
    alive.respond(task, CompleteWorkflowExecution())

    assert recorded(execution) == golden("decision_task_timeout")
    assert (task["previousStartedEventId"], task["startedEventId"]) == (0, 6)
    with refused(
        "UnknownResourceFault",
        f"Unknown execution: WorkflowExecution=[workflowId=w1, runId={execution.run_id}]",
    ):
        dead.respond(lost, CompleteWorkflowExecution())


def test_activities_that_cannot_be_scheduled(start, decider, seconds, recorded):
    execution = start()
    seconds(0.1)
    task = decider.take()
    seconds(0.2)
    decider.respond(
        task,
        ScheduleActivityTask(activity_type=("X", "1"), activity_id="a1"),
        ScheduleActivityTask(activity_type=("B", "1"), activity_id="a2"),
        ScheduleActivityTask(activity_type=A1, activity_id="a3"),
        ScheduleActivityTask(activity_type=A1, activity_id="a3"),
    )

    assert recorded(execution) == golden("schedule_failures")


def test_a_temporary_task_list(start, decider, worker, seconds, recorded):
    execution = start()
    seconds(0.1)
    task = decider.take()
    seconds(0.2)
    decider.respond(
        task,
        ScheduleActivityTask(activity_type=A1, activity_id="a1"),
        taskList={"name": "sticky"},
        taskListScheduleToStartTimeout="5",
    )
    seconds(0.3)
    activity = worker.take()
    seconds(0.4)
    worker.complete(activity)
    seconds(5.5)
    task = decider.take()
    seconds(5.6)
    decider.respond(task, CompleteWorkflowExecution())

    assert recorded(execution) == golden("temporary_task_list")
    assert task["previousStartedEventId"] == 3


def test_an_activity_completes_during_a_decision(start, decider, worker, seconds, recorded):
    execution = start()
    seconds(0.1)
    task = decider.take()
    seconds(0.2)
    decider.respond(task, ScheduleActivityTask(activity_type=A1, activity_id="a1"))
    seconds(0.3)
    activity = worker.take()
    seconds(1)
    execution.signal()
    seconds(1.1)
    task = decider.take()
    seconds(1.6)
    worker.complete(activity, result="r")
    seconds(1.62)
    decider.respond(task)
    seconds(1.65)
    task = decider.take()
    seconds(2.1)
    decider.respond(task, CompleteWorkflowExecution())

    assert recorded(execution) == golden("activity_completes_during_decision")
    assert task["previousStartedEventId"] == 9


CLOSES: dict[str, Decision] = {
    "completed": CompleteWorkflowExecution(result="r"),
    "failed": FailWorkflowExecution(reason="r", details="d"),
    "canceled": CancelWorkflowExecution(details="d"),
    "continued_as_new": ContinueAsNewWorkflowExecution(input="next", child_policy="ABANDON"),
}


@pytest.mark.parametrize("policy", ["TERMINATE", "REQUEST_CANCEL", "ABANDON"])
@pytest.mark.parametrize("way", [*CLOSES, "terminated", "timed_out"])
def test_a_parent_closes_over_an_open_child(start, decider, deciders, client, seconds, recorded, way, policy):
    parent = start("p", childPolicy=policy, executionStartToCloseTimeout="2")
    task = decider.take()
    seconds(0.1)
    # The child has a policy of its own, which is not for its parent to apply.
    decider.respond(
        task,
        StartChildWorkflowExecution(workflow_type=("W", "1"), workflow_id="c", task_list="cl", child_policy="ABANDON"),
    )
    opened = client.list_open_workflow_executions(
        domain="d", startTimeFilter={"oldestDate": 0}, executionFilter={"workflowId": "c"}
    )
    child = Execution(client, "c", opened["executionInfos"][0]["execution"]["runId"])
    seconds(0.2)
    task = decider.take()
    seconds(1)
    if way == "terminated":
        parent.terminate(reason="r", details="d")
    elif way == "timed_out":
        seconds(2)
    else:
        decider.respond(task, CLOSES[way])

    names = {"RUN_OF_P": parent.run_id, "RUN_OF_C": child.run_id}
    if way == "continued_as_new":
        names["NEXT_RUN_OF_P"] = parent.history()[-1].new_execution_run_id
    told = f"p\n{recorded(parent, **names)}c\n{recorded(child, **names)}"
    assert told == golden(f"parents/{way}_{policy.lower()}")
