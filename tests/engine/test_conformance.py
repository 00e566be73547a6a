"""Every operation, asked through a real client, held against AWS's own description of SWF.

What the engine sends is compared with what botocore makes of it: an answer may have no member that is not described,
and lack none that has to be there.
"""

import json
from datetime import datetime

import pytest

from swf.engine import inprocess, validation
from swf.engine.operations.registry import OPERATIONS
from swf.models.decision import ScheduleActivityTask

ARN = "arn:aws:swf:us-east-1:123456789012:/domain/d"
W1 = {"name": "W", "version": "1"}
A1 = {"name": "A", "version": "1"}
SINCE = {"oldestDate": 0, "latestDate": 4_000_000_000}


class Tap:
    """Stands between a client and the engine, and keeps what goes through."""

    def __init__(self, engine):
        self.engine = engine
        self.sent = []

    def handle(self, target, body):
        answer = self.engine.handle(target, body)
        self.sent.append((target.rpartition(".")[2], json.loads(body), answer))
        return answer


@pytest.fixture
def tap(engine, client):
    """What the client sends and the engine answers."""
    tapped = Tap(engine)
    inprocess.attach(tapped, client)
    return tapped


def undescribed(shape, value, path=""):
    """Name the members of an answer that AWS does not describe, those that lack, and those of another type."""
    if shape.type_name == "structure":
        assert isinstance(value, dict), path
        yield from (f"{path}.{name} is unknown" for name in value.keys() - shape.members.keys())
        yield from (f"{path}.{name} lacks" for name in set(shape.required_members) - value.keys())
        for name in value.keys() & shape.members.keys():
            yield from undescribed(shape.members[name], value[name], f"{path}.{name}")
    elif shape.type_name == "list":
        assert isinstance(value, list), path
        for place, item in enumerate(value):
            yield from undescribed(shape.member, item, f"{path}[{place}]")
    else:
        kinds = {"string": str, "integer": int, "long": int, "boolean": bool, "timestamp": (int, float)}
        if not isinstance(value, kinds[shape.type_name]):
            yield f"{path} is {value!r}, no {shape.type_name}"
        if getattr(shape, "enum", None) and value not in shape.enum:
            yield f"{path} is {value!r}, none of {shape.enum}"


def plain(parsed):
    """Give a parsed answer as it stands in JSON."""
    if isinstance(parsed, dict):
        return {name: plain(value) for name, value in parsed.items()}
    if isinstance(parsed, list):
        return [plain(item) for item in parsed]
    return parsed.timestamp() if isinstance(parsed, datetime) else parsed


