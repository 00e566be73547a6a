"""What will be asked, told without asking."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from swf.connection import Connection
from swf.exceptions import InvalidKeywordArgumentError, ValidationError
from swf.models import Domain, WorkflowExecution, WorkflowType
from swf.querysets import (
    ActivityTypeQuerySet,
    DomainQuery,
    DomainQuerySet,
    HistoryQuerySet,
    WorkflowExecutionQuerySet,
    WorkflowTypeQuerySet,
)

NOW = datetime(2030, 3, 1, 12, tzinfo=UTC)
ALL = {"oldestDate": datetime(1970, 1, 1, tzinfo=UTC)}

executions = WorkflowExecutionQuerySet("shop")


def planned(queryset):
    return [(call.operation, call.params, call.here) for call in queryset._plan(NOW)]


def only(queryset):
    [(operation, params, here)] = planned(queryset)
    assert params.pop("domain") == "shop"
    return operation, params, here


def test_open_executions_are_listed_from_the_beginning():
    assert only(executions) == ("list_open_workflow_executions", {"startTimeFilter": ALL}, ())


@pytest.mark.parametrize(
    ("filters", "operation", "params", "here"),
    [
        ({"status": "CLOSED"}, "closed", {"startTimeFilter": ALL}, ()),
        (
            {"workflow_id": "order-7"},
            "open",
            {"startTimeFilter": ALL, "executionFilter": {"workflowId": "order-7"}},
            (),
        ),
        ({"tag": "urgent"}, "open", {"startTimeFilter": ALL, "tagFilter": {"tag": "urgent"}}, ()),
        (
            {"workflow_type_name": "Order"},
            "open",
            {"startTimeFilter": ALL, "typeFilter": {"name": "Order"}},
            (),
        ),
        (
            {"workflow_type_name": "Order", "workflow_type_version": "1.0"},
            "open",
            {"startTimeFilter": ALL, "typeFilter": {"name": "Order", "version": "1.0"}},
            (),
        ),
        (
            {"workflow_type": ("Order", "1.0")},
            "open",
            {"startTimeFilter": ALL, "typeFilter": {"name": "Order", "version": "1.0"}},
            (),
        ),
        (
            {"workflow_type": WorkflowType("shop", "Order", "1.0")},
            "open",
            {"startTimeFilter": ALL, "typeFilter": {"name": "Order", "version": "1.0"}},
            (),
        ),
        (
            {"workflow_type_version": "1.0"},
            "open",
            {"startTimeFilter": ALL},
            ("workflow_type_version '1.0'",),
        ),
        (
            {"close_status": "FAILED"},
            "closed",
            {"startTimeFilter": ALL, "closeStatusFilter": {"status": "FAILED"}},
            (),
        ),
        (
            {"workflow_id": "order-7", "tag": "urgent", "workflow_type_name": "Order", "close_status": "FAILED"},
            "closed",
            {"startTimeFilter": ALL, "executionFilter": {"workflowId": "order-7"}},
            ("tag 'urgent'", "workflow_type_name 'Order'", "close_status 'FAILED'"),
        ),
        (
            {"run_id": "22abc", "cancel_requested": True},
            "open",
            {"startTimeFilter": ALL},
            ("run_id '22abc'", "cancel_requested True"),
        ),
        (
            {"start_oldest_date": 7},
            "open",
            {"startTimeFilter": {"oldestDate": datetime(2030, 2, 22, 12, tzinfo=UTC)}},
            (),
        ),
        (
            {"oldest_date": 7, "latest_date": timedelta(days=1)},
            "open",
            {
                "startTimeFilter": {
                    "oldestDate": datetime(2030, 2, 22, 12, tzinfo=UTC),
                    "latestDate": datetime(2030, 2, 28, 12, tzinfo=UTC),
                }
            },
            (),
        ),
        (
            {"start_latest_date": 60},
            "open",
            {
                "startTimeFilter": {
                    "oldestDate": datetime(1970, 1, 1, tzinfo=UTC),
                    "latestDate": datetime(2029, 12, 31, 12, tzinfo=UTC),
                }
            },
            (),
        ),
        (
            {"close_oldest_date": "2030-02-01"},
            "closed",
            {"closeTimeFilter": {"oldestDate": datetime(2030, 2, 1, tzinfo=UTC)}},
            (),
        ),
        (
            {"close_oldest_date": "2030-02-01", "start_oldest_date": "2030-01-01"},
            "closed",
            {"closeTimeFilter": {"oldestDate": datetime(2030, 2, 1, tzinfo=UTC)}},
            ("start_oldest_date 2030-01-01T00:00:00+00:00",),
        ),
        (
            {"close_latest_date": date(2030, 1, 31)},
            "closed",
            {
                "closeTimeFilter": {
                    "oldestDate": datetime(1970, 1, 1, tzinfo=UTC),
                    "latestDate": datetime(2030, 2, 1, tzinfo=UTC),
                }
            },
            ("close_latest_date 2030-01-31T23:59:59.999000+00:00",),
        ),
        (
            {"close_oldest_date": "1066-10-14"},
            "closed",
            {"closeTimeFilter": {"oldestDate": datetime(1970, 1, 1, tzinfo=UTC)}},
            (),
        ),
        ({"tag": None, "workflow_id": None}, "open", {"startTimeFilter": ALL}, ()),
    ],
)
def test_the_narrowest_filter_is_sent_and_the_rest_is_checked_here(filters, operation, params, here):
    assert only(executions.filter(**filters)) == (f"list_{operation}_workflow_executions", params, here)


def test_both_statuses_are_two_lists_open_executions_first():
    assert [operation for operation, _, _ in planned(executions.filter(status=None))] == [
        "list_open_workflow_executions",
        "list_closed_workflow_executions",
    ]


def test_both_statuses_are_one_list_when_only_closed_executions_can_answer():
    operation, _, _ = only(executions.filter(status=None, close_status="FAILED"))

    assert operation == "list_closed_workflow_executions"


def test_a_filter_that_is_given_again_narrows_further():
    _, params, here = only(executions.filter(tag="a").filter(tag="b", start_oldest_date=7).filter(start_oldest_date=3))

    assert params["tagFilter"] == {"tag": "a"}
    assert here == ("tag 'b'", "start_oldest_date 2030-02-26T12:00:00+00:00")


def test_a_status_that_is_given_again_is_replaced():
    operation, _, _ = only(executions.filter(status="CLOSED").filter(status="OPEN"))

    assert operation == "list_open_workflow_executions"


def test_a_domain_that_is_given_is_asked():
    assert executions.filter(domain="bank")._plan(NOW)[0].params["domain"] == "bank"
    assert executions.filter(domain=Domain("bank"))._plan(NOW)[0].params["domain"] == "bank"


def test_what_is_excluded_is_checked_here():
    _, params, here = only(executions.exclude(tag="test").exclude(workflow_type_name="Refund", cancel_requested=True))

    assert params == {"startTimeFilter": ALL}
    assert here == ("not (tag 'test')", "not (workflow_type_name 'Refund' and cancel_requested True)")


def test_a_queryset_stays_what_it_is_when_it_is_narrowed():
    executions.filter(tag="a").exclude(tag="b").reverse()

    assert only(executions) == ("list_open_workflow_executions", {"startTimeFilter": ALL}, ())


@pytest.mark.parametrize(
    ("filters", "error", "message"),
    [
        ({"tags": "a"}, InvalidKeywordArgumentError, r"no filter 'tags'\. Did you mean 'tag'\? There are: cancel_req"),
        ({"status": "OPEN", "close_status": "FAILED"}, InvalidKeywordArgumentError, "close_status can be asked of clo"),
        ({"status": "OPEN", "close_oldest_date": 3}, InvalidKeywordArgumentError, "Leave out status='OPEN'"),
        ({"status": "RUNNING"}, ValidationError, "'RUNNING' is no status. Give OPEN or CLOSED, or None for both"),
        ({"close_status": "DONE"}, ValidationError, "close_status 'DONE' must be one of COMPLETED, FAILED"),
        ({"start_oldest_date": 3, "start_latest_date": 7}, ValidationError, "is later than start_latest_date"),
        ({"close_oldest_date": 3, "close_latest_date": 7}, ValidationError, "a number means days back"),
        ({"start_oldest_date": "soon"}, ValidationError, "'soon' is no date"),
        ({"workflow_type": "Order"}, ValidationError, "is no type of SWF"),
        ({"workflow_id": 7}, ValidationError, "workflow_id 7 must be text, not int"),
        ({"workflow_id": ["order-7"]}, ValidationError, "must be text, not list"),
        ({"workflow_id": ""}, ValidationError, "workflow_id '' has 0 characters, and must have at least 1"),
        ({"workflow_id": "x" * 257}, ValidationError, "has 257 characters, and may have 256 at most"),
        ({"run_id": ""}, ValidationError, "run_id '' has 0 characters"),
        ({"tag": ""}, ValidationError, "tag '' has 0 characters"),
        ({"tag": ["urgent"]}, ValidationError, "tag .* must be text, not list"),
        ({"workflow_type": ("", "1.0")}, ValidationError, "has a name that has 0 characters"),
        ({"workflow_type": ("Order", 1)}, ValidationError, "is no type of SWF"),
        ({"workflow_type_name": ""}, ValidationError, "workflow_type_name '' has 0 characters"),
        ({"workflow_type_name": "Order", "workflow_type_version": ""}, ValidationError, "_version '' has 0 characters"),
        ({"cancel_requested": "yes"}, ValidationError, "cancel_requested 'yes' must be True or False"),
        ({"parent": "order-7"}, ValidationError, "does not name a run of an execution"),
        ({"parent": WorkflowExecution("shop", "order-7")}, ValidationError, "does not name a run of an execution"),
    ],
)
def test_what_cannot_be_asked_is_refused_where_it_is_written(filters, error, message):
    with pytest.raises(error, match=message):
        executions.filter(**filters)


OLDEST = "Did you mean 'start_oldest_date'? Both ends belong to a span. There are: "
LATEST = "Did you mean 'start_latest_date'? Both ends belong to a span. There are: "
CLOSE_OLDEST = "Did you mean 'close_oldest_date'? Both ends belong to a span. There are: "
CLOSE_LATEST = "Did you mean 'close_latest_date'? Both ends belong to a span. There are: "
STARTED = "Give 'start_oldest_date', 'start_latest_date' or both: the ends of a span. There are: "
CLOSED = "Give 'close_oldest_date', 'close_latest_date' or both: the ends of a span. There are: "


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("start_timestamp__gte", OLDEST),
        ("start_timestamp__gt", OLDEST),
        ("start_timestamp__lte", LATEST),
        ("start_timestamp__lt", LATEST),
        ("strat_timestamp__gte", OLDEST),
        ("start_timestamp__range", STARTED),
        ("start_timestamp", STARTED),
        ("start_after", STARTED),
        ("close_timestamp__gte", CLOSE_OLDEST),
        ("close_time__gt", CLOSE_OLDEST),
        ("close_timestamp__lte", CLOSE_LATEST),
        ("close_date__lt", CLOSE_LATEST),
        ("close_timestamp__isnull", CLOSED),
        ("since", "Did you mean 'start_oldest_date'? There are: "),
        ("started_since", "Did you mean 'start_oldest_date'? There are: "),
        ("until", "Did you mean 'start_latest_date'? There are: "),
        ("closed_since", "Did you mean 'close_oldest_date'? There are: "),
        ("closd_until", "Did you mean 'close_latest_date'? There are: "),
        ("type", "Did you mean 'workflow_type_name'? There are: "),
        ("type_version", "Did you mean 'workflow_type_version'? There are: "),
        ("close_statsu", "Did you mean 'close_status'? There are: "),
        ("close_status__in", "There are no lookups such as __in: 'close_status' is compared as it stands. There are: "),
        ("tag__contains", "There are no lookups such as __contains: 'tag' is compared as it stands. There are: "),
        ("type__in", "There are no lookups such as __in: 'workflow_type_name' is compared as it stands. There are: "),
        ("colour", "There are: "),
        ("colour__in", "There are no lookups such as __in. There are: "),
    ],
)
def test_a_name_that_is_no_filter_leads_to_the_filter_that_means_the_same(name, hint):
    for ask in (executions.filter, executions.all, executions.get, executions.exclude):
        with pytest.raises(InvalidKeywordArgumentError) as caught:
            ask(**{name: "2030-01-01"})

        assert str(caught.value).startswith(f"WorkflowExecutionQuerySet has no filter {name!r}. {hint}cancel_req")


@pytest.mark.parametrize(
    "queryset",
    [DomainQuerySet(), WorkflowTypeQuerySet("shop"), ActivityTypeQuerySet("shop")],
    ids=["domains", "workflow types", "activity types"],
)
@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"name": ""}, "name '' has 0 characters, and must have at least 1"),
        ({"name": ["Order"]}, "must be text, not list"),
        ({"description": 5}, "description 5 must be text, not int"),
        ({"status": ["REGISTERED"]}, "is no status"),
    ],
)
def test_a_value_that_no_filter_takes_is_refused_where_it_is_written(queryset, filters, message):
    with pytest.raises(ValidationError, match=message):
        queryset.filter(**filters)


def test_a_status_that_does_not_exist_is_refused_also_by_exclude():
    with pytest.raises(ValidationError, match="status 'DONE' must be one of OPEN, CLOSED"):
        executions.exclude(status="DONE")


@pytest.mark.parametrize("place", ["0", None, 1.0, ["0"], slice("0", None), slice(None, 2.5)])
def test_what_is_no_place_of_a_row_is_refused(place):
    with pytest.raises(ValidationError, match=r"row .* must be a whole number"):
        executions[place]


@pytest.mark.parametrize("make", [DomainQuerySet, partial(WorkflowTypeQuerySet, "shop")])
def test_what_is_no_connection_is_refused(make):
    with pytest.raises(
        ValidationError, match=r"'local:' is no connection\. Give what swf\.connection\.connect\(\) gives"
    ):
        make(connection="local:")


def test_an_unknown_keyword_is_refused_also_by_all_get_and_exclude():
    for ask in (executions.all, executions.get, executions.exclude):
        with pytest.raises(InvalidKeywordArgumentError, match="no filter 'nme'"):
            ask(nme="x")


@pytest.mark.parametrize(
    ("queryset", "operation"),
    [(WorkflowTypeQuerySet("shop"), "list_workflow_types"), (ActivityTypeQuerySet("shop"), "list_activity_types")],
)
def test_types_are_listed_by_status_and_name(queryset, operation):
    assert only(queryset) == (operation, {"registrationStatus": "REGISTERED"}, ())
    assert only(queryset.all(registration_status="DEPRECATED")) == (
        operation,
        {"registrationStatus": "DEPRECATED"},
        (),
    )
    assert only(queryset.filter(status="DEPRECATED", name="Order", version="1.0")) == (
        operation,
        {"registrationStatus": "DEPRECATED", "name": "Order"},
        ("version '1.0'",),
    )
    assert [params["registrationStatus"] for _, params, _ in planned(queryset.filter(status=None))] == [
        "REGISTERED",
        "DEPRECATED",
    ]


def test_domains_are_listed_by_status():
    assert planned(DomainQuerySet()) == [("list_domains", {"registrationStatus": "REGISTERED"}, ())]
    assert planned(DomainQuerySet().filter(name="shop", status="DEPRECATED")) == [
        ("list_domains", {"registrationStatus": "DEPRECATED"}, ("name 'shop'",)),
    ]


def test_the_queryset_of_domains_has_two_names():
    assert DomainQuery is DomainQuerySet


def test_explain_tells_the_calls_their_filters_and_what_is_done_here():
    queryset = WorkflowExecutionQuerySet("shop").filter(
        status=None, workflow_id="order-7", tag="urgent", start_oldest_date="2030-01-31"
    )

    assert queryset.reverse()[10:20].explain().splitlines() == [
        "1. ListClosedWorkflowExecutions",
        "  SWF filters: domain 'shop'; startTimeFilter oldestDate=2030-01-31T00:00:00+00:00; "
        "executionFilter workflowId='order-7'; reverseOrder True",
        "  filtered here: tag 'urgent'",
        "2. ListOpenWorkflowExecutions",
        "  SWF filters: domain 'shop'; startTimeFilter oldestDate=2030-01-31T00:00:00+00:00; "
        "executionFilter workflowId='order-7'; reverseOrder True",
        "  filtered here: tag 'urgent'",
        "Of these, rows 10 to 20.",
    ]


def test_planning_and_explaining_send_nothing():
    unreachable = Connection("http://127.0.0.1:1")

    queryset = WorkflowExecutionQuerySet("shop", connection=unreachable).filter(tag="a").reverse()[:10]

    assert "ListOpenWorkflowExecutions" in queryset.explain()
    assert unreachable._opened is None


def test_after_slicing_nothing_is_narrowed():
    sliced = executions[10:20]

    for narrow in (lambda: sliced.filter(tag="a"), lambda: sliced.exclude(tag="a"), sliced.reverse):
        with pytest.raises(InvalidKeywordArgumentError, match="before slicing: these are rows 10 to 20"):
            narrow()


@pytest.mark.parametrize("wanted", [slice(-5, None), slice(None, -1), slice(0, 10, 2), slice(None, None, -1)])
def test_slices_go_forward(wanted):
    with pytest.raises(ValidationError, match=r"Use reverse\(\), or slice a list"):
        executions[wanted]


@pytest.mark.parametrize(
    ("page_size", "message"),
    [
        (0, "page_size 0 must be at least 1"),
        (-1, "page_size -1 must be at least 1"),
        (1001, "page_size 1001 must be at most 1000"),
        ("10", "page_size '10' must be a whole number, not str"),
        (1.5, "not float"),
    ],
)
def test_a_page_has_a_size_that_swf_knows(page_size, message):
    with pytest.raises(ValidationError, match=message):
        executions.iterator(page_size)


def test_the_events_of_a_run_are_planned_with_what_is_kept_here():
    events = HistoryQuerySet("shop", workflow_id="order-7", run_id="22abc")

    assert planned(events.filter("TimerFired", timer_id="lunch")) == [
        (
            "get_workflow_execution_history",
            {"domain": "shop", "execution": {"workflowId": "order-7", "runId": "22abc"}},
            ("TimerFired, timer_id 'lunch'",),
        )
    ]


def test_events_belong_to_a_run():
    with pytest.raises(ValidationError, match="Give workflow_id and run_id"):
        HistoryQuerySet("shop").explain()


def test_an_event_filter_that_cannot_match_is_refused():
    events = HistoryQuerySet("shop", workflow_id="order-7", run_id="22abc")

    with pytest.raises(ValidationError, match="no event of SWF"):
        events.filter("TimerBurnt")
    with pytest.raises(InvalidKeywordArgumentError, match="No event has an attribute 'timerid'"):
        events.filter(timerid="lunch")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("end_latest_date", "Did you mean 'close_latest_date'?"),
        ("ended_oldest_date", "Did you mean 'close_oldest_date'?"),
        ("oldest_close_date", "'close_"),
        ("parent_workflow_id", "Did you mean 'parent'?"),
    ],
)
def test_a_hint_never_leads_to_the_other_time_or_to_another_execution(name, hint):
    with pytest.raises(InvalidKeywordArgumentError) as refused:
        WorkflowExecutionQuerySet("shop").filter(**{name: 1})

    question = str(refused.value).partition("There are: ")[0]
    assert hint in question
    assert "start_" not in question
