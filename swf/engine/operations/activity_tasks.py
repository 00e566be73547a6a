"""Activity tasks: handed to workers, answered by them.

See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_PollForActivityTask.html
"""

from typing import Any

from swf import wire
from swf.engine import projections
from swf.engine.operations.registry import Output, Request, operation
from swf.engine.protocol import unknown_resource
from swf.engine.tokens import TaskToken
from swf.engine.transaction import Run, Transaction, unknown_execution
from swf.models.event import (
    ActivityTaskCanceled,
    ActivityTaskCompleted,
    ActivityTaskFailed,
    ActivityTaskStarted,
    Event,
)
from swf.models.history.state import OpenActivity

IDLE: dict[str, Any] = {"startedEventId": 0, "taskToken": ""}


@operation
def poll_for_activity_task(transaction: Transaction, request: Request) -> Output:
    """Hand out the first task that waits in the list.

    Returns:
        The task, or None when there is none now.
    """
    waiting = transaction.first_waiting("activity", request["domain"], request["taskList"]["name"])
    if waiting is None:
        return None
    run = transaction.run(waiting["run"])
    scheduled = run.state.activities[waiting["scheduled_event_id"]].scheduled
    # Read beforehand: a run that reaches the most events it may have is terminated right after this one.
    started_event_id = run.state.last_event_id + 1
    run.record([wire.read(ActivityTaskStarted, request, scheduled_event_id=scheduled.id)])
    task: dict[str, Any] = {
        "taskToken": transaction.tokens.task(TaskToken("activity", run.number, scheduled.id, started_event_id)),
        "activityId": scheduled.activity_id,
        "activityType": scheduled.attributes["activityType"],
        "startedEventId": started_event_id,
        "workflowExecution": {"workflowId": run.row.workflow_id, "runId": run.row.run_id},
    }
    return task if scheduled.input is None else {**task, "input": scheduled.input}


@operation
def record_activity_task_heartbeat(transaction: Transaction, request: Request) -> Output:
    """Hear that the worker is alive, and tell it whether it should stop."""
    run, activity = _require_started(transaction, request)
    transaction.throttle.request_on(run.number, "RecordActivityTaskHeartbeat")
    projections.heartbeat(run, activity.scheduled.id, request.get("details"))
    return {"cancelRequested": activity.cancel_requested is not None}


@operation
def respond_activity_task_completed(transaction: Transaction, request: Request) -> Output:
    """Record the result."""
    run, activity = _require_started(transaction, request)
    return _close(run, wire.read(ActivityTaskCompleted, request, **_attempt(activity)))


@operation
def respond_activity_task_failed(transaction: Transaction, request: Request) -> Output:
    """Record the failure."""
    run, activity = _require_started(transaction, request)
    return _close(run, wire.read(ActivityTaskFailed, request, **_attempt(activity)))


@operation
def respond_activity_task_canceled(transaction: Transaction, request: Request) -> Output:
    """Record that the worker stopped; nobody needs to have asked for it."""
    run, activity = _require_started(transaction, request)
    asked = activity.cancel_requested
    given = {**_attempt(activity), "latest_cancel_requested_event_id": asked.id if asked else None}
    return _close(run, wire.read(ActivityTaskCanceled, request, **given))


def _close(run: Run, event: Event) -> Output:
    run.record([event])
    return None


def _attempt(activity: OpenActivity) -> dict[str, int]:
    assert activity.started is not None, "only started tasks have a token"
    return {"scheduled_event_id": activity.scheduled.id, "started_event_id": activity.started.id}


def _require_started(transaction: Transaction, request: Request) -> tuple[Run, OpenActivity]:
    """Give the open activity that a token stands for; a task that is closed is a fault."""
    token = transaction.tokens.read_task(request["taskToken"], "activity")
    run = transaction.run(token.run)
    if run.state.closed is not None:
        raise unknown_execution(run.row.execution)
    activity = run.state.activities.get(token.scheduled_event_id)
    if activity is None or activity.started is None or activity.started.id != token.started_event_id:
        raise unknown_resource(f"Unknown activity, scheduledEventId = {token.scheduled_event_id}")
    return run, activity
