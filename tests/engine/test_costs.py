"""What the engine does for a request does not grow with what happened before.

Work is counted, not timed: calls of functions, and steps of SQLite's machine.
"""

import sys
from contextlib import contextmanager

import pytest

from swf.engine import Engine
from swf.models.decision import CancelTimer, RequestCancelActivityTask, ScheduleActivityTask, StartTimer

LATER = {"oldestDate": 0, "latestDate": 9_000_000_000}


@contextmanager
def counted(engine):
    """Count the work done inside; gives a list that holds the count afterwards."""
    calls = steps = 0
    result = []

    def call(frame, event, argument):
        nonlocal calls
        calls += event in ("call", "c_call")

    def step():
        nonlocal steps
        steps += 1

    engine._store._connection.set_progress_handler(step, 5)
    sys.setprofile(call)
    try:
        yield result
    finally:
        sys.setprofile(None)
        engine._store._connection.set_progress_handler(None, 5)
    result.append(calls + 5 * steps)


@contextmanager
def counted_statements(engine):
    """Collect the statements that SQLite carries out inside."""
    statements = []
    engine._store._connection.set_trace_callback(statements.append)
    try:
        yield statements
    finally:
        engine._store._connection.set_trace_callback(None)


def round_(ask, number, **poll):
    """One decision with an activity that a worker performs."""
    task = ask("PollForDecisionTask", domain="d", taskList={"name": "dl"}, **poll)
    decision = ScheduleActivityTask(activity_type=("A", "1"), activity_id=f"a{number}").raw
    ask("RespondDecisionTaskCompleted", taskToken=task["taskToken"], decisions=[decision])
    activity = ask("PollForActivityTask", domain="d", taskList={"name": "al"})
    ask("RecordActivityTaskHeartbeat", taskToken=activity["taskToken"], details="d")
    ask("RespondActivityTaskCompleted", taskToken=activity["taskToken"], result="r")


@pytest.mark.parametrize(
    "poll",
    [{"startAtPreviousStartedEvent": True}, {"maximumPageSize": 10, "reverseOrder": True}, {"maximumPageSize": 10}],
)
def test_the_two_hundredth_decision_costs_what_the_tenth_did(engine, ask, execution, poll):
    costs = []
    for number in range(200):
        with counted(engine) as cost:
            round_(ask, number, **poll)
        costs += cost

    # The first few have fewer events to give on a page, and compile what is kept.
    assert sum(costs[-20:]) <= 1.05 * sum(costs[5:25])


def test_a_signal_costs_the_same_however_many_executions_are_open_or_closed(engine, ask, start):
    def cost(workflow_id):
        with counted(engine) as counts:
            ask("SignalWorkflowExecution", domain="d", workflowId=workflow_id, signalName="s")
        return counts[0]

    start("again")
    start("once")
    cost("again")
    few = cost("again")
    for number in range(500):
        start(f"w{number}")
    for _ in range(200):
        ask("TerminateWorkflowExecution", domain="d", workflowId="again")
        start("again")

    cost("again")
    assert cost("again") <= 1.2 * few


@pytest.mark.parametrize("filters", [{}, {"tagFilter": {"tag": "t"}}, {"typeFilter": {"name": "W", "version": "1"}}])
@pytest.mark.parametrize("reverse", [False, True])
def test_the_last_page_of_a_list_costs_what_the_first_did(engine, ask, start, clock, filters, reverse):
    for number in range(400):
        start(f"w{number}", tagList=["t"])
        clock.advance(milliseconds=1)
    request = {"domain": "d", "startTimeFilter": LATER, "maximumPageSize": 20, "reverseOrder": reverse, **filters}

    costs, token = [], None
    while token is not None or not costs:
        with counted(engine) as cost:
            answer = ask("ListOpenWorkflowExecutions", **request, **({"nextPageToken": token} if token else {}))
        costs += cost
        token = answer.get("nextPageToken")

    assert len(costs) == 20
    assert max(costs[-5:]) <= 1.1 * max(costs[1:6])


@pytest.mark.parametrize("reverse", [False, True])
def test_the_last_page_of_a_history_costs_what_the_first_did(engine, ask, execution, reverse):
    for _ in range(398):
        execution.signal()
    request = {"domain": "d", "execution": execution.id, "maximumPageSize": 20, "reverseOrder": reverse}

    costs, token = [], None
    while token is not None or not costs:
        with counted(engine) as cost:
            answer = ask("GetWorkflowExecutionHistory", **request, **({"nextPageToken": token} if token else {}))
        costs += cost
        token = answer.get("nextPageToken")

    assert len(costs) == 20
    assert max(costs[-5:]) <= 1.1 * max(costs[1:6])


def test_a_timer_that_fires_costs_the_same_however_many_are_open(engine, execution, decider, clock):
    decider.answer(*[StartTimer(timer_id=f"t{number}", start_to_fire_timeout=number + 1) for number in range(1000)])

    costs = []
    for _ in range(1000):
        with counted(engine) as cost:
            clock.advance(seconds=1)
        costs += cost

    assert sum(costs[10:30]) <= 1.3 * sum(costs[-20:])


