"""Requests that break a rule: all that is wrong is told, in the service's words."""

import pytest

NULL = "failed to satisfy constraint: Member must not be null"

RULES = "failed to satisfy constraint: Member"


def errors(*items):
    noun = "error" if len(items) == 1 else "errors"
    return f"{len(items)} validation {noun} detected: {'; '.join(items)}"


@pytest.mark.parametrize(
    ("operation", "request_", "items"),
    [
        ("DescribeDomain", {}, [f"Value null at 'name' {NULL}"]),
        ("DescribeDomain", {"name": None}, [f"Value null at 'name' {NULL}"]),
        (
            "RegisterDomain",
            {},
            [f"Value null at 'name' {NULL}", f"Value null at 'workflowExecutionRetentionPeriodInDays' {NULL}"],
        ),
        (
            "DescribeWorkflowExecution",
            {"execution": {"workflowId": "w"}},
            [f"Value null at 'domain' {NULL}", f"Value null at 'execution.runId' {NULL}"],
        ),
        (
            "StartWorkflowExecution",
            {"domain": "d", "workflowId": "w", "workflowType": {"name": "n"}, "taskList": {}},
            [f"Value null at 'workflowType.version' {NULL}", f"Value null at 'taskList.name' {NULL}"],
        ),
        (
            "ListDomains",
            {"registrationStatus": "OLD"},
            [f"Value 'OLD' at 'registrationStatus' {RULES} must satisfy enum value set: [REGISTERED, DEPRECATED]"],
        ),
        (
            "TerminateWorkflowExecution",
            {"domain": "d", "workflowId": "w", "childPolicy": "KILL"},
            [
                f"Value 'KILL' at 'childPolicy' {RULES} must satisfy enum value set: "
                "[TERMINATE, REQUEST_CANCEL, ABANDON]"
            ],
        ),
        (
            "ListDomains",
            {"registrationStatus": "REGISTERED", "maximumPageSize": 1001},
            [f"Value '1001' at 'maximumPageSize' {RULES} must have value less than or equal to 1000"],
        ),
        (
            "ListDomains",
            {"registrationStatus": "REGISTERED", "maximumPageSize": -1},
            [f"Value '-1' at 'maximumPageSize' {RULES} must have value greater than or equal to 0"],
        ),
        (
            "RespondActivityTaskFailed",
            {"taskToken": "", "reason": "r" * 257},
            [
                f"Value '' at 'taskToken' {RULES} must have length greater than or equal to 1",
                f"Value '{'r' * 257}' at 'reason' {RULES} must have length less than or equal to 256",
            ],
        ),
        (
            "RecordActivityTaskHeartbeat",
            {"taskToken": "t", "details": "d" * 2049},
            [f"Value '{'d' * 2049}' at 'details' {RULES} must have length less than or equal to 2048"],
        ),
        (
            "StartWorkflowExecution",
            {
                "domain": "d",
                "workflowId": "w",
                "workflowType": {"name": "n", "version": "1"},
                "tagList": ["1", "2", "3", "4", "5", "6"],
            },
            [f"Value '[1, 2, 3, 4, 5, 6]' at 'tagList' {RULES} must have length less than or equal to 5"],
        ),
        (
            "StartWorkflowExecution",
            {
                "domain": "d",
                "workflowId": "w",
                "workflowType": {"name": "n", "version": "1"},
                "tagList": ["ok", "t" * 257],
            },
            [f"Value '{'t' * 257}' at 'tagList.2.member' {RULES} must have length less than or equal to 256"],
        ),
    ],
)
def test_what_is_wrong_with_a_request_is_told(ask, refused, operation, request_, items):
    with refused("ValidationException", errors(*items)):
        ask(operation, **request_)


