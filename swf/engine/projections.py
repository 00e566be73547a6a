"""What an event changes in the database besides the history: lists, waiting tasks and deadlines.

Each event is projected once, after the run's state took it into account, in the transaction that records it.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from swf.constants import CLOSED, NONE
from swf.engine import deadlines, limits
from swf.engine.clock import to_milliseconds
from swf.engine.protocol import render
from swf.models.event import (
    ActivityTaskCanceled,
    ActivityTaskCompleted,
    ActivityTaskFailed,
    ActivityTaskScheduled,
    ActivityTaskStarted,
    ActivityTaskTimedOut,
    DecisionTaskCompleted,
    DecisionTaskScheduled,
    DecisionTaskStarted,
    DecisionTaskTimedOut,
    Event,
    LambdaFunctionCompleted,
    LambdaFunctionFailed,
    LambdaFunctionScheduled,
    LambdaFunctionStarted,
    LambdaFunctionTimedOut,
    RequestCancelExternalWorkflowExecutionInitiated,
    SignalExternalWorkflowExecutionInitiated,
    StartChildWorkflowExecutionInitiated,
    TimerCanceled,
    TimerFired,
    TimerStarted,
    WorkflowExecutionCancelRequested,
    WorkflowExecutionContinuedAsNew,
    WorkflowExecutionStarted,
)
from swf.models.history.state import CLOSE_STATUS_OF

if TYPE_CHECKING:
    from swf.engine.transaction import Run


# What follows from an event in another run or outside, a moment later.
_FOLLOWED: dict[type[Event], str] = {
    StartChildWorkflowExecutionInitiated: deadlines.START_CHILD,
    SignalExternalWorkflowExecutionInitiated: deadlines.SIGNAL_EXTERNAL,
    RequestCancelExternalWorkflowExecutionInitiated: deadlines.CANCEL_EXTERNAL,
    LambdaFunctionScheduled: deadlines.START_LAMBDA,
}


def project(run: "Run", event: Event) -> None:
    """Bring the rows of a run up to an event that was just recorded."""
    match event:
        case DecisionTaskScheduled() | DecisionTaskStarted() | DecisionTaskCompleted() | DecisionTaskTimedOut():
            _project_decision_task(run, event)
        case ActivityTaskScheduled() | ActivityTaskStarted():
            _project_activity_task(run, event)
        case ActivityTaskCompleted() | ActivityTaskFailed() | ActivityTaskTimedOut() | ActivityTaskCanceled():
            _forget_activity_task(run, event.scheduled_event_id)
        case TimerStarted():
            _set_deadline(run, deadlines.TIMER, event.id, event.start_to_fire_timeout, event.timer_id)
        case TimerFired() | TimerCanceled():
            _drop_deadlines(run, event.started_event_id)
        case WorkflowExecutionStarted():
            _project_start(run, event)
        case WorkflowExecutionCancelRequested():
            _update_info(run)
        case LambdaFunctionStarted() | LambdaFunctionCompleted() | LambdaFunctionFailed() | LambdaFunctionTimedOut():
            _project_lambda(run, event)
        case _ if type(event) in CLOSE_STATUS_OF:
            _project_close(run, event)
        case _ if type(event) in _FOLLOWED:
            _set_deadline(run, _FOLLOWED[type(event)], event.id, 0)


def _project_start(run: "Run", event: WorkflowExecutionStarted) -> None:
    _update_info(run)
    for tag in dict.fromkeys(event.tag_list or ()):
        run.transaction.store.execute(
            "INSERT INTO execution_tag VALUES (?, ?, ?, ?)", run.row.domain, tag, run.transaction.now, run.number
        )
    _set_deadline(run, deadlines.EXECUTION, event.id, event.execution_start_to_close_timeout)


def _project_close(run: "Run", event: Event) -> None:
    store = run.transaction.store
    store.execute(
        "UPDATE execution SET status = ?, close_status = ?, close_time = ? WHERE run = ?",
        CLOSED,
        run.state.close_status,
        to_milliseconds(run.state.last_timestamp),
        run.number,
    )
    _update_info(run)
    for table in ("waiting_task", "deadline", "heartbeat"):
        store.execute(f"DELETE FROM {table} WHERE run = ?", run.number)
    if isinstance(event, WorkflowExecutionContinuedAsNew):
        run.succeed(event)
    elif run.row.parent_run is not None:
        _set_deadline(run, deadlines.TELL_PARENT, event.id, 0)
    if run.state.children and run.child_policy != "ABANDON":
        _set_deadline(run, deadlines.CHILD_POLICY, event.id, 0)
    _set_deadline(run, deadlines.RETENTION, event.id, run.transaction.retention_seconds(run.row.domain))


def _project_decision_task(
    run: "Run", event: DecisionTaskScheduled | DecisionTaskStarted | DecisionTaskCompleted | DecisionTaskTimedOut
) -> None:
    match event:
        case DecisionTaskScheduled():
            _set_deadline(run, deadlines.DECISION_SCHEDULE_TO_START, event.id, event.schedule_to_start_timeout)
        case DecisionTaskStarted():
            _take(run, event.scheduled_event_id)
            _drop_deadlines(run, event.scheduled_event_id)
            _set_deadline(run, deadlines.DECISION_START_TO_CLOSE, event.id, run.started.task_start_to_close_timeout)
        case DecisionTaskCompleted():
            _drop_deadlines(run, event.started_event_id)
        case DecisionTaskTimedOut():
            _take(run, event.scheduled_event_id)
            _drop_deadlines(run, event.started_event_id or event.scheduled_event_id)
    # A task that was scheduled while a decider worked on the one before it is offered only now.
    if run.state.scheduled_decision is not None and run.state.started_decision is None:
        task = run.state.scheduled_decision
        _offer(run, "decision", task.task_list, task.task_priority, task.id)


def _project_activity_task(run: "Run", event: ActivityTaskScheduled | ActivityTaskStarted) -> None:
    match event:
        case ActivityTaskScheduled():
            _offer(run, "activity", event.task_list, event.task_priority, event.id)
            _set_deadline(run, deadlines.SCHEDULE_TO_START, event.id, event.schedule_to_start_timeout)
            _set_deadline(run, deadlines.SCHEDULE_TO_CLOSE, event.id, event.schedule_to_close_timeout)
        case ActivityTaskStarted():
            scheduled = run.state.activities[event.scheduled_event_id].scheduled
            _take(run, scheduled.id)
            _drop_deadlines(run, scheduled.id, deadlines.SCHEDULE_TO_START)
            _set_deadline(run, deadlines.START_TO_CLOSE, scheduled.id, scheduled.start_to_close_timeout)
            _set_deadline(run, deadlines.HEARTBEAT, scheduled.id, scheduled.heartbeat_timeout)


def _project_lambda(
    run: "Run",
    event: LambdaFunctionStarted | LambdaFunctionCompleted | LambdaFunctionFailed | LambdaFunctionTimedOut,
) -> None:
    if not isinstance(event, LambdaFunctionStarted):
        _drop_deadlines(run, event.scheduled_event_id)
        return
    scheduled = run.state.lambda_functions[event.scheduled_event_id].scheduled
    timeout = scheduled.start_to_close_timeout or limits.LAMBDA_SECONDS
    _set_deadline(run, deadlines.LAMBDA_START_TO_CLOSE, scheduled.id, timeout)


def _forget_activity_task(run: "Run", scheduled_event_id: int) -> None:
    _take(run, scheduled_event_id)
    _drop_deadlines(run, scheduled_event_id)
    run.transaction.store.execute(
        "DELETE FROM heartbeat WHERE run = ? AND scheduled_event_id = ?", run.number, scheduled_event_id
    )


def heartbeat(run: "Run", scheduled_event_id: int, details: str | None) -> None:
    """Keep the details of a heartbeat, and wait for the next one anew."""
    if details is not None:
        run.transaction.store.execute(
            "INSERT OR REPLACE INTO heartbeat VALUES (?, ?, ?)", run.number, scheduled_event_id, details
        )
    timeout = run.state.activities[scheduled_event_id].scheduled.heartbeat_timeout
    _set_deadline(run, deadlines.HEARTBEAT, scheduled_event_id, timeout)


def _offer(run: "Run", kind: str, task_list: str, priority: int | None, scheduled_event_id: int) -> None:
    run.transaction.store.execute(
        "INSERT OR IGNORE INTO waiting_task (kind, domain, task_list, priority, run, scheduled_event_id) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        kind,
        run.row.domain,
        task_list,
        priority or 0,
        run.number,
        scheduled_event_id,
    )
    run.transaction.offered.append((kind, run.row.domain, task_list))


def _take(run: "Run", scheduled_event_id: int) -> None:
    run.transaction.store.execute(
        "DELETE FROM waiting_task WHERE run = ? AND scheduled_event_id = ?", run.number, scheduled_event_id
    )


def _set_deadline(run: "Run", kind: str, event_id: int, timeout: int | str | None, timer_id: str | None = None) -> None:
    if timeout is None or timeout == NONE:
        return
    due = run.transaction.now + int(timeout) * 1000
    run.transaction.store.execute(
        "INSERT OR REPLACE INTO deadline VALUES (?, ?, ?, ?, ?, ?)",
        run.number,
        kind,
        event_id,
        due,
        deadlines.PLACES[kind],
        timer_id,
    )
    run.transaction.deadline_set(due)


def _drop_deadlines(run: "Run", event_id: int, *kinds: str) -> None:
    store = run.transaction.store
    if not kinds:
        store.execute("DELETE FROM deadline WHERE run = ? AND event_id = ?", run.number, event_id)
    for kind in kinds:
        store.execute("DELETE FROM deadline WHERE run = ? AND event_id = ? AND kind = ?", run.number, event_id, kind)


def _update_info(run: "Run") -> None:
    run.transaction.store.execute(
        "UPDATE execution SET info = ? WHERE run = ?", render(execution_info(run)), run.number
    )


def execution_info(run: "Run") -> dict[str, Any]:
    """Give SWF's WorkflowExecutionInfo of a run, times in milliseconds."""
    state, started = run.state, run.started
    members: Iterable[tuple[str, Any]] = (
        ("execution", {"workflowId": run.row.workflow_id, "runId": run.row.run_id}),
        ("workflowType", started.attributes["workflowType"]),
        ("startTimestamp", to_milliseconds(started.timestamp)),
        ("executionStatus", state.status),
        # Recorded: an execution that was asked to cancel says so only while it is open.
        ("cancelRequested", state.cancel_requested and state.closed is None),
        ("tagList", started.attributes.get("tagList")),
        ("parent", started.attributes.get("parentWorkflowExecution")),
        ("closeStatus", state.close_status),
        ("closeTimestamp", to_milliseconds(state.closed.timestamp) if state.closed else None),
    )
    return {name: value for name, value in members if value is not None}
