"""Which executions are asked for, in words."""

from datetime import UTC, date, datetime, timedelta

import pytest

from swf.exceptions import WorkflowExecutionDoesNotExist
from swf.models.decision import CompleteWorkflowExecution
from swf.querysets import WorkflowExecutionQuerySet

NOW = datetime(2030, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)

executions = WorkflowExecutionQuerySet("shop")


def words(queryset):
    return queryset.as_of(NOW).summary()


@pytest.mark.parametrize(
    ("filters", "summary"),
    [
        ({}, "open executions"),
        ({"status": "CLOSED"}, "closed executions"),
        ({"status": None}, "open or closed executions"),
        ({"workflow_id": "order-7"}, "open executions with the workflow id 'order-7'"),
        ({"run_id": "22abc"}, "open executions with the run id '22abc'"),
        ({"tag": "eu"}, "open executions with the tag 'eu'"),
        ({"workflow_type_name": "Order"}, "open executions of type Order"),
        ({"workflow_type_name": "My order, new"}, "open executions of type 'My order, new'"),
        ({"workflow_type_version": "1.0"}, "open executions of a type of version 1.0"),
        ({"workflow_type_name": "Order", "workflow_type_version": "1.0"}, "open executions of type Order 1.0"),
        ({"workflow_type": ("Order", "1.0")}, "open executions of type Order 1.0"),
        ({"parent": ("order-7", "22abc")}, "open executions with the parent 'order-7' (run '22abc')"),
        ({"cancel_requested": True}, "open executions asked to cancel"),
        ({"cancel_requested": False}, "open executions not asked to cancel"),
        ({"close_status": "FAILED"}, "closed executions closed as FAILED"),
        ({"close_status": "FAILED", "status": None}, "closed executions closed as FAILED"),
        ({"start_oldest_date": "2030-01-31T08:00Z"}, "open executions started since 2030-01-31 08:00:00 UTC"),
        ({"start_oldest_date": timedelta(hours=2)}, "open executions started since 2030-03-01 10:30:15 UTC"),
        ({"start_latest_date": date(2030, 1, 31)}, "open executions started until 2030-01-31 23:59:59.999 UTC"),
        ({"start_oldest_date": "1066-10-14"}, "open executions started since 1970-01-01 00:00:00 UTC"),
        (
            {"oldest_date": "2030-01-01", "latest_date": "2030-01-31T08:00+02:00"},
            "open executions started since 2030-01-01 00:00:00 and until 2030-01-31 06:00:00 UTC",
        ),
        (
            {"close_oldest_date": 1, "close_latest_date": 0.5, "tag": "eu"},
            "closed executions with the tag 'eu', closed since 2030-02-28 12:30:15 and until 2030-03-01 00:30:15 UTC",
        ),
    ],
)
def test_filters_are_told_in_words(filters, summary):
    assert words(executions.filter(**filters)) == summary


def test_filters_that_are_given_again_are_told_as_they_narrow():
    narrowed = executions.filter(tag="eu", start_oldest_date="2030-01-01").filter(
        tag="team-3", workflow_type_name="Order", start_oldest_date="2030-01-31T08:00Z"
    )

    assert words(narrowed) == (
        "open executions with the tags 'eu' and 'team-3', of type Order, started since 2030-01-31 08:00:00 UTC"
    )


def test_what_is_excluded_is_told():
    narrowed = executions.filter(status=None).exclude(tag="test").exclude(status="OPEN", workflow_type_name="Refund")

    assert words(narrowed) == (
        "open or closed executions except those with the tag 'test', except those that are open and of type Refund"
    )


def test_a_date_that_is_told_from_now_is_fixed_in_the_plan_as_in_the_words():
    recent = executions.filter(start_oldest_date=timedelta(hours=2)).exclude(close_latest_date=1).as_of(NOW)

    (call,) = recent._plan(NOW + timedelta(days=1))

    assert call.params["startTimeFilter"] == {"oldestDate": datetime(2030, 3, 1, 10, 30, 15, tzinfo=UTC)}
    assert call.here == ("not (close_latest_date 2030-02-28T12:30:15+00:00)",)


@pytest.mark.parametrize(
    ("filters", "sentence"),
    [
        ({}, "The domain shop has no open executions. Closed ones too: status=None."),
        ({"status": None}, "The domain shop has no open or closed executions."),
        ({"status": "CLOSED", "tag": "eu"}, "The domain shop has no closed executions with the tag 'eu'."),
        (
            {"start_oldest_date": "2030-01-31"},
            "The domain shop has no open executions started since 2030-01-31 00:00:00 UTC. "
            "Started earlier: leave out start_oldest_date. Closed ones too: status=None.",
        ),
        (
            {"latest_date": "2030-01-31", "status": None},
            "The domain shop has no open or closed executions started until 2030-01-31 23:59:59.999 UTC. "
            "Started later: leave out start_latest_date.",
        ),
        (
            {"close_oldest_date": "2030-01-31", "close_latest_date": "2030-02-01"},
            "The domain shop has no closed executions closed since 2030-01-31 00:00:00 and until "
            "2030-02-01 23:59:59.999 UTC. Closed earlier: leave out close_oldest_date. Closed later: leave out "
            "close_latest_date.",
        ),
    ],
)
def test_an_empty_answer_is_told_with_what_was_asked_for_and_what_would_ask_for_more(filters, sentence):
    assert executions.filter(**filters).as_of(NOW).explain_empty() == sentence


def test_get_tells_what_it_looked_through_when_there_is_none(order, domain, close):
    close(order.start_execution("a", tag_list=["x"]), CompleteWorkflowExecution())

    with pytest.raises(WorkflowExecutionDoesNotExist) as caught:
        domain.executions.filter(start_oldest_date="2030-01-01").get(tag="x")

    assert str(caught.value) == (
        "The domain shop has no open executions with the tag 'x', started since 2030-01-01 00:00:00 UTC. "
        "Started earlier: leave out start_oldest_date. Closed ones too: status=None."
    )
    assert domain.executions.get(tag="x", status=None).workflow_id == "a"
