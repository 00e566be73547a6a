"""Requests that break a rule: all that is wrong is told, in the service's words."""

import pytest

from swf.engine import validation

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
            [f"Value null at 'execution.runId' {NULL}", f"Value null at 'domain' {NULL}"],
        ),
        (
            "DescribeWorkflowExecution",
            {"execution": {}, "domain": "d"},
            [f"Value null at 'execution.runId' {NULL}", f"Value null at 'execution.workflowId' {NULL}"],
        ),
        (
            "GetWorkflowExecutionHistory",
            {},
            [f"Value null at 'execution' {NULL}", f"Value null at 'domain' {NULL}"],
        ),
        (
            "ListClosedWorkflowExecutions",
            {"domain": "d", "closeTimeFilter": {"oldestDate": 0}, "closeStatusFilter": {"status": "X"}},
            [
                f"Value 'X' at 'closeStatusFilter.status' {RULES} must satisfy enum value set: "
                "[TERMINATED, TIMED_OUT, COMPLETED, CONTINUED_AS_NEW, CANCELED, FAILED]"
            ],
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


def named(ask, decider, member, name):
    """Ask for something with a name in one of the members that AWS's text has a rule for."""
    what, _, which = member.partition(".")
    value = {"name": name} if which == "taskList" else name
    type_ = {"name": "W", "version": "1"}
    requests = {
        "RegisterDomain": {"workflowExecutionRetentionPeriodInDays": "1"},
        "RegisterActivityType": {"domain": "d", "name": "N"},
        "RegisterWorkflowType": {"domain": "d", "name": "N"},
        "StartWorkflowExecution": {"domain": "d", "workflowId": "w2", "workflowType": type_},
        "PollForActivityTask": {"domain": "d"},
        "PollForDecisionTask": {"domain": "d"},
    }
    decisions = {
        "ScheduleActivityTask": {"activityType": {"name": "A", "version": "1"}, "activityId": "a1"},
        "StartTimer": {"startToFireTimeout": "1"},
        "StartChildWorkflowExecution": {"workflowType": type_, "workflowId": "c", "childPolicy": "ABANDON"},
    }
    if what in requests:
        ask(what, **{**requests[what], which: value})
    else:
        answer(ask, decider, what, {**decisions[what], which: value})


# Amazon's frameworks for Ruby and Java, and botoflow, use these, so the service takes them. A child of theirs is called
# after its parent's run id, and many a run id of the service has a slash.
WITH_SLASH = ("StartWorkflowExecution.workflowId", "StartChildWorkflowExecution.workflowId")
WITH_COLON = (
    *WITH_SLASH,
    "StartWorkflowExecution.taskList",
    "PollForActivityTask.taskList",
    "PollForDecisionTask.taskList",
    "ScheduleActivityTask.taskList",
    "StartChildWorkflowExecution.taskList",
)
# Of these only AWS's text is known.
WITHOUT_COLON = (
    "RegisterDomain.name",
    "RegisterActivityType.version",
    "RegisterWorkflowType.version",
    "ScheduleActivityTask.activityId",
    "StartTimer.timerId",
)
TRIMMED = ("RegisterDomain.name", "PollForActivityTask.taskList", "StartChildWorkflowExecution.taskList")


@pytest.mark.parametrize("member", WITH_COLON)
@pytest.mark.parametrize("name", ["host:17:4f0a-22b1", ":"])
def test_names_that_amazons_frameworks_send_are_taken(ask, execution, decider, member, name):
    named(ask, decider, member, name)


@pytest.mark.parametrize("member", WITH_SLASH)
@pytest.mark.parametrize("name", ["22a/ZEx3C3w1+/dr=:1", "doSomeWork: */10 * * * * *"])
def test_ids_that_amazons_frameworks_give_to_executions_are_taken(ask, execution, decider, member, name):
    named(ask, decider, member, name)


@pytest.mark.parametrize("member", [member for member in (*WITH_COLON, *WITHOUT_COLON) if member not in WITH_SLASH])
def test_a_slash_elsewhere_is_refused_as_the_text_says(ask, execution, decider, refused, member):
    with refused("ValidationException"):
        named(ask, decider, member, "a/b")


@pytest.mark.parametrize("member", [*WITH_COLON, *WITHOUT_COLON])
@pytest.mark.parametrize("name", ["a|b", "a\nb", "a\x7fb", "a\x9fb", "arn"])
def test_what_the_text_forbids_in_a_name_is_refused(ask, execution, decider, refused, member, name):
    with refused("ValidationException"):
        named(ask, decider, member, name)


@pytest.mark.parametrize("member", WITHOUT_COLON)
def test_where_nothing_else_is_known_a_colon_is_refused_as_the_text_says(ask, execution, decider, refused, member):
    with refused("ValidationException"):
        named(ask, decider, member, "a:b")


@pytest.mark.parametrize("member", [*WITH_COLON, *WITHOUT_COLON])
@pytest.mark.parametrize("name", [" a", "a ", "\u3000a"])
def test_white_space_around_a_name_is_refused_where_the_text_says_so(ask, execution, decider, refused, member, name):
    if member in TRIMMED:
        with refused("ValidationException"):
            named(ask, decider, member, name)
    else:
        named(ask, decider, member, name)


@pytest.mark.parametrize("operation", ["RegisterWorkflowType", "RegisterActivityType"])
def test_a_type_whose_name_has_a_colon_is_refused_in_the_services_words(ask, domain, refused, operation):
    with refused("ValidationException", "Invalid name: Test::HelloWorldWorkflow.hello_workflow"):
        ask(operation, domain="d", name="Test::HelloWorldWorkflow.hello_workflow", version="1")


def test_whoever_only_reads_may_ask_for_any_name(ask, execution, client, refused):
    with refused("UnknownResourceFault", "Unknown domain: a:b"):
        ask("DescribeDomain", name="a:b")
    with refused("UnknownResourceFault", "Unknown type: WorkflowType=[name=My::W, version=1:0]"):
        ask("DescribeWorkflowType", domain="d", workflowType={"name": "My::W", "version": "1:0"})
    assert ask("ListActivityTypes", domain="d", registrationStatus="REGISTERED", name="a/b") == {"typeInfos": []}
    open_ones = {"domain": "d", "startTimeFilter": {"oldestDate": 0}}
    assert ask("CountOpenWorkflowExecutions", **open_ones, executionFilter={"workflowId": "a|b"})["count"] == 0
    assert ask("CountPendingDecisionTasks", domain="d", taskList={"name": " a:b "})["count"] == 0


def test_what_no_execution_has_open_is_unknown_whatever_it_is_called(ask, execution, decider):
    answer(ask, decider, "RequestCancelActivityTask", {"activityId": "a:b"})
    answer(ask, decider, "CancelTimer", {"timerId": "a/b"})

    causes = [event.cause for event in execution.history() if event.name.endswith("Failed")]
    assert causes == ["ACTIVITY_ID_UNKNOWN", "TIMER_ID_UNKNOWN"]


def test_the_rules_for_names_are_those_of_awss_text():
    told = {}
    for name in validation.service_model().shape_names:
        shape = validation.service_model().shape_for(name)
        for member, held in getattr(shape, "members", {}).items():
            if "control characters" in held.documentation:
                told[name, member] = "start or end with whitespace" in held.documentation

    ruled = {place: characters.is_trimmed for place, characters in validation.CHARACTERS.items()}
    # The names of types have a rule of their own, in words of the service.
    assert told == {**ruled, ("RegisterActivityTypeInput", "name"): False, ("RegisterWorkflowTypeInput", "name"): False}


def answer(ask, decider, kind, attributes):
    key = f"{kind[0].lower()}{kind[1:]}DecisionAttributes"
    ask(
        "RespondDecisionTaskCompleted",
        taskToken=decider.take()["taskToken"],
        decisions=[{"decisionType": kind, key: attributes}],
    )


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


@pytest.mark.parametrize("timeout", ["NONE", "-1", "1.5", "x"])
def test_a_timer_fires_after_a_whole_number_of_seconds(ask, execution, decider, refused, timeout):
    with refused("ValidationException"):
        answer(ask, decider, "StartTimer", {"timerId": "t", "startToFireTimeout": timeout})

    assert execution.history().names[-1] == "DecisionTaskStarted"


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


STRING = "class java.lang.String can not be converted to"
BOOLEAN = "class java.lang.Boolean can not be converted to"
NUMBER = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to"
LIST_THERE = "Start of list found where not expected"
OBJECT_THERE = "Start of structure or map found where not expected."
REGISTERED = {"registrationStatus": "REGISTERED"}


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        ("DescribeDomain", {"name": 5}, f"{NUMBER} an String"),
        ("DescribeDomain", {"name": ["d"]}, LIST_THERE),
        ("DescribeDomain", {"name": {}}, OBJECT_THERE),
        ("ListDomains", {**REGISTERED, "maximumPageSize": "5"}, f"{STRING} an Integer"),
        ("ListDomains", {**REGISTERED, "maximumPageSize": True}, f"{BOOLEAN} an Integer"),
        ("ListDomains", {**REGISTERED, "maximumPageSize": 1.5}, f"{NUMBER} an Integer"),
        ("ListDomains", {**REGISTERED, "reverseOrder": "true"}, f"{STRING} an Boolean"),
        ("ListDomains", {**REGISTERED, "reverseOrder": 1}, f"{NUMBER} an Boolean"),
        (
            "ListOpenWorkflowExecutions",
            {"domain": "d", "startTimeFilter": {"oldestDate": "2030-01-01"}},
            f"{STRING} milliseconds since epoch",
        ),
        (
            "ListOpenWorkflowExecutions",
            {"domain": "d", "startTimeFilter": {"oldestDate": True}},
            f"{BOOLEAN} milliseconds since epoch",
        ),
        ("ListOpenWorkflowExecutions", {"domain": "d", "startTimeFilter": []}, LIST_THERE),
        ("UntagResource", {"resourceArn": "a", "tagKeys": "key"}, "Expected list or null"),
        ("RespondDecisionTaskCompleted", {"taskToken": "t", "decisions": {}}, OBJECT_THERE),
        ("RespondDecisionTaskCompleted", {"taskToken": "t", "decisions": ["StartTimer"]}, "Expected null"),
        ("RespondDecisionTaskCompleted", {"taskToken": "t", "decisions": [{"decisionType": 1}]}, f"{NUMBER} an String"),
        (
            "RespondDecisionTaskCompleted",
            {"taskToken": "t", "decisions": [{"decisionType": "StartTimer", "startTimerDecisionAttributes": "t"}]},
            "Expected null",
        ),
    ],
)
def test_a_member_of_another_json_type_is_no_such_request(ask, refused, operation, request_, message):
    with refused("SerializationException", message):
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
