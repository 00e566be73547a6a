"""Quotas and rates: what is refused because there is too much of it, or it comes too fast."""

import json
from threading import Thread

import pytest
from botocore.session import Session

from swf.engine import Engine, Limits, Rate
from swf.engine.limits import limits_of
from swf.engine.throttle import Throttle
from swf.exceptions import ValidationError
from swf.models.decision import (
    DECISIONS,
    CompleteWorkflowExecution,
    ContinueAsNewWorkflowExecution,
    RequestCancelExternalWorkflowExecution,
    ScheduleActivityTask,
    ScheduleLambdaFunction,
    SignalExternalWorkflowExecution,
    StartChildWorkflowExecution,
    StartTimer,
)
from swf.models.event import WorkflowExecutionStarted, WorkflowExecutionTerminated
from swf.models.event.refusal import REFUSED
from swf.shapes import TypeId

SWF = Session().get_service_model("swf")

limited = pytest.mark.parametrize


@pytest.fixture
def limits():
    return "off"


@pytest.fixture
def engine(clock, limits):
    with Engine(clock=clock, limits=limits, poll_wait_seconds=0) as engine:
        yield engine


def activity(number, **members):
    return ScheduleActivityTask(activity_type=TypeId("A", "1"), activity_id=f"a{number}", **members)


def timer(number):
    return StartTimer(timer_id=f"t{number}", start_to_fire_timeout=10)


def child(number):
    return StartChildWorkflowExecution(workflow_type=TypeId("W", "1"), workflow_id=f"c{number}")


def call(number):
    return ScheduleLambdaFunction(id=f"l{number}", name="f")


def signal(number):
    return SignalExternalWorkflowExecution(workflow_id="w1", signal_name=f"s{number}")


def cancel(number):
    return RequestCancelExternalWorkflowExecution(workflow_id="w1")


def refusals(execution):
    """Give the decisions that were not carried out, with their causes."""
    return [(REFUSED[type(event)], event.cause) for event in execution.history() if type(event) in REFUSED]


# How much there may be


@limited(
    ("limits", "decision", "refusal"),
    [
        (Limits(open_activities=2), activity, ("ScheduleActivityTask", "OPEN_ACTIVITIES_LIMIT_EXCEEDED")),
        (Limits(open_timers=2), timer, ("StartTimer", "OPEN_TIMERS_LIMIT_EXCEEDED")),
        (Limits(open_children=2), child, ("StartChildWorkflowExecution", "OPEN_CHILDREN_LIMIT_EXCEEDED")),
        (Limits(open_lambda_functions=2), call, ("ScheduleLambdaFunction", "OPEN_LAMBDA_FUNCTIONS_LIMIT_EXCEEDED")),
    ],
)
def test_one_more_open_than_a_run_may_have_is_refused(execution, decider, decision, refusal):
    decider.answer(decision(1), decision(2), decision(3))

    assert refusals(execution) == [refusal]


@limited("limits", [Limits(open_activities=1)])
def test_what_closed_makes_room(execution, decider, worker):
    decider.answer(activity(1))
    worker.complete(worker.take())

    decider.answer(activity(2))

    assert refusals(execution) == []


@limited("limits", [Limits(open_executions=2)])
def test_no_more_executions_are_opened_in_a_domain_than_it_may_have(client, start, decider, refused):
    first = start("w1")
    start("w2")

    with refused("LimitExceededFault", "There are 2 open executions in the domain d already, and no more are allowed"):
        start("w3")
    decider.answer(child(1))
    first.terminate()
    start("w3")

    assert refusals(first) == [("StartChildWorkflowExecution", "OPEN_WORKFLOWS_LIMIT_EXCEEDED")]


@limited("limits", [Limits(domains=1)])
def test_no_more_domains_are_registered_than_there_may_be(client, domain, refused):
    client.deprecate_domain(name=domain)

    with refused(
        "LimitExceededFault", "There are 1 domains, registered and deprecated already, and no more are allowed"
    ):
        client.register_domain(name="e", workflowExecutionRetentionPeriodInDays="1")


