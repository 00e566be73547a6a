"""Many executions: lists and counts, their filters, order and pages."""

from datetime import UTC, datetime, timedelta

import pytest

from swf.models.decision import (
    CancelWorkflowExecution,
    CompleteWorkflowExecution,
    FailWorkflowExecution,
    ScheduleActivityTask,
)

BEGAN = datetime(2030, 1, 1, tzinfo=UTC)
ALWAYS = {"oldestDate": datetime(1970, 1, 1, tzinfo=UTC)}


def at(seconds):
    return BEGAN + timedelta(seconds=seconds)


def ids(answer):
    return [info["execution"]["workflowId"] for info in answer["executionInfos"]]


@pytest.fixture
def opened(client, domain):
    """Lists open executions by their workflow ids; everything counted must be what is listed."""

    def find(since=ALWAYS, **members):
        filters = {name: value for name, value in members.items() if name.endswith("Filter")}
        found = ids(client.list_open_workflow_executions(domain=domain, startTimeFilter=since, **members))
        counted = client.count_open_workflow_executions(domain=domain, startTimeFilter=since, **filters)
        assert (counted["count"], counted["truncated"]) == (len(found), False)
        return found

    return find


@pytest.fixture
def closed(client, domain):
    """Lists closed executions by their workflow ids; everything counted must be what is listed."""

    def find(**members):
        filters = {name: value for name, value in members.items() if name.endswith("Filter")}
        if not {"startTimeFilter", "closeTimeFilter"} & set(filters):
            filters["startTimeFilter"] = members["startTimeFilter"] = ALWAYS
        found = ids(client.list_closed_workflow_executions(domain=domain, **members))
        counted = client.count_closed_workflow_executions(domain=domain, **filters)
        assert (counted["count"], counted["truncated"]) == (len(found), False)
        return found

    return find


def test_open_executions_are_listed_the_latest_start_first(start, opened, clock):
    for workflow_id in ("b", "a", "c"):
        start(workflow_id)
        clock.advance(seconds=1)

    assert opened() == ["c", "a", "b"]
    assert opened(reverseOrder=True) == ["b", "a", "c"]


def test_executions_of_one_millisecond_are_listed_in_the_order_they_were_started(start, opened):
    for workflow_id in ("b", "a", "c"):
        start(workflow_id)

    assert opened(reverseOrder=True) == ["b", "a", "c"]
    assert opened() == ["c", "a", "b"]


def test_an_execution_moves_from_the_open_to_the_closed_ones(start, opened, closed):
    start("stays")
    start("goes").terminate()

    assert opened() == ["stays"]
    assert closed() == ["goes"]


def test_an_entry_tells_what_describe_tells(client, start, clock, decider):
    execution = start(tagList=["x", "y"])
    clock.advance(seconds=1)
    decider.answer(FailWorkflowExecution(reason="no"))

    listed = client.list_closed_workflow_executions(domain="d", closeTimeFilter=ALWAYS)["executionInfos"]

    assert listed == [execution.describe()["executionInfo"]]
    assert listed == [
        {
            "cancelRequested": False,
            "closeStatus": "FAILED",
            "closeTimestamp": at(1),
            "execution": execution.id,
            "executionStatus": "CLOSED",
            "startTimestamp": BEGAN,
            "tagList": ["x", "y"],
            "workflowType": {"name": "W", "version": "1"},
        }
    ]


def test_an_entry_tells_that_a_cancel_was_asked_for(client, execution):
    execution.request_cancel()

    listed = client.list_open_workflow_executions(domain="d", startTimeFilter=ALWAYS)["executionInfos"]

    assert listed[0]["cancelRequested"] is True


@pytest.mark.parametrize(
    ("oldest", "latest", "found"),
    [
        (0, None, ["s3", "s2", "s1"]),
        (1, 3, ["s3", "s2", "s1"]),
        (2, 2, ["s2"]),
        (2, None, ["s3", "s2"]),
        (0, 1, ["s1"]),
        (4, None, []),
        (4, 5, []),
    ],
)
def test_both_ends_of_a_time_filter_belong_to_it(start, opened, clock, oldest, latest, found):
    for second in (1, 2, 3):
        clock.advance(seconds=1)
        start(f"s{second}")

    since = {"oldestDate": at(oldest), **({} if latest is None else {"latestDate": at(latest)})}

    assert opened(since) == found


