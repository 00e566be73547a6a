"""What Amazon's own frameworks and other old programs send, in their form, over HTTP: all of it has to work."""

import http.client
import json
from urllib.parse import urlsplit

import pytest

W1 = {"name": "W", "version": "1"}
A1 = {"name": "A", "version": "1"}

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
def send(request, engine, domain, serve):
    """Sends a request as it stands, and gives the answer as it stands."""
    address = urlsplit(serve(engine)).netloc
    form = FORMS[request.param]

    def send(operation, **members):
        connection = http.client.HTTPConnection(address, timeout=60)
        headers = {name: value.format(operation) for name, value in form.items()}
        connection.request("POST", "/", json.dumps(members), headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        assert answer.status == 200, body
        assert answer.getheader("Content-Type").partition(";")[0] == form["Content-Type"].partition(";")[0]
        return json.loads(body) if body else None

    return send


def decision(kind, **attributes):
    return {"decisionType": kind, f"{kind[0].lower()}{kind[1:]}DecisionAttributes": attributes}


def decide(send, task_list, *decisions):
    task = send("PollForDecisionTask", domain="d", taskList={"name": task_list}, identity="host:17")
    send("RespondDecisionTaskCompleted", taskToken=task["taskToken"], decisions=list(decisions))
    return task


def events(send, workflow_id, run_id):
    execution = {"workflowId": workflow_id, "runId": run_id}
    listed = send("GetWorkflowExecutionHistory", domain="d", execution=execution)["events"]
    return [event["eventType"] for event in listed]


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
