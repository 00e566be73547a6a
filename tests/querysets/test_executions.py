import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swf.connection import Connection
from swf.engine import Engine, VirtualClock
from swf.exceptions import MultipleObjectsReturned
from swf.models import Domain, WorkflowExecution, WorkflowType
from swf.models.decision import CompleteWorkflowExecution, FailWorkflowExecution

BEGIN = datetime(2030, 1, 1, tzinfo=UTC)


def ids(rows):
    return [row.workflow_id for row in rows]


def test_open_executions_are_listed_newest_first(order, domain, clock, calls):
    for name in "abc":
        order.start_execution(name)
        clock.advance(seconds=1)
    calls.clear()

    assert ids(domain.executions) == ["c", "b", "a"]
    assert ids(domain.executions.all(status="OPEN", start_oldest_date=30)) == ["c", "b", "a"]
    assert calls == ["ListOpenWorkflowExecutions"] * 2


def test_a_listed_execution_knows_what_lists_tell_and_is_synced(order, domain):
    started = order.start_execution("a", tag_list=["urgent"])

    listed = domain.executions.first()

    assert listed == WorkflowExecution(
        "shop",
        "a",
        started.run_id,
        workflow_type=("Order", "1.0"),
        tag_list=["urgent"],
        start_timestamp=BEGIN,
        cancel_requested=False,
    )
    assert repr(listed.changes) == "ModelDiff()"


def test_values_written_as_csv_have_types_that_read_as_people_write_them(order, domain):
    order.start_execution("a")
    written = io.StringIO()

    writer = csv.DictWriter(written, ["workflow_id", "workflow_type"], lineterminator="\n")
    writer.writerows(domain.executions.values("workflow_id", "workflow_type"))

    assert written.getvalue() == "a,Order 1.0\n"


def test_closed_executions_are_listed_by_status(order, domain, close):
    close(order.start_execution("a"))
    close(order.start_execution("b"), FailWorkflowExecution())
    order.start_execution("c")
    executions = domain.executions

    assert ids(executions.filter(status="CLOSED")) == ["b", "a"]
    assert ids(executions.filter(close_status="FAILED")) == ["b"]
    assert ids(executions.filter(status="CLOSED", close_status=WorkflowExecution.CLOSE_STATUS_COMPLETED)) == ["a"]
    assert ids(executions.filter(status=None)) == ["c", "b", "a"]
    assert ids(executions.filter(status=None).reverse()) == ["a", "b", "c"]
    assert executions.filter(status=None).last().workflow_id == "a"
    assert ids(executions.filter(status=None)[1:]) == ["b", "a"]


# Longer than any window that a client might choose for itself.
YEAR = 31_536_000


@pytest.mark.inprocess
def test_what_has_been_open_for_long_is_listed_counted_and_found(order, domain, clock, calls):
    old = order.start_execution("old", execution_timeout=YEAR)
    clock.advance(days=300)
    order.start_execution("new", execution_timeout=YEAR)
    executions = domain.executions
    calls.clear()

    assert ids(executions) == ["new", "old"]
    assert executions.count() == 2
    assert (executions.first().workflow_id, executions.last().workflow_id) == ("new", "old")
    assert executions.filter(workflow_id="old").exists()
    assert executions.get(run_id=old.run_id).workflow_id == "old"
    assert set(executions.in_bulk()) == {(run.workflow_id, run.run_id) for run in executions}
    assert old in executions
    assert ids(executions[:1]) == ["new"]


@pytest.mark.inprocess
def test_what_closed_lately_is_listed_however_long_ago_it_started(order, domain, clock, close):
    gone = order.start_execution("gone", execution_timeout=YEAR)
    old = order.start_execution("old", execution_timeout=YEAR)
    clock.advance(days=200)
    close(gone)
    clock.advance(days=31)  # The domain keeps closed executions for 30.
    old.terminate()
    newer = order.start_execution("newer", execution_timeout=YEAR)
    newer.terminate()
    closed = domain.executions.filter(status="CLOSED")

    assert ids(closed) == ["newer", "old"]
    assert closed.count() == 2
    assert ids(domain.executions.filter(close_status="TERMINATED").reverse()) == ["old", "newer"]
    assert ids(domain.executions.filter(status=None)) == ["newer", "old"]