def test_timers_of_one_moment_cost_the_same_each(engine, start, decider, clock):
    def cost_each(workflow_id, count):
        start(workflow_id)
        decider.answer(*[StartTimer(timer_id=f"t{number}", start_to_fire_timeout=1) for number in range(count)])
        with counted(engine) as cost:
            clock.advance(seconds=1)
        return cost[0] / count

    cost_each("warm", 10)
    few = cost_each("few", 100)

    assert cost_each("many", 1000) <= 1.3 * few


def lists():
    """Every way to ask for lists and counts."""
    filters = [
        {},
        {"executionFilter": {"workflowId": "w1"}},
        {"typeFilter": {"name": "W"}},
        {"typeFilter": {"name": "W", "version": "1"}},
        {"tagFilter": {"tag": "t"}},
        {"closeStatusFilter": {"status": "TERMINATED"}},
    ]
    for given in filters:
        for time in ("startTimeFilter", "closeTimeFilter"):
            for reverse in (False, True):
                yield "ListClosedWorkflowExecutions", {time: LATER, "reverseOrder": reverse, **given}
            yield "CountClosedWorkflowExecutions", {time: LATER, **given}
        if "closeStatusFilter" not in given:
            for reverse in (False, True):
                yield "ListOpenWorkflowExecutions", {"startTimeFilter": LATER, "reverseOrder": reverse, **given}
            yield "CountOpenWorkflowExecutions", {"startTimeFilter": LATER, **given}


def plans(engine, statements):
    """Give how SQLite goes about each statement."""
    for statement in dict.fromkeys(statements):
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            for row in engine._store.rows(f"EXPLAIN QUERY PLAN {statement}"):
                yield row["detail"], statement


def test_lists_and_counts_walk_through_an_index(engine, ask, start):
    for _ in range(3):
        start("w1", tagList=["t"]).terminate()
    start("w1", tagList=["t"])
    start("w2", tagList=["t"])

    with counted_statements(engine) as statements:
        for operation, request in lists():
            answer = ask(operation, domain="d", **request, **({"maximumPageSize": 1} if "List" in operation else {}))
            if token := answer.get("nextPageToken"):
                ask(operation, domain="d", **request, maximumPageSize=1, nextPageToken=token)

    found = list(plans(engine, statements))
    assert [(plan, statement) for plan, statement in found if plan.startswith("SCAN")] == []
    # What carries a tag is found in the order of the start; in the order of the close it has to be sorted.
    assert [
        statement
        for plan, statement in found
        if "TEMP B-TREE" in plan and not ("execution_tag" in statement and "ORDER BY close_time" in statement)
    ] == []


def test_work_on_an_execution_searches_and_never_scans(engine, ask, client, start, decider, worker, clock):
    with counted_statements(engine) as statements:
        execution = start()
        decider.answer(
            ScheduleActivityTask(activity_type=("A", "1"), activity_id="a1", heartbeat_timeout=5),
            ScheduleActivityTask(activity_type=("A", "1"), activity_id="a2"),
            StartTimer(timer_id="t1", start_to_fire_timeout=2),
            StartTimer(timer_id="t2", start_to_fire_timeout=2),
        )
        worker.heartbeat(worker.take(), details="d")
        execution.request_cancel()
        decider.answer(RequestCancelActivityTask(activity_id="a2"), CancelTimer(timer_id="t2"))
        clock.advance(seconds=70)
        decider.take()
        clock.advance(seconds=70)
        execution.describe()
        execution.history()
        execution.terminate()
        client.count_pending_activity_tasks(domain="d", taskList={"name": "al"})
        for status in ("REGISTERED", "DEPRECATED"):
            client.list_workflow_types(domain="d", registrationStatus=status, name="W")
            client.list_activity_types(domain="d", registrationStatus=status, reverseOrder=True)
        client.deprecate_activity_type(domain="d", activityType={"name": "B", "version": "1"})
        client.delete_activity_type(domain="d", activityType={"name": "B", "version": "1"})
        client.deprecate_domain(name="d")

    found = list(plans(engine, statements))
    assert len(found) > 30
    assert [(plan, statement) for plan, statement in found if plan.startswith("SCAN") or "TEMP B-TREE" in plan] == []


@pytest.mark.inprocess
def test_the_state_of_an_execution_is_folded_once(tmp_path, attached, registered, clock):
    with Engine(tmp_path / "swf.db", clock=clock, poll_wait_seconds=0) as engine:
        client = attached(engine)
        registered(client)
        client.start_workflow_execution(domain="d", workflowId="w", workflowType={"name": "W", "version": "1"})
        for _ in range(300):
            client.signal_workflow_execution(domain="d", workflowId="w", signalName="s")

    costs = []
    with Engine(tmp_path / "swf.db", clock=clock, poll_wait_seconds=0) as engine:
        client = attached(engine)
        for _ in range(4):
            with counted(engine) as cost:
                client.signal_workflow_execution(domain="d", workflowId="w", signalName="s")
            costs += cost

    assert costs[0] > 2 * costs[1]
    assert max(costs[2:]) <= 1.1 * min(costs[2:])
