"""Task tokens and page tokens: opaque, signed, and good for what they were made for."""

import base64

import pytest

from swf.engine import Engine, VirtualClock
from swf.engine.protocol import Fault
from swf.engine.tokens import PageToken, TaskToken, Tokens
from swf.models.decision import ScheduleActivityTask

ALWAYS = {"oldestDate": 0}


def test_a_token_gives_back_what_it_was_made_for():
    tokens = Tokens(b"secret")
    task = TaskToken("decision", 7, 2, 3)
    page = PageToken("ListDomains", "asked", 1000, ("größe", 5))

    assert tokens.read_task(tokens.task(task), "decision") == task
    assert tokens.read_page(tokens.page(page), "ListDomains", "asked", 1000) == page


def test_a_token_of_another_secret_is_refused():
    token = Tokens(b"theirs").task(TaskToken("decision", 7, 2, 3))

    with pytest.raises(Fault, match="Invalid token"):
        Tokens(b"ours").read_task(token, "decision")


def test_no_byte_of_a_token_can_be_changed():
    tokens = Tokens(b"secret")
    token = base64.b64decode(tokens.task(TaskToken("decision", 7, 2, 3)))

    for place in range(len(token)):
        forged = bytearray(token)
        forged[place] ^= 1
        with pytest.raises(Fault, match="Invalid token"):
            tokens.read_task(base64.b64encode(forged).decode(), "decision")


@pytest.mark.parametrize("token", ["x", "====", "ü", "AAAA", "QUJD" * 100, '["decision",1,2,3]'])
@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("RespondDecisionTaskCompleted", {}),
        ("RespondActivityTaskCompleted", {}),
        ("RespondActivityTaskFailed", {}),
        ("RespondActivityTaskCanceled", {}),
        ("RecordActivityTaskHeartbeat", {}),
    ],
)
def test_a_task_token_that_nobody_made_is_refused(ask, domain, refused, operation, members, token):
    with refused("ValidationException", "Invalid token"):
        ask(operation, taskToken=token, **members)


@pytest.fixture
def tasks(execution, decider, worker):
    """The tokens of a decision task and of an activity task, both being worked on."""
    decider.answer(ScheduleActivityTask(activity_type=("A", "1"), activity_id="a1"))
    execution.signal()
    return decider.take(maximumPageSize=1), worker.take()


def test_the_token_of_one_kind_of_task_is_none_of_the_other(ask, tasks, refused):
    decision, activity = tasks

    with refused("ValidationException", "Invalid token"):
        ask("RespondDecisionTaskCompleted", taskToken=activity["taskToken"])
    with refused("ValidationException", "Invalid token"):
        ask("RecordActivityTaskHeartbeat", taskToken=decision["taskToken"])


def test_a_page_token_is_no_task_token_and_the_other_way_round(ask, tasks, execution, refused):
    decision, _ = tasks

    with refused("ValidationException", "Invalid token"):
        ask("RespondDecisionTaskCompleted", taskToken=decision["nextPageToken"])
    with refused("ValidationException", "Invalid token"):
        ask("GetWorkflowExecutionHistory", domain="d", execution=execution.id, nextPageToken=decision["taskToken"])


PAGED = {
    "ListDomains": {"registrationStatus": "REGISTERED"},
    "ListWorkflowTypes": {"domain": "d", "registrationStatus": "REGISTERED"},
    "ListActivityTypes": {"domain": "d", "registrationStatus": "REGISTERED"},
    "ListOpenWorkflowExecutions": {"domain": "d", "startTimeFilter": ALWAYS},
    "ListClosedWorkflowExecutions": {"domain": "d", "startTimeFilter": ALWAYS},
    "GetWorkflowExecutionHistory": {"domain": "d"},
    "PollForDecisionTask": {"domain": "d", "taskList": {"name": "dl"}},
}


@pytest.fixture
def page_tokens(ask, client, start):
    """A page token of every paged operation, with the request it belongs to."""
    client.register_domain(name="e", workflowExecutionRetentionPeriodInDays="1")
    client.register_workflow_type(domain="d", name="V", version="1")
    for workflow_id in ("c1", "c2"):
        start(workflow_id).terminate()
    execution = start("w1", taskStartToCloseTimeout="600")
    start("w2")
    requests = {name: dict(request) for name, request in PAGED.items()}
    requests["GetWorkflowExecutionHistory"]["execution"] = execution.id
    return {
        name: (request, ask(name, maximumPageSize=1, **request)["nextPageToken"]) for name, request in requests.items()
    }


@pytest.mark.parametrize("operation", PAGED)
def test_a_page_token_is_good_for_its_own_operation_alone(ask, page_tokens, refused, operation):
    request, token = page_tokens[operation]

    for other, (_, foreign) in page_tokens.items():
        if other != operation:
            with refused("ValidationException", "Invalid token"):
                ask(operation, nextPageToken=foreign, **request)
    ask(operation, nextPageToken=token, **request)


@pytest.mark.parametrize("operation", PAGED)
def test_a_page_token_that_nobody_made_is_refused_before_anything_is_looked_up(ask, refused, operation):
    request = {**PAGED[operation], "execution": {"workflowId": "w", "runId": "r"}}

    with refused("ValidationException", "Invalid token"):
        ask(operation, nextPageToken="forged", **request)


