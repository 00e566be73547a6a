"""What one execution brings about in another, or outside: children, signals, cancel requests, continuing, Lambda."""

import json
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from swf.engine import Engine, VirtualClock
from swf.engine.functions import call
from swf.models.decision import (
    CancelWorkflowExecution,
    CompleteWorkflowExecution,
    ContinueAsNewWorkflowExecution,
    FailWorkflowExecution,
    RequestCancelExternalWorkflowExecution,
    ScheduleLambdaFunction,
    SignalExternalWorkflowExecution,
    StartChildWorkflowExecution,
)
from swf.models.event import ChildWorkflowExecutionEvent, LambdaFunctionEvent, LambdaFunctionScheduled

ROLE = "arn:aws:iam::123456789012:role/swf"
C1 = {"name": "C", "version": "1"}
DTS = 'DecisionTaskScheduled {"scheduleToStartTimeout":"NONE","startToCloseTimeout":"60","taskList":{"name":"dl"}}'
CHILD_DTS = DTS.replace('"60"', '"30"').replace('"dl"', '"cl"')


@pytest.fixture
def child_type(client, domain):
    client.register_workflow_type(
        domain=domain,
        **C1,
        defaultTaskList={"name": "cl"},
        defaultExecutionStartToCloseTimeout="1800",
        defaultTaskStartToCloseTimeout="30",
        defaultChildPolicy="ABANDON",
    )
    return ("C", "1")


@pytest.fixture
def lines(ask: Callable[..., Any], client) -> Callable[..., list[str]]:
    """Gives a history as lines of type and attributes from an event on, with RUN1, RUN2… for run ids."""

    def lines(workflow_id: str, run_id: str, *names: str, since: int = 1) -> list[str]:
        execution = {"workflowId": workflow_id, "runId": run_id}
        events = ask("GetWorkflowExecutionHistory", domain="d", execution=execution)["events"]
        told = []
        for event in events[since - 1 :]:
            attributes = next(value for member, value in event.items() if member.endswith("EventAttributes"))
            text = f"{event['eventType']} {json.dumps(attributes, separators=(',', ':'))}"
            for number, name in enumerate(names, start=1):
                text = text.replace(name, f"RUN{number}")
            told.append(text)
        return told

    return lines


def open_run(client, workflow_id):
    infos = client.list_open_workflow_executions(
        domain="d", startTimeFilter={"oldestDate": 0}, executionFilter={"workflowId": workflow_id}
    )["executionInfos"]
    return infos[0]["execution"]["runId"] if infos else None


@pytest.fixture
def family(start, decider, client, child_type):
    """A parent ``p`` with an open child ``c``: the parent has nine events."""
    parent = start("p")
    decider.answer(
        StartChildWorkflowExecution(workflow_type=child_type, workflow_id="c", control="k", input="ci", tag_list=["t"])
    )
    decider.answer()
    return parent, open_run(client, "c")


