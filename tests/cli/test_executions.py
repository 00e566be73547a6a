"""``swf executions``, through the executable, on ``swf server``."""

import csv
import io
import json
import re
import signal
import subprocess
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime

import attrs
import pytest
import yaml

from swf.actors import Decider
from swf.cli.batch import to_many
from swf.cli.filters import keywords, lists_closed
from swf.connection import Connection
from swf.engine import Engine, VirtualClock
from swf.failure import Failure
from swf.models import Domain, WorkflowType
from swf.models.decision import (
    CompleteWorkflowExecution,
    ContinueAsNewWorkflowExecution,
    FailWorkflowExecution,
    ScheduleActivityTask,
    StartChildWorkflowExecution,
    StartTimer,
)
from swf.models.history import History
from swf.querysets import WorkflowExecutionQuerySet
from tests.actors.proxy import Meddling
from tests.cli.answering import Answers, answering
from tests.cli.gate import Gate
from tests.cli.waiting import LONG_SECONDS, wait_until

CHARGE = ScheduleActivityTask(activity_type=("Charge", "1.0"), activity_id="charge", input='{"total":30}')
LUNCH = StartTimer(timer_id="lunch", start_to_fire_timeout=600)
GIFT = StartChildWorkflowExecution(workflow_type=("Order", "1.0"), workflow_id="gift", task_list="nobody")
COMPLETE = CompleteWorkflowExecution(result='{"paid":30}')
FAIL = FailWorkflowExecution(reason="no such card", details="4711")


@pytest.fixture(scope="module")
def runs(shop):
    """One execution that is completed, one that failed, one that goes on, and its child."""
    done = shop.start("done", COMPLETE, input={"total": 30}, tag_list=["urgent", "gift"])
    failed = shop.start("failed", FAIL, tag_list=["urgent"])
    goes_on = shop.start("goes-on", CHARGE, LUNCH, GIFT)
    # The server starts the child after it has taken the answer.
    wait_until(lambda: any(event.name == "ChildWorkflowExecutionStarted" for event in goes_on.history()))
    shop.take()
    shop.decide()
    (gift,) = shop.domain.executions.filter(workflow_id="gift")
    return gift, goes_on, failed, done


# ls


TABLE = """\
WORKFLOW ID  TYPE       STATUS      STARTED (UTC)        CLOSED (UTC)         RUN ID                                          TAGS
gift         Order 1.0  OPEN        2030-01-31 08:00:00                       RUN-1.........................................
goes-on      Order 1.0  OPEN        2030-01-31 08:00:00                       RUN-2.........................................
failed       Order 1.0  FAILED      2030-01-31 08:00:00  2030-01-31 08:00:00  RUN-3.........................................  urgent
done         Order 1.0  COMPLETED   2030-01-31 08:00:00  2030-01-31 08:00:00  RUN-4.........................................  urgent, gift
"""  # noqa: E501

CSV = """\
workflow_id,type,status,started,closed,run_id,tags
gift,Order 1.0,OPEN,2030-01-31T08:00:00Z,,RUN-1.........................................,
goes-on,Order 1.0,OPEN,2030-01-31T08:00:00Z,,RUN-2.........................................,
failed,Order 1.0,FAILED,2030-01-31T08:00:00Z,2030-01-31T08:00:00Z,RUN-3.........................................,urgent
done,Order 1.0,COMPLETED,2030-01-31T08:00:00Z,2030-01-31T08:00:00Z,RUN-4.........................................,"urgent, gift"
"""  # noqa: E501

OF_DONE = {
    "workflow_id": "done",
    "run_id": "RUN-4.........................................",
    "status": "CLOSED",
    "workflow_type": {"name": "Order", "version": "1.0"},
    "close_status": "COMPLETED",
    "tag_list": ["urgent", "gift"],
    "close_timestamp": "2030-01-31T08:00:00Z",
    "start_timestamp": "2030-01-31T08:00:00Z",
    "cancel_requested": False,
}


@pytest.mark.parametrize(("form", "golden"), [("table", TABLE), ("csv", CSV)])
def test_executions_are_listed_in_columns(swf, runs, settled, form, golden):
    done = swf("executions", "ls", "--status", "ANY", "-o", form)

    assert (done.code, done.err) == (0, "")
    assert settled(done.out, *runs) == golden


@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        (["-o", "json"], json.loads),
        (["-o", "yaml"], yaml.safe_load),
        (["-o", "jsonl"], lambda text: [json.loads(line) for line in text.splitlines()]),
        ([], lambda text: [json.loads(line) for line in text.splitlines()]),
    ],
    ids=["json", "yaml", "jsonl", "in a pipe"],
)
def test_executions_are_listed_for_programs(swf, runs, settled, arguments, read):
    done = swf("executions", "ls", "--status", "ANY", *arguments)

    assert (done.code, done.err) == (0, "")
    rows = read(settled(done.out, *runs))
    assert [row["workflow_id"] for row in rows] == ["gift", "goes-on", "failed", "done"]
    assert rows[-1] == OF_DONE