@limited("limits", [Limits(types=2)])
def test_no_more_types_are_registered_than_a_domain_may_have(client, domain, refused):
    client.deprecate_activity_type(domain=domain, activityType={"name": "A", "version": "1"})
    client.register_workflow_type(domain=domain, name="W", version="2")

    for register in (client.register_activity_type, client.register_workflow_type):
        with refused("LimitExceededFault"):
            register(domain=domain, name="X", version="1")


@limited("limits", [Limits(events=10)])
def test_a_run_that_reaches_the_most_events_is_terminated(execution, decider):
    task = decider.take()
    decider.respond(task, *[timer(number) for number in range(9)])

    *_, last = execution.history()
    assert last.id == 14
    assert last == WorkflowExecutionTerminated(
        id=14, timestamp=last.timestamp, child_policy="TERMINATE", cause="EVENT_LIMIT_EXCEEDED"
    )
    assert execution.describe()["executionInfo"]["closeStatus"] == "TERMINATED"


@limited("limits", [Limits(events=4)])
def test_a_run_that_ends_with_its_last_event_has_ended_as_it_said(execution, decider):
    decider.answer(CompleteWorkflowExecution())

    assert execution.describe()["executionInfo"]["closeStatus"] == "COMPLETED"


def test_no_more_polls_wait_for_a_task_list_than_may(clock, registered, attached, until):
    with Engine(clock=clock, limits=Limits(polls=2), poll_wait_seconds=20) as engine:
        registered(attached(engine))
        poll = json.dumps({"domain": "d", "taskList": {"name": "al"}}).encode()
        waiting = [Thread(target=engine.handle, args=("X.PollForActivityTask", poll)) for _ in range(2)]
        for thread in waiting:
            thread.start()
        until(lambda: engine.waiting_polls == 2)

        answer = engine.handle("X.PollForActivityTask", poll)
        engine.end_polls()
        for thread in waiting:
            thread.join(60)

        assert answer.fault == "LimitExceededFault"
        assert b"Limit on maximum concurrent poll requests per task list reached" in answer.body


# How fast it may come


@limited("limits", [Limits(requests={"CountPendingActivityTasks": Rate(2, 0.5)})])
def test_who_asks_too_often_waits_for_the_bucket_to_fill(ask, domain, refused, clock):
    def count():
        return ask("CountPendingActivityTasks", domain=domain, taskList={"name": "al"})["count"]

    assert [count(), count()] == [0, 0]
    with refused("ThrottlingException", "Rate exceeded"):
        count()
    clock.advance(seconds=1)
    with refused("ThrottlingException"):
        count()
    clock.advance(seconds=1)
    assert count() == 0


@limited("limits", [Limits(requests={"CountPendingActivityTasks": Rate(1, 100)})])
def test_a_bucket_holds_no_more_than_its_burst(ask, domain, refused, clock):
    clock.advance(hours=1)

    ask("CountPendingActivityTasks", domain=domain, taskList={"name": "al"})

    with refused("ThrottlingException"):
        ask("CountPendingActivityTasks", domain=domain, taskList={"name": "al"})


@limited("limits", [Limits(requests={"SignalWorkflowExecution": Rate(1, 1)})])
def test_a_request_that_was_too_much_changes_nothing(ask, execution, refused):
    execution.signal()

    with refused("ThrottlingException"):
        ask("SignalWorkflowExecution", domain="d", workflowId="w1", signalName="s")

    assert execution.history().names.count("WorkflowExecutionSignaled") == 1


