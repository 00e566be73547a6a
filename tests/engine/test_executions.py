"""One execution: started, signaled, asked to cancel, terminated, timed out, described."""

from datetime import UTC, datetime, timedelta

import pytest

from swf.models.decision import (
    CompleteWorkflowExecution,
    RecordMarker,
    ScheduleActivityTask,
    StartTimer,
)
from swf.models.event import (
    DecisionTaskScheduled,
    WorkflowExecutionCancelRequested,
    WorkflowExecutionSignaled,
    WorkflowExecutionStarted,
    WorkflowExecutionTerminated,
    WorkflowExecutionTimedOut,
)

BEGAN = datetime(2030, 1, 1, tzinfo=UTC)
W1 = {"name": "W", "version": "1"}
BARE = {"name": "bare", "version": "1"}
SETTINGS = {
    "executionStartToCloseTimeout": "100",
    "taskList": {"name": "mine"},
    "taskStartToCloseTimeout": "NONE",
    "childPolicy": "ABANDON",
}


@pytest.fixture
def bare(client, domain):
    """A workflow type without defaults."""
    client.register_workflow_type(domain=domain, **BARE)


def test_an_execution_begins_with_the_defaults_of_its_type(start):
    execution = start()

    started, scheduled = execution.history()
    assert started.attributes == {
        "childPolicy": "TERMINATE",
        "executionStartToCloseTimeout": "3600",
        "parentInitiatedEventId": 0,
        "taskList": {"name": "dl"},
        "taskStartToCloseTimeout": "60",
        "workflowType": {"name": "W", "version": "1"},
    }
    assert started.timestamp == scheduled.timestamp == BEGAN


def test_what_a_start_says_comes_before_the_defaults(start, deciders):
    execution = start(
        **SETTINGS, input="in", tagList=["a", "b"], taskPriority="-3", lambdaRole="arn:aws:iam::123456789012:role/r"
    )

    started, scheduled = execution.history()
    assert started.attributes == {
        "childPolicy": "ABANDON",
        "executionStartToCloseTimeout": "100",
        "input": "in",
        "lambdaRole": "arn:aws:iam::123456789012:role/r",
        "parentInitiatedEventId": 0,
        "tagList": ["a", "b"],
        "taskList": {"name": "mine"},
        "taskPriority": "-3",
        "taskStartToCloseTimeout": "NONE",
        "workflowType": {"name": "W", "version": "1"},
    }
    assert scheduled.attributes == {
        "scheduleToStartTimeout": "NONE",
        "startToCloseTimeout": "NONE",
        "taskList": {"name": "mine"},
        "taskPriority": "-3",
    }
    assert deciders("mine").take()["workflowExecution"] == execution.id


def test_priority_and_role_come_from_the_type_when_the_start_does_not_say_them(client, domain, start):
    client.register_workflow_type(
        domain=domain, **BARE, defaultTaskPriority="9", defaultLambdaRole="arn:aws:iam::123456789012:role/r"
    )

    execution = start(workflowType=BARE, **SETTINGS)

    started = execution.history()[0]
    assert (started.task_priority, started.lambda_role) == (9, "arn:aws:iam::123456789012:role/r")


@pytest.mark.parametrize(
    ("lacking", "default"),
    [
        (
            ["executionStartToCloseTimeout", "taskList", "taskStartToCloseTimeout", "childPolicy"],
            "defaultExecutionStartToCloseTimeout",
        ),
        (["taskList", "taskStartToCloseTimeout", "childPolicy"], "defaultTaskList"),
        (["taskStartToCloseTimeout", "childPolicy"], "defaultTaskStartToCloseTimeout"),
        (["childPolicy"], "defaultChildPolicy"),
    ],
)
def test_the_first_setting_that_is_given_nowhere_is_told(start, bare, refused, lacking, default):
    given = {name: value for name, value in SETTINGS.items() if name not in lacking}

    with refused("DefaultUndefinedFault", default):
        start(workflowType=BARE, **given)