@pytest.mark.parametrize(
    ("filters", "workflow_ids"),
    [
        ([], ["gift", "goes-on"]),
        (["--status", "closed"], ["failed", "done"]),
        (["--workflow-id", "goes-on"], ["goes-on"]),
        (["--close-status", "FAILED"], ["failed"]),
        (["--tag", "gift", "--status", "ANY"], ["done"]),
        (["--type", "Order", "--type-version", "1.0"], ["gift", "goes-on"]),
        (["--type-version", "2.0"], []),
        (["--since", "1h"], ["gift", "goes-on"]),
        (["--until", "1h"], []),
        (["--closed-since", "1h", "--tag", "urgent"], ["failed", "done"]),
        (["--closed-until", "2h"], []),
        (["--cancel-requested"], []),
        (["--no-cancel-requested", "--limit", "1"], ["gift"]),
        (["--status", "ANY", "--reverse", "--limit", "1"], ["done"]),
    ],
    ids=" ".join,
)
def test_filters_say_which_executions_are_listed(here, runs, filters, workflow_ids):
    done = here("executions", "ls", *filters)

    assert done.code == 0
    assert [json.loads(line)["workflow_id"] for line in done.out.splitlines()] == workflow_ids


def test_a_run_and_the_children_of_a_run_are_found_by_their_ids(here, runs):
    gift, goes_on, *_ = runs

    children = here("executions", "ls", "--parent", goes_on.workflow_id, goes_on.run_id, "--run-id", gift.run_id)

    assert json.loads(children.out)["workflow_id"] == "gift"


def test_every_filter_of_the_queryset_is_an_option():
    from swf.cli.executions import ls

    offered = {parameter.name for parameter in ls.params}

    # The domain is an option of all commands; a type is given as its name and its version.
    assert set(WorkflowExecutionQuerySet.keywords) - {"domain", "workflow_type"} - offered == set()


@pytest.mark.parametrize(
    ("given", "closed"),
    [
        ({}, False),
        ({"status": "OPEN", "tag": "closed"}, False),
        ({"status": "CLOSED"}, True),
        ({"status": "ANY"}, True),
        ({"close_status": "FAILED"}, True),
    ],
)
def test_the_time_of_the_end_is_a_column_where_closed_executions_are_listed(given, closed):
    assert lists_closed(keywords(given)) is closed


