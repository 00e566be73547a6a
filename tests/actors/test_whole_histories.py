"""A history of which a part was lost on the way is not decided on: a proxy stands between deciders and SWF."""

import json
import logging
import threading
from contextlib import contextmanager

import pytest

from swf.actors import Decider
from swf.actors.one_task import run_one_task
from swf.connection import Connection
from swf.exceptions import IncompleteTaskError, PollTimeout
from swf.models import Domain, WorkflowType
from swf.models.decision import CompleteWorkflowExecution
from swf.specs import Document, SpecDecider
from swf.workflows import Workflow, WorkflowDecider, signal, wait_condition
from tests.actors.proxy import Meddling
from tests.actors.serving import served
from tests.specs.writing import activity, spec_of

# A task that is not answered comes again after so long.
SECONDS = 2


class InSmallPages:
    """Has each page bring three events."""

    def poll(self, *args, **asked):
        return super().poll(*args, **{"maximum_page_size": 3, **asked})


class Counter(InSmallPages, Decider):
    """Completes with the number of signals that it knows."""

    def decide(self, task):
        return CompleteWorkflowExecution(result=len(task.history.signals))


class Order(Workflow):
    task_list = "orders"
    wanted = 5

    def __init__(self):
        self.count = 0

    async def run(self):
        await wait_condition(lambda: self.count >= self.wanted)
        return self.count

    @signal
    def more(self):
        self.count += 1


class BigOrder(Order):
    name = "Order"
    wanted = 6


class Durable(InSmallPages, WorkflowDecider):
    pass


class ByDocument(InSmallPages, SpecDecider):
    pass


class Change:
    """Changes a page of a task, once.

    Args:
        first: The first event of the page.
        body: Gives what is answered in its place.
        operation: What gives the page.
    """

    def __init__(self, first, body, operation="PollForDecisionTask"):
        self.first, self.body, self.operation = first, body, operation
        self.is_made = False

    def __call__(self, operation, asked, answer):
        is_it = operation == self.operation and answer.get("events") and answer["events"][0]["eventId"] == self.first
        if self.is_made or not is_it:
            return None
        self.is_made = True
        return self.body(answer)


def as_json(change):
    return lambda answer: json.dumps(change(answer)).encode()


def without(*names):
    return as_json(lambda answer: {name: held for name, held in answer.items() if name not in names})


def without_event(id, *names):
    def change(answer):
        events = [event for event in answer["events"] if event["eventId"] != id]
        return {name: held for name, held in {**answer, "events": events}.items() if name not in names}

    return as_json(change)


# The first task has the events 1 to 8, in three pages.
PARTS = [
    pytest.param(Change(4, lambda answer: b""), "PollForDecisionTask was answered without 'events'", id="nothing"),
    pytest.param(Change(4, lambda answer: b"{}"), "PollForDecisionTask was answered without 'events'", id="no members"),
    pytest.param(
        Change(4, as_json(lambda answer: {**answer, "events": None})),
        "PollForDecisionTask was answered without 'events'",
        id="null",
    ),
    pytest.param(Change(1, without("events")), "PollForDecisionTask was answered without 'events'", id="first page"),
    pytest.param(
        Change(1, without("events", "nextPageToken")),
        "PollForDecisionTask was answered without 'events'",
        id="the only page",
    ),
    pytest.param(Change(1, without("nextPageToken")), "the newest event is 3, and should be 8", id="no further page"),
    pytest.param(Change(1, without_event(1)), "the oldest event is 2, and should be 1", id="beginning"),
    pytest.param(
        Change(4, without_event(5)), "event 5 is missing, and event 6 stands in its place", id="gap within a page"
    ),
    pytest.param(
        Change(4, without_event(6)), "event 6 is missing, and event 7 stands in its place", id="gap between pages"
    ),
    pytest.param(Change(7, without_event(8)), "the newest event is 7, and should be 8", id="end"),
    pytest.param(
        Change(7, as_json(lambda answer: {**answer, "events": []})),
        "the newest event is 6, and should be 8",
        id="empty",
    ),
]


@contextmanager
def meddled(change, name="Order"):
    """Give a domain behind a proxy that changes answers, and an execution that got five signals."""
    with served() as (url, _), Connection(url) as quiet, Meddling(url, change) as proxy:
        here = Domain("shop", connection=quiet)
        here.save()
        order = here.workflows().create(name, "1.0", task_list="orders", decision_tasks_timeout=SECONDS)
        execution = order.start_execution("order-7")
        for _ in range(5):
            execution.signal("more")
        with Connection(proxy.url) as connection:
            yield Domain("shop", connection=connection), execution


def warnings(caplog):
    """Give what was warned of, but for answers that a slow machine sends too late: those come again as well."""
    told = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    return [message for message in told if "came too late" not in message]


