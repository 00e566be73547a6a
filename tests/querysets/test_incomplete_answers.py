"""What is read of SWF is refused when a part of it was lost on the way, and is never taken for less."""

import json

import pytest

from swf.connection import Connection
from swf.exceptions import EndpointUnreachableError, IncompleteAnswerError
from swf.models import Domain
from swf.querysets import DomainQuerySet, HistoryQuerySet
from swf.workflows.recorded import of_execution
from tests.actors.proxy import Meddling
from tests.actors.serving import served


@pytest.fixture(scope="module")
def shop():
    """A server, and an execution that has 7 events."""
    with served() as (url, _), Connection(url) as quiet:
        domain = Domain("shop", connection=quiet)
        domain.save()
        order = domain.workflows().create("Order", "1.0", task_list="orders")
        execution = order.start_execution("order-7")
        for _ in range(5):
            execution.signal("more")
        yield url, execution


@pytest.fixture
def meddled(shop):
    """Gives the execution by way of a proxy that changes what an operation answers."""
    opened = []

    def meddled(operation, change):
        def changed(asked_for, asked, answer):
            return change(answer) if asked_for == operation else None

        url, execution = shop
        proxy = Meddling(url, changed).__enter__()
        connection = Connection(proxy.url)
        opened.extend((connection, proxy))
        return Domain("shop", connection=connection).executions.get(execution.workflow_id, execution.run_id)

    yield meddled
    for each in opened:
        each.__exit__(None, None, None)


def nothing(answer):
    return b""


def without_event(id):
    def change(answer):
        return json.dumps({**answer, "events": [each for each in answer["events"] if each["eventId"] != id]}).encode()

    return change


def no_further_page(answer):
    return json.dumps({name: held for name, held in answer.items() if name != "nextPageToken"}).encode()


READERS = [
    lambda execution: execution.history(),
    lambda execution: list(execution.events),
    lambda execution: list(execution.events.filter("WorkflowExecutionSignaled")),
    lambda execution: list(execution.events.iterator(page_size=3)),
    lambda execution: list(execution.events.reverse()),
    lambda execution: HistoryQuerySet(execution.domain).get(execution.run_id, execution.workflow_id),
    of_execution,
]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("change", "what"),
    [
        (nothing, "GetWorkflowExecutionHistory was answered without 'events'"),
        (lambda answer: b"{}", "GetWorkflowExecutionHistory was answered without 'events'"),
        (lambda answer: b'{"events":null}', "GetWorkflowExecutionHistory was answered without 'events'"),
        (lambda answer: b'{"events":[]}', "there are no events"),
        (without_event(2), r"event 2 is missing, and event \d stands in its place"),
    ],
)
def test_a_history_is_whole_or_an_error_that_says_what_is_missing(meddled, read, change, what):
    execution = meddled("GetWorkflowExecutionHistory", change)

    with pytest.raises(IncompleteAnswerError, match=f"^The history of 'order-7' came in part: {what}. Ask again; "):
        read(execution)


def test_a_history_without_its_beginning_is_refused(meddled):
    with pytest.raises(IncompleteAnswerError, match="event 1 is missing, and event 2 stands in its place"):
        meddled("GetWorkflowExecutionHistory", without_event(1)).history()


def test_a_history_that_was_asked_for_newest_first_reaches_its_beginning(meddled):
    execution = meddled("GetWorkflowExecutionHistory", no_further_page)

    with pytest.raises(IncompleteAnswerError, match="the oldest event is 5, and should be 1"):
        list(execution.events.reverse().iterator(page_size=3))


def test_the_events_that_are_asked_for_are_all_that_has_to_come(meddled):
    execution = meddled("GetWorkflowExecutionHistory", without_event(1))

    assert [event.id for event in execution.events.reverse()[:2]] == [7, 6]
    assert execution.events.count() == 7


@pytest.mark.parametrize(
    ("operation", "read", "missing"),
    [
        ("ListDomains", lambda shop: list(DomainQuerySet(connection=shop.connection)), "domainInfos"),
        ("ListWorkflowTypes", lambda shop: list(shop.workflow_types), "typeInfos"),
        ("ListActivityTypes", lambda shop: list(shop.activity_types), "typeInfos"),
        ("ListOpenWorkflowExecutions", lambda shop: list(shop.executions), "executionInfos"),
        ("ListOpenWorkflowExecutions", lambda shop: shop.executions.get("order-7"), "executionInfos"),
        (
            "ListClosedWorkflowExecutions",
            lambda shop: list(shop.executions.filter(status="CLOSED")),
            "executionInfos",
        ),
    ],
)
def test_a_list_that_is_not_there_is_not_an_empty_one(meddled, operation, read, missing):
    domain = meddled(operation, lambda answer: b"{}").domain

    with (
        domain.connection,
        pytest.raises(EndpointUnreachableError, match=f"{operation} was answered without '{missing}'. Ask again"),
    ):
        read(domain)
