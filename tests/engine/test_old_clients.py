"""What Amazon's own frameworks and other old programs send, in their form, over HTTP: all of it has to work."""

import http.client
import json
from functools import partial
from urllib.parse import urlsplit

import pytest

from swf.engine import Engine, VirtualClock

W1 = {"name": "W", "version": "1"}
A1 = {"name": "A", "version": "1"}
TIMEOUTS = ("scheduleToStartTimeout", "scheduleToCloseTimeout", "startToCloseTimeout", "heartbeatTimeout")

# boto 2 sends the first, the SDKs of today the second.
FORMS = {
    "legacy": {
        "X-Amz-Target": "com.amazonaws.swf.service.model.SimpleWorkflowService.{}",
        "Content-Type": "application/json; charset=UTF-8",
        "Content-Encoding": "amz-1.0",
    },
    "modern": {"X-Amz-Target": "SimpleWorkflowService.{}", "Content-Type": "application/x-amz-json-1.0"},
}


@pytest.fixture(params=FORMS)
def ask(request, engine, domain, serve):
    """Sends a request as it stands, and gives the status and the answer as they stand."""
    return partial(answer_of, urlsplit(serve(engine)).netloc, FORMS[request.param])


def answer_of(address, form, operation, **members):
    connection = http.client.HTTPConnection(address, timeout=60)
    headers = {name: value.format(operation) for name, value in form.items()}
    connection.request("POST", "/", json.dumps(members), headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.getheader("Content-Type").partition(";")[0] == form["Content-Type"].partition(";")[0]
    return answer.status, json.loads(body) if body else None


@pytest.fixture
def send(ask):
    """Sends a request that has to be accepted, and gives the answer as it stands."""

    def send(operation, **members):
        status, answer = ask(operation, **members)
        assert status == 200, answer
        return answer

    return send


def decision(kind, **attributes):
    return {"decisionType": kind, f"{kind[0].lower()}{kind[1:]}DecisionAttributes": attributes}


def decide(send, task_list, *decisions):
    task = send("PollForDecisionTask", domain="d", taskList={"name": task_list}, identity="host:17")
    send("RespondDecisionTaskCompleted", taskToken=task["taskToken"], decisions=list(decisions))
    return task


def history(send, execution):
    return send("GetWorkflowExecutionHistory", domain="d", execution=execution)["events"]


def events(send, workflow_id, run_id):
    return [event["eventType"] for event in history(send, {"workflowId": workflow_id, "runId": run_id})]


def last(send, workflow_id, run_id):
    """The last event of an execution."""
    return history(send, {"workflowId": workflow_id, "runId": run_id})[-1]


def attributes(event):
    """The attributes of an event, whatever its type."""
    return next(held for name, held in event.items() if name.endswith("EventAttributes"))


def start(send, workflow_id, **members):
    return send("StartWorkflowExecution", domain="d", workflowId=workflow_id, workflowType=W1, **members)["runId"]


def test_a_worker_takes_tasks_from_a_list_of_its_own(send):
    own = "ip-10-0-0-7:4711:4f0ab6a2-22b1-4c7e"
    start(send, "w")
    decide(send, "dl", decision("ScheduleActivityTask", activityType=A1, activityId="1", taskList={"name": own}))

    task = send("PollForActivityTask", domain="d", taskList={"name": own}, identity="ip-10-0-0-7:4711")
    send("RespondActivityTaskCompleted", taskToken=task["taskToken"], result="")

    assert send("CountPendingActivityTasks", domain="d", taskList={"name": own})["count"] == 0
    closing = decide(send, "dl", decision("CompleteWorkflowExecution", result="done"))
    assert closing["events"][-3]["activityTaskCompletedEventAttributes"]["result"] == ""


@pytest.mark.parametrize("make", ["{}:1", "{}/eu:west:2", "22a/ZEx3C3w1+/dr=:1"])
def test_a_child_that_is_called_after_the_run_id_of_its_parent_completes_and_tells_it(send, make):
    run_id = start(send, "parent")
    child_id = make.format(run_id)
    child = {"workflowId": child_id, "workflowType": W1, "taskList": {"name": "host:1:c"}, "childPolicy": "TERMINATE"}

    decide(send, "dl", decision("StartChildWorkflowExecution", **child, input="[1]", tagList=["a:b"]))
    task = decide(send, "host:1:c", decision("CompleteWorkflowExecution", result="2"))
    decide(send, "dl", decision("CompleteWorkflowExecution"))

    assert task["workflowExecution"]["workflowId"] == child_id
    assert events(send, "parent", run_id)[5:] == [
        "ChildWorkflowExecutionStarted",
        "DecisionTaskScheduled",
        "ChildWorkflowExecutionCompleted",
        "DecisionTaskStarted",
        "DecisionTaskCompleted",
        "WorkflowExecutionCompleted",
    ]


def test_a_parent_signals_its_child_and_asks_it_to_cancel_by_that_name(send):
    run_id = start(send, "parent")
    named = {"workflowId": f"{run_id}:1"}
    child = {**named, "workflowType": W1, "taskList": {"name": "cl"}}
    decide(send, "dl", decision("StartChildWorkflowExecution", **child))

    decide(
        send,
        "dl",
        decision("SignalExternalWorkflowExecution", **named, signalName="go:on", input="", runId=""),
        decision("RequestCancelExternalWorkflowExecution", **named, runId=""),
    )
    task = decide(send, "cl", decision("CancelWorkflowExecution", details=""))

    assert [event["eventType"] for event in task["events"][2:4]] == [
        "WorkflowExecutionSignaled",
        "WorkflowExecutionCancelRequested",
    ]
    closed = {"domain": "d", "closeTimeFilter": {"oldestDate": 0}, "executionFilter": named}
    assert send("ListClosedWorkflowExecutions", **closed)["executionInfos"][0]["closeStatus"] == "CANCELED"


def test_a_child_signals_the_parent_that_it_reads_of_in_its_own_history(send):
    run_id = start(send, "family:all/7")
    child = {"workflowId": f"{run_id}:1", "workflowType": W1, "taskList": {"name": "cl"}}
    decide(send, "dl", decision("StartChildWorkflowExecution", **child))
    task = send("PollForDecisionTask", domain="d", taskList={"name": "cl"})
    parent = attributes(task["events"][0])["parentWorkflowExecution"]

    signal = decision("SignalExternalWorkflowExecution", **parent, signalName="fromChild", input="[1]", control="1")
    send("RespondDecisionTaskCompleted", taskToken=task["taskToken"], decisions=[signal])

    assert parent == {"workflowId": "family:all/7", "runId": run_id}
    told = next(each for each in history(send, parent) if each["eventType"] == "WorkflowExecutionSignaled")
    assert attributes(told) == {
        "signalName": "fromChild",
        "input": "[1]",
        "externalInitiatedEventId": 5,
        "externalWorkflowExecution": task["workflowExecution"],
    }


def test_a_child_that_continues_as_new_completes_as_the_same_child(send):
    run_id = start(send, "parent")
    child = {"workflowId": f"{run_id}:1", "workflowType": W1, "taskList": {"name": "cl"}}
    decide(send, "dl", decision("StartChildWorkflowExecution", **child))

    decide(send, "cl", decision("ContinueAsNewWorkflowExecution", input="", tagList=[], taskList={"name": "cl"}))
    successor = decide(send, "cl", decision("CompleteWorkflowExecution", result=""))

    told = last(send, "parent", run_id)
    assert told["eventType"] == "ChildWorkflowExecutionCompleted"
    assert attributes(told) == {
        "initiatedEventId": 5,
        "startedEventId": 6,
        "result": "",
        "workflowExecution": successor["workflowExecution"],
        "workflowType": W1,
    }


def test_the_child_of_a_parent_that_completes_is_terminated_by_its_policy(send):
    run_id = start(send, "parent", childPolicy="TERMINATE")
    child = {"workflowId": f"{run_id}:1", "workflowType": W1, "taskList": {"name": "cl"}, "childPolicy": "ABANDON"}
    decide(send, "dl", decision("StartChildWorkflowExecution", **child))
    task = send("PollForDecisionTask", domain="d", taskList={"name": "cl"})

    decide(send, "dl", decision("CompleteWorkflowExecution"))

    ended = history(send, task["workflowExecution"])[-1]
    assert (ended["eventType"], attributes(ended)["cause"]) == ("WorkflowExecutionTerminated", "CHILD_POLICY_APPLIED")


def test_what_is_open_is_canceled_in_the_answer_that_ends_the_execution(send):
    run_id = start(send, "w")
    decide(
        send,
        "dl",
        decision("ScheduleActivityTask", activityType=A1, activityId="1"),
        decision("StartTimer", timerId="2", startToFireTimeout="500"),
    )
    send("SignalWorkflowExecution", domain="d", workflowId="w", signalName="s", input="")

    decide(
        send,
        "dl",
        decision("RequestCancelActivityTask", activityId="1"),
        decision("CancelTimer", timerId="2"),
        decision("CancelWorkflowExecution"),
    )

    assert events(send, "w", run_id)[-4:] == [
        "ActivityTaskCancelRequested",
        "ActivityTaskCanceled",
        "TimerCanceled",
        "WorkflowExecutionCanceled",
    ]


def test_an_end_is_refused_where_a_signal_came_meanwhile_and_asked_for_again(send):
    run_id = start(send, "w")
    task = send("PollForDecisionTask", domain="d", taskList={"name": "dl"})
    send("SignalWorkflowExecution", domain="d", workflowId="w", signalName="s")
    end = decision("FailWorkflowExecution", reason="", details="")

    send("RespondDecisionTaskCompleted", taskToken=task["taskToken"], decisions=[end])
    task = decide(send, "dl", end)

    refused = next(each for each in task["events"] if each["eventType"] == "FailWorkflowExecutionFailed")
    assert attributes(refused)["cause"] == "UNHANDLED_DECISION"
    assert attributes(last(send, "w", run_id)) == {
        "reason": "",
        "details": "",
        "decisionTaskCompletedEventId": 9,
    }


def test_texts_that_are_empty_are_kept_as_they_were_sent(send):
    send("RegisterActivityType", domain="d", name="E", version="1", description="")
    run_id = start(send, "w", input="", tagList=[])
    work = {"activityType": A1, "activityId": "1", "input": "", "control": ""}
    task = send("PollForDecisionTask", domain="d", taskList={"name": "dl"}, identity="")
    answered = {"decisions": [decision("ScheduleActivityTask", **work)], "executionContext": ""}
    send("RespondDecisionTaskCompleted", taskToken=task["taskToken"], **answered)

    task = send("PollForActivityTask", domain="d", taskList={"name": "al"}, identity="")
    send("RecordActivityTaskHeartbeat", taskToken=task["taskToken"], details="")
    send("RespondActivityTaskFailed", taskToken=task["taskToken"], reason="", details="")

    listed = history(send, {"workflowId": "w", "runId": run_id})
    assert attributes(listed[0])["input"] == ""
    assert attributes(listed[3])["executionContext"] == ""
    assert (attributes(listed[4])["input"], attributes(listed[4])["control"]) == ("", "")
    assert (attributes(listed[6])["reason"], attributes(listed[6])["details"]) == ("", "")


def test_a_decider_answers_with_no_decision_and_its_state_and_others_read_the_state(send):
    run_id = start(send, "w")
    task = send("PollForDecisionTask", domain="d", taskList={"name": "dl"})

    state = '"heard [talk, wait]"'
    send("RespondDecisionTaskCompleted", taskToken=task["taskToken"], decisions=[], executionContext=state)

    described = send("DescribeWorkflowExecution", domain="d", execution={"workflowId": "w", "runId": run_id})
    assert described["latestExecutionContext"] == state
    assert described["openCounts"]["openDecisionTasks"] == 0


def test_members_that_are_null_are_as_good_as_left_out(send):
    run_id = start(send, "w", input=None, tagList=None, taskList=None, lambdaRole=None, taskPriority=None)

    decide(send, "dl", decision("CompleteWorkflowExecution", result=None))

    ended = last(send, "w", run_id)
    assert attributes(ended) == {"decisionTaskCompletedEventId": 4}


def test_a_priority_is_that_of_the_type_unless_another_is_given_and_goes_first(send):
    priorities = {"name": "P", "version": "1.0", "defaultTaskPriority": "10", "defaultTaskList": {"name": "prio"}}
    send("RegisterActivityType", domain="d", **priorities)
    start(send, "w", taskPriority="20", lambdaRole="arn:aws:iam::123456789012:role/swf")
    work = {"activityType": {"name": "P", "version": "1.0"}, **dict.fromkeys(TIMEOUTS, "NONE")}

    task = decide(
        send,
        "dl",
        decision("ScheduleActivityTask", **work, activityId="Activity1"),
        decision("ScheduleActivityTask", **work, activityId="Activity2", taskPriority="200"),
    )

    started = attributes(task["events"][0])
    assert (started["taskPriority"], started["lambdaRole"]) == ("20", "arn:aws:iam::123456789012:role/swf")
    polled = [send("PollForActivityTask", domain="d", taskList={"name": "prio"})["activityId"] for _ in range(2)]
    assert polled == ["Activity2", "Activity1"]


def test_what_is_registered_already_is_told_by_the_name_of_its_fault(ask):
    status, answer = ask("RegisterActivityType", domain="d", **A1)

    assert status == 400
    assert answer["__type"].partition("#")[2] == "TypeAlreadyExistsFault"
    assert ask("RegisterDomain", name="d", workflowExecutionRetentionPeriodInDays="NONE") == (
        400,
        {"__type": "com.amazonaws.swf.base.model#DomainAlreadyExistsFault", "message": "d"},
    )


def test_a_cron_expression_is_a_workflow_id_once_at_a_time(ask, send):
    workflow_id = "CronExampleActivities.doSomeWork: */10 * * * * *"
    run_id = start(send, workflow_id)

    status, answer = ask("StartWorkflowExecution", domain="d", workflowId=workflow_id, workflowType=W1)
    decide(send, "dl", decision("ContinueAsNewWorkflowExecution", input="[1]"))

    assert (status, answer["__type"].partition("#")[2]) == (400, "WorkflowExecutionAlreadyStartedFault")
    assert events(send, workflow_id, run_id)[-1] == "WorkflowExecutionContinuedAsNew"


def test_a_text_that_is_too_long_is_told_in_the_words_that_old_deciders_look_for(ask, send):
    start(send, "w")
    task = send("PollForDecisionTask", domain="d", taskList={"name": "dl"})
    too_long = decision("FailWorkflowExecution", reason="r", details="d" * 32769)

    status, answer = ask("RespondDecisionTaskCompleted", taskToken=task["taskToken"], decisions=[too_long])
    shorter = decision("FailWorkflowExecution", reason="r", details="ValidationException")
    send("RespondDecisionTaskCompleted", taskToken=task["taskToken"], decisions=[shorter])

    assert status == 400
    assert answer["__type"].partition("#")[2] == "ValidationException"
    assert "failed to satisfy constraint: Member must have length less than or equal to" in answer["message"]


def test_whoever_started_an_execution_with_a_colon_finds_signals_and_ends_it(send):
    run_id = start(send, "runId:1", taskList={"name": "host:17:uuid"}, tagList=[None])
    opened = {"domain": "d", "startTimeFilter": {"oldestDate": 0}, "executionFilter": {"workflowId": "runId:1"}}

    assert send("CountOpenWorkflowExecutions", **opened)["count"] == 1
    send("SignalWorkflowExecution", domain="d", workflowId="runId:1", signalName="s")
    send("RequestCancelWorkflowExecution", domain="d", workflowId="runId:1", runId=run_id)
    send("TerminateWorkflowExecution", domain="d", workflowId="runId:1")

    assert events(send, "runId:1", run_id) == [
        "WorkflowExecutionStarted",
        "DecisionTaskScheduled",
        "WorkflowExecutionSignaled",
        "WorkflowExecutionCancelRequested",
        "WorkflowExecutionTerminated",
    ]


def test_a_poll_that_waits_for_nothing_brings_the_members_that_old_deciders_look_at(send):
    asked = {"domain": "d", "taskList": {"name": "nobody:1:x"}}

    assert send("PollForDecisionTask", **asked) == {"previousStartedEventId": 0, "startedEventId": 0, "taskToken": ""}
    assert send("PollForActivityTask", **asked) == {"startedEventId": 0, "taskToken": ""}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_poll_that_waits_for_nothing_brings_no_task_token_to_whoever_takes_an_empty_one_for_a_task(form, serve):
    asked = {"domain": "d", "taskList": {"name": "nobody:1:x"}}
    with Engine(clock=VirtualClock(), poll_wait_seconds=0, empty_task_token=False) as engine:
        ask = partial(answer_of, urlsplit(serve(engine)).netloc, form)
        ask("RegisterDomain", name="d", workflowExecutionRetentionPeriodInDays="1")

        answers = [ask(operation, **asked) for operation in ("PollForDecisionTask", "PollForActivityTask")]

    assert answers == [(200, {"previousStartedEventId": 0, "startedEventId": 0}), (200, {"startedEventId": 0})]