@limited(
    ("limits", "ask_twice"),
    [
        (
            Limits(requests_per_execution={name: Rate(1, 1)}),
            lambda ask, task, name=name, request=request: [ask(name, **request(task)) for _ in range(2)],
        )
        for name, request in {
            "SignalWorkflowExecution": lambda task: {"domain": "d", "workflowId": "w1", "signalName": "s"},
            "RequestCancelWorkflowExecution": lambda task: {"domain": "d", "workflowId": "w1"},
            "GetWorkflowExecutionHistory": lambda task: {"domain": "d", "execution": task["workflowExecution"]},
            "RecordActivityTaskHeartbeat": lambda task: {"taskToken": task["taskToken"]},
        }.items()
    ],
)
def test_one_execution_is_asked_less_often_than_all(ask, start, decider, worker, refused, ask_twice):
    start("w1")
    decider.answer(activity(1))
    task = worker.take()

    with refused("ThrottlingException", "Rate exceeded"):
        ask_twice(ask, task)


@limited("limits", [Limits(requests_per_execution={"SignalWorkflowExecution": Rate(1, 1)})])
def test_executions_are_counted_apart(start):
    for workflow_id in ("w1", "w2"):
        start(workflow_id).signal()


@limited(
    ("decision", "refusal"),
    [
        (activity, ("ScheduleActivityTask", "ACTIVITY_CREATION_RATE_EXCEEDED")),
        (timer, ("StartTimer", "TIMER_CREATION_RATE_EXCEEDED")),
        (child, ("StartChildWorkflowExecution", "CHILD_CREATION_RATE_EXCEEDED")),
        (call, ("ScheduleLambdaFunction", "LAMBDA_FUNCTION_CREATION_RATE_EXCEEDED")),
        (signal, ("SignalExternalWorkflowExecution", "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_RATE_EXCEEDED")),
        (
            cancel,
            ("RequestCancelExternalWorkflowExecution", "REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_RATE_EXCEEDED"),
        ),
    ],
)
@limited("limits", [Limits(decisions=dict.fromkeys(DECISIONS, Rate(1, 1)))])
def test_decisions_that_come_too_fast_are_refused_one_by_one(execution, decider, decision, refusal):
    decider.answer(decision(1), decision(2), decision(3))

    assert refusals(execution) == [refusal, refusal]


@limited("limits", [Limits(decisions={"ContinueAsNewWorkflowExecution": Rate(1, 0.001)})])
def test_continuing_as_new_too_fast_is_refused(client, execution, decider):
    decider.answer(ContinueAsNewWorkflowExecution())
    decider.answer(ContinueAsNewWorkflowExecution())

    task = decider.take()
    assert [event["eventType"] for event in task["events"]][4] == "ContinueAsNewWorkflowExecutionFailed"
    told = task["events"][4]["continueAsNewWorkflowExecutionFailedEventAttributes"]
    assert told["cause"] == "CONTINUE_AS_NEW_WORKFLOW_EXECUTION_RATE_EXCEEDED"


@limited("limits", [Limits(activities_per_task_list=Rate(2, 1))])
def test_activity_tasks_are_counted_by_their_task_list(execution, decider):
    decider.answer(*[activity(number) for number in range(3)], activity(3, task_list="other"))

    assert refusals(execution) == [("ScheduleActivityTask", "ACTIVITY_CREATION_RATE_EXCEEDED")]
    assert execution.open_counts()["openActivityTasks"] == 3


@limited("limits", [Limits(decisions={"StartTimer": Rate(1, 1)})])
def test_a_decision_that_is_refused_for_another_reason_takes_nothing_from_the_bucket(execution, decider, clock):
    decider.answer(timer(1))
    clock.advance(seconds=1)
    execution.signal()

    decider.answer(timer(1), timer(2))

    assert refusals(execution) == [("StartTimer", "TIMER_ID_ALREADY_IN_USE")]


