import copy
import math
import pickle
import re
import threading
from datetime import UTC, datetime, timedelta

import pytest

from swf.connection import Connection
from swf.engine import Engine
from swf.exceptions import (
    DefaultUndefinedError,
    DeprecatedError,
    ExecutionNotCompletedError,
    NotSupportedError,
    ValidationError,
    WaitTimeoutError,
    WorkflowExecutionAlreadyStarted,
)
from swf.models import Domain, OpenCounts, WorkflowExecution, WorkflowType
from swf.models.decision import (
    CancelWorkflowExecution,
    CompleteWorkflowExecution,
    ContinueAsNewWorkflowExecution,
    FailWorkflowExecution,
    ScheduleActivityTask,
    StartChildWorkflowExecution,
    StartTimer,
)
from swf.models.event import (
    WorkflowExecutionCancelRequested,
    WorkflowExecutionSignaled,
    WorkflowExecutionStarted,
    WorkflowExecutionTerminated,
)


@pytest.fixture
def sent(connection):
    """The parameters of every StartWorkflowExecution."""
    noted = []
    connection.client.meta.events.register(
        "provide-client-params.swf.StartWorkflowExecution", lambda params, **_: noted.append(dict(params))
    )
    return noted


def test_starting_returns_the_execution_open(order, calls):
    calls.clear()

    execution = order.start_execution("order-7", input={"id": 7}, tag_list=["urgent"])

    assert (execution.workflow_id, execution.status) == ("order-7", "OPEN")
    assert execution.run_id
    assert execution.workflow_type == ("Order", "1.0")
    assert execution.input == '{"id":7}'
    assert execution.tag_list == ("urgent",)
    assert calls == ["StartWorkflowExecution"]


def test_only_what_is_given_is_sent(order, sent):
    order.start_execution("order-7")

    assert sent == [
        {"domain": "shop", "workflowId": "order-7", "workflowType": {"name": "Order", "version": "1.0"}},
    ]


def test_all_that_is_given_is_sent(order, sent):
    order.start_execution(
        "order-7",
        task_list="fast",
        child_policy="ABANDON",
        execution_timeout=60,
        input="as it stands",
        tag_list=("a", "b"),
        decision_tasks_timeout="NONE",
        task_priority=-1,
        lambda_role="arn:aws:iam::123456789012:role/swf",
    )

    assert sent == [
        {
            "domain": "shop",
            "workflowId": "order-7",
            "workflowType": {"name": "Order", "version": "1.0"},
            "taskList": {"name": "fast"},
            "childPolicy": "ABANDON",
            "executionStartToCloseTimeout": "60",
            "input": "as it stands",
            "tagList": ["a", "b"],
            "taskStartToCloseTimeout": "NONE",
            "taskPriority": "-1",
            "lambdaRole": "arn:aws:iam::123456789012:role/swf",
        }
    ]


def test_the_registered_defaults_rule_and_not_what_is_declared_here(domain):
    WorkflowType(domain, "Order", "1.0", task_list="orders", execution_timeout=60).save()
    stale = WorkflowType(domain, "Order", "1.0", task_list="forgotten", execution_timeout=999)

    execution = stale.start_execution("order-7").upstream()

    assert execution.task_list == "orders"
    assert execution.execution_timeout == 60


def test_a_workflow_id_is_made_of_name_version_and_something_random(order):
    first, second = order.start_execution(), order.start_execution()

    assert re.fullmatch(r"Order-1\.0-[0-9a-f]{32}", first.workflow_id)
    assert first.workflow_id != second.workflow_id


def test_a_workflow_id_that_is_made_is_never_too_long(domain):
    kind = WorkflowType(domain, "n" * 256, "v" * 64, task_list="orders")
    kind.save()

    execution = kind.start_execution()

    assert len(execution.workflow_id) == 256
    assert execution.exists is True


def test_an_execution_that_was_started_is_synced(order):
    execution = order.start_execution("order-7", input={"id": 7})

    assert execution.exists is True
    assert execution.is_synced is True


def test_an_open_workflow_id_cannot_be_started_again(order):
    order.start_execution("order-7")

    with pytest.raises(WorkflowExecutionAlreadyStarted) as raised:
        order.start_execution("order-7")

    assert isinstance(raised.value, WorkflowExecution.AlreadyExists)


