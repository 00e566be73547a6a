"""AWS JSON as the service speaks it, byte by byte."""

import json
import re

import pytest

from swf.engine import protocol
from swf.models.event import EventFactory


def handle(engine, operation, request, prefix="SimpleWorkflowService"):
    body = request if isinstance(request, bytes) else json.dumps(request).encode()
    return engine.handle(f"{prefix}.{operation}", body)


@pytest.mark.parametrize(
    ("milliseconds", "printed"),
    [
        (1504871454307, "1.504871454307E9"),
        (1505476691100, "1.5054766911E9"),
        (1504871454000, "1.504871454E9"),
        (1500000000000, "1.5E9"),
        (1000000000000, "1.0E9"),
        (10000000000, "1.0E7"),
        (9999999999, "9999999.999"),
        (1500, "1.5"),
        (0, "0.0"),
    ],
)
def test_times_are_printed_as_java_prints_a_double(milliseconds, printed):
    text = protocol.render({"eventTimestamp": milliseconds})

    assert text == f'{{"eventTimestamp":{printed}}}'
    assert json.loads(text)["eventTimestamp"] == milliseconds / 1000


@pytest.mark.parametrize(
    "text",
    [
        'startTimestamp":1504871454307',
        '"startTimestamp":1504871454307,"',
        '{"startTimestamp":1504871454307}',
        '\\"startTimestamp":1504871454307',
        '\\\\"startTimestamp":1504871454307',
    ],
)
def test_a_text_that_looks_like_a_time_stays_as_it_is(text):
    assert json.loads(protocol.render({"input": text})) == {"input": text}


def test_an_event_is_written_with_the_members_that_are_not_known_here():
    event = EventFactory(
        {
            "eventId": 3,
            "eventRegion": "moon",
            "eventTimestamp": "2015-07-18T18:56:17.048Z",
            "eventType": "DecisionTaskStarted",
            "decisionTaskStartedEventAttributes": {"scheduledEventId": 2, "startedOnPreviousTaskCompletion": True},
        }
    )

    assert protocol.render_event(event) == (
        '{"decisionTaskStartedEventAttributes":{"scheduledEventId":2,"startedOnPreviousTaskCompletion":true},'
        '"eventId":3,"eventRegion":"moon","eventTimestamp":1.437245777048E9,"eventType":"DecisionTaskStarted"}'
    )


def test_members_are_in_alphabetical_order_and_there_are_no_spaces(engine, execution):
    answer = handle(engine, "DescribeWorkflowExecution", {"domain": "d", "execution": execution.id})

    assert answer.body.decode() == (
        '{"executionConfiguration":{"childPolicy":"TERMINATE","executionStartToCloseTimeout":"3600",'
        '"taskList":{"name":"dl"},"taskStartToCloseTimeout":"60"},'
        '"executionInfo":{"cancelRequested":false,'
        f'"execution":{{"runId":"{execution.run_id}","workflowId":"w1"}},"executionStatus":"OPEN",'
        '"startTimestamp":1.893456E9,"workflowType":{"name":"W","version":"1"}},'
        '"openCounts":{"openActivityTasks":0,"openChildWorkflowExecutions":0,"openDecisionTasks":1,'
        '"openLambdaFunctions":0,"openTimers":0}}'
    )


def in_order(value):
    """Tell whether the members of every object of an answer are in alphabetical order."""
    if isinstance(value, list):
        return all(in_order(item) for item in value)
    if isinstance(value, dict):
        return list(value) == sorted(value) and all(in_order(item) for item in value.values())
    return True


def test_pages_have_their_members_in_order_too(engine, client, start, decider):
    client.register_domain(name="e", workflowExecutionRetentionPeriodInDays="1")
    client.register_workflow_type(domain="d", name="V", version="1")
    execution, _ = start("w1"), start("w2")
    asked = [
        ("ListDomains", {"registrationStatus": "REGISTERED"}),
        ("ListWorkflowTypes", {"domain": "d", "registrationStatus": "REGISTERED"}),
        ("ListActivityTypes", {"domain": "d", "registrationStatus": "REGISTERED"}),
        ("ListOpenWorkflowExecutions", {"domain": "d", "startTimeFilter": {"oldestDate": 0}}),
        ("GetWorkflowExecutionHistory", {"domain": "d", "execution": execution.id}),
        ("PollForDecisionTask", {"domain": "d", "taskList": {"name": "dl"}}),
    ]

    for operation, request in asked:
        answer = json.loads(handle(engine, operation, {**request, "maximumPageSize": 1}).body)
        assert "nextPageToken" in answer
        assert in_order(answer), operation


