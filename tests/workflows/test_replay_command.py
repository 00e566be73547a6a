"""``swf lint`` and ``swf replay``, and the fixture that does the same in tests."""

import importlib
import itertools
import json
import subprocess
import sys
from datetime import UTC, datetime

import attrs
import pytest

from swf.cli import main
from swf.exceptions import ValidationError
from swf.models import History
from swf.workflows import Replayer
from swf.workflows.recorded import Recorded, from_swf, of_execution, paths, read
from swf.workflows.replay import recorded_of

NUMBERS = itertools.count(1)

SHOP = """
import random as chance
from swf.workflows import Workflow, activity, random, sleep, start_timer, uuid4


@activity
def pack(item):
    return f"packed {item}"


class Order(Workflow):
    task_list = "orders"

    async def run(self, item):
        packed = await pack(item)
        if random().random() < 2:
            await start_timer(60)
        return packed


class Refund(Workflow):
    task_list = "refunds"

    async def run(self, amount):
        return amount


class Draft(Workflow):
    pass
"""


@attrs.frozen
class Ended:
    code: int
    out: str
    err: str

    @property
    def rows(self):
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def swf(capsys):
    """Runs a command in this process."""

    def swf(*arguments):
        code = main(list(map(str, arguments)))
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return swf


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """Writes a module in the current folder, and imports it: each under a name of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    def shop(text=SHOP):
        name = f"shop{next(NUMBERS)}"
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        return importlib.import_module(name)

    return shop


@pytest.fixture
def run(play):
    """Runs an execution of ``Order`` to its end."""

    def run(module, item="apples"):
        play.activities = [module.pack]
        return play(module.Order, item)

    return run


CHANGED = SHOP.replace("start_timer(60)", "pack('paper')")


def test_histories_that_are_as_recorded_are_replayed_from_files(shop, run, swf, tmp_path):
    module = shop()
    (tmp_path / "apples.json").write_text(of_execution(run(module)).dumps(), encoding="utf-8")

    ended = swf("replay", module.__name__, "--history", "apples.json")

    assert ended.code == 0
    assert ended.rows == [
        {
            "history": "apples.json",
            "run_id": ended.rows[0]["run_id"],
            "workflow_type": {"name": "Order", "version": "1.0"},
            "events": 16,
            "replay": "same",
        }
    ]
    assert ended.err == "1 history: 1 as recorded.\n"


def test_a_history_that_the_program_would_not_make_again_is_told_with_event_and_line(shop, run, swf, tmp_path):
    (tmp_path / "apples.json").write_text(of_execution(run(shop())).dumps(), encoding="utf-8")
    changed = shop(CHANGED)

    ended = swf("replay", f"{changed.__name__}:Order", "--history", "apples.json")

    assert ended.code == 3
    (row,) = ended.rows
    assert row["replay"] == "differs"
    assert row["event"] == 11
    assert row["recorded"] == "TimerStarted '1'"
    assert row["asked"] == "ScheduleActivityTask 'pack' '1.0' with the id '2'"
    assert row["line"] == f"{changed.__name__}.py:17"
    assert ended.err.startswith("apples.json: Event 11 is TimerStarted '1', but on replay the workflow asked for")
    assert ended.err.endswith("1 history: 1 not as recorded.\n")


def test_what_the_executable_and_the_aws_command_line_write_is_read(shop, run, swf, tmp_path, environment):
    execution = run(shop())
    module = shop()
    swf_json = swf("executions", "history", execution.workflow_id, "--domain", "shop", "-o", "json")
    (tmp_path / "ours.json").write_text(swf_json.out, encoding="utf-8")
    swf_lines = swf("executions", "history", execution.workflow_id, "--domain", "shop", "-o", "jsonl")
    (tmp_path / "lines.jsonl").write_text(swf_lines.out, encoding="utf-8")
    events = environment.connection.call(
        "get_workflow_execution_history",
        domain="shop",
        execution={"workflowId": execution.workflow_id, "runId": execution.run_id},
    )["events"]
    iso = [{**event, "eventTimestamp": "2030-01-01T00:00:00.500000+00:00"} for event in events]
    (tmp_path / "aws.json").write_text(json.dumps({"events": iso}), encoding="utf-8")

    ended = swf(
        "replay", module.__name__, *itertools.chain(*(("--history", path) for path in ("*.json", "lines.jsonl")))
    )

    assert ended.code == 0
    assert [row["history"] for row in ended.rows] == ["aws.json", "ours.json", "lines.jsonl"]


def test_a_line_may_hold_a_whole_history(shop, run, swf, tmp_path):
    module = shop()
    first, second = (of_execution(run(module, item)) for item in ("apples", "pears"))
    lines = [json.dumps({"events": first.events}), json.dumps(second.events)]
    (tmp_path / "both.jsonl").write_text("\n".join(lines), encoding="utf-8")

    ended = swf("replay", module.__name__, "--history", "both.jsonl")

    assert [row["history"] for row in ended.rows] == ["both.jsonl:1", "both.jsonl:2"]
    assert ended.err == "2 histories: 2 as recorded.\n"


def test_histories_of_other_types_are_skipped(shop, run, swf, tmp_path):
    module = shop()
    (tmp_path / "apples.json").write_text(of_execution(run(module)).dumps(), encoding="utf-8")

    ended = swf("replay", f"{module.__name__}:Refund", "--history", tmp_path)

    assert ended.code == 5
    assert [row["replay"] for row in ended.rows] == ["skipped"]
    assert ended.err == "1 history: 1 of another workflow type.\n"


def test_a_file_without_a_history_is_told_and_the_others_are_replayed(shop, run, swf, tmp_path):
    module = shop()
    (tmp_path / "a.json").write_text("[]", encoding="utf-8")
    (tmp_path / "b.json").write_text("not JSON", encoding="utf-8")
    (tmp_path / "c.json").write_text(of_execution(run(module)).dumps(), encoding="utf-8")

    ended = swf("replay", module.__name__, "--history", ".")

    assert ended.code == 1
    assert [row["replay"] for row in ended.rows] == ["failed", "failed", "same"]
    assert "a.json: A history begins with WorkflowExecutionStarted." in ended.err
    assert "b.json is no JSON" in ended.err


def test_a_forbidden_call_fails_the_replay(shop, run, swf, tmp_path):
    module = shop(SHOP.replace("random().random()", "chance.random()"))
    (tmp_path / "apples.json").write_text(of_execution(run(shop())).dumps(), encoding="utf-8")

    checked = swf("replay", module.__name__, "--history", "apples.json")
    unchecked = swf("replay", module.__name__, "--history", "apples.json", "--no-check")

    assert (checked.code, unchecked.code) == (1, 0)
    assert "A workflow called random.random()" in checked.err


def test_executions_in_swf_are_replayed_open_ones_unless_filters_say_otherwise(shop, run, swf, play):
    module = shop()
    closed = run(module)
    open_one = module.Order.start("shop", "pears")
    module_of_today = shop()

    of_open = swf("replay", module_of_today.__name__, "--domain", "shop")
    of_closed = swf("replay", module_of_today.__name__, "--domain", "shop", "--status", "CLOSED")
    of_both = swf("replay", module_of_today.__name__, "--domain", "shop", "--status", "ANY")
    of_one = swf("replay", module_of_today.__name__, "--domain", "shop", "--status", "ANY", "--limit", "1")
    of_another = swf("replay", module_of_today.__name__, "--domain", "shop", "--type", "Refund")

    assert [row["history"] for row in of_open.rows] == [open_one.workflow_id]
    assert [(row["history"], row["run_id"]) for row in of_closed.rows] == [(closed.workflow_id, closed.run_id)]
    assert len(of_both.rows) == 2
    assert len(of_one.rows) == 1
    assert (of_another.code, of_another.rows) == (0, [])
    assert of_another.err == (
        "The domain shop has no history of Order 1.0, Refund 1.0 among open executions of type Refund. Closed ones "
        "too: --status ANY.\n"
    )


def test_executions_in_swf_that_differ_give_exit_code_3(shop, run, swf):
    run(shop())

    ended = swf("replay", shop(CHANGED).__name__, "--domain", "shop", "--status", "CLOSED")

    assert ended.code == 3


def test_thousands_are_read_in_their_order(shop, swf, play, run):
    module = shop()
    run(module)
    play.deciders(module.Order)
    started = [module.Order.start("shop", str(number)).workflow_id for number in range(30)]

    ended = swf("replay", module.__name__, "--domain", "shop")

    assert sorted(row["history"] for row in ended.rows) == sorted(started)


def test_what_swf_no_longer_has_is_left_out(shop, run, play):
    module = shop()
    there, gone = run(module), module.Order.start("shop", "pears")

    found = list(from_swf([there, attrs.evolve(gone, run_id="gone"), there]))

    assert [recorded.execution.run_id for recorded in found] == [there.run_id, there.run_id]


def test_histories_from_swf_are_saved_and_replay_from_there(shop, run, swf, tmp_path):
    module = shop()
    execution = run(module)

    saved = swf("replay", module.__name__, "--domain", "shop", "--status", "CLOSED", "--save", tmp_path / "kept")
    again = swf("replay", module.__name__, "--history", tmp_path / "kept")

    assert (saved.code, again.code) == (0, 0)
    assert [row["run_id"] for row in again.rows] == [execution.run_id]


def test_what_is_not_known_here_is_in_the_file_that_is_written():
    newer = {
        "eventId": 1,
        "eventRegion": "moon",
        "eventTimestamp": 1437245777.048,
        "eventType": "WorkflowExecutionStarted",
        "workflowExecutionStartedEventAttributes": {
            "childPolicy": "TERMINATE",
            "taskList": {"name": "orders"},
            "workflowType": {"name": "Order", "version": "1.0", "revision": 7},
            "new": None,
        },
    }

    read_by_us = History.from_event_list([newer])

    assert json.loads(recorded_of(read_by_us).dumps()) == {"events": [newer]}
    assert json.loads(Recorded.of("kept.json", [newer]).dumps()) == {"events": [newer]}


def test_a_file_tells_whose_history_it_is(shop, run, tmp_path):
    execution = run(shop())
    path = tmp_path / "kept.json"
    path.write_text(of_execution(execution).dumps(), encoding="utf-8")

    (recorded,) = read(path)

    assert recorded.execution == (execution.workflow_id, execution.run_id)
    assert len(recorded.events) == 16


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nowhere", "--history", "a.json"), "There is no module 'nowhere'"),
        (("SHOP:Ordre", "--history", "a.json"), "has no workflow 'Ordre'. Did you mean 'Order'?"),
        (("json", "--history", "a.json"), "The module json has no workflow among its variables."),
        (("SHOP", "--history", "missing.json"), "There is no history in 'missing.json'."),
        (("SHOP", "--history", "a.json", "--tag", "urgent"), "Filters, --limit and --save are for executions in SWF."),
    ],
)
def test_what_is_not_there_is_refused(shop, swf, tmp_path, arguments, sentence):
    (tmp_path / "a.json").write_text("[]", encoding="utf-8")
    name = shop().__name__

    ended = swf("replay", *(argument.replace("SHOP", name) for argument in arguments))

    assert ended.code == 64
    assert sentence in ended.err


STARTED = {
    "eventId": 1,
    "eventType": "WorkflowExecutionStarted",
    "eventTimestamp": 0,
    "workflowExecutionStartedEventAttributes": {"workflowType": {"name": "Order", "version": "1.0"}},
}
SIGNALED = {
    "eventId": 2,
    "eventType": "WorkflowExecutionSignaled",
    "eventTimestamp": 0,
    "workflowExecutionSignaledEventAttributes": {"signalName": "paid"},
}


@pytest.mark.parametrize(
    "held",
    [
        {},
        7,
        [],
        [1],
        [{"eventType": "DecisionTaskStarted"}],
        [{"eventType": "WorkflowExecutionStarted"}],
        [STARTED, 7],
        [STARTED, {"eventId": 2, "eventType": "TimerFired", "eventTimestamp": 0}],
        [STARTED, {**SIGNALED, "eventId": "2"}],
        [STARTED, {**SIGNALED, "eventId": 3}],
        [{**STARTED, "workflowExecutionStartedEventAttributes": {}}],
        {"events": [STARTED], "workflowExecution": {"workflowId": "w"}},
    ],
)
def test_what_is_no_history_is_refused(held):
    with pytest.raises(ValidationError):
        Recorded.of("kept.json", held)


def test_times_are_as_swf_writes_them_whoever_has_written_them():
    kept = Recorded.of(
        "kept.json",
        [
            STARTED,
            {**SIGNALED, "eventTimestamp": "1970-01-01T01:00:00.500Z"},
            {**SIGNALED, "eventId": 3, "eventTimestamp": "1970-01-01T03:00:00.5+01:00"},
            {**SIGNALED, "eventId": 4, "eventTimestamp": datetime(1970, 1, 1, 3, tzinfo=UTC)},
        ],
    )

    assert [event["eventTimestamp"] for event in kept.events] == [0, 3600.5, 7200.5, 10800.0]


@pytest.mark.parametrize("written", ["1970-01-01T01:00:00.500", "noon", [], 1e300])
def test_a_time_that_nobody_can_tell_is_refused(written):
    with pytest.raises(ValidationError, match="is not a time of SWF"):
        Recorded.of("kept.json", [STARTED, {**SIGNALED, "eventTimestamp": written}])


def test_what_is_a_history_is_taken():
    assert Recorded.of("kept.json", [STARTED, SIGNALED]).events == [STARTED, SIGNALED]


def test_a_replayer_takes_one_history_of_a_file(tmp_path):
    events = [STARTED]
    (tmp_path / "two.jsonl").write_text("\n".join([json.dumps(events)] * 2), encoding="utf-8")

    with pytest.raises(ValidationError, match="holds 2 histories"):
        Replayer([]).replay(tmp_path / "two.jsonl")


def test_folders_patterns_and_files_are_found_once(tmp_path):
    for name in ("b.json", "a.jsonl", "notes.txt"):
        (tmp_path / name).write_text("[]", encoding="utf-8")

    found = paths([tmp_path, f"{tmp_path}/*.json", tmp_path / "b.json"])

    assert [path.name for path in found] == ["a.jsonl", "b.json"]


# swf lint

CLEAN = "from swf.workflows import Workflow\n\nclass Order(Workflow):\n    async def run(self):\n        return 1\n"
UNCLEAN = (
    "import time\nfrom swf.workflows import Workflow\n\n"
    "class Order(Workflow):\n    async def run(self):\n        return time.time()\n"
)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current folder, with a module of each kind."""
    (tmp_path / "clean.py").write_text(CLEAN, encoding="utf-8")
    (tmp_path / "unclean.py").write_text(UNCLEAN, encoding="utf-8")
    (tmp_path / "other.py").write_text("x = 1\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("sources", "code", "sentence"),
    [
        (["clean.py"], 0, "1 workflow in 1 file: nothing that a workflow must not do.\n"),
        (["other"], 5, "There is no workflow in 1 file.\n"),
        (["unclean"], 1, "1 workflow in 1 file: 1 finding.\n"),
        (["."], 1, "2 workflows in 3 files: 1 finding.\n"),
        (["nowhere"], 64, "Error: There is no file, folder or module 'nowhere'. "),
    ],
)
def test_lint_says_what_it_read_and_exits_with_1_on_findings_and_5_without_workflows(
    here, swf, sources, code, sentence
):
    ended = swf("lint", *sources)

    assert ended.code == code
    assert ended.err.startswith(sentence)


