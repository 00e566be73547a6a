"""Refused before it is sent is what SWF is known to refuse: any other text that AWS's model admits is sent."""

import io
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import botocore.loaders
import pytest
from botocore.model import ServiceModel
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swf import rules, wire
from swf.actors import ActivityWorker, Decider
from swf.cli import main
from swf.exceptions import PollTimeout, ResponseError, ValidationError
from swf.models import ActivityTask, ActivityType, DecisionTask, Domain, WorkflowExecution, WorkflowType
from swf.models.decision import DECISIONS
from swf.rules import RULES
from swf.shapes import NumberText, TaskListText, Text, TypeReference

MODEL = ServiceModel(botocore.loaders.Loader().load_service_model("swf", "service-2"), "swf")

SHOP = Domain("shop")
ORDER = ("Order", "1.0")
RUN = WorkflowExecution("shop", "w", "r")
TASK = DecisionTask("shop", "orders", task_token="t")
WORK = ActivityTask("shop", "work", task_token="t")


def workflow_type(**attributes: Any) -> WorkflowType:
    return WorkflowType("shop", **{"name": "Order", "version": "1.0", **attributes})


def activity_type(**attributes: Any) -> ActivityType:
    return ActivityType("shop", **{"name": "Pack", "version": "1.0", **attributes})


def cli(*arguments: str) -> Callable[[str], None]:
    def call(text: str) -> None:
        said = io.StringIO()
        with redirect_stderr(said), redirect_stdout(io.StringIO()):
            code = main([argument.replace("TEXT", text) for argument in arguments])
        # What the service refuses is a mistake of the command line as well.
        if code == 64 and "was refused with ValidationException" not in said.getvalue():
            raise ValidationError(said.getvalue())

    return call


