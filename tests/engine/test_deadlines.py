"""Deadlines that pass together, late, or after a restart."""

from datetime import UTC, datetime, timedelta

import pytest

from swf.engine import Engine, VirtualClock, deadlines
from swf.engine.deadlines import Deadline
from swf.models.decision import ScheduleActivityTask, StartTimer
from swf.models.event import (
    ActivityTaskTimedOut,
    DecisionTaskScheduled,
    DecisionTaskStarted,
    DecisionTaskTimedOut,
    TimerFired,
    WorkflowExecutionStarted,
    WorkflowExecutionTimedOut,
)
from swf.models.history.state import ExecutionState
from swf.shapes import TypeId

BEGAN = datetime(2030, 1, 1, tzinfo=UTC)


def activity(**timeouts):
    given = {
        "schedule_to_start_timeout": "NONE",
        "schedule_to_close_timeout": "NONE",
        "start_to_close_timeout": "NONE",
        "heartbeat_timeout": "NONE",
        **timeouts,
    }
    return ScheduleActivityTask(activity_type=("A", "1"), activity_id="a1", **given)


@pytest.mark.parametrize(
    ("timeouts", "taken", "wins"),
    [
        (["schedule_to_close", "schedule_to_start"], False, "SCHEDULE_TO_CLOSE"),
        (["schedule_to_close", "start_to_close", "heartbeat"], True, "SCHEDULE_TO_CLOSE"),
        (["start_to_close", "heartbeat"], True, "START_TO_CLOSE"),
    ],
)
def test_of_timeouts_that_pass_together_one_closes_the_task(execution, decider, worker, clock, timeouts, taken, wins):
    decider.answer(activity(**{f"{name}_timeout": 10 for name in timeouts}))
    if taken:
        worker.take()

    clock.advance(seconds=10)

    passed = [event.timeout_type for event in execution.history() if isinstance(event, ActivityTaskTimedOut)]
    assert passed == [wins]


def test_the_earliest_timeout_closes_the_task(execution, decider, worker, clock):
    decider.answer(activity(schedule_to_close_timeout=10, start_to_close_timeout=9, heartbeat_timeout=8))
    worker.take()

    clock.advance(seconds=3000)

    passed = [event.timeout_type for event in execution.history() if isinstance(event, ActivityTaskTimedOut)]
    assert passed == ["HEARTBEAT"]


def test_when_the_execution_times_out_nothing_else_of_it_passes(start, decider, clock):
    execution = start(executionStartToCloseTimeout="10")
    decider.answer(activity(schedule_to_start_timeout=10), StartTimer(timer_id="t", start_to_fire_timeout=10))

    clock.advance(seconds=10)

    assert execution.history().names[-1] == "WorkflowExecutionTimedOut"
    assert execution.history().names[-2] == "TimerStarted"


def test_deadlines_happen_at_their_times_however_far_the_clock_is_moved(start, decider, clock):
    execution = start()
    decider.answer(
        activity(schedule_to_start_timeout=20),
        StartTimer(timer_id="late", start_to_fire_timeout=30),
        StartTimer(timer_id="early", start_to_fire_timeout=10),
    )

    clock.advance(days=1)

    times = [
        (event.name, event.timestamp - BEGAN)
        for event in execution.history()
        if isinstance(event, TimerFired | ActivityTaskTimedOut | WorkflowExecutionTimedOut)
    ]
    assert times == [
        ("TimerFired", timedelta(seconds=10)),
        ("ActivityTaskTimedOut", timedelta(seconds=20)),
        ("TimerFired", timedelta(seconds=30)),
        ("WorkflowExecutionTimedOut", timedelta(hours=1)),
    ]


def test_a_decision_task_that_nobody_takes_waits_as_long_as_its_execution(execution, decider, clock):
    clock.advance(seconds=3599)

    assert decider.take()["startedEventId"] == 3


def test_deadlines_that_passed_while_no_engine_ran_happen_when_one_opens(tmp_path, attached, registered):
    path = str(tmp_path / "swf.db")
    with Engine(path, clock=VirtualClock(BEGAN), poll_wait_seconds=0) as engine:
        client = attached(engine)
        registered(client)
        run_id = client.start_workflow_execution(
            domain="d", workflowId="w", workflowType={"name": "W", "version": "1"}
        )["runId"]
        task = client.poll_for_decision_task(domain="d", taskList={"name": "dl"})
        client.respond_decision_task_completed(
            taskToken=task["taskToken"],
            decisions=[
                StartTimer(timer_id="b", start_to_fire_timeout=20).raw,
                StartTimer(timer_id="a", start_to_fire_timeout=10).raw,
                StartTimer(timer_id="c", start_to_fire_timeout=99).raw,
            ],
        )

    with Engine(path, clock=VirtualClock(BEGAN + timedelta(seconds=50)), poll_wait_seconds=0) as engine:
        events = attached(engine).get_workflow_execution_history(
            domain="d", execution={"workflowId": "w", "runId": run_id}
        )["events"]

    fired = [event for event in events if event["eventType"] == "TimerFired"]
    assert [event["timerFiredEventAttributes"]["timerId"] for event in fired] == ["a", "b"]
    assert {event["eventTimestamp"] for event in fired} == {BEGAN + timedelta(seconds=50)}


def test_a_clock_that_was_set_back_between_two_processes_does_not_turn_a_history_round(tmp_path, attached, registered):
    path = str(tmp_path / "swf.db")
    with Engine(path, clock=VirtualClock(BEGAN)) as engine:
        client = attached(engine)
        registered(client)
        run_id = client.start_workflow_execution(
            domain="d", workflowId="w", workflowType={"name": "W", "version": "1"}
        )["runId"]

    with Engine(path, clock=VirtualClock(BEGAN - timedelta(hours=1))) as engine:
        client = attached(engine)
        client.signal_workflow_execution(domain="d", workflowId="w", signalName="s")
        events = client.get_workflow_execution_history(domain="d", execution={"workflowId": "w", "runId": run_id})[
            "events"
        ]

    assert [event["eventTimestamp"] for event in events] == [BEGAN, BEGAN, BEGAN]


STARTED = WorkflowExecutionStarted(
    id=1,
    workflow_type=TypeId("W", "1"),
    task_list="dl",
    child_policy="REQUEST_CANCEL",
    execution_start_to_close_timeout=60,
    task_start_to_close_timeout=10,
    parent_initiated_event_id=0,
)
SCHEDULED = DecisionTaskScheduled(id=2, task_list="dl")


@pytest.mark.parametrize(
    ("deadline", "event"),
    [
        (
            Deadline(deadlines.EXECUTION, 1),
            WorkflowExecutionTimedOut(timeout_type="START_TO_CLOSE", child_policy="REQUEST_CANCEL"),
        ),
        (Deadline(deadlines.TIMER, 5, timer_id="t"), TimerFired(timer_id="t", started_event_id=5)),
        (
            Deadline(deadlines.DECISION_START_TO_CLOSE, 3),
            DecisionTaskTimedOut(timeout_type="START_TO_CLOSE", scheduled_event_id=2, started_event_id=3),
        ),
        (
            Deadline(deadlines.DECISION_SCHEDULE_TO_START, 2),
            DecisionTaskTimedOut(timeout_type="SCHEDULE_TO_START", scheduled_event_id=2, started_event_id=0),
        ),
    ],
)
def test_a_deadline_becomes_an_event(deadline, event):
    state = ExecutionState.of([STARTED, SCHEDULED, DecisionTaskStarted(id=3, scheduled_event_id=2)])

    assert deadlines.passed(state, deadline) == event