def test_an_explanation_asks_nobody(here, settled):
    done = here(
        "executions", "ls", "--tag", "urgent", "--close-status", "FAILED", "--since", "2030-01-31", "--explain",
        "--endpoint", "http://127.0.0.1:9",
    )  # fmt: skip

    assert done.code == 0
    assert done.out == (
        "1. ListClosedWorkflowExecutions\n"
        "  SWF filters: domain 'test_executions'; startTimeFilter oldestDate=2030-01-31T00:00:00+00:00; "
        "tagFilter tag='urgent'\n"
        "  filtered here: close_status 'FAILED'\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ls", "--since", "yesterday morning"], "'yesterday morning' is no date. Write it like 2030-01-31"),
        (["ls", "--status", "OPEN", "--close-status", "FAILED"], "Leave out --status OPEN."),
        (["ls", "--since", "1h", "--until", "2h"], "is later than"),
        (["ls", "--limit", "0"], "0 is not in the range x>=1."),
        (["ls", "-o", "xml"], "'xml' is not one of 'table', 'json', 'jsonl', 'yaml', 'csv'."),
        (["history", "done", "--event", "Nothing"], "Nothing"),
        (["history", "done", "--follow", "--reverse"], "Leave out --limit and --reverse."),
        (["start", "Order"], "Missing argument 'VERSION'."),
        (["start", "Order", "1.0", "--input", "{"], "{ is no JSON: "),
        (["start", "Order", "1.0", "--input", "@no/such/file"], "no/such/file cannot be read: No such file"),
        (["start", "Order", "1.0", "--input", "1", "--input-text", "1"], "--input is JSON, and --input-text is text."),
        (["start", "Order", "1.0", "--execution-timeout", "soon"], "'soon' must be a whole number"),
        (["signal"], "Give the WORKFLOW_ID and the name of the SIGNAL"),
        (["cancel"], "Which executions to cancel? Name a WORKFLOW_ID, or filter:"),
        (["cancel", "goes-on", "--all"], "goes-on names one execution, and filters many. Give either."),
        (
            ["cancel", "--tag", "many", "--all"],
            "--all means all open executions, and filters some of them. Give either.",
        ),
        (["terminate", "--all"], "There is no terminal to ask at: give --yes."),
        (["wait", "goes-on", "--timeout", "0"], "0.0 is not in the range x>0."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_slip_is_told_in_a_sentence(here, runs, arguments, said):
    done = here("executions", *arguments)

    assert (done.code, done.out) == (64, "")
    assert said in " ".join(done.err.split())


@pytest.fixture
def years(serve):
    """An SWF whose executions all started years ago by the clock of whoever asks; one is open still."""
    clock = VirtualClock(datetime(2020, 1, 1, tzinfo=UTC))
    with Engine(clock=clock, poll_wait_seconds=0) as engine:
        domain = Domain("kept", retention_period=90, connection=Connection.over(engine))
        domain.save()
        order = WorkflowType(domain, "Order", "1.0", task_list="t", execution_timeout=31_536_000)
        order.save()
        order.start_execution("old-1", tag_list=["eu"])
        old_2 = order.start_execution("old-2")
        clock.advance(days=300)
        old_2.terminate()
        yield ["--endpoint", serve(engine), "--domain", "kept"]


def test_what_has_been_open_for_long_is_listed_counted_and_acted_on(here, years):
    listed = here("executions", "ls", *years)
    of_id = here("executions", "ls", "--workflow-id", "old-1", *years)
    counted = here("executions", "count", *years)
    closed = here("executions", "ls", "--status", "closed", *years)
    signaled = here("executions", "signal", "hello", "--tag", "eu", "--yes", *years)

    assert [json.loads(line)["workflow_id"] for line in listed.out.splitlines()] == ["old-1"]
    assert of_id.out == listed.out
    assert counted.out == "1\n"
    assert [json.loads(line)["workflow_id"] for line in closed.out.splitlines()] == ["old-2"]
    assert signaled.err.splitlines()[-1] == "Signaled: 1"


class Endless(Answers):
    """An SWF with one page of executions at once, and another one that does not come before it is let go."""

    def do_POST(self):
        asked = json.loads(self.body())
        self.server.asked.append(asked)
        if "nextPageToken" in asked:
            self.server.let_go.wait(LONG_SECONDS)
        row = {
            "execution": {"workflowId": "first", "runId": "run"},
            "workflowType": {"name": "Order", "version": "1.0"},
            "startTimestamp": 1_900_000_000,
            "executionStatus": "OPEN",
        }
        with suppress(BrokenPipeError):
            self.answer(200, {"executionInfos": [row], "nextPageToken": "more"})


@pytest.fixture
def asked():
    """What such an SWF was asked."""
    return []


@pytest.fixture
def endless(asked):
    """Where such an SWF listens."""
    let_go = threading.Event()
    with answering(Endless, asked=asked, let_go=let_go) as url:
        yield url
        let_go.set()


@pytest.mark.parametrize("form", ["table", "jsonl", "json", "yaml", "csv"])
def test_the_first_page_is_printed_while_the_second_one_is_still_to_come(environment, endless, form):
    command = ["swf", "executions", "ls", "--endpoint", endless, "-o", form]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=environment["HOME"]
    )

    seen = ""
    while "first" not in seen:
        seen += process.stdout.read(1)

    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=LONG_SECONDS)
    assert process.returncode == 130
    assert err == "\nInterrupted.\n"


@pytest.mark.parametrize("filters", [[], ["--since", "2h"], ["--tag", "eu", "--tag", "eu"]], ids=" ".join)
def test_no_more_is_asked_for_than_is_printed(here, endless, asked, filters):
    done = here("executions", "ls", "--endpoint", endless, "--limit", "1", *filters)

    assert done.out.count("first") == 1
    assert [each["maximumPageSize"] for each in asked] == [1]