# Each way in which a text gets into a request, by the operation and the shape that AWS gives the member.
PLACES: dict[tuple[str, str, str], Callable[[str], Any]] = {
    ("RegisterDomain", "DomainName", "model"): lambda text: Domain(text, retention_period=1).save(),
    ("RegisterDomain", "Description", "model"): lambda text: Domain("d", description=text).save(),
    ("DescribeDomain", "DomainName", "model"): lambda text: Domain(text).exists,
    ("DescribeDomain", "DomainName", "queryset"): Domain.objects.get,
    ("DeprecateDomain", "DomainName", "model"): lambda text: Domain(text).delete(),
    ("RegisterWorkflowType", "Name", "model"): lambda text: workflow_type(name=text).save(),
    ("RegisterWorkflowType", "Version", "model"): lambda text: workflow_type(version=text).save(),
    ("RegisterWorkflowType", "Description", "model"): lambda text: workflow_type(description=text).save(),
    ("RegisterWorkflowType", "Name", "task list"): lambda text: workflow_type(task_list=text).save(),
    ("RegisterWorkflowType", "Arn", "model"): lambda text: workflow_type(lambda_role=text).save(),
    ("RegisterActivityType", "Name", "model"): lambda text: activity_type(name=text).save(),
    ("RegisterActivityType", "Name", "task list"): lambda text: activity_type(task_list=text).save(),
    ("DescribeWorkflowType", "Name", "model"): lambda text: workflow_type(name=text).exists,
    ("DescribeActivityType", "Version", "queryset"): lambda text: SHOP.activity_types.get("Pack", text),
    ("ListWorkflowTypes", "Name", "queryset"): lambda text: list(SHOP.workflow_types.filter(name=text)),
    ("ListActivityTypes", "Name", "queryset"): lambda text: list(SHOP.activity_types.filter(name=text)),
    ("StartWorkflowExecution", "WorkflowId", "model"): lambda text: workflow_type().start_execution(text),
    ("StartWorkflowExecution", "Name", "type"): lambda text: workflow_type(name=text).start_execution("w"),
    ("StartWorkflowExecution", "Name", "task list"): lambda text: workflow_type().start_execution("w", task_list=text),
    ("StartWorkflowExecution", "Data", "model"): lambda text: workflow_type().start_execution("w", input=text),
    ("StartWorkflowExecution", "Tag", "model"): lambda text: workflow_type().start_execution("w", tag_list=[text]),
    ("StartWorkflowExecution", "Arn", "model"): lambda text: workflow_type().start_execution("w", lambda_role=text),
    ("SignalWorkflowExecution", "WorkflowId", "model"): lambda text: WorkflowExecution("shop", text).signal("s"),
    ("SignalWorkflowExecution", "SignalName", "model"): RUN.signal,
    ("SignalWorkflowExecution", "Data", "model"): lambda text: RUN.signal("s", text),
    ("RequestCancelWorkflowExecution", "WorkflowId", "model"): (
        lambda text: WorkflowExecution("shop", text).request_cancel()
    ),
    ("TerminateWorkflowExecution", "TerminateReason", "model"): RUN.terminate,
    ("TerminateWorkflowExecution", "Data", "model"): lambda text: RUN.terminate(details=text),
    ("DescribeWorkflowExecution", "WorkflowId", "model"): lambda text: WorkflowExecution("shop", text, "r").exists,
    ("DescribeWorkflowExecution", "WorkflowRunId", "queryset"): lambda text: SHOP.executions.get("w", text),
    ("GetWorkflowExecutionHistory", "WorkflowId", "model"): (
        lambda text: WorkflowExecution("shop", text, "r").history()
    ),
    ("ListOpenWorkflowExecutions", "WorkflowId", "queryset"): (
        lambda text: list(SHOP.executions.filter(workflow_id=text))
    ),
    ("ListOpenWorkflowExecutions", "Tag", "queryset"): lambda text: list(SHOP.executions.filter(tag=text)),
    ("ListOpenWorkflowExecutions", "Name", "queryset"): (
        lambda text: list(SHOP.executions.filter(workflow_type_name=text))
    ),
    ("CountOpenWorkflowExecutions", "WorkflowId", "queryset"): (
        lambda text: SHOP.executions.filter(workflow_id=text).count()
    ),
    ("ListClosedWorkflowExecutions", "Version", "queryset"): (
        lambda text: list(SHOP.executions.filter(status="CLOSED", workflow_type=("Order", text)))
    ),
    ("PollForDecisionTask", "Name", "actor"): lambda text: Decider(SHOP, text).poll(),
    ("PollForDecisionTask", "Identity", "actor"): lambda text: Decider(SHOP, "orders").poll(identity=text),
    ("PollForActivityTask", "Name", "actor"): lambda text: ActivityWorker(SHOP, text).poll(),
    ("RespondDecisionTaskCompleted", "Data", "task"): lambda text: TASK.complete(execution_context=text),
    ("RespondDecisionTaskCompleted", "Name", "task"): lambda text: TASK.complete(task_list=text),
    ("RespondActivityTaskCompleted", "Data", "task"): WORK.complete,
    ("RespondActivityTaskFailed", "FailureReason", "task"): lambda text: WORK.fail(reason=text),
    ("RespondActivityTaskFailed", "Data", "task"): lambda text: WORK.fail(reason="r", details=text),
    ("RespondActivityTaskCanceled", "Data", "task"): WORK.cancel,
    ("RecordActivityTaskHeartbeat", "LimitedData", "task"): WORK.heartbeat,
    ("ListOpenWorkflowExecutions", "WorkflowId", "CLI"): (
        cli("executions", "ls", "--domain=shop", "--workflow-id=TEXT")
    ),
    ("ListOpenWorkflowExecutions", "Tag", "CLI"): cli("executions", "ls", "--domain=shop", "--tag=TEXT"),
    ("CountOpenWorkflowExecutions", "Name", "CLI"): cli("executions", "count", "--domain=shop", "--type=TEXT"),
    ("StartWorkflowExecution", "WorkflowId", "CLI"): (
        cli("executions", "start", "Order", "1.0", "--domain=shop", "--workflow-id=TEXT")
    ),
    ("StartWorkflowExecution", "Name", "CLI"): (
        cli("executions", "start", "Order", "1.0", "--domain=shop", "--task-list=TEXT")
    ),
    ("CountPendingDecisionTasks", "Name", "CLI"): cli(
        "tasks", "pending", "--kind=decision", "--domain=shop", "--", "TEXT"
    ),
}

LETTERS = st.characters() | st.sampled_from(
    [":", "/", "|", " ", "\n", "\x00", "\x7f", "\u3000", "\ud800", "🍝", "é", "-"]
)
WORDS = st.sampled_from(["arn", "NONE", "host:17:4f0a-22b1", "22abc=:1", "My::Order.run", " a ", "-x", "*", "{}"])


def admitted(shape: str) -> st.SearchStrategy[str]:
    """Texts as long as AWS's model admits for a shape; few of them are long."""
    least, most = (MODEL.shape_for(shape).metadata.get(name, 0) for name in ("min", "max"))
    long = st.integers(max(0, most - 2), most).map(lambda length: "x" * length)
    return (st.text(LETTERS, min_size=least, max_size=min(most, 12)) | WORDS | long).filter(
        lambda text: least <= len(text) <= most
    )


@pytest.fixture
def requests(connection) -> list[tuple[str, dict[str, Any]]]:
    """What was sent, as operations with their parameters."""
    noted: list[tuple[str, dict[str, Any]]] = []
    for client in {connection.client, connection.poll_client}:
        client.meta.events.register(
            "provide-client-params.swf", lambda params, model, **_: noted.append((model.name, params))
        )
    return noted


