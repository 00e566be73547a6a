"""One ``swf server`` for all tests of the command line, and the executable itself in processes of its own."""

import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import attrs
import pytest

from swf import settings
from swf.actors import ActivityWorker, Decider
from swf.cli import main
from swf.connection import Connection, reset
from swf.models import ActivityType, Domain, WorkflowType
from tests.cli.waiting import LONG_SECONDS, wait_until

PROGRAM = Path(sys.executable).with_name("swf")


@attrs.frozen
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def as_begun():
    """A command that is called in this process finds nothing that another one has left: it goes by its environment."""
    yield
    reset()
    settings.clear()


@pytest.fixture(scope="session")
def server_url(tmp_path_factory):
    """Where ``swf server`` listens, for as long as the tests run."""
    ready = tmp_path_factory.mktemp("server") / "ready"
    process = subprocess.Popen(
        [PROGRAM, "server", "--ready-file", ready], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_until(lambda: ready.exists() or process.poll() is not None)
    yield ready.read_text(encoding="utf-8").strip()
    process.kill()
    process.wait(LONG_SECONDS)


@pytest.fixture(scope="module")
def swf(environment):
    """Runs a command to its end; an environment variable of None is not set."""

    def swf(*arguments, input=None, cwd=None, **changed):
        done = subprocess.run(
            [PROGRAM, *arguments],
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            encoding="utf-8",
            env={name: value for name, value in {**environment, **changed}.items() if value is not None},
            cwd=environment["HOME"] if cwd is None else cwd,
            timeout=LONG_SECONDS,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return Ended(done.returncode, done.stdout, done.stderr)

    return swf


@pytest.fixture(scope="module")
def unread(environment):
    """Runs a command whose stdout nobody reads, and, if so wanted, its stderr neither."""

    def unread(*arguments, is_stderr=False, cwd=None, **changed):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            [PROGRAM, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=writer if is_stderr else subprocess.PIPE,
            text=True,
            env={name: value for name, value in {**environment, **changed}.items() if value is not None},
            cwd=environment["HOME"] if cwd is None else cwd,
            timeout=LONG_SECONDS,
            check=False,
        )
        os.close(writer)
        return Ended(done.returncode, "", done.stderr or "")

    return unread


@pytest.fixture
def here(environment, monkeypatch, capsys):
    """Runs a command in this process, for tables of many that differ in what they are given."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    reset()
    settings.clear()

    def here(*arguments):
        code = main(arguments)
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return here


@pytest.fixture(scope="module")
def connection(server_url):
    """A connection to the server for what a test prepares."""
    with Connection(server_url) as connection:
        yield connection


@attrs.frozen
class Shop:
    """A domain, and what can be done in it."""

    domain: Domain
    order: WorkflowType
    connection: Connection

    def decide(self, *decisions, task_list="orders"):
        """Answer the next decision task."""
        decider = Decider(self.domain, task_list, connection=self.connection)
        decider.poll().complete(decisions)

    def take(self):
        """Take the next activity task."""
        return ActivityWorker(self.domain, "payments", connection=self.connection).poll()

    def start(self, workflow_id, *decisions, **more):
        """Start an execution, and decide in it at once if decisions are given."""
        execution = self.order.start_execution(workflow_id, **more)
        if decisions:
            self.decide(*decisions)
        return execution


@pytest.fixture(scope="module")
def shop(connection, request):
    """A domain of the test module's own, with a type of each kind."""
    name = request.module.__name__.rpartition(".")[2]
    domain = Domain(name, description="What is sold", retention_period=7, connection=connection)
    domain.save()
    order = WorkflowType(domain, "Order", "1.0", task_list="orders", execution_timeout=3600, decision_tasks_timeout=600)
    order.save()
    ActivityType(
        domain,
        "Charge",
        "1.0",
        task_list="payments",
        task_heartbeat_timeout="NONE",
        task_schedule_to_close_timeout=600,
        task_schedule_to_start_timeout=600,
        task_start_to_close_timeout=600,
    ).save()
    return Shop(domain, order, connection)


@pytest.fixture(scope="module")
def environment(server_url, shop, tmp_path_factory):
    """What a command knows of the world: the server, a domain, and nothing of whoever runs the tests."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    return kept | {
        # Here, too, where nobody has activated the environment.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path_factory.mktemp("home")),
        "SWF_ENDPOINT_URL": server_url,
        "SWF_DOMAIN": shop.domain.name,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONIOENCODING": "utf-8",
        "COLUMNS": "100",
    }


@pytest.fixture(scope="session")
def on_a_terminal():
    """Runs a command on a terminal so wide; gives its exit code and all that it wrote there."""

    def on_a_terminal(command, environment, width, folder):
        leader, follower = pty.openpty()
        process = subprocess.Popen(
            command,
            stdin=follower,
            stdout=follower,
            stderr=follower,
            env={**environment, "COLUMNS": str(width), "TERM": "xterm-256color"},
            cwd=folder,
        )
        os.close(follower)
        written = b""
        # A terminal that its last program has left cannot be read any more.
        with suppress(OSError):
            while read := os.read(leader, 4096):
                written += read
        os.close(leader)
        return process.wait(LONG_SECONDS), written.decode().replace("\r\n", "\n")

    return on_a_terminal


@pytest.fixture(scope="session")
def settled():
    """Gives a text with its times and run ids as they are in no run: run ids by their order, as long as they were."""

    def settled(text, *executions):
        for number, execution in enumerate(executions, start=1):
            text = text.replace(execution.run_id, f"RUN-{number}".ljust(len(execution.run_id), "."))
        text = re.sub(r"\d{4}-\d\d-\d\d([ T])\d\d:\d\d:\d\d(\.\d+)?", r"2030-01-31\g<1>08:00:00", text)
        return re.sub(r"\b\d+(\.\d+)?s\b", "0s", text)

    return settled