NONE_OPEN = "The domain test_executions has no open executions with the tag 'x'"
SINCE = "started since 2030-01-31 00:00:00 UTC. Started earlier: leave out --since."
CLOSED = "Closed ones too: --status ANY."


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ([], f"{NONE_OPEN}. {CLOSED}\n"),
        (["--status", "open"], f"{NONE_OPEN}. {CLOSED}\n"),
        (["--status", "any"], "The domain test_executions has no open or closed executions with the tag 'x'.\n"),
        (["--status", "closed"], "The domain test_executions has no closed executions with the tag 'x'.\n"),
        (["--since", "2030-01-31"], f"{NONE_OPEN}, {SINCE} {CLOSED}\n"),
        (
            ["--status", "any", "--since", "2030-01-31"],
            f"The domain test_executions has no open or closed executions with the tag 'x', {SINCE}\n",
        ),
        (
            ["--close-status", "failed", "--closed-until", "2020-01-31T08:00Z"],
            "The domain test_executions has no closed executions with the tag 'x', closed as FAILED, closed until "
            "2020-01-31 08:00:00 UTC. Closed later: leave out --closed-until.\n",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
@pytest.mark.parametrize("form", ["table", "jsonl", "csv"])
def test_an_empty_list_is_told_with_what_was_asked_for_and_what_would_ask_for_more(here, runs, filters, said, form):
    done = here("executions", "ls", "--tag", "x", *filters, "-o", form)

    assert (done.code, done.err) == (0, said)


# count, show


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        ([], "2\n"),
        (["--status", "ANY"], "4\n"),
        (["--tag", "urgent", "--status", "CLOSED", "-o", "json"], '{"count": 2, "truncated": false}\n'),
    ],
)
def test_executions_are_counted(here, runs, arguments, printed):
    assert here("executions", "count", *arguments).out == printed


def test_a_count_of_none_is_told_with_what_was_asked_for(here, runs):
    done = here("executions", "count", "--tag", "x", "--since", "2030-01-31")

    assert (done.code, done.out, done.err) == (0, "0\n", f"{NONE_OPEN}, {SINCE} {CLOSED}\n")


SHOWN = {
    "goes-on": """\
Workflow id   goes-on
Run id        RUN-2.........................................
Status        OPEN
Type          Order 1.0
Started       2030-01-31 08:00:00 UTC
Runs for      0s
Task list     orders
Child policy  TERMINATE
Timeouts      execution 1h 0m, decision task 10m 0s
Open          1 activity task, 1 timer, 1 child
Events        12 of 25,000
""",
    "failed": """\
Workflow id   failed
Run id        RUN-3.........................................
Status        FAILED
Type          Order 1.0
Started       2030-01-31 08:00:00 UTC
Closed        2030-01-31 08:00:00 UTC
Lasted        0s
Tags          urgent
Task list     orders
Child policy  TERMINATE
Timeouts      execution 1h 0m, decision task 10m 0s
Failure       no such card: 4711
Events        5 of 25,000
""",
    "done": """\
Workflow id   done
Run id        RUN-4.........................................
Status        COMPLETED
Type          Order 1.0
Started       2030-01-31 08:00:00 UTC
Closed        2030-01-31 08:00:00 UTC
Lasted        0s
Tags          urgent, gift
Task list     orders
Child policy  TERMINATE
Timeouts      execution 1h 0m, decision task 10m 0s
Input         {"total": 30}
Result        {"paid": 30}
Events        5 of 25,000
""",
}


@pytest.mark.parametrize("workflow_id", SHOWN)
def test_all_is_told_of_an_execution(here, runs, settled, workflow_id):
    done = here("executions", "show", workflow_id, "-o", "table")

    assert (done.code, done.err) == (0, "")
    assert settled(done.out, *runs) == SHOWN[workflow_id]


DECLINED = Failure(type="ValueError", message="no such card", traceback="shop.py, line 7")


def test_what_led_to_a_failure_is_told_with_its_traceback(here, shop):
    failure = Failure(type="ActivityFailed", message="charge", traceback="order.py, line 3", cause=DECLINED)
    shop.start("led-to", FailWorkflowExecution(reason=failure.reason, details=failure.details))

    done = here("executions", "show", "led-to", "-o", "table")

    assert done.out.splitlines()[-5:-1] == [
        "Failure       ActivityFailed: charge",
        "Traceback     order.py, line 3",
        "Caused by     ValueError: no such card",
        "Traceback     shop.py, line 7",
    ]


def test_all_is_told_of_an_execution_as_json(here, runs):
    shown = json.loads(here("executions", "show", "done", "-o", "json").out)

    assert (shown["input"], shown["result"], shown["events_used"]) == ({"total": 30}, {"paid": 30}, 5)
    assert shown["close_status"] == "COMPLETED"


def test_an_execution_that_is_not_there_is_told_with_another_exit_code(here, runs):
    done = here("executions", "show", "nobody")

    assert (done.code, done.out) == (5, "")
    assert done.err == (
        "Error: Domain 'test_executions' has no execution 'nobody', open or closed. Check the names and the region; a "
        "closed one is gone after the domain's retention.\n"
    )