@pytest.mark.inprocess
def test_dates_say_which_span_is_listed(order, domain, clock):
    order.start_execution("old", execution_timeout=YEAR)
    clock.advance(days=31)
    order.start_execution("new")

    assert ids(domain.executions.filter(start_oldest_date=30)) == ["new"]
    assert ids(domain.executions.filter(start_oldest_date=32)) == ["new", "old"]
    assert ids(domain.executions.filter(start_latest_date=1)) == ["old"]
    assert ids(domain.executions.filter(start_latest_date="2030-01-01")) == ["old"]
    assert ids(domain.executions.filter(oldest_date=timedelta(days=32), latest_date=timedelta(days=30))) == ["old"]


def test_start_and_close_dates_together_are_both_held_to(order, domain, clock, close):
    for name in "abc":
        execution = order.start_execution(name)
        clock.advance(seconds=60)
        close(execution)
    closed = domain.executions.filter(status="CLOSED")

    found = closed.filter(
        start_oldest_date=BEGIN + timedelta(seconds=60), close_latest_date=BEGIN + timedelta(seconds=120)
    )

    assert ids(found) == ["b"]


def test_an_end_with_a_fraction_of_a_second_is_held_to(order, domain, clock):
    for name in "abc":
        order.start_execution(name)
        clock.advance(milliseconds=300)

    until = BEGIN + timedelta(milliseconds=300)

    assert ids(domain.executions.filter(start_latest_date=until)) == ["b", "a"]
    assert ids(domain.executions.filter(start_oldest_date=until)) == ["c", "b"]
    assert domain.executions.filter(start_latest_date=until).count() == 2


def test_swf_counts_what_it_can_filter(order, domain, close, calls):
    close(order.start_execution("a"))
    order.start_execution("b", tag_list=["urgent"])
    order.start_execution("c")
    calls.clear()

    assert domain.executions.count() == 2
    assert domain.executions.filter(tag="urgent").count() == 1
    assert domain.executions.filter(close_status="COMPLETED").count() == 1
    assert domain.executions.reverse().filter(status=None).count() == 3
    assert set(calls) == {"CountOpenWorkflowExecutions", "CountClosedWorkflowExecutions"}
    assert len(calls) == 5


def test_what_swf_cannot_count_is_counted_by_reading(order, domain, calls):
    order.start_execution("a", tag_list=["x", "y"])
    order.start_execution("b", tag_list=["x"])
    calls.clear()

    assert domain.executions.filter(tag="x").filter(tag="y").count() == 1
    assert domain.executions.filter(tag="x")[:1].count() == 1
    assert calls == ["ListOpenWorkflowExecutions"] * 2


def test_get_gives_the_run_that_is_named(order, domain, close):
    first = order.start_execution("a")
    close(first)
    second = order.start_execution("a")

    assert domain.executions.get("a", first.run_id).status == "CLOSED"
    assert domain.executions.get(workflow_id="a", run_id=second.run_id).status == "OPEN"


def test_get_without_a_run_id_gives_the_open_run_else_the_newest_closed_one(order, domain, close):
    close(order.start_execution("a"))
    second = order.start_execution("a")

    assert domain.executions.get("a").run_id == second.run_id
    close(second)
    assert domain.executions.get("a").run_id == second.run_id


def test_get_by_filters_wants_exactly_one(order, domain):
    order.start_execution("a", tag_list=["x"])
    order.start_execution("b", tag_list=["x", "y"])

    found = domain.executions.get(tag="y")

    assert (found.workflow_id, found.task_list) == ("b", "orders")
    with pytest.raises(MultipleObjectsReturned):
        domain.executions.get(tag="x")
    with pytest.raises(WorkflowExecution.DoesNotExist):
        domain.executions.get(tag="z")
    with pytest.raises(WorkflowExecution.DoesNotExist):
        domain.executions.get("c")
    with pytest.raises(WorkflowExecution.DoesNotExist, match="none of these"):
        domain.executions.get("a", tag="y")


def test_in_bulk_describes_runs(order, domain):
    started = order.start_execution("a")

    found = domain.executions.in_bulk([("a", started.run_id), ("a", "22other")])

    assert list(found) == [("a", started.run_id)]
    assert found["a", started.run_id].task_list == "orders"


def test_an_execution_is_in_a_queryset_by_its_ids(order, domain, close):
    started = order.start_execution("a")

    assert started in domain.executions
    close(started)
    assert started not in domain.executions
    assert started in domain.executions.filter(status="CLOSED")


def test_a_page_has_a_thousand_rows_and_a_slice_of_as_many_takes_one(order, domain, connection, calls):
    for number in range(1_001):
        connection.call(
            "start_workflow_execution",
            domain="shop",
            workflowId=f"order-{number}",
            workflowType={"name": "Order", "version": "1.0"},
        )
    calls.clear()

    assert len(domain.executions) == 1_001
    assert calls == ["ListOpenWorkflowExecutions"] * 2
    calls.clear()
    assert len(domain.executions[:1_000]) == 1_000
    assert calls == ["ListOpenWorkflowExecutions"]