def texts_in(value: Any) -> Iterator[str]:
    """Every text of a request."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for held in value.values():
            yield from texts_in(held)
    elif isinstance(value, list | tuple):
        for held in value:
            yield from texts_in(held)


def refusal_of(call: Callable[[Any], Any], value: Any) -> str | None:
    """Give why a call was refused here; None if it was sent, whatever the service made of it."""
    try:
        call(value)
    except ValidationError as refused:
        return str(refused)
    except (ResponseError, PollTimeout):
        return None
    return None


def is_named(message: str) -> bool:
    return any(rule.is_said_in(message) for rule in RULES)


@pytest.mark.parametrize("place", PLACES, ids=" ".join)
def test_a_text_that_awss_model_admits_is_sent_or_refused_by_a_rule_with_evidence(place, requests, over_http):
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(text=admitted(place[1]))
    def check(text: str) -> None:
        requests.clear()
        if (refusal := refusal_of(PLACES[place], text)) is not None:
            assert requests == []
            assert is_named(refusal), refusal
            return
        sent = [params for operation, params in requests if operation == place[0]]
        assert any(text in texts_in(params) for params in sent), (text, requests)

    check()


DECIDED = [
    (kind, member)
    for kind in DECISIONS.values()
    for member in wire.members(kind)
    if isinstance(member.shape, Text | TypeReference) and not isinstance(member.shape, NumberText)
]
NEEDED = {
    "activity_type": ("Pack", "1.0"),
    "workflow_type": ORDER,
    "start_to_fire_timeout": 5,
    **dict.fromkeys(("activity_id", "timer_id", "workflow_id", "marker_name", "signal_name", "id", "name"), "x"),
}


@pytest.mark.parametrize(("kind", "member"), DECIDED, ids=lambda each: getattr(each, "name", None) or each.__name__)
def test_a_decision_with_a_text_that_awss_model_admits_can_be_made_or_breaks_a_rule_with_evidence(kind, member):
    shape = {TypeReference: "Name", TaskListText: "Name"}.get(type(member.shape), member.shape.name)
    needed = {each.name: NEEDED[each.name] for each in wire.members(kind) if each.required}

    @settings(max_examples=40, deadline=None)
    @given(text=admitted(shape))
    def check(text: str) -> None:
        value = (text, "1") if isinstance(member.shape, TypeReference) else text
        made = []
        refusal = refusal_of(lambda value: made.append(kind(**{**needed, member.name: value})), value)
        assert is_named(refusal) if refusal else text in texts_in(made[0].raw), (text, refusal)

    check()


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: Domain(""), rules.TOO_SHORT),
        (lambda: Domain("x" * 257), rules.TOO_LONG),
        (lambda: Domain(5), rules.WRONG_TYPE),
        (lambda: Domain("half \ud800"), rules.NOT_SENDABLE),
        (lambda: Domain("d", retention_period=91), rules.TOO_GREAT),
        (lambda: Domain("d", retention_period=-1), rules.TOO_SMALL),
        (lambda: workflow_type(child_policy="KILL"), rules.NOT_A_WORD),
        (lambda: workflow_type(name="My::Order").save(), rules.INVALID_NAME),
        (lambda: activity_type(name="My::Pack").save(), rules.INVALID_NAME),
        (lambda: workflow_type(name=None), rules.MISSING),
        (lambda: workflow_type().start_execution(tag_list=list("abcdef")), rules.TOO_MANY_TAGS),
        (lambda: DECISIONS["StartTimer"](timer_id="t", start_to_fire_timeout="NONE"), rules.NO_LIMIT),
        (
            lambda: TASK.complete(
                [DECISIONS["CompleteWorkflowExecution"](), DECISIONS["RecordMarker"](marker_name="m")]
            ),
            rules.CLOSE_NOT_LAST,
        ),
        (
            lambda: TASK.complete(
                [
                    DECISIONS["StartTimer"](timer_id="t", start_to_fire_timeout=5),
                    DECISIONS["CompleteWorkflowExecution"](),
                ]
            ),
            rules.CLOSE_NOT_ALONE,
        ),
    ],
)
def test_a_rule_is_told_in_its_own_words_and_nothing_is_sent(requests, make, rule):
    with pytest.raises(ValidationError) as refused:
        make()

    assert [each for each in RULES if each.is_said_in(str(refused.value))] == [rule]
    assert requests == []


def test_every_rule_has_evidence():
    assert len(RULES) == 14
    assert all(rule.answer and rule.evidence for rule in RULES)