def test_of_several_runs_the_open_one_is_meant_and_else_the_newest(here, shop):
    shop.start("again", COMPLETE)
    newest = shop.start("again", FAIL)
    closed = here("executions", "show", "again")
    oldest_open = shop.order.start_execution("again")
    opened = here("executions", "show", "again")
    chosen = here("executions", "show", "again", "--run-id", newest.run_id)
    oldest_open.terminate()

    assert json.loads(closed.out)["run_id"] == newest.run_id
    assert closed.err == (
        f"again has several runs. This is the newest, {newest.run_id}. Choose another with --run-id.\n"
    )
    assert json.loads(opened.out)["run_id"] == oldest_open.run_id
    assert opened.err == (
        f"again has several runs. This is the open one, {oldest_open.run_id}. Choose another with --run-id.\n"
    )
    assert (json.loads(chosen.out)["close_status"], chosen.err) == ("FAILED", "")


# history, trace


HISTORY = """\
 ID  TIME (UTC)           AFTER  EVENT                                 ABOUT
  1  2030-01-31 08:00:00     0s  WorkflowExecutionStarted              workflow_type=Order 1.0
  2  2030-01-31 08:00:00     0s  DecisionTaskScheduled
  3  2030-01-31 08:00:00     0s  DecisionTaskStarted
  4  2030-01-31 08:00:00     0s  DecisionTaskCompleted
  5  2030-01-31 08:00:00     0s  ActivityTaskScheduled                 activity_type=Charge 1.0 activity_id=charge input={"total":30}
  6  2030-01-31 08:00:00     0s  TimerStarted                          timer_id=lunch
  7  2030-01-31 08:00:00     0s  StartChildWorkflowExecutionInitiated  workflow_id=gift workflow_type=Order 1.0
  8  2030-01-31 08:00:00     0s  ChildWorkflowExecutionStarted         workflow_id=gift workflow_execution=gift workflow_type=Order 1.0
  9  2030-01-31 08:00:00     0s  DecisionTaskScheduled
 10  2030-01-31 08:00:00     0s  ActivityTaskStarted                   activity_id=charge
 11  2030-01-31 08:00:00     0s  DecisionTaskStarted
 12  2030-01-31 08:00:00     0s  DecisionTaskCompleted
"""  # noqa: E501


def test_a_history_is_a_table_for_people(swf, runs, settled):
    done = swf("executions", "history", "goes-on", "-o", "table")

    assert (done.code, done.err) == (0, "")
    assert [line.split() for line in settled(done.out).splitlines()] == [line.split() for line in HISTORY.splitlines()]


def test_a_history_in_json_is_read_back_as_a_history(here, runs):
    printed = here("executions", "history", "goes-on", "-o", "json").out

    assert History.from_event_list(json.loads(printed)) == runs[1].history()


def test_a_history_in_lines_is_of_events_as_swf_gives_them(here, runs):
    printed = here("executions", "history", "done", "--event", "WorkflowExecutionCompleted").out

    assert json.loads(printed) == runs[3].history()[-1].raw
    assert json.loads(printed)["workflowExecutionCompletedEventAttributes"]["result"] == '{"paid":30}'


def test_the_newest_events_come_first_if_that_is_asked_for(here, runs):
    printed = here("executions", "history", "goes-on", "--reverse", "--limit", "2").out

    assert [json.loads(line)["eventId"] for line in printed.splitlines()] == [12, 11]


def test_a_history_in_csv_has_a_row_for_each_event(here, runs):
    rows = list(csv.DictReader(io.StringIO(here("executions", "history", "failed", "-o", "csv").out)))

    assert [row["event"] for row in rows[-2:]] == ["DecisionTaskCompleted", "WorkflowExecutionFailed"]
    assert rows[-1]["about"] == "reason=no such card details=4711"


@pytest.mark.parametrize("command", ["history", "trace"])
def test_a_history_that_came_in_part_is_an_error(here, runs, server_url, command):
    def without_event_2(operation, asked, answer):
        if operation != "GetWorkflowExecutionHistory":
            return None
        return json.dumps({**answer, "events": [each for each in answer["events"] if each["eventId"] != 2]}).encode()

    with Meddling(server_url, without_event_2) as proxy:
        ended = here("executions", command, "done", "--endpoint", proxy.url)

    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "Error: The history of 'done' came in part: event 2 is missing, and event 3 stands in its place. Ask again; if "
        "that does not help, look for a proxy that changes answers of SWF.\n"
    )


TRACE = """\
goes-on  Order 1.0  OPEN  0s
├── activity charge  Charge 1.0  started  0s
├── timer    lunch  started  0s
└── child    gift  Order 1.0  started  0s
"""


def test_a_trace_is_a_tree_of_what_an_execution_does(swf, runs, settled):
    done = swf("executions", "trace", "goes-on", "-o", "table")

    assert (done.code, done.err) == (0, "")
    assert settled(done.out) == TRACE