def told(execution, what):
    return (
        f"A decision task of {execution.workflow_id!r}, run {execution.run_id!r}, came in part: {what}. It is not "
        "decided on, and SWF gives it again after its timeout; if that does not help, look for a proxy that changes "
        "answers of SWF."
    )


@pytest.mark.parametrize(("change", "what"), PARTS)
def test_a_task_that_came_in_part_is_left_to_its_timeout_and_decided_on_when_it_comes_again(change, what, caplog):
    with meddled(change) as (domain, execution):
        with Counter(domain, "orders"):
            closed = execution.wait(timeout=60)

        assert change.is_made
        assert closed.result == 5
        history = execution.history()
        assert [event.name for event in history[7:11]] == [
            "DecisionTaskStarted",
            "DecisionTaskTimedOut",
            "DecisionTaskScheduled",
            "DecisionTaskStarted",
        ]
        assert warnings(caplog) == [told(execution, what)]


def test_a_page_without_events_that_another_follows_is_a_page():
    held = []

    def later(operation, asked, answer):
        """Put off the events of the first page to the second: SWF may give fewer than were asked for."""
        if operation != "PollForDecisionTask" or "events" not in answer:
            return None
        if answer["events"][0]["eventId"] == 1 and not held:
            held.extend(answer["events"])
            return json.dumps({**answer, "events": []}).encode()
        if answer["events"][0]["eventId"] == 4:
            return json.dumps({**answer, "events": [*held, *answer["events"]]}).encode()
        return None

    with meddled(later) as (domain, _):
        task = Counter(domain, "orders").poll()

        assert [event.id for event in task.history] == [1, 2, 3, 4, 5, 6, 7, 8]
        assert held


@pytest.mark.parametrize("answer", [{}, {"taskToken": ""}, {"taskToken": None}, {"taskToken": "", "startedEventId": 0}])
def test_a_poll_without_a_task_is_no_trouble(answer, caplog):
    with meddled(lambda operation, *_: json.dumps(answer).encode() if "Poll" in operation else None) as (domain, _):
        with pytest.raises(PollTimeout, match="No decision task came") as caught:
            Counter(domain, "orders").poll()

        assert not isinstance(caught.value, IncompleteTaskError)
        assert warnings(caplog) == []


NO_SECOND_PAGE = {"first": 4, "body": lambda answer: b"{}"}


def test_polling_gives_no_task_of_which_a_part_came():
    with meddled(Change(**NO_SECOND_PAGE)) as (domain, execution):
        with pytest.raises(PollTimeout) as caught:
            Counter(domain, "orders").poll()

        assert isinstance(caught.value, IncompleteTaskError)
        assert str(caught.value) == told(execution, "PollForDecisionTask was answered without 'events'")


def test_the_tasks_of_a_decider_leave_out_those_of_which_a_part_came(caplog):
    with meddled(Change(**NO_SECOND_PAGE)) as (domain, execution):
        decider = Counter(domain, "orders")

        task = next(decider.tasks())

        assert (task.started_event_id, [event.id for event in task.history]) == (11, list(range(1, 12)))
        assert warnings(caplog) == [told(execution, "PollForDecisionTask was answered without 'events'")]


def test_one_task_and_no_more_is_one_that_came_whole():
    with meddled(Change(**NO_SECOND_PAGE)) as (domain, execution):
        assert run_one_task(Counter(domain, "orders"), timeout=60)

        assert execution.result == 5


def test_a_durable_workflow_goes_on_with_the_task_that_comes_whole(caplog):
    with meddled(Change(**NO_SECOND_PAGE)) as (domain, execution):
        with Durable(domain, "orders", workflows=[Order], registers=False):
            assert execution.wait(timeout=60).result == 5

        assert warnings(caplog) == [told(execution, "PollForDecisionTask was answered without 'events'")]


def test_a_document_goes_on_with_the_task_that_comes_whole(caplog):
    spec = spec_of(activity("a"))
    with meddled(Change(**NO_SECOND_PAGE), "spam") as (domain, execution):
        with ByDocument(Document("d", (spec,)), domain, "orders"):
            wait_for(lambda: "DecisionTaskCompleted" in names(execution))

        assert names(execution).index("DecisionTaskTimedOut") < names(execution).index("DecisionTaskCompleted")
        assert told(execution, "PollForDecisionTask was answered without 'events'") in warnings(caplog)


# What a decider remembers, and what it reads again when it does not.