def test_a_timeout_that_is_the_empty_text_is_not_given(start, bare, refused):
    with refused("DefaultUndefinedFault", "defaultExecutionStartToCloseTimeout"):
        start(workflowType=BARE, **{**SETTINGS, "executionStartToCloseTimeout": ""})


def test_a_workflow_id_is_open_once_whatever_its_type(start, bare, refused):
    start("w1")

    with refused("WorkflowExecutionAlreadyStartedFault", ""):
        start("w1", workflowType=BARE, **SETTINGS)


def test_a_workflow_id_is_free_again_after_the_close(start):
    first = start("w1")
    first.terminate()

    second = start("w1")

    assert first.run_id != second.run_id
    assert second.describe()["executionInfo"]["executionStatus"] == "OPEN"


def test_the_same_workflow_id_may_be_open_in_two_domains(client, start, registered):
    start("w1")
    client.register_domain(name="other", workflowExecutionRetentionPeriodInDays="1")
    client.register_workflow_type(domain="other", **BARE)

    client.start_workflow_execution(domain="other", workflowId="w1", workflowType=BARE, **SETTINGS)

    for domain in ("d", "other"):
        counted = client.count_open_workflow_executions(domain=domain, startTimeFilter={"oldestDate": 0})
        assert counted["count"] == 1


def test_a_run_id_looks_like_the_services(start):
    run_id = start().run_id

    assert run_id.startswith("22")
    assert run_id.endswith("=")
    assert len(run_id) == 46


def test_an_unknown_type_cannot_be_started(start, refused):
    with refused("UnknownResourceFault", "Unknown type: WorkflowType=[name=W, version=2]"):
        start(workflowType={"name": "W", "version": "2"})


def test_an_unknown_type_is_told_before_the_domain_is_found_deprecated(client, domain, start, refused):
    client.deprecate_domain(name=domain)

    with refused("UnknownResourceFault", "Unknown type: WorkflowType=[name=W, version=2]"):
        start(workflowType={"name": "W", "version": "2"})


def test_a_deprecated_type_cannot_be_started(client, domain, start, refused):
    client.deprecate_workflow_type(domain=domain, workflowType={"name": "W", "version": "1"})

    with refused("TypeDeprecatedFault", "WorkflowType=[name=W, version=1]"):
        start()


@pytest.mark.parametrize("timeout", ["NONE", "31536001", "99999999"])
def test_no_execution_lasts_longer_than_a_year(start, refused, timeout):
    with refused(
        "ValidationException",
        f"executionStartToCloseTimeout is {timeout}, and must be a number of seconds of at most 31536000",
    ):
        start(executionStartToCloseTimeout=timeout)


def test_an_execution_may_last_a_year(start, clock):
    execution = start(executionStartToCloseTimeout="31536000")

    clock.advance(days=365)

    assert execution.history()[-1].timestamp == BEGAN + timedelta(days=365)


def test_tags_that_are_null_are_no_tags(ask, start):
    start()

    run_id = ask("StartWorkflowExecution", domain="d", workflowId="w2", workflowType=W1, tagList=[None, "a", None])[
        "runId"
    ]

    described = ask("DescribeWorkflowExecution", domain="d", execution={"workflowId": "w2", "runId": run_id})
    assert described["executionInfo"]["tagList"] == ["a"]


def test_an_empty_tag_list_is_none(start):
    execution = start(tagList=[])

    assert "tagList" not in execution.describe()["executionInfo"]
    assert execution.history()[0].tag_list is None


def test_a_signal_is_recorded_and_asks_for_a_decision(execution, decider, clock):
    decider.answer()
    clock.advance(seconds=1)

    execution.signal("hello", input="in")

    signaled, scheduled = execution.history()[-2:]
    assert signaled.attributes == {"externalInitiatedEventId": 0, "input": "in", "signalName": "hello"}
    assert isinstance(scheduled, DecisionTaskScheduled)
    assert signaled.timestamp == scheduled.timestamp == BEGAN + timedelta(seconds=1)