def test_a_trace_goes_down_into_children_and_tells_what_failed(here, shop, settled):
    pay = StartChildWorkflowExecution(workflow_type=("Order", "1.0"), workflow_id="pay", task_list="pay")
    shop.start("basket", pay)
    shop.decide(CHARGE, task_list="pay")
    shop.take().fail(reason="no such card")
    shop.decide(FAIL, task_list="pay")
    shop.decide(COMPLETE)

    drawn = here("executions", "trace", "basket", "-o", "table").out
    shallow = here("executions", "trace", "basket", "--depth", "0", "-o", "table").out
    told = json.loads(here("executions", "trace", "basket", "-o", "json").out)

    assert settled(drawn) == (
        "basket  Order 1.0  COMPLETED  0s\n"
        "└── child    pay  Order 1.0  failed  0s  no such card\n"
        "    └── activity charge  Charge 1.0  failed  0s  no such card\n"
    )
    assert settled(shallow) == "".join(settled(drawn).splitlines(keepends=True)[:2])
    (child,) = told["things"]
    (activity,) = child["execution"]["things"]
    assert (child["state"], child["open"], activity["id"], activity["state"]) == ("failed", False, "charge", "failed")


LONG_REASON = "ConnectionError: the disk went away " + "and again " * 21 + "at last"
LONG_ID = "order-" + "7" * 200


@pytest.fixture(scope="module")
def long(shop):
    """An execution with a long id and an activity that failed for a long reason."""
    execution = shop.start(LONG_ID, attrs.evolve(CHARGE, activity_id=LONG_ID))
    shop.take().fail(reason=LONG_REASON)
    yield execution
    execution.terminate()


@pytest.mark.parametrize(
    "surroundings",
    [{}, {"COLUMNS": "40"}, {"COLUMNS": None}, {"FORCE_COLOR": "1", "TERM": "dumb"}],
    ids=["100 columns", "40 columns", "nothing said", "colours forced"],
)
def test_in_a_pipe_nothing_of_a_trace_is_cut(swf, long, settled, surroundings):
    done = swf("executions", "trace", LONG_ID, "--once", "-o", "table", **surroundings)

    plain = re.sub(r"\x1b\[[0-9;]*m", "", done.out)
    assert settled(plain) == (
        f"{LONG_ID}  Order 1.0  OPEN  0s\n└── activity {LONG_ID}  Charge 1.0  failed  0s  {LONG_REASON}\n"
    )


@pytest.mark.parametrize("surroundings", [{"COLUMNS": "40"}, {"FORCE_COLOR": "1", "TERM": "dumb"}], ids=str)
@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        (["ls", "--workflow-id", LONG_ID], [LONG_ID, "Order 1.0", "OPEN"]),
        (["history", LONG_ID], [f"activity_id={LONG_ID}", f"reason={LONG_REASON}"]),
        (["show", LONG_ID], [LONG_ID]),
    ],
    ids=["ls", "history", "show"],
)
def test_in_a_pipe_nothing_of_a_table_is_cut(swf, long, surroundings, arguments, texts):
    done = swf("executions", *arguments, "-o", "table", **surroundings)

    assert [text for text in texts if text not in done.out] == []
    assert "…" not in done.out


def test_a_trace_in_a_pipe_ends_where_colours_are_forced(swf, runs):
    done = swf("executions", "trace", "goes-on", "-o", "table", FORCE_COLOR="1")

    assert (done.code, done.out.count("activity")) == (0, 1)


def test_on_a_terminal_each_thing_of_a_trace_has_one_line(environment, on_a_terminal, long, tmp_path):
    command = ["swf", "executions", "trace", LONG_ID, "--once"]

    code, written = on_a_terminal(command, {**environment, "NO_COLOR": "1"}, 60, tmp_path)

    lines = re.sub(r"\x1b\[[0-9;]*m", "", written).splitlines()
    assert (code, [len(line) for line in lines], [line[-1] for line in lines]) == (0, [60, 60], ["…", "…"])


# start, run, wait


def test_an_execution_is_started_with_what_options_say(here, shop, tmp_path):
    (tmp_path / "order.json").write_text('{"total": 30}\n', encoding="utf-8")

    done = here(
        "executions", "start", "Order", "1.0", "--workflow-id", "new", "--input", f"@{tmp_path / 'order.json'}",
        "--tag", "a", "--tag", "b", "--execution-timeout", "60", "--decision-tasks-timeout", "NONE", "--child-policy",
        "ABANDON", "--task-list", "elsewhere", "--task-priority", "5", "-o", "table",
    )  # fmt: skip

    execution = shop.domain.executions.get(workflow_id="new")
    execution.terminate()
    assert done.out == f"Workflow id  new\nRun id       {execution.run_id}\n"
    assert execution.events.first().input == '{"total": 30}'
    assert execution.tag_list == ("a", "b")
    assert (execution.execution_timeout, execution.decision_tasks_timeout) == (60, "NONE")
    assert (execution.child_policy, execution.task_list, execution.task_priority) == ("ABANDON", "elsewhere", 5)