@contextmanager
def decided_on_once(change, name="Order", actor=None):
    """Give a domain behind a proxy, and an execution whose second task, with the events 8 to 12 new, waits."""
    with meddled(change, name) as (domain, execution):
        here = execution.domain
        first = actor(here) if actor else Durable(here, "orders", workflows=[BigOrder], sticky_timeout=None)
        first.perform_task(first.poll_task())
        execution.signal("more")
        yield domain, execution


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (lambda answer: b"{}", "GetWorkflowExecutionHistory was answered without 'events'"),
        (without_event(5), "event 5 is missing, and event 6 stands in its place"),
    ],
)
def test_a_durable_workflow_is_not_replayed_over_a_part_of_its_history(body, what, caplog):
    change = Change(1, body, "GetWorkflowExecutionHistory")
    with decided_on_once(change) as (domain, execution):
        with Durable(domain, "orders", workflows=[BigOrder], registers=False):
            assert execution.wait(timeout=60).result == 6

        assert change.is_made
        assert names(execution)[11:13] == ["DecisionTaskStarted", "DecisionTaskTimedOut"]
        assert warnings(caplog) == [told(execution, what)]


def test_a_history_that_lags_behind_the_task_is_read_again(caplog):
    change = Change(1, without_event(12), "GetWorkflowExecutionHistory")
    with decided_on_once(change) as (domain, execution):
        with Durable(domain, "orders", workflows=[BigOrder], registers=False):
            assert execution.wait(timeout=60).result == 6

        assert change.is_made
        assert warnings(caplog) == []


def test_a_durable_workflow_that_is_kept_takes_no_new_events_with_a_gap(caplog):
    change = Change(8, without_event(10))
    with meddled(change) as (domain, execution):
        with Durable(domain, "orders", workflows=[BigOrder], registers=False):
            wait_for(lambda: "DecisionTaskCompleted" in names(execution))
            execution.signal("more")
            assert execution.wait(timeout=60).result == 6

        assert change.is_made
        assert names(execution)[11:13] == ["DecisionTaskStarted", "DecisionTaskTimedOut"]
        assert warnings(caplog) == [told(execution, "event 10 is missing, and event 11 stands in its place")]


def test_new_events_that_begin_later_than_the_task_before_are_not_all():
    with (
        decided_on_once(Change(8, without_event(8))) as (domain, _),
        pytest.raises(IncompleteTaskError, match="the oldest event is 9, and should be 8"),
    ):
        Counter(domain, "orders").poll(start_at_previous_started_event=True)


def test_a_decider_that_reads_again_what_it_does_not_know_goes_on_with_new_events_that_begin_late(caplog):
    change = Change(8, without_event(8))
    with decided_on_once(change) as (domain, execution):
        with Durable(domain, "orders", workflows=[BigOrder], registers=False):
            assert execution.wait(timeout=60).result == 6

        assert change.is_made
        assert "DecisionTaskTimedOut" not in names(execution)
        assert warnings(caplog) == []


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (lambda answer: b"{}", "GetWorkflowExecutionHistory was answered without 'events'"),
        (without_event(5), "event 5 is missing, and event 6 stands in its place"),
    ],
)
def test_a_document_is_not_followed_over_a_part_of_a_history(body, what, caplog):
    spec = spec_of(activity("a"), {"id": "month", "timer": 30 * 60})
    document = Document("d", (spec,))
    change = Change(1, body, "GetWorkflowExecutionHistory")
    with decided_on_once(change, "spam", lambda domain: ByDocument(document, domain, "orders")) as (domain, execution):
        with ByDocument(document, domain, "orders"):
            wait_for(lambda: names(execution).count("DecisionTaskCompleted") == 2)

        timed_out, completed = (names(execution).index(f"DecisionTask{each}") for each in ("TimedOut", "Completed"))
        assert change.is_made
        assert timed_out > completed
        assert told(execution, what) in warnings(caplog)


def lose_all_further_pages(operation, asked, answer):
    return b"{}" if operation == "PollForDecisionTask" and "nextPageToken" in asked else None


def test_in_a_storm_each_execution_is_logged_once(caplog):
    with meddled(lose_all_further_pages) as (domain, execution):
        other = WorkflowType(execution.domain, "Order", "1.0").start_execution("order-8")
        other.signal("more")
        decider = Counter(domain, "orders")

        for _ in range(5):
            poll_until_one_comes_in_part(decider)

        assert warnings(caplog) == [
            told(execution, "PollForDecisionTask was answered without 'events'"),
            told(other, "PollForDecisionTask was answered without 'events'"),
        ]


def poll_until_one_comes_in_part(decider):
    for _ in range(60):
        try:
            decider.poll()
        except IncompleteTaskError:
            return
        except PollTimeout:
            continue
    raise AssertionError("none came")


def test_in_a_storm_polls_become_fewer():
    with meddled(lose_all_further_pages) as (domain, execution):
        order = WorkflowType(execution.domain, "Order", "1.0")
        for number in range(2):
            order.start_execution(f"order-{number}").signal("more")

        with Counter(domain, "orders") as decider:
            wait_for(lambda: decider.failures >= 2)


def wait_for(condition):
    for _ in range(6000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come about")


def names(execution):
    return [event.name for event in execution.history()]
