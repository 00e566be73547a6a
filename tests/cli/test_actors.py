"""``swf decider run``, ``swf worker run`` and ``swf run``, as processes against an SWF over HTTP."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import urllib.request
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError

import click
import pytest

from swf.actors import Decider
from swf.cli import main
from swf.cli.program import cli
from swf.connection import Connection
from swf.engine import Engine
from swf.engine.regions import Regions
from swf.engine.server import Server
from swf.models import ActivityType, Domain, WorkflowType
from swf.models.decision import ScheduleActivityTask
from swf.models.event import ActivityTaskCompleted, ActivityTaskFailed
from tests.cli.waiting import LONG_SECONDS, wait_until

DEPLOYING = Path(__file__).parents[2] / "docs" / "guide" / "deploying.md"

SHOP = '''
"""What a shop runs."""

import logging
import time
from pathlib import Path

from swf.actors import ActivityWorker, Actor, Decider
from swf.models.decision import CompleteWorkflowExecution, ScheduleActivityTask

log = logging.getLogger("shop")


class Orders(Decider):
    def decide(self, task):
        packing = task.history.activities.get("pack")
        if packing is None:
            return ScheduleActivityTask(activity_type=("Pack", "1.0"), activity_id="pack", input=task.history.input)
        if packing.state == "completed":
            return CompleteWorkflowExecution(result=packing.result)


class Broken(Decider):
    def decide(self, task):
        raise LookupError("out of order")


class Packer(ActivityWorker):
    """Packs; what is to be held is held until there is a file of its name."""

    def perform(self, task):
        log.info("packing %s", task.input)
        if task.input == "fragile":
            raise ValueError("it broke")
        if task.input.startswith("hold"):
            while not Path(task.input).exists():
                time.sleep(0.01)
        return f"packed {task.input}"


orders = Orders("shop", "orders")
packer = Packer("shop", "packing")
'''


@pytest.fixture(scope="module")
def engine():
    """An engine whose polls do not wait long, so that stopping does not take long either."""
    with Engine(poll_wait_seconds=0.3) as engine:
        yield engine


@pytest.fixture(scope="module")
def url(engine):
    with Server(Regions(lambda region: engine)) as server:
        yield server.url


@pytest.fixture
def connection(engine):
    with Connection.over(engine) as connection:
        yield connection


@pytest.fixture
def order(connection):
    """A registered workflow type whose decider wants something packed."""
    domain = Domain("shop", connection=connection)
    order = WorkflowType(domain, "Order", "1.0", task_list="orders", decision_tasks_timeout=60)
    pack = ActivityType(
        domain,
        "Pack",
        "1.0",
        task_list="packing",
        task_heartbeat_timeout="NONE",
        task_schedule_to_close_timeout=600,
        task_schedule_to_start_timeout=600,
        task_start_to_close_timeout=600,
    )
    for model in (domain, order, pack):
        with suppress(model.AlreadyExists):
            model.save()
    yield order
    for execution in domain.executions:
        execution.terminate()


@pytest.fixture
def to_pack(order):
    """Starts an execution and schedules its activity."""

    def to_pack(what):
        execution = order.start_execution(input=what)
        decision = ScheduleActivityTask(activity_type=("Pack", "1.0"), activity_id="pack", input=what)
        Decider(order.domain, "orders", connection=order.connection).poll().complete([decision])
        return execution

    return to_pack


class Program:
    """The command line in a process of its own; what it says on stderr is read all the time."""

    def __init__(self, arguments, folder, environment):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "swf", *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    @property
    def said(self):
        return "\n".join(self.lines)

    def wait_for(self, pattern, count=1):
        """Wait until a pattern was said so often, and give what was found."""
        # All is read once nobody is left to say more.
        wait_until(lambda: len(self._found(pattern)) >= count or not self._reading.is_alive(), lambda: self.said)
        found = self._found(pattern)
        assert len(found) >= count, self.said
        return found

    def _found(self, pattern):
        return re.findall(pattern, self.said)

    def send(self, number):
        self.process.send_signal(number)

    def end(self):
        """Wait until the process, and all that have the same stderr, have ended; give the exit code."""
        code = self.process.wait(LONG_SECONDS)
        self._reading.join(LONG_SECONDS)
        assert not self._reading.is_alive(), self.said
        return code


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "shop.py").write_text(SHOP, encoding="utf-8")
    return tmp_path


@pytest.fixture
def swf(shop, url):
    """Starts the command line in the folder of the shop's module."""
    started = []

    def swf(*arguments, **environment):
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        own = {"HOME": str(shop), "SWF_ENDPOINT_URL": url, "AWS_EC2_METADATA_DISABLED": "true"}
        program = Program(arguments, shop, {**kept, **own, **environment})
        started.append(program)
        return program

    yield swf
    for program in started:
        program.process.kill()
        program.end()
        program.process.stderr.close()