def test_input_comes_from_stdin_or_as_text(swf, shop):
    piped = swf("executions", "start", "Order", "1.0", "--input", "@-", "--task-list", "x", input='{"total": 1}\n')
    texted = swf("executions", "start", "Order", "1.0", "--input-text", "total: 1", "--task-list", "x")

    inputs = []
    for printed in (piped.out, texted.out):
        execution = shop.domain.executions.get(**json.loads(printed))
        inputs.append(execution.events.first().input)
        execution.terminate()
    assert inputs == ['{"total": 1}', "total: 1"]


def test_a_type_that_is_not_there_is_told_with_a_remedy_and_the_request_id(here):
    done = here("executions", "start", "Nothing", "9")

    sentence, request_id = done.err.splitlines()
    assert done.code == 5
    assert sentence == (
        "Error: StartWorkflowExecution was refused with UnknownResourceFault: Unknown type: "
        "WorkflowType=[name=Nothing, version=9]. Register the type and its domain first, or check name, version, "
        "domain, region and endpoint."
    )
    assert request_id.startswith("Request id: ")


@pytest.fixture
def decided(shop):
    """Has a decider of a type of its own answer with some decisions, one for each decision task."""
    kind = WorkflowType(shop.domain, "Nightly", "1.0", task_list="nightly", connection=shop.connection)
    if not kind.exists:
        kind.save()
    decider = Decider(shop.domain, "nightly", connection=shop.connection)
    threads = []

    def answer(decisions):
        for decision in decisions:
            decider.poll().complete(decision)

    def decided(*decisions):
        thread = threading.Thread(target=answer, args=[decisions], daemon=True)
        thread.start()
        threads.append(thread)

    yield decided
    for thread in threads:
        thread.join(LONG_SECONDS)
        assert not thread.is_alive()


def test_a_run_that_completes_prints_its_result(swf, decided):
    decided(COMPLETE)

    done = swf("executions", "run", "Nightly", "1.0", "--workflow-id", "night", "--input", "[1,\n2]")

    assert (done.code, done.out) == (0, '{"paid": 30}\n')
    started, *events = done.err.splitlines()
    assert started.startswith("Started night, run ")
    assert [line.split()[2] for line in events] == [
        "WorkflowExecutionStarted",
        "DecisionTaskScheduled",
        "DecisionTaskStarted",
        "DecisionTaskCompleted",
        "WorkflowExecutionCompleted",
    ]


def test_a_run_that_fails_ends_with_4_and_tells_why(swf, decided):
    decided(FAIL)

    done = swf("executions", "run", "Nightly", "1.0", "--workflow-id", "bad-night", "--quiet")

    assert (done.code, done.out) == (4, "")
    assert "Execution 'bad-night' closed as FAILED and has no result. Reason: no such card. Details: 4711." in done.err
    assert "WorkflowExecutionStarted" not in done.err


def test_a_run_is_followed_into_the_one_it_continues_in(swf, decided):
    decided(ContinueAsNewWorkflowExecution(), COMPLETE)

    done = swf("executions", "run", "Nightly", "1.0", "--quiet")

    assert (done.code, done.out) == (0, '{"paid": 30}\n')
    assert "Goes on as new, in run " in done.err


def test_an_execution_goes_on_when_the_run_that_follows_it_is_interrupted(environment, shop):
    command = ["swf", "executions", "run", "Order", "1.0", "--workflow-id", "long", "--task-list", "nobody"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd=environment["HOME"])
    said = [process.stderr.readline() for _ in range(2)]

    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=LONG_SECONDS)

    (execution,) = shop.domain.executions.filter(workflow_id="long")
    execution.terminate()
    assert process.returncode == 130
    assert said[1].split()[2] == "WorkflowExecutionStarted"
    assert rest.splitlines()[-3:] == ["long goes on. To end it: swf executions cancel long", "", "Interrupted."]


@pytest.mark.parametrize("command", [["run", "Order", "1.0", "--workflow-id", "late"], ["wait", "goes-on"]])
def test_what_takes_longer_than_it_may_ends_with_6(here, shop, runs, command):
    done = here("executions", *command, "--timeout", "0.3")

    for execution in shop.domain.executions.filter(workflow_id="late"):
        execution.terminate()
    assert (done.code, done.out) == (6, "")
    assert "still open" in done.err


