"""Many executions: lists and counts.

See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ListClosedWorkflowExecutions.html
"""

from collections.abc import Iterator
from typing import Any

import attrs

from swf.constants import CLOSED, OPEN
from swf.engine.operations import paging
from swf.engine.operations.registry import Output, Request, operation
from swf.engine.protocol import invalid
from swf.engine.transaction import Transaction

_EXCLUSIVE = ("executionFilter", "typeFilter", "tagFilter", "closeStatusFilter")


@attrs.frozen
class Query:
    """Which executions are asked for: conditions of SQL with their values, and the time they are ordered by."""

    conditions: tuple[str, ...]
    values: tuple[Any, ...]
    time: str

    @property
    def where(self) -> str:
        """The conditions in SQL."""
        return " AND ".join(self.conditions)


@operation
def list_open_workflow_executions(transaction: Transaction, request: Request) -> Output:
    """List open executions, the latest start first."""
    return _list(transaction, "ListOpenWorkflowExecutions", request, _query(transaction, request, OPEN))


@operation
def list_closed_workflow_executions(transaction: Transaction, request: Request) -> Output:
    """List closed executions, the latest start or close first, as the time filter says."""
    return _list(transaction, "ListClosedWorkflowExecutions", request, _query(transaction, request, CLOSED))


@operation
def count_open_workflow_executions(transaction: Transaction, request: Request) -> Output:
    """Count open executions."""
    return _count(transaction, _query(transaction, request, OPEN))


@operation
def count_closed_workflow_executions(transaction: Transaction, request: Request) -> Output:
    """Count closed executions."""
    return _count(transaction, _query(transaction, request, CLOSED))


@operation
def count_pending_activity_tasks(transaction: Transaction, request: Request) -> Output:
    """Count the activity tasks that wait in a task list."""
    return _count_pending(transaction, "activity", request)


@operation
def count_pending_decision_tasks(transaction: Transaction, request: Request) -> Output:
    """Count the decision tasks that wait in a task list."""
    return _count_pending(transaction, "decision", request)


def _count_pending(transaction: Transaction, kind: str, request: Request) -> Output:
    transaction.require_domain(request["domain"])
    count = transaction.store.value(
        "SELECT count(*) FROM waiting_task WHERE kind = ? AND domain = ? AND task_list = ?",
        kind,
        request["domain"],
        request["taskList"]["name"],
    )
    return {"count": count, "truncated": False}


def _count(transaction: Transaction, query: Query) -> Output:
    count = transaction.store.value(f"SELECT count(*) FROM execution WHERE {query.where}", *query.values)
    return {"count": count, "truncated": False}


def _list(transaction: Transaction, operation: str, request: Request, query: Query) -> Output:
    after = paging.position(transaction, operation, request)
    size = paging.page_size(request)
    comparison, order = (">", "ASC") if request.get("reverseOrder") else ("<", "DESC")
    following = f"AND ({query.time}, run) {comparison} (?, ?)" if after else ""
    rows = transaction.store.rows(
        f"SELECT info, run, {query.time} FROM execution WHERE {query.where} {following} "
        f"ORDER BY {query.time} {order}, run {order} LIMIT ?",
        *query.values,
        *(after or ()),
        size + 1,
    )
    last = rows[size - 1] if len(rows) > size else None
    token = None if last is None else paging.next_token(transaction, operation, last[query.time], last["run"])
    return paging.page("executionInfos", [row["info"] for row in rows[:size]], token)


def _query(transaction: Transaction, request: Request, status: str) -> Query:
    time = _time_filter(request)
    _require_one_filter(request)
    transaction.require_domain(request["domain"])
    column = "start_time" if time == "startTimeFilter" else "close_time"
    conditions = [
        ("domain = ?", request["domain"]),
        ("status = ?", status),
        *_range(request[time], column),
        *_filters(request),
    ]
    return Query(
        tuple(condition for condition, *_ in conditions),
        tuple(value for _, *values in conditions for value in values),
        column,
    )


def _time_filter(request: Request) -> str:
    given = [name for name in ("startTimeFilter", "closeTimeFilter") if name in request]
    if not given:
        raise invalid("Must specify time filter")
    if len(given) > 1:
        raise invalid("Cannot specify both a startTimeFilter and a closeTimeFilter")
    return given[0]


def _require_one_filter(request: Request) -> None:
    given = [name for name in _EXCLUSIVE if name in request]
    if len(given) > 1:
        raise invalid(f"Cannot specify more than one exclusive filters in the same query: [{', '.join(given)}]")


def _range(given: dict[str, float], column: str) -> Iterator[tuple[Any, ...]]:
    """Give the conditions of a time filter; both its ends belong to it."""
    oldest, latest = given["oldestDate"], given.get("latestDate")
    if latest is not None and latest < oldest:
        raise invalid(f"latestDate {latest} is before oldestDate {oldest}")
    yield f"{column} >= ?", round(oldest * 1000)
    if latest is not None:
        yield f"{column} <= ?", round(latest * 1000)


def _filters(request: Request) -> Iterator[tuple[Any, ...]]:
    if "executionFilter" in request:
        yield "workflow_id = ?", request["executionFilter"]["workflowId"]
    if "typeFilter" in request:
        wanted = request["typeFilter"]
        yield "type_name = ?", wanted["name"]
        if wanted.get("version"):
            yield "type_version = ?", wanted["version"]
    if "tagFilter" in request:
        yield (
            "EXISTS (SELECT 1 FROM execution_tag WHERE tag = ? AND execution_tag.run = execution.run)",
            request["tagFilter"]["tag"],
        )
    if "closeStatusFilter" in request:
        yield "close_status = ?", request["closeStatusFilter"]["status"]