def test_times_may_have_fractions_and_lie_anywhere(ask, start, clock):
    clock.advance(seconds=0.5)
    start("half")
    second = BEGAN.timestamp()

    def listed(**since):
        answer = ask("ListOpenWorkflowExecutions", domain="d", startTimeFilter=since)
        return ids(answer)

    assert listed(oldestDate=second + 0.5, latestDate=second + 0.5) == ["half"]
    assert listed(oldestDate=second + 0.501) == []
    assert listed(oldestDate=second, latestDate=second + 0.499) == []
    assert listed(oldestDate=0) == ["half"]
    assert listed(oldestDate=-1e300, latestDate=1e300) == ["half"]


def test_closed_executions_are_ordered_by_the_time_they_are_filtered_by(start, closed, clock):
    first, second = start("first"), None
    clock.advance(seconds=1)
    second = start("second")
    clock.advance(seconds=1)
    second.terminate()
    clock.advance(seconds=1)
    first.terminate()

    assert closed(startTimeFilter=ALWAYS) == ["second", "first"]
    assert closed(startTimeFilter=ALWAYS, reverseOrder=True) == ["first", "second"]
    assert closed(closeTimeFilter=ALWAYS) == ["first", "second"]
    assert closed(closeTimeFilter=ALWAYS, reverseOrder=True) == ["second", "first"]


def test_closed_executions_are_filtered_by_their_close_time(start, closed, clock):
    for second in (1, 2, 3):
        execution = start(f"c{second}")
        clock.advance(seconds=1)
        execution.terminate()

    assert closed(closeTimeFilter={"oldestDate": at(2), "latestDate": at(2)}) == ["c2"]
    assert closed(closeTimeFilter={"oldestDate": at(2)}) == ["c3", "c2"]


def test_executions_are_found_by_workflow_id(start, opened, closed):
    start("a").terminate()
    start("a").terminate()
    start("a")
    start("b").terminate()

    assert opened(executionFilter={"workflowId": "a"}) == ["a"]
    assert opened(executionFilter={"workflowId": "b"}) == []
    assert closed(executionFilter={"workflowId": "a"}) == ["a", "a"]
    assert closed(executionFilter={"workflowId": "a"}, closeTimeFilter=ALWAYS) == ["a", "a"]


def test_executions_are_found_by_type(client, domain, start, opened, closed):
    settings = {
        "taskList": {"name": "l"},
        "taskStartToCloseTimeout": "1",
        "executionStartToCloseTimeout": "9",
        "childPolicy": "TERMINATE",
    }
    for name, version in (("V", "1"), ("V", "2"), ("VV", "1")):
        type_ = {"name": name, "version": version}
        client.register_workflow_type(domain=domain, **type_)
        start(f"open {name} {version}", workflowType=type_, **settings)
        start(f"closed {name} {version}", workflowType=type_, **settings).terminate()

    assert opened(typeFilter={"name": "V"}) == ["open V 2", "open V 1"]
    assert opened(typeFilter={"name": "V", "version": ""}) == ["open V 2", "open V 1"]
    assert opened(typeFilter={"name": "V", "version": "2"}) == ["open V 2"]
    assert opened(typeFilter={"name": "nope"}) == []
    assert closed(typeFilter={"name": "VV"}) == ["closed VV 1"]
    assert closed(typeFilter={"name": "V"}, closeTimeFilter=ALWAYS, reverseOrder=True) == ["closed V 1", "closed V 2"]


def test_executions_are_found_by_tag(start, opened, closed, clock):
    start("both", tagList=["red", "blue"])
    start("none")
    clock.advance(seconds=1)
    start("red", tagList=["red", "red"])
    start("closed", tagList=["red"]).terminate()
    start("Red", tagList=["Red"])

    assert opened(tagFilter={"tag": "red"}) == ["red", "both"]
    assert opened(tagFilter={"tag": "red"}, reverseOrder=True) == ["both", "red"]
    assert opened(tagFilter={"tag": "blue"}) == ["both"]
    assert opened(tagFilter={"tag": "re"}) == []
    assert opened({"oldestDate": at(1)}, tagFilter={"tag": "red"}) == ["red"]
    assert closed(tagFilter={"tag": "red"}) == ["closed"]
    assert closed(tagFilter={"tag": "red"}, closeTimeFilter=ALWAYS) == ["closed"]