def test_a_child_runs_and_completes(family, deciders, lines):
    parent, child = family

    deciders("cl").answer(CompleteWorkflowExecution(result="cr"))
    deciders("dl").answer(CompleteWorkflowExecution(result="cr"))

    started = (
        '"parentInitiatedEventId":5,"parentWorkflowExecution":{"runId":"RUN1","workflowId":"p"},"tagList":["t"],'
        '"taskList":{"name":"cl"},"taskStartToCloseTimeout":"30","workflowType":{"name":"C","version":"1"}}'
    )
    assert lines("p", parent.run_id, parent.run_id, child, since=5) == [
        'StartChildWorkflowExecutionInitiated {"childPolicy":"ABANDON","control":"k","decisionTaskCompletedEventId":4,'
        '"executionStartToCloseTimeout":"1800","input":"ci","tagList":["t"],"taskList":{"name":"cl"},'
        '"taskStartToCloseTimeout":"30","workflowId":"c","workflowType":{"name":"C","version":"1"}}',
        'ChildWorkflowExecutionStarted {"initiatedEventId":5,"workflowExecution":{"runId":"RUN2","workflowId":"c"},'
        '"workflowType":{"name":"C","version":"1"}}',
        DTS,
        'DecisionTaskStarted {"identity":"dec","scheduledEventId":7}',
        'DecisionTaskCompleted {"scheduledEventId":7,"startedEventId":8}',
        'ChildWorkflowExecutionCompleted {"initiatedEventId":5,"result":"cr","startedEventId":6,'
        '"workflowExecution":{"runId":"RUN2","workflowId":"c"},"workflowType":{"name":"C","version":"1"}}',
        DTS,
        'DecisionTaskStarted {"identity":"dec","scheduledEventId":11}',
        'DecisionTaskCompleted {"scheduledEventId":11,"startedEventId":12}',
        'WorkflowExecutionCompleted {"decisionTaskCompletedEventId":13,"result":"cr"}',
    ]
    assert lines("c", child, parent.run_id, child) == [
        f'WorkflowExecutionStarted {{"childPolicy":"ABANDON","executionStartToCloseTimeout":"1800","input":"ci",'
        f"{started}",
        CHILD_DTS,
        'DecisionTaskStarted {"identity":"dec","scheduledEventId":2}',
        'DecisionTaskCompleted {"scheduledEventId":2,"startedEventId":3}',
        'WorkflowExecutionCompleted {"decisionTaskCompletedEventId":4,"result":"cr"}',
    ]


@pytest.mark.parametrize(
    ("end", "event", "told"),
    [
        (
            FailWorkflowExecution(reason="r", details="d"),
            "ChildWorkflowExecutionFailed",
            {"reason": "r", "details": "d"},
        ),
        (CancelWorkflowExecution(details="d"), "ChildWorkflowExecutionCanceled", {"details": "d"}),
    ],
)
def test_the_parent_hears_how_its_child_ended(family, deciders, end, event, told):
    parent, _ = family

    deciders("cl").answer(end)

    heard = parent.history()[9]
    assert (heard.name, heard.initiated_event_id, heard.started_event_id) == (event, 5, 6)
    assert {name: getattr(heard, name) for name in told} == told


def test_the_parent_hears_that_its_child_was_terminated_or_timed_out(family, client, clock, start, decider, child_type):
    parent, _ = family
    client.terminate_workflow_execution(domain="d", workflowId="c")
    decider.answer(StartChildWorkflowExecution(workflow_type=child_type, workflow_id="c2"))

    clock.advance(seconds=1800)

    children = [event.name for event in parent.history() if isinstance(event, ChildWorkflowExecutionEvent)]
    assert children[2:] == [
        "ChildWorkflowExecutionTerminated",
        "StartChildWorkflowExecutionInitiated",
        "ChildWorkflowExecutionStarted",
        "ChildWorkflowExecutionTimedOut",
    ]


def test_whoever_terminates_the_parent_may_say_another_policy(family, deciders, client, lines):
    parent, child = family
    deciders("cl").answer()

    client.terminate_workflow_execution(domain="d", workflowId="p", childPolicy="REQUEST_CANCEL")

    assert lines("p", parent.run_id, since=10) == [
        'WorkflowExecutionTerminated {"cause":"OPERATOR_INITIATED","childPolicy":"REQUEST_CANCEL"}'
    ]
    assert lines("c", child, parent.run_id, since=5) == [
        'WorkflowExecutionCancelRequested {"cause":"CHILD_POLICY_APPLIED","externalInitiatedEventId":0,'
        '"externalWorkflowExecution":{"runId":"RUN1","workflowId":"p"}}',
        CHILD_DTS,
    ]