def test_a_signal_reaches_the_run_that_is_named(client, execution):
    client.signal_workflow_execution(domain="d", workflowId="w1", runId=execution.run_id, signalName="s")

    assert isinstance(execution.history()[-1], WorkflowExecutionSignaled)


def test_an_empty_run_id_names_no_run(ask, execution):
    ask("SignalWorkflowExecution", domain="d", workflowId="w1", runId="", signalName="s")

    assert isinstance(execution.history()[-1], WorkflowExecutionSignaled)


def test_each_request_to_cancel_is_recorded(execution, decider):
    execution.request_cancel()
    execution.request_cancel()
    decider.answer()

    recorded = [event for event in execution.history() if isinstance(event, WorkflowExecutionCancelRequested)]
    assert [event.attributes for event in recorded] == [{"externalInitiatedEventId": 0}] * 2
    info = execution.describe()["executionInfo"]
    assert (info["cancelRequested"], info["executionStatus"]) == (True, "OPEN")


def test_a_closed_execution_no_longer_tells_that_it_was_asked_to_cancel(execution, decider):
    execution.request_cancel()

    decider.answer(CompleteWorkflowExecution())

    assert execution.describe()["executionInfo"]["cancelRequested"] is False


def test_terminating_records_what_it_was_told_and_the_policy_applied(execution):
    execution.terminate(reason="stop", details="d", childPolicy="ABANDON")

    assert execution.history()[-1].attributes == {
        "cause": "OPERATOR_INITIATED",
        "childPolicy": "ABANDON",
        "details": "d",
        "reason": "stop",
    }


def test_terminating_applies_the_executions_own_policy_unless_told_another(execution):
    execution.terminate()

    assert execution.history()[-1].attributes == {"cause": "OPERATOR_INITIATED", "childPolicy": "TERMINATE"}


def test_terminating_does_not_wait_for_the_decider(execution, decider, refused):
    task = decider.take()

    execution.terminate()

    with refused(
        "UnknownResourceFault",
        f"Unknown execution: WorkflowExecution=[workflowId=w1, runId={execution.run_id}]",
    ):
        decider.respond(task, CompleteWorkflowExecution())
    assert isinstance(execution.history()[-1], WorkflowExecutionTerminated)


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("signal_workflow_execution", {"signalName": "s"}),
        ("request_cancel_workflow_execution", {}),
        ("terminate_workflow_execution", {}),
    ],
)
class TestWhatNeedsAnOpenExecution:
    def test_tells_an_unknown_workflow_id(self, client, domain, refused, operation, members):
        with refused("UnknownResourceFault", "Unknown execution, workflowId = nobody"):
            getattr(client, operation)(domain=domain, workflowId="nobody", **members)

    def test_tells_a_closed_execution(self, client, execution, refused, operation, members):
        execution.terminate()

        with refused("UnknownResourceFault", "Unknown execution, workflowId = w1"):
            getattr(client, operation)(domain="d", workflowId="w1", **members)
        assert len(execution.history()) == 3

    def test_tells_a_run_that_is_not_the_open_one(self, client, start, refused, operation, members):
        closed = start()
        closed.terminate()
        running = start()

        with refused(
            "UnknownResourceFault", f"Unknown execution: WorkflowExecution=[workflowId=w1, runId={closed.run_id}]"
        ):
            getattr(client, operation)(domain="d", workflowId="w1", runId=closed.run_id, **members)
        assert len(running.history()) == 2


@pytest.mark.parametrize("operation", ["describe_workflow_execution", "get_workflow_execution_history"])
@pytest.mark.parametrize("wrong", ["workflowId", "runId", "domain"])
def test_an_unknown_run_is_told(client, execution, refused, operation, wrong):
    client.register_domain(name="other", workflowExecutionRetentionPeriodInDays="1")
    asked = {"domain": "d", **execution.id, wrong: "other"}

    with refused(
        "UnknownResourceFault",
        f"Unknown execution: WorkflowExecution=[workflowId={asked['workflowId']}, runId={asked['runId']}]",
    ):
        getattr(client, operation)(
            domain=asked["domain"], execution={"workflowId": asked["workflowId"], "runId": asked["runId"]}
        )