def test_what_cannot_be_started_says_why(domain, order):
    with pytest.raises(WorkflowType.DoesNotExist, match="Unknown type"):
        WorkflowType(domain, "Nothing", "1.0").start_execution()

    WorkflowType(domain, "Listless", "1.0").save()
    with pytest.raises(DefaultUndefinedError):
        WorkflowType(domain, "Listless", "1.0").start_execution()

    order.delete()
    with pytest.raises(DeprecatedError):
        order.start_execution()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"workflow_id": ""}, "has 0 characters"),
        ({"tag_list": ["t"] * 6}, "6 tags, and may have 5"),
        ({"tag_list": "urgent"}, r"Write \['urgent'\]"),
        ({"tag_list": ["t" * 257]}, "257 characters"),
        ({"input": "x" * 32_769}, "32,769 characters"),
        ({"input": object()}, "cannot be written as JSON"),
        ({"execution_timeout": -1}, "must be at least 0"),
        ({"child_policy": "KILL"}, "must be one of"),
    ],
)
def test_what_swf_would_refuse_is_not_sent(order, sent, arguments, message):
    with pytest.raises(ValidationError, match=message):
        order.start_execution(**arguments)

    assert sent == []


def test_upstream_tells_all_that_describe_tells(order, charge, take):
    execution = order.start_execution(
        "order-7", input="x", tag_list=["urgent"], task_priority=4, child_policy="ABANDON"
    )
    take().complete(
        [
            ScheduleActivityTask(activity_type=charge, activity_id="charge"),
            StartTimer(timer_id="t", start_to_fire_timeout=60),
        ],
        execution_context="waiting for money",
    )

    upstream = execution.upstream()

    assert upstream.input == "x"
    assert upstream == WorkflowExecution(
        "shop",
        "order-7",
        execution.run_id,
        status="OPEN",
        workflow_type=("Order", "1.0"),
        task_list="orders",
        child_policy="ABANDON",
        execution_timeout=300,
        tag_list=["urgent"],
        decision_tasks_timeout=300,
        start_timestamp=datetime(2030, 1, 1, tzinfo=UTC),
        cancel_requested=False,
        latest_execution_context="waiting for money",
        latest_activity_task_timestamp=datetime(2030, 1, 1, tzinfo=UTC),
        open_counts=OpenCounts(
            open_activity_tasks=1,
            open_decision_tasks=0,
            open_timers=1,
            open_child_workflow_executions=0,
            open_lambda_functions=0,
        ),
        task_priority=4,
    )


def test_a_child_tells_its_parent(order, take, domain):
    parent = order.start_execution("parent")
    take().complete([StartChildWorkflowExecution(workflow_type=order, workflow_id="child")])

    child = WorkflowExecution(domain, "child").upstream()

    assert child.parent == ("parent", parent.run_id)


def test_a_close_is_a_change(order, take, clock):
    execution = order.start_execution("order-7")
    clock.advance(seconds=5)
    take().complete([CompleteWorkflowExecution()])

    assert execution.changes == [("status", "OPEN", "CLOSED")]
    closed = execution.upstream()
    assert (closed.status, closed.close_status) == ("CLOSED", WorkflowExecution.CLOSE_STATUS_COMPLETED)
    assert closed.close_timestamp == datetime(2030, 1, 1, 0, 0, 5, tzinfo=UTC)
    assert closed.is_synced is True


def test_without_a_run_id_the_open_run_is_meant(order, take, domain):
    order.start_execution("order-7")
    take().complete([CompleteWorkflowExecution()])
    second = order.start_execution("order-7")

    assert WorkflowExecution(domain, "order-7").upstream().run_id == second.run_id


def test_without_a_run_id_the_newest_closed_run_is_meant_when_none_is_open(order, take, domain, clock):
    for _ in range(3):
        clock.advance(seconds=1)
        last = order.start_execution("order-7")
        take().complete([CompleteWorkflowExecution()])

    handle = WorkflowExecution(domain, "order-7")

    assert handle.upstream().run_id == last.run_id
    assert handle.exists is True
    assert len(handle.history()) == 5


def test_an_execution_that_is_not_there_does_not_exist(order, domain):
    for missing in (WorkflowExecution(domain, "order-8"), WorkflowExecution(domain, "order-8", "22abc")):
        assert missing.exists is False
        assert missing.is_synced is False
        for ask in (missing.upstream, missing.history, missing.request_cancel, lambda m=missing: m.signal("x")):
            with pytest.raises(WorkflowExecution.DoesNotExist):
                ask()


def test_a_signal_is_recorded(order):
    execution = order.start_execution("order-7")

    execution.signal("paid", {"amount": 3})
    execution.signal("text", "as it stands")
    execution.signal("nothing")

    signals = execution.history().filter(WorkflowExecutionSignaled)
    assert [(signal.signal_name, signal.input) for signal in signals] == [
        ("paid", '{"amount":3}'),
        ("text", "as it stands"),
        ("nothing", None),
    ]


def test_a_handle_without_a_run_id_signals_the_open_run_in_one_call(order, domain, calls):
    execution = order.start_execution("order-7")
    calls.clear()

    WorkflowExecution(domain, "order-7").signal("paid")

    assert calls == ["SignalWorkflowExecution"]
    assert len(execution.history().signals) == 1