# Every filter against a small population, told by hand.


@pytest.fixture(scope="module")
def population():
    """Twelve executions of two types, with tags, some closed; one more every minute, closed half a minute later."""
    clock = VirtualClock(BEGIN)
    with Engine(clock=clock, poll_wait_seconds=0) as engine:
        connection = Connection.over(engine)
        domain = Domain("shop", connection=connection)
        domain.save()
        kinds = [WorkflowType(domain, name, version, task_list="t") for name, version in (("A", "1"), ("A", "2"))]
        for kind in kinds:
            kind.save()
        for number in range(12):
            _start(connection, clock, kinds[number % 2], number)
        yield domain, list(domain.executions.filter(status=None, start_oldest_date="2030-01-01"))


def _start(connection, clock, kind, number):
    execution = kind.start_execution(f"w{number % 5}-{number}", tag_list=[f"t{number % 3}", f"u{number % 2}"])
    if number % 4 == 3:
        execution.request_cancel()
    clock.advance(seconds=30)
    task = connection.call("poll_for_decision_task", domain="shop", taskList={"name": "t"})
    closing = {0: FailWorkflowExecution(), 1: CompleteWorkflowExecution()}.get(number % 3)
    connection.call(
        "respond_decision_task_completed",
        taskToken=task["taskToken"],
        decisions=[closing.raw] if closing else [],
    )
    clock.advance(seconds=30)


def minute(number):
    return BEGIN + timedelta(minutes=number)


FILTERS = {
    "status": (st.sampled_from(["OPEN", "CLOSED"]), lambda run, value: run.status == value),
    "workflow_id": (st.sampled_from(["w0-0", "w1-1", "w2-7"]), lambda run, value: run.workflow_id == value),
    "tag": (st.sampled_from(["t0", "t1", "u1"]), lambda run, value: value in run.tag_list),
    "workflow_type_name": (st.sampled_from(["A", "B"]), lambda run, value: run.workflow_type.name == value),
    "workflow_type_version": (st.sampled_from(["1", "2"]), lambda run, value: run.workflow_type.version == value),
    "close_status": (st.sampled_from(["COMPLETED", "FAILED"]), lambda run, value: run.close_status == value),
    "cancel_requested": (st.booleans(), lambda run, value: bool(run.cancel_requested) == value),
    "start_oldest_date": (st.integers(0, 5).map(minute), lambda run, value: run.start_timestamp >= value),
    "start_latest_date": (st.integers(6, 12).map(minute), lambda run, value: run.start_timestamp <= value),
    "close_oldest_date": (
        st.integers(0, 5).map(minute),
        lambda run, value: run.close_timestamp is not None and run.close_timestamp >= value,
    ),
    "close_latest_date": (
        st.integers(6, 12).map(minute),
        lambda run, value: run.close_timestamp is not None and run.close_timestamp <= value,
    ),
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(filters=st.fixed_dictionaries({}, optional={name: values for name, (values, _) in FILTERS.items()}))
def test_any_mix_of_filters_gives_what_each_of_them_keeps(population, filters):
    domain, everyone = population
    asks_of_closed = any(name.startswith("close_") for name in filters)
    if asks_of_closed and filters.get("status") == "OPEN":
        del filters["status"]
    if "status" not in filters:
        filters["status"] = None

    found = domain.executions.filter(**filters)

    expected = [
        run
        for run in everyone
        if all(FILTERS[name][1](run, value) for name, value in filters.items() if value is not None)
    ]
    assert {run.run_id for run in found} == {run.run_id for run in expected}
    assert found.count() == found.all().count() == len(expected)
    assert [run.run_id for run in found.reverse()] == [run.run_id for run in found][::-1]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    excluded=st.fixed_dictionaries(
        {}, optional={name: FILTERS[name][0] for name in ("tag", "workflow_type_version", "status", "cancel_requested")}
    )
)
def test_what_all_excluded_filters_describe_is_left_out(population, excluded):
    domain, everyone = population

    found = domain.executions.filter(status=None).exclude(**excluded)

    expected = [
        run
        for run in everyone
        if not excluded or not all(FILTERS[name][1](run, value) for name, value in excluded.items())
    ]
    assert [run.run_id for run in found] == [run.run_id for run in expected]