def test_a_child_that_is_terminated_applies_its_own_policy_to_its_children(start, deciders, client, child_type, lines):
    start("p", childPolicy="TERMINATE")
    started = {"workflow_type": child_type, "task_list": "cl"}
    deciders("dl").answer(StartChildWorkflowExecution(**started, workflow_id="c", child_policy="REQUEST_CANCEL"))
    deciders("cl").answer(StartChildWorkflowExecution(**started, workflow_id="g", child_policy="TERMINATE"))
    child, grandchild = open_run(client, "c"), open_run(client, "g")

    deciders("dl").answer(CompleteWorkflowExecution())

    assert lines("c", child)[-1] == (
        'WorkflowExecutionTerminated {"cause":"CHILD_POLICY_APPLIED","childPolicy":"REQUEST_CANCEL"}'
    )
    assert lines("g", grandchild, child)[-1] == (
        'WorkflowExecutionCancelRequested {"cause":"CHILD_POLICY_APPLIED","externalInitiatedEventId":0,'
        '"externalWorkflowExecution":{"runId":"RUN1","workflowId":"c"}}'
    )


def test_the_policy_reaches_the_run_that_a_child_continued_as(start, deciders, client, child_type, lines):
    start("p", childPolicy="TERMINATE")
    deciders("dl").answer(StartChildWorkflowExecution(workflow_type=child_type, workflow_id="c"))
    deciders("cl").answer(ContinueAsNewWorkflowExecution())
    continued = open_run(client, "c")

    deciders("dl").answer(CompleteWorkflowExecution())

    assert lines("c", continued)[-1].startswith("WorkflowExecutionTerminated")


def test_an_abandoned_child_goes_on_and_tells_nobody_of_its_end(start, deciders, client, child_type, lines):
    parent = start("p", childPolicy="ABANDON")
    deciders("dl").answer(StartChildWorkflowExecution(workflow_type=child_type, workflow_id="c"))
    child = open_run(client, "c")
    deciders("dl").answer(CompleteWorkflowExecution())
    last = len(parent.history())

    deciders("cl").answer(CompleteWorkflowExecution())

    assert lines("c", child)[-1].startswith("WorkflowExecutionCompleted")
    assert len(parent.history()) == last


def test_a_child_of_an_unknown_type_fails_without_being_initiated(start, decider, lines):
    parent = start("p")

    decider.answer(StartChildWorkflowExecution(workflow_type=("X", "1"), workflow_id="c", control="k"))

    assert lines("p", parent.run_id, since=5) == [
        'StartChildWorkflowExecutionFailed {"cause":"WORKFLOW_TYPE_DOES_NOT_EXIST","control":"k",'
        '"decisionTaskCompletedEventId":4,"initiatedEventId":0,"workflowId":"c","workflowType":{"name":"X","version":"1"}}',
        DTS,
    ]


def test_a_child_whose_workflow_id_is_open_fails_after_being_initiated(start, decider, child_type, lines):
    parent = start("p")
    start("c")

    decider.answer(StartChildWorkflowExecution(workflow_type=child_type, workflow_id="c", control="k"))

    initiated, failed, scheduled = lines("p", parent.run_id, since=5)
    assert initiated.startswith("StartChildWorkflowExecutionInitiated")
    assert failed == (
        'StartChildWorkflowExecutionFailed {"cause":"WORKFLOW_ALREADY_RUNNING","control":"k",'
        '"decisionTaskCompletedEventId":4,"initiatedEventId":5,"workflowId":"c","workflowType":{"name":"C","version":"1"}}'
    )
    assert scheduled == DTS


@pytest.mark.parametrize(
    ("left_out", "cause"),
    [
        ("defaultExecutionStartToCloseTimeout", "DEFAULT_EXECUTION_START_TO_CLOSE_TIMEOUT_UNDEFINED"),
        ("defaultTaskList", "DEFAULT_TASK_LIST_UNDEFINED"),
        ("defaultTaskStartToCloseTimeout", "DEFAULT_TASK_START_TO_CLOSE_TIMEOUT_UNDEFINED"),
        ("defaultChildPolicy", "DEFAULT_CHILD_POLICY_UNDEFINED"),
    ],
)
def test_a_missing_default_refuses_a_child_and_a_new_run(client, start, decider, left_out, cause):
    given = {
        "defaultExecutionStartToCloseTimeout": "600",
        "defaultTaskList": {"name": "dl"},
        "defaultTaskStartToCloseTimeout": "60",
        "defaultChildPolicy": "ABANDON",
    }
    del given[left_out]
    execution = start("p")
    client.register_workflow_type(domain="d", name="W", version="bare", **given)

    decider.answer(
        StartChildWorkflowExecution(workflow_type=("W", "bare"), workflow_id="c"),
        ContinueAsNewWorkflowExecution(workflow_type_version="bare"),
    )

    child, again = execution.history()[4:6]
    assert (child.name, child.cause) == ("StartChildWorkflowExecutionFailed", cause)
    assert (again.name, again.cause) == ("ContinueAsNewWorkflowExecutionFailed", cause)