@pytest.mark.parametrize(("name", "input"), [("", None), ("x" * 257, None), ("paid", "x" * 32_769)])
def test_a_signal_that_swf_would_refuse_is_not_sent(order, calls, name, input):
    execution = order.start_execution("order-7")

    with pytest.raises(ValidationError):
        execution.signal(name, input)

    assert "SignalWorkflowExecution" not in calls


def test_a_cancel_request_is_recorded_and_stops_nothing(order):
    execution = order.start_execution("order-7")

    execution.request_cancel()

    assert execution.history().last == execution.history().filter(WorkflowExecutionCancelRequested).last
    assert execution.upstream().cancel_requested is True
    assert execution.upstream().status == "OPEN"


def test_terminating_closes_at_once(order):
    execution = order.start_execution("order-7")

    execution.terminate("no longer wanted", {"by": "Ann"}, child_policy="ABANDON")

    event = execution.history().last
    assert isinstance(event, WorkflowExecutionTerminated)
    assert (event.reason, event.details, event.child_policy) == ("no longer wanted", '{"by":"Ann"}', "ABANDON")
    assert execution.upstream().close_status == "TERMINATED"
    with pytest.raises(WorkflowExecution.DoesNotExist):
        execution.terminate()


@pytest.mark.parametrize("arguments", [{"reason": "x" * 257}, {"details": "x" * 32_769}, {"child_policy": "KILL"}])
def test_a_termination_that_swf_would_refuse_is_not_sent(order, arguments):
    execution = order.start_execution("order-7")

    with pytest.raises(ValidationError):
        execution.terminate(**arguments)

    assert execution.upstream().status == "OPEN"


def test_a_history_is_complete(order, connection, calls):
    execution = order.start_execution("order-7")
    for number in range(1_200):
        connection.call("signal_workflow_execution", domain="shop", workflowId="order-7", signalName=f"s{number}")
    calls.clear()

    history = execution.history()

    assert len(history) == 1_202
    assert [event.id for event in history] == list(range(1, 1_203))
    assert calls == ["GetWorkflowExecutionHistory"] * 2


def test_the_events_of_an_execution_are_a_queryset(order):
    execution = order.start_execution("order-7", input="x")

    assert execution.events.filter(WorkflowExecutionStarted).first().input == "x"
    assert WorkflowExecution("shop", "order-7").events.count() == 2


def test_the_result_is_decoded_and_takes_one_call(order, take, calls):
    execution = order.start_execution("order-7")
    take().complete([CompleteWorkflowExecution(result={"total": 3})])
    calls.clear()

    assert execution.result == {"total": 3}
    assert calls == ["GetWorkflowExecutionHistory"]


@pytest.mark.parametrize(
    ("decision", "close_status", "reason", "details"),
    [
        (FailWorkflowExecution(reason="no money", details={"left": 0}), "FAILED", "no money", '{"left":0}'),
        (CancelWorkflowExecution(details="as asked"), "CANCELED", None, "as asked"),
        (ContinueAsNewWorkflowExecution(), "CONTINUED_AS_NEW", None, None),
    ],
)
def test_an_execution_that_closed_otherwise_has_no_result(order, take, decision, close_status, reason, details):
    execution = order.start_execution("order-7")
    take().complete([decision])

    with pytest.raises(ExecutionNotCompletedError, match=f"closed as {close_status}") as raised:
        _ = execution.result

    assert (raised.value.close_status, raised.value.reason, raised.value.details) == (close_status, reason, details)


def test_an_execution_that_timed_out_or_was_terminated_has_no_result(order, clock):
    terminated = order.start_execution("order-7")
    terminated.terminate("enough")
    timed_out = order.start_execution("order-8")
    clock.advance(seconds=300)

    for execution, close_status in ((terminated, "TERMINATED"), (timed_out, "TIMED_OUT")):
        with pytest.raises(ExecutionNotCompletedError) as raised:
            _ = execution.result
        assert raised.value.close_status == close_status


def test_an_open_execution_has_no_result_yet(order):
    execution = order.start_execution("order-7")

    with pytest.raises(ExecutionNotCompletedError, match="is open and has no result yet") as raised:
        _ = execution.result

    assert raised.value.close_status is None


def test_waiting_gives_the_closed_execution(order, take):
    execution = order.start_execution("order-7")
    task = take()
    closing = threading.Timer(0.1, lambda: task.complete([CompleteWorkflowExecution(result="done")]))
    closing.start()

    closed = execution.wait(timeout=30)

    closing.join()
    assert (closed.run_id, closed.status, closed.close_status) == (execution.run_id, "CLOSED", "COMPLETED")
    assert closed.result == "done"