@pytest.mark.parametrize(("workflow_id", "code"), [("done", 0), ("failed", 4)])
def test_waiting_tells_how_an_execution_ended(here, runs, workflow_id, code):
    done = here("executions", "wait", workflow_id)

    assert done.code == code
    assert json.loads(done.out)["workflow_id"] == workflow_id


# signal, cancel, terminate


@pytest.fixture
def three(shop):
    """Three open executions of a tag."""
    started = [
        shop.order.start_execution(f"many-{number}", tag_list=["many"], task_list="nobody") for number in (1, 2, 3)
    ]
    yield started
    for execution in shop.domain.executions.filter(tag="many"):
        execution.terminate()


def last(execution):
    return execution.events.last()


def test_one_execution_is_signaled_canceled_and_terminated(here, three):
    signaled = here("executions", "signal", "many-1", "paid", "--input", '{"by": "card"}')
    canceled = here("executions", "cancel", "many-2")
    terminated = here("executions", "terminate", "many-3", "--reason", "wrong price", "--details", "[4711]")

    one, two, three = three
    (heard,) = one.events.filter("WorkflowExecutionSignaled")
    assert (heard.signal_name, heard.input, signaled.err) == ("paid", '{"by": "card"}', "Signaled: many-1\n")
    assert (two.upstream().cancel_requested, canceled.err) == (True, "Asked to cancel: many-2\n")
    assert (last(three).reason, last(three).details) == ("wrong price", "[4711]")
    assert terminated.err == "Terminated: many-3\n"


def test_many_executions_are_acted_on_at_once_when_that_is_confirmed(swf, three):
    done = swf("executions", "terminate", "--tag", "many", "--yes", "--rate", "100")

    assert (done.code, done.out) == (0, "")
    assert done.err.splitlines() == [
        "Open executions with the tag 'many':",
        *(f"  {run.workflow_id}  {run.run_id}" for run in three[::-1]),
        "Terminated: 3",
    ]
    assert [execution.upstream().close_status for execution in three] == ["TERMINATED"] * 3


def test_a_batch_says_which_executions_it_understood_before_it_asks(here, three):
    filtered = here(
        "executions", "cancel", "--tag", "many", "--type", "Order", "--since", "2020-01-31T08:00Z", "--until",
        "2100-01-01", "--no-cancel-requested",
    )  # fmt: skip
    every = here("executions", "cancel", "--all")

    assert filtered.code == every.code == 64
    assert filtered.err.splitlines()[0] == (
        "Open executions with the tag 'many', not asked to cancel, of type Order, started since 2020-01-31 08:00:00 "
        "and until 2100-01-01 23:59:59.999 UTC:"
    )
    assert filtered.err.splitlines()[-1].endswith(
        "Cancel 3 executions of the domain test_executions? There is no terminal to ask at: give --yes."
    )
    assert every.err.splitlines()[0] == "All open executions:"
    assert [execution.upstream().cancel_requested for execution in three] == [False] * 3


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        (
            ["--tag", "few"],
            "The domain test_executions has no open executions with the tag 'few'. Nothing was done.\n",
        ),
        (
            ["--tag", "many", "--until", "2020-01-31T08:00Z"],
            "The domain test_executions has no open executions with the tag 'many', started until 2020-01-31 08:00:00 "
            "UTC. Started later: leave out --until. Nothing was done.\n",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_nothing_is_done_where_no_execution_is_like_that(here, three, filters, said):
    done = here("executions", "cancel", *filters)

    assert (done.code, done.out, done.err) == (0, "", said)


def test_many_executions_are_acted_on_no_faster_than_is_wanted(shop, three):
    begun, acted_at = time.monotonic(), []

    to_many(
        shop.domain, {"tag": ["many"]}, lambda run: acted_at.append(time.monotonic()), "signal",
        every=False, yes=True, rate=10,
    )  # fmt: skip

    # Later ones may be as late as the machine likes.
    assert [at >= begun + earliest for at, earliest in zip(acted_at, (0, 0.1, 0.2), strict=True)] == [True] * 3


def test_whoever_interrupts_a_batch_is_told_how_far_it_came(environment, three):
    command = ["swf", "executions", "signal", "stop", "--tag", "many", "--yes", "--rate", "1000"]
    with Gate(environment["SWF_ENDPOINT_URL"], "SignalWorkflowExecution", let=1) as gate:
        known = {**environment, "SWF_ENDPOINT_URL": gate.url}
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=known, cwd=environment["HOME"])
        gate.wait_until_held()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=LONG_SECONDS)

    assert process.returncode == 130
    assert err.splitlines()[-3:] == ["Signaled: 1; not come to: 2", "", "Interrupted."]
    assert [run.events.filter("WorkflowExecutionSignaled").count() for run in three] == [0, 0, 1]