def test_an_execution_times_out_and_is_closed(execution, clock, refused):
    clock.advance(seconds=3599.999)
    assert len(execution.history()) == 2

    clock.advance(milliseconds=1)

    closing = execution.history()[-1]
    assert isinstance(closing, WorkflowExecutionTimedOut)
    assert closing.attributes == {"childPolicy": "TERMINATE", "timeoutType": "START_TO_CLOSE"}
    assert closing.timestamp == BEGAN + timedelta(hours=1)
    info = execution.describe()["executionInfo"]
    assert (info["closeStatus"], info["closeTimestamp"]) == ("TIMED_OUT", closing.timestamp)
    with refused("UnknownResourceFault", "Unknown execution, workflowId = w1"):
        execution.signal()


def test_what_waits_when_an_execution_closes_is_never_handed_out(execution, decider, worker, client):
    decider.answer(
        ScheduleActivityTask(activity_type=("A", "1"), activity_id="a1"),
        StartTimer(timer_id="t", start_to_fire_timeout=5),
    )
    execution.signal()

    execution.terminate()

    assert decider.poll() is None
    assert worker.poll() is None
    for count in (client.count_pending_decision_tasks, client.count_pending_activity_tasks):
        assert count(domain="d", taskList={"name": "dl"})["count"] == 0
        assert count(domain="d", taskList={"name": "al"})["count"] == 0


def test_nothing_happens_in_a_closed_execution(execution, decider, worker, clock):
    decider.answer(
        ScheduleActivityTask(activity_type=("A", "1"), activity_id="a1"),
        ScheduleActivityTask(activity_type=("A", "1"), activity_id="a2"),
        StartTimer(timer_id="t", start_to_fire_timeout=5),
    )
    worker.take()
    execution.signal()
    decider.take()

    execution.terminate()
    clock.advance(days=6)

    assert isinstance(execution.history()[-1], WorkflowExecutionTerminated)


def test_a_new_execution_is_described_with_what_it_was_started_with(start):
    execution = start(tagList=["b", "a"], taskPriority="4", lambdaRole="arn:aws:iam::123456789012:role/r")

    described = execution.describe()

    del described["ResponseMetadata"]
    assert described == {
        "executionConfiguration": {
            "childPolicy": "TERMINATE",
            "executionStartToCloseTimeout": "3600",
            "lambdaRole": "arn:aws:iam::123456789012:role/r",
            "taskList": {"name": "dl"},
            "taskPriority": "4",
            "taskStartToCloseTimeout": "60",
        },
        "executionInfo": {
            "cancelRequested": False,
            "execution": execution.id,
            "executionStatus": "OPEN",
            "startTimestamp": BEGAN,
            "tagList": ["b", "a"],
            "workflowType": {"name": "W", "version": "1"},
        },
        "openCounts": {
            "openActivityTasks": 0,
            "openChildWorkflowExecutions": 0,
            "openDecisionTasks": 1,
            "openLambdaFunctions": 0,
            "openTimers": 0,
        },
    }


def test_a_closed_execution_is_described_with_its_end(execution, decider, clock):
    clock.advance(seconds=1.5)

    decider.answer(CompleteWorkflowExecution())

    assert execution.describe()["executionInfo"] == {
        "cancelRequested": False,
        "closeStatus": "COMPLETED",
        "closeTimestamp": BEGAN + timedelta(seconds=1.5),
        "execution": execution.id,
        "executionStatus": "CLOSED",
        "startTimestamp": BEGAN,
        "workflowType": {"name": "W", "version": "1"},
    }


def test_open_work_is_counted(execution, decider, worker):
    decider.answer(
        ScheduleActivityTask(activity_type=("A", "1"), activity_id="a1"),
        ScheduleActivityTask(activity_type=("A", "1"), activity_id="a2"),
        StartTimer(timer_id="t", start_to_fire_timeout=5),
    )
    worker.take()

    assert execution.open_counts() == {
        "openActivityTasks": 2,
        "openChildWorkflowExecutions": 0,
        "openDecisionTasks": 0,
        "openLambdaFunctions": 0,
        "openTimers": 1,
    }


