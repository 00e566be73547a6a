"""What the builder writes, held against what the engine writes when the same things happen."""

from typing import Any

import pytest

from swf.models.decision import (
    CancelTimer,
    CompleteWorkflowExecution,
    RecordMarker,
    RequestCancelActivityTask,
    ScheduleActivityTask,
    StartTimer,
)
from swf.models.history import History, HistoryBuilder

ORDER = {"domain": "shop", "workflowId": "order-7"}


@pytest.fixture
def decide(client):
    """Take the decision task that waits, and give the function that answers it."""

    def take():
        task = client.poll_for_decision_task(domain="shop", taskList={"name": "decisions"}, identity="decider")

        def answer(*decisions, **more: Any):
            raw = [decision.raw for decision in decisions]
            client.respond_decision_task_completed(taskToken=task["taskToken"], decisions=raw, **more)

        return answer

    return take


@pytest.fixture
def run_id(client):
    client.register_domain(name="shop", workflowExecutionRetentionPeriodInDays="7")
    client.register_workflow_type(
        domain="shop",
        name="Order",
        version="1",
        defaultTaskList={"name": "decisions"},
        defaultChildPolicy="TERMINATE",
        defaultExecutionStartToCloseTimeout="86400",
        defaultTaskStartToCloseTimeout="60",
    )
    client.register_activity_type(
        domain="shop",
        name="Charge",
        version="1",
        defaultTaskList={"name": "activities"},
        defaultTaskScheduleToStartTimeout="300",
        defaultTaskScheduleToCloseTimeout="3600",
        defaultTaskStartToCloseTimeout="600",
        defaultTaskHeartbeatTimeout="60",
    )
    started = client.start_workflow_execution(**ORDER, workflowType={"name": "Order", "version": "1"}, input="in")
    return started["runId"]


def told(history):
    return [(event.id, event.name, event.attributes) for event in history]


def recorded(client, run_id):
    answer = client.get_workflow_execution_history(domain="shop", execution={"workflowId": "order-7", "runId": run_id})
    return History.from_event_list(answer["events"])


def test_builder_and_engine_write_the_same_history(client, run_id, decide, clock):
    answer = decide()
    answer(
        ScheduleActivityTask(activity_type=("Charge", "1"), activity_id="first", input="1"),
        ScheduleActivityTask(activity_type=("Charge", "1"), activity_id="second"),
        ScheduleActivityTask(activity_type=("Steal", "1"), activity_id="third"),
        StartTimer(timer_id="lunch", start_to_fire_timeout=600),
        executionContext="one",
    )
    work = client.poll_for_activity_task(domain="shop", taskList={"name": "activities"}, identity="worker")
    answer = decide()
    client.signal_workflow_execution(**ORDER, signalName="hurry", input="now")
    client.respond_activity_task_completed(taskToken=work["taskToken"], result="paid")
    answer(RecordMarker(marker_name="seen", details="x"), CompleteWorkflowExecution())
    answer = decide()
    answer(
        RequestCancelActivityTask(activity_id="second"),
        RequestCancelActivityTask(activity_id="first"),
        CancelTimer(timer_id="lunch"),
    )
    answer = decide()
    clock.advance(seconds=60)
    answer = decide()
    answer(CompleteWorkflowExecution(result="done"))

    builder = HistoryBuilder(("Order", "1"), input="in")
    builder.add_decision_task_completed(execution_context="one")
    builder.add_activity_task_scheduled(("Charge", "1"), "first", input="1")
    builder.add_activity_task_scheduled(("Charge", "1"), "second")
    builder.add_schedule_activity_task_failed(("Steal", "1"), "third")
    builder.add_timer_started("lunch", start_to_fire_timeout=600)
    builder.add_activity_task_started("first")
    builder.add_decision_task_started()
    builder.add_workflow_execution_signaled("hurry", input="now")
    builder.add_activity_task_completed("first", result="paid")
    builder.add_marker_recorded("seen", details="x")
    builder.add_complete_workflow_execution_failed()
    builder.add_activity_task_cancel_requested("second")
    builder.add_request_cancel_activity_task_failed("first")
    builder.add_timer_canceled("lunch")
    builder.add_decision_task_timed_out()
    builder.add_workflow_execution_completed(result="done")

    assert told(builder.history) == told(recorded(client, run_id))