KINDS = (
    "[CompleteWorkflowExecution, StartTimer, RequestCancelExternalWorkflowExecution, SignalExternalWorkflowExecution, "
    "CancelTimer, RecordMarker, ScheduleActivityTask, ContinueAsNewWorkflowExecution, ScheduleLambdaFunction, "
    "FailWorkflowExecution, RequestCancelActivityTask, StartChildWorkflowExecution, CancelWorkflowExecution]"
)


@pytest.mark.parametrize(
    ("decisions", "items"),
    [
        (
            [{"decisionType": "Sleep"}],
            [f"Value 'Sleep' at 'decisions.1.member.decisionType' {RULES} must satisfy enum value set: {KINDS}"],
        ),
        ([{}], [f"Value null at 'decisions.1.member.decisionType' {NULL}"]),
        (
            [
                {"decisionType": "RecordMarker", "recordMarkerDecisionAttributes": {"markerName": "m"}},
                {"decisionType": "ScheduleActivityTask", "scheduleActivityTaskDecisionAttributes": {}},
            ],
            [
                f"Value null at 'decisions.2.member.scheduleActivityTaskDecisionAttributes.activityType' {NULL}",
                f"Value null at 'decisions.2.member.scheduleActivityTaskDecisionAttributes.activityId' {NULL}",
            ],
        ),
        (
            [{"decisionType": "StartTimer"}],
            [
                f"Value null at 'decisions.1.member.startTimerDecisionAttributes.timerId' {NULL}",
                f"Value null at 'decisions.1.member.startTimerDecisionAttributes.startToFireTimeout' {NULL}",
            ],
        ),
        (
            # Attributes of another kind than the decision's are checked too.
            [{"decisionType": "CompleteWorkflowExecution", "cancelTimerDecisionAttributes": {}}],
            [f"Value null at 'decisions.1.member.cancelTimerDecisionAttributes.timerId' {NULL}"],
        ),
        (
            [
                {"decisionType": "Sleep"},
                {"decisionType": "RecordMarker", "recordMarkerDecisionAttributes": {"markerName": "m" * 257}},
            ],
            [
                f"Value 'Sleep' at 'decisions.1.member.decisionType' {RULES} must satisfy enum value set: {KINDS}",
                f"Value '{'m' * 257}' at 'decisions.2.member.recordMarkerDecisionAttributes.markerName' {RULES} "
                "must have length less than or equal to 256",
            ],
        ),
    ],
)
def test_what_is_wrong_with_decisions_is_told_at_once(ask, execution, decider, refused, decisions, items):
    task = decider.take()

    with refused("ValidationException", errors(*items)):
        ask("RespondDecisionTaskCompleted", taskToken=task["taskToken"], decisions=decisions)

    assert len(execution.history()) == 3
    decider.respond(task)


def test_decisions_are_checked_before_the_token(ask, refused):
    with refused("ValidationException", errors(f"Value null at 'decisions.1.member.decisionType' {NULL}")):
        ask("RespondDecisionTaskCompleted", taskToken="forged", decisions=[{}])


@pytest.mark.parametrize("name", ["a:b", "a/b", "a|b", "a\nb", "a\x7fb", "a\x9fb", "arn"])
@pytest.mark.parametrize("member", ["name", "version", "workflowId", "activityId", "timerId", "taskList"])
def test_names_keep_swfs_rule(ask, execution, decider, refused, name, member):
    type_ = {"name": "W", "version": "1"}
    start = {"domain": "d", "workflowId": "w2", "workflowType": type_}
    with refused("ValidationException"):
        match member:
            case "name" | "version":
                ask("RegisterActivityType", domain="d", **{**type_, member: name})
            case "workflowId":
                ask("StartWorkflowExecution", **{**start, member: name})
            case "taskList":
                ask("StartWorkflowExecution", **start, taskList={"name": name})
            case "activityId":
                attributes = {"activityType": type_, "activityId": name}
                answer(ask, decider, "ScheduleActivityTask", attributes)
            case "timerId":
                answer(ask, decider, "StartTimer", {"timerId": name, "startToFireTimeout": "1"})