def test_waiting_for_what_has_closed_asks_once(order, take, calls):
    execution = order.start_execution("order-7")
    take().complete([CompleteWorkflowExecution()])
    calls.clear()

    execution.wait()

    assert calls == ["DescribeWorkflowExecution"]


def test_waiting_follows_no_new_run(order, take):
    execution = order.start_execution("order-7")
    take().complete([ContinueAsNewWorkflowExecution()])

    closed = WorkflowExecution("shop", "order-7", execution.run_id).wait(timeout=30)

    assert closed.close_status == "CONTINUED_AS_NEW"


@pytest.mark.parametrize("timeout", [0, 0.05, -1])
def test_waiting_ends_with_an_error_when_the_time_is_over(order, timeout):
    execution = order.start_execution("order-7")

    with pytest.raises(WaitTimeoutError, match="still open after"):
        execution.wait(timeout=timeout)


def test_an_execution_that_was_waited_for_in_vain_tells_what_happened_last_and_what_is_open(order, take):
    execution = order.start_execution("order-7")
    take().complete([StartTimer(timer_id=name, start_to_fire_timeout=60) for name in ("lunch", "dinner")])
    execution.signal("paid")

    with pytest.raises(WaitTimeoutError) as raised:
        execution.wait(timeout=0)

    assert str(raised.value) == (
        f"WorkflowExecution('order-7', '{execution.run_id}', 'OPEN') was still open after 0 seconds. Its last event is "
        "8, DecisionTaskScheduled, at 2030-01-01 00:00:00 UTC. Open: 1 decision task, 2 timers. Wait longer, or see "
        "its history()."
    )


@pytest.mark.parametrize("timeout", ["5", [5], timedelta(seconds=5), True, math.nan])
def test_what_is_no_number_of_seconds_to_wait_is_refused_before_anything_is_asked(order, calls, timeout):
    execution = order.start_execution("order-7")
    calls.clear()

    with pytest.raises(ValidationError, match=r"timeout .* must be a number of seconds"):
        execution.wait(timeout)

    assert calls == []


@pytest.mark.parametrize("signal_name", [5, None, ["paid"], ""])
def test_what_is_no_signal_is_refused_before_it_is_sent(order, calls, signal_name):
    execution = order.start_execution("order-7")
    calls.clear()

    with pytest.raises(ValidationError, match="signal_name"):
        execution.signal(signal_name)

    assert calls == []


@pytest.mark.parametrize("tag_list", [5, "urgent", [5], object()])
def test_what_is_no_list_of_tags_is_refused(order, tag_list):
    with pytest.raises(ValidationError, match=r"list of texts|which must be text"):
        order.start_execution("order-7", tag_list=tag_list)


def test_an_execution_is_neither_saved_nor_deleted(order):
    execution = order.start_execution("order-7")

    with pytest.raises(NotSupportedError, match=r"start_execution\(\)"):
        execution.save()
    for refused in (execution.delete, execution.undeprecate, execution.purge):
        with pytest.raises(NotSupportedError, match=r"request_cancel\(\) or terminate\(\)"):
            refused()


def test_an_execution_stays_on_the_connection_of_its_type(order):
    with Engine() as elsewhere:
        there = Domain("bank", connection=Connection.over(elsewhere))
        there.save()
        account = WorkflowType(there, "Account", "1.0", task_list="accounts")
        account.save()

        execution = account.start_execution("account-1")

        assert execution.upstream().exists is True
        assert len(execution.history()) == 2
        assert WorkflowExecution("bank", "account-1").exists is False


def test_executions_are_values():
    execution = WorkflowExecution("shop", "order-7", "22abc")

    assert repr(execution) == "WorkflowExecution('order-7', '22abc', 'OPEN')"
    assert execution == WorkflowExecution(Domain("shop"), "order-7", "22abc")
    assert execution != WorkflowExecution("shop", "order-7", "22abc", status="CLOSED")
    assert len({execution, WorkflowExecution("shop", "order-7", "22abc")}) == 1
    assert copy.deepcopy(execution) == pickle.loads(pickle.dumps(execution)) == execution


def test_an_execution_is_the_same_wherever_it_was_looked_up(order, domain):
    started = order.start_execution("order-7", input="x")

    assert WorkflowExecution(domain, "order-7").upstream() == started.upstream()


def test_the_words_of_an_execution_are_those_of_swf():
    assert (WorkflowExecution.STATUS_OPEN, WorkflowExecution.STATUS_CLOSED) == ("OPEN", "CLOSED")
    assert WorkflowExecution.CLOSE_STATUS_CONTINUED_AS_NEW == "CONTINUED_AS_NEW"
    assert WorkflowExecution.CLOSE_TIMED_OUT == WorkflowExecution.CLOSE_STATUS_TIMED_OUT == "TIMED_OUT"