def test_a_tag_of_another_domain_is_not_found(client, start, opened):
    client.register_domain(name="other", workflowExecutionRetentionPeriodInDays="1")
    client.register_workflow_type(
        domain="other",
        name="W",
        version="1",
        defaultTaskList={"name": "dl"},
        defaultExecutionStartToCloseTimeout="1",
        defaultTaskStartToCloseTimeout="1",
        defaultChildPolicy="TERMINATE",
    )
    client.start_workflow_execution(
        domain="other", workflowId="w", workflowType={"name": "W", "version": "1"}, tagList=["red"]
    )

    assert opened(tagFilter={"tag": "red"}) == []


def test_executions_are_found_by_close_status(start, closed, clock, decider):
    start("completed")
    decider.answer(CompleteWorkflowExecution())
    start("failed")
    decider.answer(FailWorkflowExecution())
    start("canceled")
    decider.answer(CancelWorkflowExecution())
    start("terminated").terminate()
    start("timed out", executionStartToCloseTimeout="1")
    clock.advance(seconds=1)
    start("open")

    for status, found in {
        "COMPLETED": ["completed"],
        "FAILED": ["failed"],
        "CANCELED": ["canceled"],
        "TERMINATED": ["terminated"],
        "TIMED_OUT": ["timed out"],
        "CONTINUED_AS_NEW": [],
    }.items():
        assert closed(closeStatusFilter={"status": status}) == found
        assert closed(closeStatusFilter={"status": status}, closeTimeFilter=ALWAYS) == found


FILTERS = {
    "executionFilter": {"workflowId": "w"},
    "typeFilter": {"name": "W"},
    "tagFilter": {"tag": "t"},
    "closeStatusFilter": {"status": "FAILED"},
}


@pytest.mark.parametrize("operation", ["list_closed_workflow_executions", "count_closed_workflow_executions"])
class TestClosedExecutions:
    def test_are_asked_for_with_a_time_filter(self, client, domain, refused, operation):
        with refused("ValidationException", "Must specify time filter"):
            getattr(client, operation)(domain=domain)

    def test_are_asked_for_with_one_time_filter(self, client, domain, refused, operation):
        with refused("ValidationException", "Cannot specify both a startTimeFilter and a closeTimeFilter"):
            getattr(client, operation)(domain=domain, startTimeFilter=ALWAYS, closeTimeFilter=ALWAYS)

    @pytest.mark.parametrize(
        "given",
        [
            ["executionFilter", "typeFilter"],
            ["executionFilter", "tagFilter"],
            ["typeFilter", "closeStatusFilter"],
            ["executionFilter", "typeFilter", "tagFilter", "closeStatusFilter"],
        ],
    )
    def test_are_asked_for_with_one_other_filter_at_most(self, client, domain, refused, operation, given):
        with refused(
            "ValidationException",
            f"Cannot specify more than one exclusive filters in the same query: [{', '.join(given)}]",
        ):
            getattr(client, operation)(domain=domain, startTimeFilter=ALWAYS, **{name: FILTERS[name] for name in given})

    def test_are_asked_for_with_times_in_their_order(self, client, domain, refused, operation):
        with refused("ValidationException"):
            getattr(client, operation)(domain=domain, startTimeFilter={"oldestDate": at(2), "latestDate": at(1)})

    def test_are_asked_for_rightly_before_the_domain_is_looked_up(self, client, refused, operation):
        with refused("ValidationException", "Must specify time filter"):
            getattr(client, operation)(domain="nope")


@pytest.mark.parametrize("operation", ["list_open_workflow_executions", "count_open_workflow_executions"])
def test_open_executions_are_asked_for_with_one_other_filter_at_most(client, domain, refused, operation):
    with refused(
        "ValidationException",
        "Cannot specify more than one exclusive filters in the same query: [typeFilter, tagFilter]",
    ):
        getattr(client, operation)(
            domain=domain, startTimeFilter=ALWAYS, typeFilter={"name": "W"}, tagFilter={"tag": "t"}
        )