def answer(ask, decider, kind, attributes):
    key = f"{kind[0].lower()}{kind[1:]}DecisionAttributes"
    ask(
        "RespondDecisionTaskCompleted",
        taskToken=decider.take()["taskToken"],
        decisions=[{"decisionType": kind, key: attributes}],
    )


def test_a_name_that_breaks_the_rule_is_told(ask, refused):
    with refused(
        "ValidationException",
        errors(f"Value 'a:b' at 'name' {RULES} contains ':', which SWF allows in no name"),
    ):
        ask("DescribeDomain", name="a:b")


@pytest.mark.parametrize("name", [" a", "a ", "\u3000a"])
def test_the_name_of_a_domain_has_no_white_space_around_it(ask, refused, name):
    with refused("ValidationException"):
        ask("RegisterDomain", name=name, workflowExecutionRetentionPeriodInDays="1")


@pytest.mark.parametrize("name", [" a", "a ", "\u3000a"])
@pytest.mark.parametrize("operation", ["PollForActivityTask", "PollForDecisionTask"])
def test_the_name_of_a_task_list_has_no_white_space_around_it(ask, domain, refused, operation, name):
    with refused(
        "ValidationException", errors(f"Value '{name}' at 'taskList.name' {RULES} starts or ends with white space")
    ):
        ask(operation, domain=domain, taskList={"name": name})


@pytest.mark.parametrize(("member", "longest"), [("name", 256), ("version", 64)])
def test_names_are_as_long_as_swf_allows_and_no_longer(ask, client, domain, refused, member, longest):
    type_ = {"name": "n", "version": "1"}

    ask("RegisterActivityType", domain=domain, **{**type_, member: "🍝" * longest})
    with refused("ValidationException"):
        ask("RegisterActivityType", domain=domain, **{**type_, member: "🍝" * (longest + 1)})

    assert len(client.list_activity_types(domain=domain, registrationStatus="REGISTERED")["typeInfos"]) == 3


@pytest.mark.parametrize("timeout", ["-1", "1.5", "x", " 5", "5 ", "1_000", "+5", "٣", "none", "123456789", "1e3"])
def test_a_timeout_is_a_whole_number_of_seconds_or_none(ask, domain, refused, timeout):
    with refused("ValidationException"):
        ask("RegisterActivityType", domain=domain, name="n", version="1", defaultTaskHeartbeatTimeout=timeout)


@pytest.mark.parametrize("timeout", ["0", "007", "99999999", "NONE", ""])
def test_a_timeout_may_be_zero_or_very_long(ask, domain, timeout):
    ask("RegisterActivityType", domain=domain, name="n", version="1", defaultTaskHeartbeatTimeout=timeout)


def test_the_timeout_of_a_timer_must_be_given(ask, execution, decider, refused):
    with refused("ValidationException"):
        answer(ask, decider, "StartTimer", {"timerId": "t", "startToFireTimeout": ""})


@pytest.mark.parametrize("timeout", ["NONE", "0", "901"])
def test_a_lambda_function_has_a_quarter_of_an_hour_at_most(ask, execution, decider, refused, timeout):
    message = f"startToCloseTimeout of a Lambda function is {timeout}, and must be 1 to 900 seconds"

    with refused("ValidationException", message):
        answer(ask, decider, "ScheduleLambdaFunction", {"id": "l", "name": "f", "startToCloseTimeout": timeout})

    assert execution.history().names[-1] == "DecisionTaskStarted"


@pytest.mark.parametrize(
    ("priority", "good"),
    [
        ("0", True),
        ("-2147483648", True),
        ("2147483647", True),
        ("-2147483649", False),
        ("2147483648", False),
        ("high", False),
        ("1.0", False),
        ("٣", False),
    ],
)
def test_a_priority_is_a_whole_number_of_32_bits(ask, domain, refused, priority, good):
    register = {"domain": domain, "name": "n", "version": "1", "defaultTaskPriority": priority}

    if good:
        ask("RegisterActivityType", **register)
    else:
        with refused("ValidationException"):
            ask("RegisterActivityType", **register)