@pytest.mark.parametrize("operation", [name for name in PAGED if name != "PollForDecisionTask"])
def test_a_page_token_lives_for_a_day(ask, page_tokens, clock, refused, operation):
    request, token = page_tokens[operation]
    clock.advance(days=1)
    ask(operation, nextPageToken=token, **request)
    clock.advance(milliseconds=1)

    with refused("ValidationException", "Specified token has exceeded its maximum lifetime"):
        ask(operation, nextPageToken=token, **request)


def test_the_page_token_of_a_decision_task_lives_for_a_minute(ask, page_tokens, clock, refused):
    request, token = page_tokens["PollForDecisionTask"]
    clock.advance(seconds=60)
    ask("PollForDecisionTask", nextPageToken=token, **request)
    clock.advance(milliseconds=1)

    with refused("ValidationException", "Specified token has exceeded its maximum lifetime"):
        ask("PollForDecisionTask", nextPageToken=token, **request)


OTHERWISE = {
    "ListDomains": {"registrationStatus": "DEPRECATED"},
    "ListWorkflowTypes": {"domain": "e"},
    "ListActivityTypes": {"name": "A"},
    "ListOpenWorkflowExecutions": {"tagFilter": {"tag": "t"}},
    "ListClosedWorkflowExecutions": {"reverseOrder": True},
    "GetWorkflowExecutionHistory": {"execution": {"workflowId": "w1", "runId": "r"}},
    "PollForDecisionTask": {"taskList": {"name": "other"}},
}


@pytest.mark.parametrize("operation", PAGED)
def test_a_page_token_with_other_arguments_is_refused_and_not_answered_with_other_rows(
    ask, page_tokens, refused, operation
):
    request, token = page_tokens[operation]

    with refused("ValidationException", "Invalid token"):
        ask(operation, nextPageToken=token, **{**request, **OTHERWISE[operation]})


@pytest.mark.parametrize(
    ("operation", "same"),
    [
        ("ListDomains", {"reverseOrder": False}),
        ("ListOpenWorkflowExecutions", {"startTimeFilter": {"oldestDate": 0.0}}),
        ("PollForDecisionTask", {"startAtPreviousStartedEvent": False}),
    ],
)
def test_arguments_that_say_the_same_in_another_form_are_the_same(ask, page_tokens, operation, same):
    request, token = page_tokens[operation]

    ask(operation, nextPageToken=token, **{**request, **same})


@pytest.mark.parametrize("operation", PAGED)
def test_each_page_may_have_a_size_of_its_own(ask, page_tokens, operation):
    request, token = page_tokens[operation]

    ask(operation, nextPageToken=token, maximumPageSize=7, **request)


def test_an_empty_page_token_is_the_beginning(ask, domain):
    assert len(ask("ListDomains", registrationStatus="REGISTERED", nextPageToken="")["domainInfos"]) == 1


@pytest.mark.parametrize("letter", ["x", "ü", "🍝", '"', "\\"])
def test_the_page_token_of_the_longest_names_can_be_sent_back(ask, domain, letter):
    for version in "12":
        name = letter * 256
        ask("RegisterActivityType", domain=domain, name=name, version=version + letter * 63)
    request = {"domain": domain, "registrationStatus": "REGISTERED", "name": letter * 256, "maximumPageSize": 1}

    first = ask("ListActivityTypes", **request)
    second = ask("ListActivityTypes", **request, nextPageToken=first["nextPageToken"])

    assert second["typeInfos"][0]["activityType"]["version"] == "2" + letter * 63


def test_tokens_outlive_the_engine_that_made_them(tmp_path, attached, registered):
    path = str(tmp_path / "swf.db")
    with Engine(path, clock=VirtualClock(), poll_wait_seconds=0) as engine:
        client = attached(engine)
        registered(client)
        client.start_workflow_execution(domain="d", workflowId="w", workflowType={"name": "W", "version": "1"})
        task = client.poll_for_decision_task(domain="d", taskList={"name": "dl"}, maximumPageSize=2)

    with Engine(path, clock=VirtualClock(), poll_wait_seconds=0) as engine:
        client = attached(engine)
        page = client.poll_for_decision_task(
            domain="d", taskList={"name": "dl"}, nextPageToken=task["nextPageToken"], maximumPageSize=2
        )
        client.respond_decision_task_completed(taskToken=task["taskToken"])

    assert [event["eventId"] for event in page["events"]] == [3]
    assert page["taskToken"] == task["taskToken"]


def test_the_tokens_of_one_engine_are_none_of_another(execution, decider, attached, registered, refused):
    task = decider.take()
    with Engine(clock=VirtualClock(), poll_wait_seconds=0) as other:
        client = attached(other)
        registered(client)
        client.start_workflow_execution(domain="d", workflowId="w1", workflowType={"name": "W", "version": "1"})
        client.poll_for_decision_task(domain="d", taskList={"name": "dl"})

        with refused("ValidationException", "Invalid token"):
            client.respond_decision_task_completed(taskToken=task["taskToken"])