def health(program):
    """Give the status and the JSON of the program's health."""
    (address,) = program.wait_for(r"Health is told at (\S+/health)")
    try:
        with urllib.request.urlopen(address, timeout=LONG_SECONDS) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


# Running


def test_two_processes_work_off_what_there_is_and_stop_in_good_order(swf, order):
    executions = [order.start_execution(input=str(number)) for number in range(6)]
    program = swf("run", "shop", "--processes", "2", "--health-port", "0")
    closed = [execution.wait(timeout=LONG_SECONDS) for execution in executions]
    status, told = health(program)

    program.send(signal.SIGTERM)

    assert program.end() == 0
    assert [execution.result for execution in closed] == [f"packed {number}" for number in range(6)]
    assert (status, told["status"], len(told["processes"])) == (200, "ok", 2)
    assert "Orders: task list 'orders' of the domain 'shop', one task at a time, at http://127.0.0.1:" in program.said
    assert "SIGTERM came: 2 processes finish what they have in hand" in program.said
    assert program.lines[-1].endswith("Stopped")


@pytest.mark.parametrize("processes", [[], ["--processes", "2"]], ids=["alone", "supervised"])
def test_each_class_works_on_the_task_list_behind_its_name(swf, order, processes):
    execution = order.start_execution(input="a box")
    program = swf("run", "shop:Orders@orders", "shop:Packer@packing", "--domain", "shop", *processes)
    closed = execution.wait(timeout=LONG_SECONDS)

    program.send(signal.SIGTERM)

    assert program.end() == 0
    assert closed.result == "packed a box"
    assert program.said.count("Orders: task list 'orders' of the domain 'shop'") == 1
    assert program.said.count("Packer: task list 'packing' of the domain 'shop'") == 1


def test_a_process_that_is_killed_is_replaced_and_work_goes_on(swf, order):
    program = swf("run", "shop", "--processes", "1", "--health-port", "0", "--json-logs")
    (pid,) = program.wait_for(r"Process (\d+) has started")
    order.start_execution(input="before").wait(timeout=LONG_SECONDS)

    os.kill(int(pid), signal.SIGKILL)
    program.wait_for(r"Process \d+ has started", 2)
    after = order.start_execution(input="after").wait(timeout=LONG_SECONDS)
    _, told = health(program)
    program.send(signal.SIGTERM)

    assert program.end() == 0
    assert after.result == "packed after"
    assert told["processes"][0]["restarts"] == 1
    assert told["processes"][0]["last_ending"] == "was ended by SIGKILL"


def test_nothing_is_left_behind_by_a_supervisor_that_is_killed(swf, to_pack, shop):
    execution = to_pack("hold-it")
    program = swf("worker", "run", "shop:packer", "--processes", "2")
    program.wait_for("packing hold-it")

    program.process.kill()
    (shop / "hold-it").touch()

    assert program.end() == -signal.SIGKILL
    assert execution.history().filter(ActivityTaskCompleted).last.result == "packed hold-it"


@pytest.mark.parametrize("processes", [[], ["--processes", "1"]], ids=["alone", "supervised"])
def test_a_signal_has_the_task_in_hand_finished(swf, to_pack, shop, processes):
    execution = to_pack("hold")
    program = swf("worker", "run", "shop:packer", *processes)
    program.wait_for("packing hold")

    program.send(signal.SIGTERM)
    program.wait_for("SIGTERM came")
    (shop / "hold").touch()

    assert program.end() == 0
    assert execution.history().filter(ActivityTaskCompleted).last.result == "packed hold"


