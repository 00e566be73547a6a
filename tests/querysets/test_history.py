import pytest

from swf.exceptions import ValidationError, WorkflowExecutionDoesNotExist
from swf.models import History
from swf.models.event import (
    DecisionTaskEvent,
    WorkflowExecutionEvent,
    WorkflowExecutionSignaled,
    WorkflowExecutionStarted,
)
from swf.querysets import HistoryQuerySet


@pytest.fixture
def execution(order):
    """An execution with four events: started, a decision task scheduled, and two signals."""
    execution = order.start_execution("order-7", input="x")
    execution.signal("paid", "1")
    execution.signal("sent", "2")
    return execution


def test_get_gives_the_history_of_a_run(execution, domain):
    history = HistoryQuerySet(domain).get(execution.run_id, "order-7")

    assert isinstance(history, History)
    assert [event.id for event in history] == [1, 2, 3, 4]


def test_get_gives_no_more_than_is_asked_for(execution, domain, requests):
    requests.clear()

    history = HistoryQuerySet(domain).get(execution.run_id, "order-7", max_results=3, page_size=2)

    assert [event.id for event in history] == [1, 2, 3]
    assert [params["maximumPageSize"] for _, params in requests] == [2, 2]


def test_get_gives_the_newest_first_when_reversed(execution, domain):
    history = HistoryQuerySet(domain).get(execution.run_id, "order-7", max_results=2, reverse=True)

    assert [event.id for event in history] == [4, 3]


def test_get_reads_all_pages(execution, domain, calls):
    history = HistoryQuerySet(domain).get(execution.run_id, "order-7", page_size=1)

    assert len(history) == 4
    assert calls.count("GetWorkflowExecutionHistory") == 4


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"run_id": ""}, "run_id '' has 0 characters"),
        ({"run_id": 5}, "run_id 5 must be text"),
        ({"workflow_id": ""}, "workflow_id '' has 0 characters"),
        ({"max_results": -1}, "max_results -1 must be at least 0"),
        ({"max_results": "3"}, "max_results '3' must be a whole number"),
        ({"page_size": "x"}, "page_size 'x' must be a whole number"),
        ({"page_size": 0}, "page_size 0 must be at least 1"),
    ],
)
def test_get_refuses_what_cannot_be_asked_before_it_is_sent(given, message):
    with pytest.raises(ValidationError, match=message):
        HistoryQuerySet("shop").get(**{"run_id": "22abc", "workflow_id": "order-7", **given})


def test_a_run_that_is_not_there_does_not_exist(execution, domain):
    with pytest.raises(WorkflowExecutionDoesNotExist):
        HistoryQuerySet(domain).get("22other", "order-7")


def test_events_are_typed_and_in_order(execution):
    assert [event.name for event in execution.events] == [
        "WorkflowExecutionStarted",
        "DecisionTaskScheduled",
        "WorkflowExecutionSignaled",
        "WorkflowExecutionSignaled",
    ]


def test_events_are_filtered_by_kind_family_name_and_attributes(execution):
    events = execution.events

    assert [event.id for event in events.filter(WorkflowExecutionSignaled)] == [3, 4]
    assert [event.id for event in events.filter(DecisionTaskEvent)] == [2]
    assert [event.id for event in events.filter("WorkflowExecutionStarted", DecisionTaskEvent)] == [1, 2]
    assert [event.id for event in events.filter(signal_name="sent")] == [4]
    assert [event.id for event in events.filter(type="WorkflowExecution", state="signaled")] == [3, 4]
    assert [event.id for event in events.filter(WorkflowExecutionEvent).filter(input="x")] == [1]


def test_the_first_event_takes_a_page_of_one(execution, requests):
    events = execution.events
    requests.clear()

    assert isinstance(events.first(), WorkflowExecutionStarted)
    assert requests[0][1]["maximumPageSize"] == 1


def test_the_last_event_takes_a_page_of_one_in_the_other_order(execution, requests):
    events = execution.events
    requests.clear()

    assert events.last().id == 4
    assert (requests[0][1]["maximumPageSize"], requests[0][1]["reverseOrder"]) == (1, True)


def test_events_are_counted_with_one_small_page(execution, requests):
    events = execution.events
    requests.clear()

    assert events.count() == 4
    assert events.reverse().count() == 4
    assert [params["maximumPageSize"] for _, params in requests] == [1, 1]
    assert events.filter(WorkflowExecutionSignaled).count() == 2
    assert events[1:3].count() == 2


def test_events_are_reversed_and_sliced(execution):
    assert [event.id for event in execution.events.reverse()] == [4, 3, 2, 1]
    assert [event.id for event in execution.events[1:3]] == [2, 3]
    assert execution.events[-1].id == 4
