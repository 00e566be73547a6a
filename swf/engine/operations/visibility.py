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

_TIMES = {"startTimeFilter": "start_time", "closeTimeFilter": "close_time"}
_EXCLUSIVE = ("executionFilter", "typeFilter", "tagFilter", "closeStatusFilter")

# Seconds: more than 30,000 years.
_FAR_OFF = 1e12


Condition = tuple[Any, ...]


@attrs.frozen
class Query:
    """Which executions are asked for, in SQL.

    Attributes:
        tables: Where they are looked for.
        filters: What holds for them, each condition with its values.
        time: The column of the time that they are filtered and ordered by.
        oldest: The condition that keeps those of before out.
        latest: The condition that keeps those of after out, if anything does.
    """

    tables: str
    filters: tuple[Condition, ...]
    time: str
    oldest: Condition
    latest: Condition | None

    def select(self, columns: str, *conditions: Condition | None, then: str = "") -> tuple[Any, ...]:
        """Give a statement and its values."""
        held = [*self.filters, *filter(None, conditions)]
        where = " AND ".join(sql for sql, *_ in held)
        values = [value for _, *values in held for value in values]
        return f"SELECT {columns} FROM {self.tables} WHERE {where} {then}", *values


@operation
def list_open_workflow_executions(transaction: Transaction, request: Request) -> Output:
    """List open executions, the latest start first."""
    return _list(transaction, "ListOpenWorkflowExecutions", request, OPEN)


@operation
def list_closed_workflow_executions(transaction: Transaction, request: Request) -> Output:
    """List closed executions, the latest start or close first, as the time filter says."""
    return _list(transaction, "ListClosedWorkflowExecutions", request, CLOSED)


@operation
def count_open_workflow_executions(transaction: Transaction, request: Request) -> Output:
    """Count open executions."""
    return _count(transaction, request, OPEN)


@operation
def count_closed_workflow_executions(transaction: Transaction, request: Request) -> Output:
    """Count closed executions."""
    return _count(transaction, request, CLOSED)


@operation
def count_pending_activity_tasks(transaction: Transaction, request: Request) -> Output:
    """Count the activity tasks that wait in a task list."""
    return _count_pending(transaction, "activity", request)


@operation
def count_pending_decision_tasks(transaction: Transaction, request: Request) -> Output:
    """Count the decision tasks that wait in a task list.

    One that waits until its execution's decider has answered the task before it is in no list yet: no poller could take
    it. What the service counts then is not known.
    """
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


def _count(transaction: Transaction, request: Request, status: str) -> Output:
    query = _query(request, status)
    transaction.require_domain(request["domain"])
    count = transaction.store.value(*query.select("count(*)", query.oldest, query.latest))
    return {"count": count, "truncated": False}


def _list(transaction: Transaction, operation: str, request: Request, status: str) -> Output:
    query = _query(request, status)
    after = paging.position(transaction, operation, request)
    transaction.require_domain(request["domain"])
    size = paging.page_size(transaction, request)
    rows = transaction.store.rows(*_page(query, request.get("reverseOrder", False), after), size + 1)
    last = rows[size - 1] if len(rows) > size else None
    token = None if last is None else paging.next_token(transaction, operation, request, last[query.time], last["run"])
    return paging.page("executionInfos", [row["info"] for row in rows[:size]], token)


def _page(query: Query, reverse: bool, after: Condition | None) -> tuple[Any, ...]:
    """Give the statement of the page that begins after ``after``, or of the first."""
    comparison, order = (">", "ASC") if reverse else ("<", "DESC")
    begin, end = (query.oldest, query.latest) if reverse else (query.latest, query.oldest)
    if after is not None:
        # Both conditions together would have SQLite walk through all pages before this one again.
        begin = (f"({query.time}, run) {comparison} (?, ?)", *after)
    then = f"ORDER BY {query.time} {order}, run {order} LIMIT ?"
    return query.select(f"info, {query.time}, run", begin, end, then=then)


def _query(request: Request, status: str) -> Query:
    """Say in SQL what is asked for; filters that SWF does not take together are refused."""
    name = _time_filter(request)
    _require_one_filter(request)
    column = _TIMES[name]
    oldest, latest = _range(request[name])
    return Query(
        _tables(request),
        (("domain = ?", request["domain"]), *_filters(request), ("status = ?", status)),
        column,
        (f"{column} >= ?", oldest),
        None if latest is None else (f"{column} <= ?", latest),
    )


def _tables(request: Request) -> str:
    if "tagFilter" not in request:
        return "execution"
    # Few executions carry a tag: they are found by it, in the order of their start.
    return "execution_tag CROSS JOIN execution USING (domain, start_time, run)"


def _time_filter(request: Request) -> str:
    given = [name for name in _TIMES if name in request]
    if not given:
        raise invalid("Must specify time filter")
    if len(given) > 1:
        raise invalid("Cannot specify both a startTimeFilter and a closeTimeFilter")
    return given[0]


def _require_one_filter(request: Request) -> None:
    given = [name for name in _EXCLUSIVE if name in request]
    if len(given) > 1:
        raise invalid(f"Cannot specify more than one exclusive filters in the same query: [{', '.join(given)}]")


def _range(given: dict[str, float]) -> tuple[int, int | None]:
    """Give the ends of a time filter, in milliseconds; both belong to it."""
    oldest, latest = given["oldestDate"], given.get("latestDate")
    if latest is not None and latest < oldest:
        raise invalid(f"latestDate {latest} is before oldestDate {oldest}")
    return _milliseconds(oldest), None if latest is None else _milliseconds(latest)


def _milliseconds(seconds: float) -> int:
    """Give a time of a request as the database has it; what lies further off than any execution is as good."""
    return round(min(max(seconds, -_FAR_OFF), _FAR_OFF) * 1000)


def _filters(request: Request) -> Iterator[Condition]:
    if "executionFilter" in request:
        yield "workflow_id = ?", request["executionFilter"]["workflowId"]
    if "typeFilter" in request:
        wanted = request["typeFilter"]
        yield "type_name = ?", wanted["name"]
        if wanted.get("version"):
            yield "type_version = ?", wanted["version"]
    if "tagFilter" in request:
        yield "tag = ?", request["tagFilter"]["tag"]
    if "closeStatusFilter" in request:
        yield "close_status = ?", request["closeStatusFilter"]["status"]