def test_a_signal_to_each_process_is_as_good_as_one_to_the_supervisor(swf, to_pack, shop):
    execution = to_pack("hold")
    program = swf("worker", "run", "shop:packer", "--processes", "1")
    program.wait_for("packing hold")
    (pid,) = program.wait_for(r"Process (\d+) has started")

    os.kill(int(pid), signal.SIGTERM)
    program.send(signal.SIGTERM)
    program.wait_for("SIGTERM came")
    os.kill(int(pid), signal.SIGTERM)
    (shop / "hold").touch()

    assert program.end() == 0
    assert execution.history().filter(ActivityTaskCompleted).last.result == "packed hold"


@pytest.mark.parametrize("processes", [[], ["--processes", "1"]], ids=["alone", "supervised"])
def test_a_second_signal_ends_it_now(swf, to_pack, processes):
    to_pack("hold for ever")
    program = swf("worker", "run", "shop:packer", *processes)
    program.wait_for("packing hold for ever")

    program.send(signal.SIGINT)
    program.wait_for("SIGINT came")
    program.send(signal.SIGTERM)

    assert program.end() == 128 + signal.SIGTERM
    assert "Left without an answer: ActivityTask(" in program.said


def test_a_stop_takes_no_longer_than_it_may(swf, to_pack):
    to_pack("hold for ever")
    program = swf("worker", "run", "shop:packer", "--stop-timeout", "0.1", "--processes", "1")
    program.wait_for("packing hold for ever")

    program.send(signal.SIGTERM)

    assert program.end() == 128 + signal.SIGTERM
    assert "Left without an answer: ActivityTask(" in program.said


def test_health_is_that_of_the_actors_when_there_is_one_process(swf, to_pack, shop):
    to_pack("hold")
    program = swf("worker", "run", "shop:Packer", "--domain", "shop", "--task-list", "packing", "--health-port", "0")
    program.wait_for("packing hold")

    status, told = health(program)
    program.send(signal.SIGTERM)
    program.wait_for("SIGTERM came")
    (shop / "hold").touch()

    assert program.end() == 0
    assert (status, told["status"]) == (200, "ok")
    assert [(actor["actor"], actor["in_hand"]) for actor in told["actors"]] == [("Packer", 1)]


def test_concurrency_and_executor_apply_to_actors_that_are_made_already(swf, to_pack, shop):
    executions = [to_pack(f"hold-{number}") for number in range(3)]
    program = swf("worker", "run", "shop:packer", "--concurrency", "3", "--executor", "process")
    program.wait_for("task list 'packing' of the domain 'shop', 3 tasks at a time")
    wait_until(lambda: all(execution.history().activities["pack"].state == "started" for execution in executions))
    for number in range(3):
        (shop / f"hold-{number}").touch()
    wait_until(lambda: all(execution.history().filter(ActivityTaskCompleted) for execution in executions))

    program.send(signal.SIGTERM)

    assert program.end() == 0


def test_logs_are_json_that_tells_of_the_task(swf, to_pack):
    execution = to_pack("a box")
    program = swf("worker", "run", "shop:packer", "--one-task", "--json-logs")

    assert program.end() == 0

    records = [json.loads(line) for line in program.lines]
    (packing,) = [record for record in records if record["message"] == "packing a box"]
    assert (packing["workflow_id"], packing["activity_type"]) == (execution.workflow_id, "Pack")
    assert (packing["level"], packing["logger"]) == ("INFO", "shop")


# One task


def test_one_task_is_done_and_no_more(swf, to_pack):
    executions = [to_pack("one"), to_pack("two")]
    program = swf("worker", "run", "shop:packer", "--one-task")

    assert program.end() == 0

    assert [execution.history().activities["pack"].state for execution in executions] == ["completed", "scheduled"]


@pytest.mark.parametrize(("command", "name", "code"), [("worker", "shop:packer", 0), ("decider", "shop:broken", 1)])
def test_the_exit_code_tells_whether_the_task_was_answered(swf, order, to_pack, shop, command, name, code):
    with (shop / "shop.py").open("a", encoding="utf-8") as module:
        module.write('broken = Broken("shop", "orders")\n')
    execution = to_pack("fragile") if command == "worker" else order.start_execution(input="x")
    program = swf(command, "run", name, "--one-task")

    assert program.end() == code

    if command == "worker":
        assert execution.history().filter(ActivityTaskFailed).last.reason == "ValueError: it broke"