@pytest.mark.parametrize("filters", [{}, {"tagFilter": {"tag": "t"}}, {"typeFilter": {"name": "W", "version": "1"}}])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_pages_of_open_executions_follow_each_other_without_gaps(client, start, clock, filters, reverse, size):
    # Some of them start in the same millisecond.
    for number in range(7):
        start(f"w{number}", tagList=["t"])
        clock.advance(seconds=number % 2)

    pages = client.get_paginator("list_open_workflow_executions").paginate(
        domain="d",
        startTimeFilter={"oldestDate": BEGAN, "latestDate": at(100)},
        maximumPageSize=size,
        reverseOrder=reverse,
        **filters,
    )
    listed = [ids(page) for page in pages]

    expected = ["w0", "w1", "w2", "w3", "w4", "w5", "w6"]
    assert [item for page in listed for item in page] == (expected if reverse else expected[::-1])
    assert [len(page) for page in listed[:-1]] == [size] * (len(listed) - 1)


@pytest.mark.parametrize("time", ["startTimeFilter", "closeTimeFilter"])
@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"tagFilter": {"tag": "t"}},
        {"executionFilter": {"workflowId": "w"}},
        {"closeStatusFilter": {"status": "TERMINATED"}},
    ],
)
@pytest.mark.parametrize("reverse", [False, True])
def test_pages_of_closed_executions_follow_each_other_without_gaps(client, start, clock, time, filters, reverse):
    runs = []
    for number in range(7):
        execution = start("w", tagList=["t"])
        clock.advance(seconds=number % 2)
        execution.terminate()
        runs.append(execution.run_id)

    pages = client.get_paginator("list_closed_workflow_executions").paginate(
        domain="d", **{time: {"oldestDate": BEGAN}}, maximumPageSize=3, reverseOrder=reverse, **filters
    )
    listed = [[info["execution"]["runId"] for info in page["executionInfos"]] for page in pages]

    assert [item for page in listed for item in page] == (runs if reverse else runs[::-1])
    assert [len(page) for page in listed] == [3, 3, 1]


def test_a_last_page_that_is_full_has_no_token(client, start):
    start("a")
    start("b")

    answer = client.list_open_workflow_executions(domain="d", startTimeFilter=ALWAYS, maximumPageSize=2)

    assert len(answer["executionInfos"]) == 2
    assert "nextPageToken" not in answer


def test_an_execution_that_closes_between_two_pages_makes_no_gap(client, start):
    runs = {name: start(name) for name in ("a", "b", "c", "d")}
    first = client.list_open_workflow_executions(domain="d", startTimeFilter=ALWAYS, maximumPageSize=2)
    runs["c"].terminate()

    second = client.list_open_workflow_executions(
        domain="d", startTimeFilter=ALWAYS, maximumPageSize=2, nextPageToken=first["nextPageToken"]
    )

    assert (ids(first), ids(second)) == (["d", "c"], ["b", "a"])


def test_a_deprecated_domain_is_still_searched(client, domain, start, opened, closed):
    start("open")
    start("closed").terminate()

    client.deprecate_domain(name=domain)

    assert opened() == ["open"]
    assert closed() == ["closed"]


def test_waiting_decision_tasks_are_counted_by_task_list(client, start, decider):
    def count(task_list="dl"):
        answer = client.count_pending_decision_tasks(domain="d", taskList={"name": task_list})
        assert answer["truncated"] is False
        return answer["count"]

    assert count() == 0
    start("a")
    start("b")
    start("c", taskList={"name": "other"})
    assert (count(), count("other"), count("unknown")) == (2, 1, 0)
    decider.take()
    assert count() == 1


def test_a_decision_task_that_is_held_back_does_not_wait(client, execution, decider):
    task = decider.take()
    execution.signal()
    held_back = client.count_pending_decision_tasks(domain="d", taskList={"name": "dl"})["count"]
    decider.respond(task)
    waiting = client.count_pending_decision_tasks(domain="d", taskList={"name": "dl"})["count"]

    assert (held_back, waiting) == (0, 1)


def test_waiting_activity_tasks_are_counted_by_task_list(client, execution, decider, worker):
    def count(task_list="al"):
        return client.count_pending_activity_tasks(domain="d", taskList={"name": task_list})["count"]

    decider.answer(
        ScheduleActivityTask(activity_type=("A", "1"), activity_id="a1"),
        ScheduleActivityTask(activity_type=("A", "1"), activity_id="a2"),
        ScheduleActivityTask(activity_type=("A", "1"), activity_id="a3", task_list="other"),
    )

    assert (count(), count("other"), count("dl")) == (2, 1, 0)
    worker.take()
    assert count() == 1
