"""One execution: start, signal, request its cancellation, terminate, describe, its history."""

import json
from typing import Any

from swf import wire
from swf.constants import DEPRECATED
from swf.engine import defaults, limits, projections
from swf.engine.clock import to_milliseconds
from swf.engine.defaults import MissingDefault, StartRequest, WorkflowDefaults
from swf.engine.operations import paging, types
from swf.engine.operations.registry import Output, Request, operation
from swf.engine.protocol import Fault
from swf.engine.transaction import Run, Transaction
from swf.models.event import (
    WorkflowExecutionCancelRequested,
    WorkflowExecutionSignaled,
    WorkflowExecutionTerminated,
)
from swf.models.history.state import ExecutionState
from swf.shapes import ExecutionId, TypeId


@operation
def start_workflow_execution(transaction: Transaction, request: Request) -> Output:
    """Start an execution; no other with the workflow id may be open."""
    limits.require_bounded("executionStartToCloseTimeout", request)
    type_id = TypeId(request["workflowType"]["name"], request["workflowType"]["version"])
    row = types.find(transaction, types.WORKFLOW, request["domain"], type_id)
    transaction.require_registered_domain(request["domain"])
    if row["status"] == DEPRECATED:
        raise Fault("TypeDeprecatedFault", types.WORKFLOW.shown(type_id))
    _require_free(transaction, request["domain"], request["workflowId"])
    if transaction.is_full(request["domain"]):
        raise limits.exceeded(f"open executions in the domain {request['domain']}", transaction.limits.open_executions)
    registered = wire.read(WorkflowDefaults, json.loads(row["configuration"]))
    try:
        started = defaults.started(type_id, wire.read(StartRequest, request), registered)
    except MissingDefault as missing:
        raise Fault("DefaultUndefinedFault", wire.camel(missing.default)) from None
    return {"runId": transaction.start_run(request["domain"], request["workflowId"], started).run_id}


def _require_free(transaction: Transaction, domain: str, workflow_id: str) -> None:
    if transaction.find_open(domain, workflow_id) is not None:
        raise Fault("WorkflowExecutionAlreadyStartedFault")


@operation
def signal_workflow_execution(transaction: Transaction, request: Request) -> Output:
    """Record the signal for the decider."""
    signaled = wire.read(WorkflowExecutionSignaled, request, external_initiated_event_id=0)
    run = _open_execution(transaction, request)
    transaction.throttle.request_on(run.number, "SignalWorkflowExecution")
    run.record([signaled])
    return None


@operation
def request_cancel_workflow_execution(transaction: Transaction, request: Request) -> Output:
    """Record the wish for the decider; each call appends an event."""
    run = _open_execution(transaction, request)
    transaction.throttle.request_on(run.number, "RequestCancelWorkflowExecution")
    run.record([WorkflowExecutionCancelRequested(external_initiated_event_id=0)])
    return None


@operation
def terminate_workflow_execution(transaction: Transaction, request: Request) -> Output:
    """Close the execution now, whatever its decider does."""
    run = _open_execution(transaction, request)
    given = {"child_policy": run.started.child_policy, "cause": "OPERATOR_INITIATED"}
    run.record([wire.read(WorkflowExecutionTerminated, request, **given)])
    return None


@operation
def describe_workflow_execution(transaction: Transaction, request: Request) -> Output:
    """Tell all about a run, open or closed."""
    run = _execution(transaction, request)
    latest = run.state.latest_activity_task_timestamp
    members = (
        ("executionInfo", projections.execution_info(run)),
        ("executionConfiguration", _configuration(run)),
        ("openCounts", _open_counts(run.state)),
        ("latestActivityTaskTimestamp", latest and to_milliseconds(latest)),
        ("latestExecutionContext", run.state.latest_execution_context),
    )
    return {name: value for name, value in members if value is not None}


@operation
def get_workflow_execution_history(transaction: Transaction, request: Request) -> Output:
    """Give the events of a run, oldest first unless asked otherwise."""
    name = "GetWorkflowExecutionHistory"
    (after,) = paging.position(transaction, name, request) or (None,)
    run = _execution(transaction, request)
    transaction.throttle.request_on(run.number, name)
    bodies, end = events_page(transaction, request, run.number, first=1, last=run.state.last_event_id, after=after)
    return paging.page("events", bodies, None if end is None else paging.next_token(transaction, name, request, end))


def events_page(
    transaction: Transaction, request: Request, run: int, *, first: int, last: int, after: int | None
) -> tuple[list[str], int | None]:
    """Give the JSON of a page of the events from ``first`` to ``last``.

    Args:
        transaction: Where the events are read.
        request: Says the page's size and order.
        run: The number of the run.
        first: The oldest event of all pages.
        last: The newest event of all pages.
        after: The id that the page before ended with, if there was one.

    Returns:
        The events, and the id of the page's last one if more follow.
    """
    size = paging.page_size(transaction, request)
    if request.get("reverseOrder"):
        newest = last if after is None else after - 1
        oldest = max(first, newest - size + 1)
        order, end = "DESC", oldest if oldest > first else None
    else:
        oldest = first if after is None else after + 1
        newest = min(last, oldest + size - 1)
        order, end = "ASC", newest if newest < last else None
    rows = transaction.store.rows(
        f"SELECT body FROM event WHERE run = ? AND id BETWEEN ? AND ? ORDER BY id {order}", run, oldest, newest
    )
    return [body for (body,) in rows], end


def _open_execution(transaction: Transaction, request: Request) -> Run:
    return transaction.open_execution(request["domain"], request["workflowId"], request.get("runId") or None)


def _execution(transaction: Transaction, request: Request) -> Run:
    named = request["execution"]
    return transaction.execution(request["domain"], ExecutionId(named["workflowId"], named["runId"]))


def _configuration(run: Run) -> dict[str, Any]:
    """Give the settings that were resolved when the execution started."""
    resolved = run.started.attributes
    members = (
        "childPolicy",
        "executionStartToCloseTimeout",
        "lambdaRole",
        "taskList",
        "taskPriority",
        "taskStartToCloseTimeout",
    )
    return {name: resolved[name] for name in members if name in resolved}


def _open_counts(state: ExecutionState) -> dict[str, int]:
    # Recorded: a decision task counts while it waits, not while a decider works on it.
    return {
        "openActivityTasks": len(state.activities),
        "openDecisionTasks": 0 if state.scheduled_decision is None else 1,
        "openTimers": len(state.timers),
        "openChildWorkflowExecutions": len(state.children),
        "openLambdaFunctions": len(state.lambda_functions),
    }