class TestThrottle:
    def test_a_clock_that_is_set_back_fills_nothing(self):
        times = iter([10_000, 5_000, 5_900, 6_000])
        throttle = Throttle(Limits(decisions={"StartTimer": Rate(1, 1)}), lambda: next(times))

        taken = [throttle.takes_decision("StartTimer") for _ in range(4)]

        assert taken == [True, False, False, True]

    def test_full_buckets_are_not_kept(self):
        times = iter(range(0, 60_000_000, 1000))
        throttle = Throttle(Limits(requests_per_execution={"X": Rate(1, 1)}), lambda: next(times))

        for run in range(50_000):
            throttle.request_on(run, "X")

        assert len(throttle._buckets) <= 10_000

    def test_a_bucket_that_is_not_full_is_kept_however_many_there_are(self):
        throttle = Throttle(Limits(requests_per_execution={"X": Rate(1, 0.001)}), lambda: 0)

        for run in range(30_000):
            throttle.request_on(run, "X")

        assert len(throttle._buckets) == 30_000


# Which limits there are


def test_every_operation_of_swf_has_its_rate_on_aws():
    assert sorted(limits_of("aws").requests) == sorted(SWF.operation_names)


@limited("mode", ["off", "relaxed"])
def test_only_aws_counts_how_fast_something_comes(mode):
    chosen = limits_of(mode)

    assert not chosen.requests
    assert not chosen.requests_per_execution
    assert not chosen.decisions
    assert chosen.activities_per_task_list is None


def test_relaxed_limits_what_there_may_be_as_aws_does():
    assert limits_of("relaxed").open_activities == limits_of("aws").open_activities == 1000
    assert limits_of("relaxed").events == limits_of("aws").events == 25_000
    assert limits_of("off").open_activities > 10**12


@limited("mode", ["on", "AWS", None, 5, ["aws"]])
def test_what_is_no_set_of_limits_is_told_which_there_are(mode):
    with pytest.raises(ValidationError, match=r"is no set of limits. There are: off, relaxed, aws; or give Limits"):
        Engine(limits=mode)


def test_every_decision_has_an_event_that_refuses_it():
    assert sorted(REFUSED.values()) == sorted(DECISIONS)
    assert WorkflowExecutionStarted not in REFUSED


# Counts


@limited("limits", [Limits(open_timers=1, requests={"SignalWorkflowExecution": Rate(1, 1)})])
def test_an_engine_tells_what_it_was_asked_and_what_it_refused(engine, ask, execution, decider, refused):
    execution.signal()
    for _ in range(2):
        with refused("ThrottlingException"):
            ask("SignalWorkflowExecution", domain="d", workflowId="w1", signalName="s")
    with refused("UnknownResourceFault"):
        ask("DescribeDomain", name="nope")
    with refused("UnknownOperationException"):
        ask("Fly")
    decider.answer(timer(1), timer(2), timer(3))

    counts = engine.counts()

    assert counts.requests["SignalWorkflowExecution"] == 3
    assert counts.faults == {
        "DescribeDomain": {"UnknownResourceFault": 1},
        "SignalWorkflowExecution": {"ThrottlingException": 2},
        "UnknownOperation": {"UnknownOperationException": 1},
    }
    assert counts.refused_decisions == {"StartTimer": {"OPEN_TIMERS_LIMIT_EXCEEDED": 2}}


@limited("limits", [Limits(open_timers=1, requests={"DescribeDomain": Rate(1, 0.001)})])
def test_an_engine_that_was_reset_counts_anew(engine, ask, domain):
    ask("DescribeDomain", name=domain)

    engine.reset()

    assert engine.counts().requests == {}
    with pytest.raises(Exception, match="Unknown domain"):
        ask("DescribeDomain", name=domain)


def test_decisions_of_a_request_that_failed_are_not_counted(engine, ask, execution, decider, refused):
    task = decider.take()
    decider.respond(task)

    with refused("UnknownResourceFault"):
        ask("RespondDecisionTaskCompleted", taskToken=task["taskToken"], decisions=[timer(1).raw, timer(1).raw])

    assert engine.counts().refused_decisions == {}