@pytest.mark.parametrize("timeout", ["NONE", 31_536_001, 99_999_999])
def test_no_child_and_no_new_run_lasts_longer_than_a_year(start, decider, timeout):
    execution = start("p")

    decider.answer(
        StartChildWorkflowExecution(
            workflow_type=("W", "1"), workflow_id="c", execution_start_to_close_timeout=timeout, task_list="cl"
        ),
        ContinueAsNewWorkflowExecution(execution_start_to_close_timeout=timeout),
    )

    child, again = execution.history()[4:6]
    assert (child.name, child.execution_start_to_close_timeout) == ("StartChildWorkflowExecutionInitiated", 31_536_000)
    assert (again.name, again.execution_start_to_close_timeout) == ("WorkflowExecutionContinuedAsNew", 31_536_000)


def test_signals_and_cancel_requests_reach_other_executions(start, deciders, lines):
    source, target = start("src"), start("dst", taskList={"name": "other"})
    deciders("other").answer()

    deciders("dl").answer(
        SignalExternalWorkflowExecution(workflow_id="dst", signal_name="s", input="i", control="k"),
        RequestCancelExternalWorkflowExecution(workflow_id="dst"),
        SignalExternalWorkflowExecution(workflow_id="nobody", signal_name="s"),
    )

    runs = (source.run_id, target.run_id)
    assert lines("src", source.run_id, *runs, since=5) == [
        'SignalExternalWorkflowExecutionInitiated {"control":"k","decisionTaskCompletedEventId":4,"input":"i",'
        '"signalName":"s","workflowId":"dst"}',
        'RequestCancelExternalWorkflowExecutionInitiated {"decisionTaskCompletedEventId":4,"workflowId":"dst"}',
        'SignalExternalWorkflowExecutionInitiated {"decisionTaskCompletedEventId":4,"signalName":"s",'
        '"workflowId":"nobody"}',
        'ExternalWorkflowExecutionSignaled {"initiatedEventId":5,'
        '"workflowExecution":{"runId":"RUN2","workflowId":"dst"}}',
        DTS,
        'ExternalWorkflowExecutionCancelRequested {"initiatedEventId":6,'
        '"workflowExecution":{"runId":"RUN2","workflowId":"dst"}}',
        'SignalExternalWorkflowExecutionFailed {"cause":"UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION",'
        '"decisionTaskCompletedEventId":4,"initiatedEventId":7,"workflowId":"nobody"}',
    ]
    assert lines("dst", target.run_id, *runs, since=5) == [
        'WorkflowExecutionSignaled {"externalInitiatedEventId":5,'
        '"externalWorkflowExecution":{"runId":"RUN1","workflowId":"src"},"input":"i","signalName":"s"}',
        DTS.replace('"dl"', '"other"'),
        'WorkflowExecutionCancelRequested {"externalInitiatedEventId":6,'
        '"externalWorkflowExecution":{"runId":"RUN1","workflowId":"src"}}',
    ]