def test_an_answer_says_what_it_is(engine):
    answer = handle(engine, "ListDomains", {"registrationStatus": "REGISTERED"})

    assert answer.status == 200
    assert answer.body == b'{"domainInfos":[]}'
    assert answer.headers["Content-Type"] == "application/x-amz-json-1.0"
    assert answer.headers["Content-Length"] == "18"
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer.headers["x-amzn-RequestId"])


def test_lengths_are_told_in_bytes(engine, client):
    client.register_domain(name="größe", workflowExecutionRetentionPeriodInDays="1")

    answer = handle(engine, "DescribeDomain", {"name": "größe"})

    assert "größe" in answer.body.decode()
    assert answer.headers["Content-Length"] == str(len(answer.body))


def test_every_answer_has_a_request_id_of_its_own(client):
    ids = {client.list_domains(registrationStatus="REGISTERED")["ResponseMetadata"]["RequestId"] for _ in range(3)}

    assert len(ids) == 3


def test_operations_without_output_have_an_empty_body(engine, execution, decider, worker, client):
    answer = handle(engine, "SignalWorkflowExecution", {"domain": "d", "workflowId": "w1", "signalName": "s"})

    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "0")


def test_a_fault_is_told_as_the_service_tells_it(engine):
    answer = handle(engine, "DescribeDomain", {"name": "nope"})

    assert answer.status == 400
    assert answer.body == (
        b'{"__type":"com.amazonaws.swf.base.model#UnknownResourceFault","message":"Unknown domain: nope"}'
    )
    assert answer.headers["x-amzn-query-error"] == "UnknownResourceFault;Sender"


@pytest.mark.parametrize(
    ("operation", "body", "status", "type_"),
    [
        ("DescribeDomain", b"{}", 400, "com.amazon.coral.validate#ValidationException"),
        ("DescribeDomain", b"{", 400, "com.amazon.coral.service#SerializationException"),
        ("DescribeDomain", b"[]", 400, "com.amazon.coral.service#SerializationException"),
        ("DescribeDomain", b'"text"', 400, "com.amazon.coral.service#SerializationException"),
        ("DescribeDomain", b'{"name": "\xff"}', 400, "com.amazon.coral.service#SerializationException"),
        ("DescribeDomain", b'{"name": "\\ud800"}', 400, "com.amazon.coral.service#SerializationException"),
        ("DescribeDomain", b'{"name": NaN}', 400, "com.amazon.coral.service#SerializationException"),
        ("DescribeDomain", b"[" * 100_000, 400, "com.amazon.coral.service#SerializationException"),
        ("DescribeNothing", b"{}", 404, "com.amazon.coral.service#UnknownOperationException"),
        ("describeDomain", b"{}", 404, "com.amazon.coral.service#UnknownOperationException"),
        ("", b"{}", 404, "com.amazon.coral.service#UnknownOperationException"),
    ],
)
def test_what_the_platform_refuses_is_told_in_its_namespaces(engine, operation, body, status, type_):
    answer = handle(engine, operation, body)

    assert answer.status == status
    told = json.loads(answer.body)
    assert told["__type"] == type_
    # What could not be read is told in a member with a capital letter.
    assert told["Message" if type_.endswith("SerializationException") else "message"]


def test_a_pair_of_escaped_surrogates_is_one_letter(engine):
    body = b'{"name": "\\ud83c\\udf5d", "workflowExecutionRetentionPeriodInDays": "1"}'

    handle(engine, "RegisterDomain", body)

    assert handle(engine, "DescribeDomain", {"name": "🍝"}).status == 200


def test_no_body_is_an_empty_request(engine):
    told = json.loads(handle(engine, "ListDomains", b"").body)

    assert told["message"] == (
        "1 validation error detected: Value null at 'registrationStatus' failed to satisfy constraint: "
        "Member must not be null"
    )


@pytest.mark.parametrize("prefix", ["SimpleWorkflowService", "com.amazonaws.swf.service.model.SimpleWorkflowService"])
def test_the_old_way_to_name_an_operation_is_understood(engine, prefix):
    assert handle(engine, "ListDomains", {"registrationStatus": "REGISTERED"}, prefix).status == 200


@pytest.mark.parametrize("target", ["", "ListDomains", "SimpleWorkflowService", "."])
def test_a_target_without_an_operation_is_unknown_unless_it_names_one(engine, target):
    answer = engine.handle(target, b'{"registrationStatus": "REGISTERED"}')

    assert answer.status == (200 if target == "ListDomains" else 404)


def test_texts_come_back_as_they_went_in(client, execution, decider):
    text = 'quote " backslash \\ newline \n null \0 umlaut ü spaghetti 🍝 separator \u2028 </script>'

    execution.signal("s", input=text)

    assert execution.history()[-1].input == text