def test_no_task_is_told_by_the_exit_code(swf, order):
    program = swf("worker", "run", "shop:packer", "--one-task", "--timeout", "0.1")

    assert program.end() == 6
    assert program.lines[-1] == "Error: No task came to the task list 'packing' of the domain 'shop'."


def test_no_time_to_wait_for_a_task_is_refused(capsys):
    assert main(["worker", "run", "shop:packer", "--one-task", "--timeout", "0"]) == 64

    assert "0.0 is not in the range x>0." in capsys.readouterr().err


# Local, and in development


LOCAL = """
from shop import Orders, Packer
from swf.models import ActivityType, Domain, WorkflowType

domain = Domain("shop")
order = WorkflowType(domain, "Order", "1.0", task_list="orders")
pack = ActivityType(
    domain, "Pack", "1.0", task_list="packing", task_heartbeat_timeout="NONE", task_schedule_to_start_timeout="NONE",
    task_schedule_to_close_timeout="NONE", task_start_to_close_timeout="NONE",
)
for model in (domain, order, pack):
    model.save()
execution = order.start_execution(input="a box")

deciding, packing = Orders(domain, "orders"), Packer(domain, "packing")
"""


def test_one_process_may_hold_everything(swf, shop):
    (shop / "everything.py").write_text(LOCAL, encoding="utf-8")
    program = swf("run", "everything", "--endpoint", "local:")
    program.wait_for("packing a box")

    program.send(signal.SIGINT)

    assert program.end() == 0
    assert "at local:" in program.said


def test_a_change_of_the_code_starts_it_again(swf, shop):
    program = swf("worker", "run", "shop:packer", "--reload")
    program.wait_for("Packer: task list")
    module = shop / "shop.py"

    module.write_text(SHOP + "\n1 / 0\n", encoding="utf-8")
    program.wait_for("It is started again when a file changes")
    module.write_text(SHOP.replace("class Packer", "class Wrapper").replace("= Packer", "= Wrapper"), encoding="utf-8")
    program.wait_for("Wrapper: task list")
    program.send(signal.SIGINT)

    assert program.end() == 0
    assert "shop.py has changed: starting again" in program.said
    assert "Error: shop cannot be imported: ZeroDivisionError: division by zero." in program.said


def test_a_class_with_a_task_list_behind_its_name_is_started_again_too(swf, shop):
    program = swf("worker", "run", "shop:Packer@packing@2", "--domain", "shop", "--reload")
    program.wait_for("Packer: task list 'packing@2'")

    (shop / "shop.py").write_text(SHOP + "\n", encoding="utf-8")
    program.wait_for("Packer: task list 'packing@2'", 2)
    program.send(signal.SIGINT)

    assert program.end() == 0


# What cannot be


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["worker", "run"], "Missing argument 'MODULE[:NAME][@TASKLIST]...'."),
        (["worker", "run", "shop:packer", "--concurrency", "0"], "Invalid value for '--concurrency': 0 is not in"),
        (["worker", "run", "shop:packer", "--processes", "0"], "Invalid value for '--processes': 0 is not in"),
        (["worker", "run", "shop:packer", "--health-port", "-1"], "Invalid value for '--health-port': -1 is not in"),
        (["decider", "run", "shop:orders", "--executor", "process"], "No such option '--executor'."),
        (["worker", "run", "shop:packer", "--timeout", "1"], "--timeout is for --one-task."),
        (["worker", "run", "shop:packer", "--one-task", "--concurrency", "2"], "Leave out --concurrency."),
        (["run", "shop", "--reload", "--processes", "2"], "Leave out --processes."),
    ],
)
def test_options_that_cannot_be_are_told_in_a_sentence(arguments, said, capsys):
    assert main(arguments) == 64

    assert said in capsys.readouterr().err