@pytest.mark.parametrize("days", ["91", "-1", "", "one", "1.5"])
def test_a_retention_is_a_number_of_days_up_to_90(ask, refused, days):
    with refused("ValidationException"):
        ask("RegisterDomain", name="d", workflowExecutionRetentionPeriodInDays=days)


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("DescribeDomain", {"name": 5}),
        ("DescribeDomain", {"name": ["d"]}),
        ("ListDomains", {"registrationStatus": "REGISTERED", "maximumPageSize": "5"}),
        ("ListDomains", {"registrationStatus": "REGISTERED", "maximumPageSize": True}),
        ("ListDomains", {"registrationStatus": "REGISTERED", "maximumPageSize": 1.5}),
        ("ListDomains", {"registrationStatus": "REGISTERED", "reverseOrder": "true"}),
        ("ListDomains", {"registrationStatus": "REGISTERED", "reverseOrder": 1}),
        ("ListOpenWorkflowExecutions", {"domain": "d", "startTimeFilter": {"oldestDate": "2030-01-01"}}),
        ("ListOpenWorkflowExecutions", {"domain": "d", "startTimeFilter": {"oldestDate": True}}),
        ("ListOpenWorkflowExecutions", {"domain": "d", "startTimeFilter": []}),
        ("UntagResource", {"resourceArn": "a", "tagKeys": "key"}),
        ("RespondDecisionTaskCompleted", {"taskToken": "t", "decisions": {}}),
        ("RespondDecisionTaskCompleted", {"taskToken": "t", "decisions": ["StartTimer"]}),
        (
            "RespondDecisionTaskCompleted",
            {"taskToken": "t", "decisions": [{"decisionType": 1}]},
        ),
        (
            "RespondDecisionTaskCompleted",
            {"taskToken": "t", "decisions": [{"decisionType": "StartTimer", "startTimerDecisionAttributes": "t"}]},
        ),
    ],
)
def test_a_member_of_another_json_type_is_no_such_request(ask, refused, operation, request_):
    with refused("SerializationException"):
        ask(operation, **request_)


def test_a_number_too_large_to_be_one_is_no_such_request(ask, refused):
    body = b'{"domain": "d", "startTimeFilter": {"oldestDate": 1e999}}'

    with refused("SerializationException"):
        ask("ListOpenWorkflowExecutions", body)


def test_null_is_absent_and_what_is_unknown_is_ignored(ask):
    ask(
        "RegisterDomain",
        name="d",
        workflowExecutionRetentionPeriodInDays="1",
        description=None,
        tags=[None],
        color="red",
    )

    described = ask("DescribeDomain", name="d", color=["blue"])

    assert described["domainInfo"] == {
        "arn": "arn:aws:swf:us-east-1:123456789012:/domain/d",
        "name": "d",
        "status": "REGISTERED",
    }


def test_a_member_that_is_unknown_to_the_operation_changes_no_event(ask, execution):
    ask(
        "SignalWorkflowExecution",
        domain="d",
        workflowId="w1",
        signalName="s",
        externalInitiatedEventId=7,
        externalWorkflowExecution={"workflowId": "x", "runId": "y"},
    )

    assert execution.history()[-1].attributes == {"externalInitiatedEventId": 0, "signalName": "s"}


def test_a_botocore_client_hears_of_a_text_that_is_too_long(execution, refused):
    long = "x" * 32_769

    with refused(
        "ValidationException",
        errors(f"Value '{long}' at 'input' {RULES} must have length less than or equal to 32768"),
    ):
        execution.signal(input=long)


def test_a_text_may_be_as_long_as_swf_allows(execution):
    execution.signal(input="🍝" * 32_768)

    assert len(execution.history()[-1].input) == 32_768