def test_what_the_closing_answer_initiates_comes_about_nowhere(client, start, deciders):
    source, target = start("src"), start("dst", taskList={"name": "other"})

    deciders("dl").answer(
        SignalExternalWorkflowExecution(workflow_id="dst", signal_name="s"),
        RequestCancelExternalWorkflowExecution(workflow_id="dst"),
        StartChildWorkflowExecution(workflow_type=("W", "1"), workflow_id="c", child_policy="ABANDON"),
        CompleteWorkflowExecution(),
    )

    assert source.history().names[-1] == "WorkflowExecutionCompleted"
    assert target.history().names == ["WorkflowExecutionStarted", "DecisionTaskScheduled"]
    opened = client.list_open_workflow_executions(domain="d", startTimeFilter={"oldestDate": 0})["executionInfos"]
    assert [info["execution"]["workflowId"] for info in opened] == ["dst"]


def test_an_execution_may_signal_itself(execution, decider):
    decider.answer(SignalExternalWorkflowExecution(workflow_id="w1", signal_name="again"))

    assert execution.history().names[4:] == [
        "SignalExternalWorkflowExecutionInitiated",
        "WorkflowExecutionSignaled",
        "DecisionTaskScheduled",
        "ExternalWorkflowExecutionSignaled",
    ]


def test_a_run_that_is_not_the_open_one_is_unknown(start, decider):
    start("dst")
    source = start("src", taskPriority="1")

    decider.answer(
        SignalExternalWorkflowExecution(workflow_id="dst", run_id="another", signal_name="s"),
        RequestCancelExternalWorkflowExecution(workflow_id="dst", run_id="another"),
    )

    failures = [event for event in source.history() if event.name.endswith("Failed")]
    assert {event.cause for event in failures} == {"UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION"}
    assert len(failures) == 2


def test_continuing_as_new_starts_a_run_with_an_empty_history(start, decider, client, lines):
    old = start(input="n1")

    decider.answer(ContinueAsNewWorkflowExecution(input="n2", tag_list=["again"]))

    new = open_run(client, "w1")
    assert lines("w1", old.run_id, old.run_id, new, since=5) == [
        'WorkflowExecutionContinuedAsNew {"childPolicy":"TERMINATE","decisionTaskCompletedEventId":4,'
        '"executionStartToCloseTimeout":"3600","input":"n2","newExecutionRunId":"RUN2","tagList":["again"],'
        '"taskList":{"name":"dl"},"taskStartToCloseTimeout":"60","workflowType":{"name":"W","version":"1"}}'
    ]
    assert lines("w1", new, old.run_id, new) == [
        'WorkflowExecutionStarted {"childPolicy":"TERMINATE","continuedExecutionRunId":"RUN1",'
        '"executionStartToCloseTimeout":"3600","input":"n2","parentInitiatedEventId":0,"tagList":["again"],'
        '"taskList":{"name":"dl"},"taskStartToCloseTimeout":"60","workflowType":{"name":"W","version":"1"}}',
        DTS,
    ]
    assert decider.take()["previousStartedEventId"] == 0


def test_continuing_as_new_is_refused_while_something_is_unseen(execution, decider):
    task = decider.take()
    execution.signal("s")

    decider.respond(task, ContinueAsNewWorkflowExecution())

    assert execution.history()[-1].name == "ContinueAsNewWorkflowExecutionFailed"
    assert execution.history()[-1].cause == "UNHANDLED_DECISION"


@pytest.mark.parametrize(
    ("deprecated", "version", "cause"),
    [(False, "2", "WORKFLOW_TYPE_DOES_NOT_EXIST"), (True, None, "WORKFLOW_TYPE_DEPRECATED")],
)
def test_continuing_as_new_needs_a_registered_type(execution, decider, client, deprecated, version, cause):
    if deprecated:
        client.deprecate_workflow_type(domain="d", workflowType={"name": "W", "version": "1"})

    decider.answer(ContinueAsNewWorkflowExecution(workflow_type_version=version))

    assert execution.history()[4].cause == cause
    assert execution.describe()["executionInfo"]["executionStatus"] == "OPEN"