@pytest.mark.parametrize("is_json", [[], ["--json-logs"]], ids=["for people", "for programs"])
def test_the_ways_to_give_credentials_are_those_of_a_command_line(swf, is_json):
    program = swf("worker", "run", "shop:packer", *is_json, SWF_ENDPOINT_URL="", AWS_REGION="eu-west-1")

    assert program.end() == 77
    assert "or give --endpoint local:PATH to do without. swf doctor shows what was looked at." in program.said


MIXED = (
    "Error: --task-list x is one list for deciders (shop:Orders) and workers (shop:Packer). In SWF decision tasks and "
    "activity tasks wait in separate lists, even where these have one name, so to one of the two no task may ever "
    "come. Give each its own: shop:Orders@TASKLIST shop:Packer@TASKLIST"
)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["worker", "run", "shop:pakcer", "--processes", "2"], "Did you mean 'packer'?"),
        (["run", "shop:orders", "--executor", "process"], "--executor is for activity workers, and none is named."),
        (["run", "shop", "--one-task"], "--one-task is for one actor, and there are 2: Orders, Packer."),
        (["run", "shop", "--processes", "2", "--endpoint", "local:swf.db"], "cannot be shared by several."),
        (["run", "shop:Orders", "shop:Packer", "--domain", "shop", "--task-list", "x", "--check"], MIXED),
        (["run", "shop:Orders", "shop:Packer", "--domain", "shop", "--task-list", "x", "--processes", "2"], MIXED),
        (["worker", "run", "shop:Packer@", "--reload"], "shop:Packer@ names no task list behind its @."),
        (["run", "swf.actors:Decider", "--domain", "shop", "--task-list", "x"], "does not say what to decide."),
    ],
)
def test_what_cannot_run_is_told_in_a_sentence_at_the_start(swf, arguments, said):
    program = swf(*arguments)

    assert program.end() == 64
    assert program.said.count(said) == 1
    assert "Traceback" not in program.said


def test_code_that_fails_is_told_with_its_own_traceback(swf, shop):
    (shop / "shop.py").write_text("def price():\n    return 1 / 0\n\nprice()\n", encoding="utf-8")
    program = swf("worker", "run", "shop:packer", "--json-logs")

    assert program.end() == 64

    (line,) = program.lines
    assert json.loads(line)["message"] == (
        "shop cannot be imported: ZeroDivisionError: division by zero. Mend it where the traceback says.\n"
        "Traceback (most recent call last):\n"
        f'  File "{shop}/shop.py", line 4, in <module>\n'
        "    price()\n"
        f'  File "{shop}/shop.py", line 2, in price\n'
        "    return 1 / 0\n"
        "           ~~^~~\n"
        "ZeroDivisionError: division by zero"
    )


@pytest.mark.parametrize("processes", [[], ["--processes", "2"]], ids=["alone", "supervised"])
def test_who_may_not_poll_is_told_by_the_exit_code(swf, engine, order, processes):
    with Server(Regions(lambda region: engine), keys={"id": "secret"}) as server:
        credentials = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "guessed"}
        program = swf("worker", "run", "shop:packer", "--endpoint", server.url, *processes, **credentials)

        assert program.end() == 77

    assert "Error: PollForActivityTask was refused with InvalidSignatureException" in program.said


# What is promised of the commands


def test_the_commands_need_nothing_that_only_posix_has():
    program = "import sys; sys.modules.update(dict.fromkeys({}));from swf.cli.running import run_named".format(
        ["fcntl", "grp", "pwd", "resource", "termios", "pty", "syslog"]
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=LONG_SECONDS, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


def commands(text):
    """Give the commands of swf that a document names in its code blocks, as words."""
    for block in re.findall(r"```\w+\n(.*?)```", text, re.DOTALL):
        joined = re.sub(r"\\\n\s*", " ", block)
        for line in joined.splitlines():
            if found := re.search(r'\["swf".*\]', line):
                yield json.loads(found[0])[1:]
            elif found := re.search(r"(?:^|[ /])(swf (?:run|worker|decider|server) [^&]*)", line):
                yield shlex.split(found[1])[1:]


COMMANDS = list(commands(DEPLOYING.read_text(encoding="utf-8")))


def test_the_guide_names_commands():
    assert len(COMMANDS) >= 8


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_of_the_guide_is_one(words):
    command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group):
        name, command, words = command.resolve_command(context, words)

    assert command.make_context(name, list(words))