def test_a_decision_task_is_counted_while_it_waits_and_not_while_it_is_worked_on(execution, decider):
    waiting = execution.open_counts()["openDecisionTasks"]
    task = decider.take()
    worked_on = execution.open_counts()["openDecisionTasks"]
    execution.signal()
    next_waits = execution.open_counts()["openDecisionTasks"]
    decider.respond(task)
    still_waits = execution.open_counts()["openDecisionTasks"]

    assert (waiting, worked_on, next_waits, still_waits) == (1, 0, 1, 1)


def test_a_closed_execution_keeps_the_count_of_its_activities_and_of_nothing_else(execution, decider):
    decider.answer(
        ScheduleActivityTask(activity_type=("A", "1"), activity_id="a1"),
        StartTimer(timer_id="t", start_to_fire_timeout=5),
    )
    execution.signal()

    execution.terminate()

    assert execution.open_counts() == {
        "openActivityTasks": 1,
        "openChildWorkflowExecutions": 0,
        "openDecisionTasks": 0,
        "openLambdaFunctions": 0,
        "openTimers": 0,
    }


def test_the_latest_context_stays_until_another_is_given(execution, decider):
    assert "latestExecutionContext" not in execution.describe()

    decider.answer(executionContext="one")
    execution.signal()
    decider.answer()
    assert execution.describe()["latestExecutionContext"] == "one"

    execution.signal()
    decider.answer(executionContext="")
    assert execution.describe()["latestExecutionContext"] == ""


def test_the_latest_activity_time_moves_with_every_event_of_an_activity(execution, decider, worker, clock):
    def latest():
        return execution.describe().get("latestActivityTaskTimestamp")

    assert latest() is None
    decider.answer(ScheduleActivityTask(activity_type=("A", "1"), activity_id="a1"))
    assert latest() == BEGAN
    clock.advance(seconds=1)
    task = worker.take()
    assert latest() == BEGAN + timedelta(seconds=1)
    clock.advance(seconds=1)
    worker.heartbeat(task)
    assert latest() == BEGAN + timedelta(seconds=1)
    worker.complete(task)
    assert latest() == BEGAN + timedelta(seconds=2)


@pytest.fixture
def long(execution, decider):
    """An execution of 23 events."""
    decider.answer(*[RecordMarker(marker_name=f"m{number}") for number in range(19)])
    return execution


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("size", [1, 2, 5, 22, 23, 24])
def test_pages_of_a_history_follow_each_other_without_gaps(client, long, size, reverse):
    pages = client.get_paginator("get_workflow_execution_history").paginate(
        domain="d", execution=long.id, maximumPageSize=size, reverseOrder=reverse
    )
    listed = [[event["eventId"] for event in page["events"]] for page in pages]

    ids = [event_id for page in listed for event_id in page]
    assert ids == (list(range(23, 0, -1)) if reverse else list(range(1, 24)))
    assert [len(page) for page in listed[:-1]] == [size] * (len(listed) - 1)
    assert listed[-1]


def test_events_that_come_while_a_history_is_paged_are_on_its_last_pages(client, long):
    first = client.get_workflow_execution_history(domain="d", execution=long.id, maximumPageSize=20)
    long.signal()

    second = client.get_workflow_execution_history(
        domain="d", execution=long.id, maximumPageSize=20, nextPageToken=first["nextPageToken"]
    )

    assert [event["eventId"] for event in second["events"]] == [21, 22, 23, 24, 25]
    assert "nextPageToken" not in second


def test_the_history_of_a_closed_run_stays_when_its_workflow_id_runs_again(start):
    first = start()
    first.terminate()

    start()

    assert first.history().names == [
        "WorkflowExecutionStarted",
        "DecisionTaskScheduled",
        "WorkflowExecutionTerminated",
    ]
    assert isinstance(first.history()[0], WorkflowExecutionStarted)