def test_a_child_that_continues_as_new_is_still_the_same_child(family, deciders, client):
    parent, first = family
    deciders("cl").answer(ContinueAsNewWorkflowExecution())
    second = open_run(client, "c")

    deciders("cl").answer(CompleteWorkflowExecution(result="at last"))

    ended = parent.history()[9]
    assert first != second
    assert (ended.name, ended.result, ended.workflow_execution) == (
        "ChildWorkflowExecutionCompleted",
        "at last",
        ("c", second),
    )
    assert (ended.initiated_event_id, ended.started_event_id) == (5, 6)


class WordlessError(Exception):
    def __str__(self):
        raise RuntimeError("no words")


class TestLambda:
    @pytest.fixture
    def engine(self, clock: VirtualClock):
        self.may_answer = threading.Event()
        self.may_answer.set()

        def double(event):
            assert self.may_answer.wait(60)
            return {"doubled": 2 * event["n"]}

        def broken(event):
            raise ValueError("boom")

        def wordless(event):
            raise WordlessError

        def endless(event):
            return without_end(event)

        def without_end(event):
            return endless(event)

        functions = {
            "double": double,
            "broken": broken,
            "ending": lambda event: sys.exit(3),
            "wordless": wordless,
            "endless": endless,
        }
        with Engine(clock=clock, poll_wait_seconds=0, functions=functions) as engine:
            yield engine

    def called(self, start, decider, until, decision, **members):
        """Start an execution that calls a function; gives its Lambda events once the decider is asked again."""
        execution = start(**members)
        decider.answer(decision)
        until(lambda: execution.history()[-1].name == "DecisionTaskScheduled")
        return [event for event in execution.history() if isinstance(event, LambdaFunctionEvent)]

    def test_a_function_gets_its_input_and_gives_its_result(self, start, decider, until):
        decision = ScheduleLambdaFunction(id="l1", name="double", input={"n": 21}, control="c")

        scheduled, started, completed = self.called(start, decider, until, decision, lambdaRole=ROLE)

        assert (scheduled.function_id, scheduled.function_name, scheduled.control) == ("l1", "double", "c")
        assert started.scheduled_event_id == scheduled.id
        assert (completed.result, completed.started_event_id) == ('{"doubled": 42}', started.id)

    def test_a_call_that_ends_after_a_reset_changes_nothing(self, engine, client, registered, start, decider, until):
        self.may_answer.clear()
        execution = start(lambdaRole=ROLE)
        decider.answer(ScheduleLambdaFunction(id="l1", name="double", input={"n": 21}))
        until(lambda: "LambdaFunctionStarted" in execution.history().names)
        engine.reset()
        registered(client)
        anew = start(lambdaRole=ROLE)

        self.may_answer.set()
        until(lambda: not any("swf-engine-lambda" in thread.name for thread in threading.enumerate()))

        assert anew.history().names == ["WorkflowExecutionStarted", "DecisionTaskScheduled"]

    def test_without_a_role_no_function_is_called(self, start, decider, until):
        decision = ScheduleLambdaFunction(id="l1", name="double")

        scheduled, failed = self.called(start, decider, until, decision)

        assert (failed.name, failed.scheduled_event_id) == ("StartLambdaFunctionFailed", scheduled.id)
        assert failed.cause == "ASSUME_ROLE_FAILED"
        assert failed.message == "No IAM role is attached to the current workflow execution."

    @pytest.mark.parametrize(
        ("name", "reason", "details"),
        [
            ("broken", "UnhandledError", '{"errorMessage": "boom", "errorType": "ValueError", "stackTrace": ["'),
            ("ending", "UnhandledError", '{"errorMessage": "3", "errorType": "SystemExit", "stackTrace": ["'),
            (
                "wordless",
                "UnhandledError",
                '{"errorMessage": "(its message cannot be read)", "errorType": "WordlessError", "stackTrace": ["',
            ),
            ("nobody", "ResourceNotFoundException", "Function not found: nobody"),
        ],
    )
    def test_a_function_that_fails_is_told_with_its_error(self, start, decider, until, name, reason, details):
        decision = ScheduleLambdaFunction(id="l1", name=name)

        *_, failed = self.called(start, decider, until, decision, lambdaRole=ROLE)

        assert (failed.name, failed.reason) == ("LambdaFunctionFailed", reason)
        assert failed.details.startswith(details)

    @pytest.mark.parametrize(
        "name",
        [
            "arn:aws:lambda:us-east-1:123456789012:function:double",
            "arn:aws:lambda:::function:double:PROD",
            "123456789012:function:double",
            "double:PROD",
        ],
    )
    def test_a_function_may_be_named_by_its_arn_and_with_an_alias(self, start, decider, until, name):
        decision = ScheduleLambdaFunction(id="l1", name=name, input={"n": 21})

        *_, completed = self.called(start, decider, until, decision, lambdaRole=ROLE)

        assert (completed.name, completed.result) == ("LambdaFunctionCompleted", '{"doubled": 42}')

    def test_a_function_that_fails_is_told_with_its_own_calls_innermost_last(self, start, decider, until):
        *_, failed = self.called(start, decider, until, ScheduleLambdaFunction(id="l1", name="broken"), lambdaRole=ROLE)

        calls = json.loads(failed.details)["stackTrace"]
        assert [" in broken\n" in call for call in calls] == [True]

    def test_the_details_of_a_failure_are_cut_to_what_swf_keeps(self, start, decider, until):
        *_, failed = self.called(
            start, decider, until, ScheduleLambdaFunction(id="l1", name="endless"), lambdaRole=ROLE
        )

        told = json.loads(failed.details)
        assert told["errorType"] == "RecursionError"
        assert "return endless(event)" in told["stackTrace"][-1] + told["stackTrace"][-2]
        assert len(failed.details) <= 32_768

    @pytest.mark.parametrize(("file", "kind"), [("made", "E" * 40_000), ("f" * 40_000, "Error")], ids=["class", "call"])
    def test_a_failure_of_code_made_by_code_keeps_its_message(self, file, kind):
        made = {"Error": type(kind, (Exception,), {})}
        exec(compile("def function(event): raise Error('boom')", file, "exec"), made)
        scheduled = LambdaFunctionScheduled(
            function_id="l1", function_name="function", decision_task_completed_event_id=4
        )

        outcome = call(made, scheduled)

        told = json.loads(outcome.details)
        assert told["errorMessage"] == "boom"
        assert kind.startswith(told["errorType"])
        assert [call.startswith('  File "' + file[:500]) for call in told["stackTrace"]] == [True]
        assert len(outcome.details) <= 32_768

    def test_a_function_that_takes_too_long_times_out_and_its_late_answer_is_dropped(
        self, start, decider, clock, engine, until
    ):
        self.may_answer.clear()
        execution = start(lambdaRole=ROLE)
        decider.answer(ScheduleLambdaFunction(id="l1", name="double", input={"n": 1}, start_to_close_timeout=20))

        clock.advance(seconds=20)
        timed_out = execution.history()[-2]
        self.may_answer.set()

        assert (timed_out.name, timed_out.timeout_type) == ("LambdaFunctionTimedOut", "START_TO_CLOSE")
        assert execution.open_counts()["openLambdaFunctions"] == 0
        assert execution.history()[-1].name == "DecisionTaskScheduled"

    def test_functions_that_give_no_answer_keep_no_other_from_being_called(self, start, decider, until):
        self.may_answer.clear()
        execution = start(lambdaRole=ROLE)

        waiting = [ScheduleLambdaFunction(id=f"l{number}", name="double", input={"n": 1}) for number in range(40)]
        decider.answer(*waiting, ScheduleLambdaFunction(id="last", name="broken"))

        until(lambda: "LambdaFunctionFailed" in execution.history().names)
        answered = [event for event in execution.history() if event.name == "LambdaFunctionFailed"]
        self.may_answer.set()
        assert [json.loads(event.details)["errorMessage"] for event in answered] == ["boom"]

    def test_an_id_that_is_in_use_is_refused(self, start, decider):
        self.may_answer.clear()
        execution = start(lambdaRole=ROLE)

        decider.answer(
            ScheduleLambdaFunction(id="l1", name="double", input={"n": 1}),
            ScheduleLambdaFunction(id="l1", name="double", input={"n": 1}),
        )
        self.may_answer.set()

        refused = next(event for event in execution.history() if event.name == "ScheduleLambdaFunctionFailed")
        assert (refused.function_id, refused.cause) == ("l1", "ID_ALREADY_IN_USE")