@pytest.fixture
def calls(client, domain, execution, decider, worker):
    """A good request for each operation, and what has to be so before it."""

    def activity():
        decider.answer(
            ScheduleActivityTask(activity_type=("A", "1"), activity_id="a1", input="in", task_priority=1, control="c")
        )
        return {"taskToken": worker.take()["taskToken"]}

    def deprecated(kind, type_):
        getattr(client, f"deprecate_{kind}_type")(domain=domain, **{f"{kind}Type": type_})
        return {"domain": domain, f"{kind}Type": type_}

    def decision():
        activity()
        execution.signal(input="in")
        return {"taskToken": decider.take()["taskToken"], "decisions": [], "executionContext": "c"}

    def closed():
        execution.terminate(reason="r", details="d")
        return {"domain": domain, "closeTimeFilter": SINCE}

    def history():
        activity()
        execution.request_cancel()
        execution.terminate()
        return {"domain": domain, "execution": execution.id}

    def undeprecated():
        client.deprecate_domain(name=domain)
        return {"name": domain}

    listed = {"domain": domain, "registrationStatus": "REGISTERED", "maximumPageSize": 1}
    return {
        "CountClosedWorkflowExecutions": closed,
        "CountOpenWorkflowExecutions": {"domain": domain, "startTimeFilter": SINCE},
        "CountPendingActivityTasks": {"domain": domain, "taskList": {"name": "al"}},
        "CountPendingDecisionTasks": {"domain": domain, "taskList": {"name": "dl"}},
        "DeleteActivityType": lambda: deprecated("activity", A1),
        "DeleteWorkflowType": lambda: deprecated("workflow", W1),
        "DeprecateActivityType": {"domain": domain, "activityType": A1},
        "DeprecateDomain": {"name": domain},
        "DeprecateWorkflowType": {"domain": domain, "workflowType": W1},
        "DescribeActivityType": lambda: deprecated("activity", A1),
        "DescribeDomain": {"name": domain},
        "DescribeWorkflowExecution": history,
        "DescribeWorkflowType": {"domain": domain, "workflowType": W1},
        "GetWorkflowExecutionHistory": history,
        "ListActivityTypes": listed,
        "ListClosedWorkflowExecutions": closed,
        "ListDomains": {"registrationStatus": "REGISTERED"},
        "ListOpenWorkflowExecutions": {"domain": domain, "startTimeFilter": SINCE},
        "ListTagsForResource": {"resourceArn": ARN},
        "ListWorkflowTypes": listed,
        "PollForActivityTask": lambda: (
            decider.answer(ScheduleActivityTask(activity_type=("A", "1"), activity_id="a1", input="in"))
            or {"domain": domain, "taskList": {"name": "al"}, "identity": "i"}
        ),
        "PollForDecisionTask": {
            "domain": domain,
            "taskList": {"name": "dl"},
            "identity": "i",
            "maximumPageSize": 2,
            "reverseOrder": True,
            "startAtPreviousStartedEvent": True,
        },
        "RecordActivityTaskHeartbeat": lambda: {**activity(), "details": "d"},
        "RegisterActivityType": {
            "domain": domain,
            "name": "New",
            "version": "1",
            "description": "words",
            "defaultTaskList": {"name": "l"},
            "defaultTaskPriority": "1",
            "defaultTaskHeartbeatTimeout": "NONE",
        },
        "RegisterDomain": {
            "name": "new",
            "workflowExecutionRetentionPeriodInDays": "1",
            "tags": [{"key": "k", "value": "v"}],
        },
        "RegisterWorkflowType": {"domain": domain, "name": "New", "version": "1", "defaultChildPolicy": "ABANDON"},
        "RequestCancelWorkflowExecution": {"domain": domain, "workflowId": "w1", "runId": execution.run_id},
        "RespondActivityTaskCanceled": lambda: {**activity(), "details": "d"},
        "RespondActivityTaskCompleted": lambda: {**activity(), "result": "r"},
        "RespondActivityTaskFailed": lambda: {**activity(), "reason": "r", "details": "d"},
        "RespondDecisionTaskCompleted": decision,
        "SignalWorkflowExecution": {"domain": domain, "workflowId": "w1", "signalName": "s", "input": "in"},
        "StartWorkflowExecution": {
            "domain": domain,
            "workflowId": "w2",
            "workflowType": W1,
            "input": "in",
            "tagList": ["t"],
            "taskPriority": "1",
        },
        "TagResource": {"resourceArn": ARN, "tags": [{"key": "k", "value": "v"}]},
        "TerminateWorkflowExecution": {"domain": domain, "workflowId": "w1", "reason": "r", "childPolicy": "ABANDON"},
        "UndeprecateActivityType": lambda: deprecated("activity", A1),
        "UndeprecateDomain": undeprecated,
        "UndeprecateWorkflowType": lambda: deprecated("workflow", W1),
        "UntagResource": {"resourceArn": ARN, "tagKeys": ["k"]},
    }


@pytest.mark.parametrize("operation", validation.service_model().operation_names)
def test_an_operation_is_asked_and_answered_as_aws_describes_it(client, calls, tap, operation):
    request = calls[operation]() if callable(calls[operation]) else calls[operation]
    method = next(name for name, shape in client.meta.method_to_api_mapping.items() if shape == operation)

    parsed = getattr(client, method)(**request)

    asked, sent, answer = tap.sent[-1]
    assert (asked, sent) == (operation, request)
    assert answer.status == 200
    del parsed["ResponseMetadata"]
    described = validation.service_model().operation_model(operation).output_shape
    if described is None:
        assert (answer.body, parsed) == (b"", {})
    else:
        told = json.loads(answer.body)
        assert list(undescribed(described, told)) == []
        assert plain(parsed) == told


def test_every_operation_of_swf_is_offered():
    assert sorted(OPERATIONS) == sorted(validation.service_model().operation_names)


def in_the_services_order(operation):
    """Give the members of a request in the order in which the service tells those that are missing."""
    if operation in ("DescribeWorkflowExecution", "GetWorkflowExecutionHistory"):
        return ["execution", "domain"]
    return validation.service_model().operation_model(operation).input_shape.members


@pytest.mark.parametrize("operation", validation.service_model().operation_names)
def test_an_operation_wants_what_aws_requires(ask, refused, operation):
    required = validation.service_model().operation_model(operation).input_shape.required_members

    items = "; ".join(
        f"Value null at '{name}' failed to satisfy constraint: Member must not be null"
        for name in in_the_services_order(operation)
        if name in required
    )
    noun = "error" if len(required) == 1 else "errors"
    with refused("ValidationException", f"{len(required)} validation {noun} detected: {items}"):
        ask(operation)