def test_findings_are_a_table_for_people(here, swf):
    ended = swf("lint", "unclean.py")

    header, row = ended.out.splitlines()
    assert header.split() == ["WHERE", "KIND", "WHAT", "IN", "INSTEAD"]
    assert row.split()[:4] == ["unclean.py:6:16", "clock", "time.time()", "Order.run"]


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_findings_are_json_for_programs(here, swf, form):
    ended = swf("lint", "unclean.py", "-o", form)

    read = json.loads(ended.out)
    assert (read[0] if form == "json" else read) == {
        "path": "unclean.py",
        "line": 6,
        "column": 16,
        "kind": "clock",
        "what": "time.time()",
        "remedy": "Use swf.workflows.now(), which is the same on each replay.",
        "function": "Order.run",
    }


def test_findings_are_annotations_for_github(here, swf):
    (here / "a,b.py").write_text(UNCLEAN.replace("time.time()", "time.time() or '%'"), encoding="utf-8")

    ended = swf("lint", "a,b.py", "-o", "github")

    assert ended.out == (
        "::error file=a%2Cb.py,line=6,col=16,title=swf lint::clock: time.time() in Order.run. "
        "Use swf.workflows.now(), which is the same on each replay.\n"
    )


# The fixture

TESTS = """
import pytest
from {module} import Order, Refund

def test_kept_histories(swf_replay):
    swf_replay("histories/*.json", [Order])

def test_none_is_of_its_type(swf_replay):
    with pytest.raises(AssertionError, match="No history in histories is of Refund"):
        swf_replay("histories", [Refund])
"""


@pytest.mark.parametrize(("text", "passed"), [(SHOP, 2), (CHANGED, 1)])
def test_a_fixture_replays_the_histories_beside_a_test(shop, run, tmp_path, text, passed):
    (tmp_path / "histories").mkdir()
    (tmp_path / "histories" / "apples.json").write_text(of_execution(run(shop())).dumps(), encoding="utf-8")
    (tmp_path / "test_shop.py").write_text(TESTS.format(module=shop(text).__name__), encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", "test_shop.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert f"{passed} passed" in done.stdout
    assert ("apples.json: Event 11 is TimerStarted '1'" in done.stdout) is (passed == 1)