def test_a_call_that_was_under_way_is_made_again_when_the_engine_is_opened_again(tmp_path, registered, attached, until):
    path, went_down = str(tmp_path / "swf.db"), threading.Event()
    with Engine(path, functions={"double": lambda event: went_down.wait(60)}) as engine:
        client = attached(engine)
        registered(client)
        run_id = client.start_workflow_execution(
            domain="d", workflowId="w1", workflowType={"name": "W", "version": "1"}, lambdaRole=ROLE
        )["runId"]
        task = client.poll_for_decision_task(domain="d", taskList={"name": "dl"})
        call = ScheduleLambdaFunction(id="l1", name="double", input={"n": 4})
        client.respond_decision_task_completed(taskToken=task["taskToken"], decisions=[call.raw])
        names = names_of(client, run_id)
        until(lambda: "LambdaFunctionStarted" in names())

    went_down.set()
    with Engine(path, functions={"double": lambda event: 2 * event["n"]}) as engine:
        names = names_of(attached(engine), run_id)
        until(lambda: "LambdaFunctionCompleted" in names())

    assert names.seen.count("LambdaFunctionStarted") == 1


def names_of(client, run_id):
    """Gives a function that lists the event types of the run, and remembers the last list."""

    def names():
        execution = {"workflowId": "w1", "runId": run_id}
        events = client.get_workflow_execution_history(domain="d", execution=execution)["events"]
        names.seen = [event["eventType"] for event in events]
        return names.seen

    return names


class TestRetention:
    def test_a_closed_run_is_forgotten_when_its_time_is_over(self, execution, clock, client, refused):
        execution.terminate()

        clock.advance(days=7)

        with refused("UnknownResourceFault"):
            execution.describe()
        listed = client.list_closed_workflow_executions(domain="d", startTimeFilter={"oldestDate": 0})
        assert listed["executionInfos"] == []

    def test_an_open_run_is_never_forgotten(self, start, clock):
        execution = start(executionStartToCloseTimeout="31536000")

        clock.advance(days=300)

        assert execution.describe()["executionInfo"]["executionStatus"] == "OPEN"

    @pytest.mark.parametrize("retention", ["0", "NONE"])
    def test_without_retention_a_run_is_gone_as_soon_as_it_closes_and_its_parent_has_heard(
        self, client, retention, ask
    ):
        client.register_domain(name="brief", workflowExecutionRetentionPeriodInDays=retention)
        client.register_workflow_type(
            domain="brief",
            name="W",
            version="1",
            defaultTaskList={"name": "dl"},
            defaultExecutionStartToCloseTimeout="60",
            defaultTaskStartToCloseTimeout="60",
            defaultChildPolicy="TERMINATE",
        )
        run_id = client.start_workflow_execution(
            domain="brief", workflowId="p", workflowType={"name": "W", "version": "1"}
        )["runId"]
        task = client.poll_for_decision_task(domain="brief", taskList={"name": "dl"})
        child = StartChildWorkflowExecution(workflow_type=("W", "1"), workflow_id="c")
        client.respond_decision_task_completed(taskToken=task["taskToken"], decisions=[child.raw])

        client.terminate_workflow_execution(domain="brief", workflowId="c")

        execution = {"workflowId": "p", "runId": run_id}
        events = ask("GetWorkflowExecutionHistory", domain="brief", execution=execution)["events"]
        assert "ChildWorkflowExecutionTerminated" in [event["eventType"] for event in events]
        closed = client.count_closed_workflow_executions(domain="brief", startTimeFilter={"oldestDate": 0})
        assert closed["count"] == 0
