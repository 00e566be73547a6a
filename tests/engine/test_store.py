"""The database: whose it is, who has it, and what becomes of it when something fails."""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from swf.engine import Engine, VirtualClock
from swf.engine.store import APPLICATION_ID, Store
from swf.exceptions import EngineError

REGISTER = b'{"name": "d", "workflowExecutionRetentionPeriodInDays": "1"}'


def opened(path):
    return Engine(path, clock=VirtualClock(), poll_wait_seconds=0)


def test_what_was_answered_is_there_when_the_file_is_opened_again(tmp_path):
    path = str(tmp_path / "swf.db")
    with opened(path) as engine:
        engine.handle("SimpleWorkflowService.RegisterDomain", REGISTER)

    with opened(path) as engine:
        answer = engine.handle("SimpleWorkflowService.DescribeDomain", b'{"name": "d"}')

    assert answer.status == 200


def test_a_path_object_names_a_file_too(tmp_path):
    with opened(tmp_path / "swf.db") as engine:
        engine.handle("SimpleWorkflowService.RegisterDomain", REGISTER)

    assert (tmp_path / "swf.db").stat().st_size > 0


def test_a_closed_engine_leaves_one_file(tmp_path):
    opened(tmp_path / "swf.db").close()

    assert [path.name for path in tmp_path.iterdir()] == ["swf.db"]


def test_an_empty_file_is_made_a_database(tmp_path):
    path = tmp_path / "swf.db"
    path.touch()

    opened(path).close()

    assert path.stat().st_size > 0


def test_two_engines_in_memory_know_nothing_of_each_other():
    with opened(None) as one, opened(None) as other:
        one.handle("SimpleWorkflowService.RegisterDomain", REGISTER)

        assert other.handle("SimpleWorkflowService.DescribeDomain", b'{"name": "d"}').status == 400


def test_a_file_is_marked_as_ours(tmp_path):
    path = tmp_path / "swf.db"
    opened(path).close()

    with sqlite3.connect(path) as database:
        marks = (
            database.execute("PRAGMA application_id").fetchone() + database.execute("PRAGMA user_version").fetchone()
        )
    database.close()

    assert marks == (APPLICATION_ID, 1)


def make(path, *statements):
    database = sqlite3.connect(path)
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE theirs (id)"],
        ["CREATE TABLE theirs (id)", "PRAGMA user_version = 1"],
        ["PRAGMA application_id = 4711", "CREATE TABLE execution (id)"],
        ["PRAGMA application_id = 4711"],
    ],
)
def test_the_database_of_another_program_is_left_alone(tmp_path, statements):
    path = tmp_path / "theirs.db"
    make(path, *statements)
    before = path.read_bytes()

    with pytest.raises(EngineError, match=r"theirs\.db is a database of another program\. Name another file"):
        opened(path)

    assert path.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["theirs.db"]


def test_a_file_of_a_newer_version_is_left_alone(tmp_path):
    path = tmp_path / "swf.db"
    opened(path).close()
    make(path, "PRAGMA user_version = 2")

    with pytest.raises(EngineError, match=r"written by a newer version .*its format is 2.*pip install -U"):
        opened(path)


def test_a_file_of_ours_that_lacks_its_tables_is_told(tmp_path):
    path = tmp_path / "swf.db"
    make(path, f"PRAGMA application_id = {APPLICATION_ID}", "PRAGMA user_version = 1")

    with pytest.raises(EngineError, match=r"swf\.db cannot be opened: no such table"):
        opened(path)


def test_what_is_no_database_is_left_alone(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("these are my notes\n" * 100)

    with pytest.raises(EngineError, match=r"notes\.txt is no SQLite database\. Name another file"):
        opened(path)

    assert path.read_text() == "these are my notes\n" * 100


def test_a_folder_that_does_not_exist_is_told(tmp_path):
    with pytest.raises(EngineError, match=r"The folder of .*nowhere/swf\.db does not exist\. Make it first"):
        opened(tmp_path / "nowhere" / "swf.db")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(EngineError, match=r"cannot be opened: .*Check that it is a file"):
        opened(tmp_path)


def test_a_file_belongs_to_one_engine_of_a_process(tmp_path):
    path = tmp_path / "swf.db"
    with opened(path) as first:
        with pytest.raises(EngineError, match=r"swf\.db is in use by another engine"):
            opened(path)

        assert first.handle("SimpleWorkflowService.RegisterDomain", REGISTER).status == 200
    opened(path).close()


OPEN = """
import os, sys
from swf.engine import Engine
from swf.exceptions import EngineError
if os.geteuid() == 0 and sys.argv[2:] == ["as somebody else"]:
    os.setuid(65534)
try:
    Engine(sys.argv[1]).close()
except EngineError as error:
    print(error)
else:
    print("opened")
"""


def child(*arguments):
    """Open the file in another process and give what it says."""
    return subprocess.run(
        [sys.executable, "-c", OPEN, *map(str, arguments)], check=True, capture_output=True, text=True, timeout=60
    ).stdout


def test_a_file_belongs_to_one_process(tmp_path):
    path = tmp_path / "swf.db"
    with opened(path):
        said = child(path)
    after = child(path)

    assert said.startswith(f"{path} is in use by another engine. Have that process serve it over HTTP")
    assert after == "opened\n"


def test_a_file_that_may_not_be_written_is_told():
    # To root every file is writable, so its child is somebody else, who has to find the way to this one.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = Path(folder, "swf.db")
        opened(path).close()
        path.chmod(0o444)

        said = child(path, "as somebody else")

    assert said.startswith(f"{path} cannot be opened: ")
    assert said.endswith("Check that it is a file that you may write.\n")


FILL = """
import json, resource, signal, sys
from swf.engine import Engine, VirtualClock

def ask(operation, **request):
    answer = engine.handle("SimpleWorkflowService." + operation, json.dumps(request).encode())
    return answer.status, json.loads(answer.body) if answer.body else None

engine = Engine(sys.argv[1], clock=VirtualClock(), poll_wait_seconds=0)
ask("RegisterDomain", name="d", workflowExecutionRetentionPeriodInDays="1")
ask(
    "RegisterWorkflowType", domain="d", name="W", version="1", defaultTaskList={"name": "l"},
    defaultExecutionStartToCloseTimeout="9", defaultTaskStartToCloseTimeout="9", defaultChildPolicy="TERMINATE",
)
_, started = ask("StartWorkflowExecution", domain="d", workflowId="w", workflowType={"name": "W", "version": "1"})

# From here on files cannot grow: to SQLite the disk is full.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, unlimited[1]))
recorded = 0
while True:
    status, told = ask("SignalWorkflowExecution", domain="d", workflowId="w", signalName="s", input="x" * 30_000)
    if status != 200:
        break
    recorded += 1
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)

def signals():
    status, told = ask(
        "GetWorkflowExecutionHistory", domain="d", execution={"workflowId": "w", "runId": started["runId"]}
    )
    return [event["eventId"] for event in told["events"] if event["eventType"] == "WorkflowExecutionSignaled"]

counted = len(signals())
again, _ = ask("SignalWorkflowExecution", domain="d", workflowId="w", signalName="s")
print(json.dumps([status, recorded, counted, again, signals()[-1] - 2]))
engine.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_when_the_disk_is_full_a_request_fails_and_the_engine_goes_on(tmp_path):
    printed = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path / "swf.db")], check=True, capture_output=True, text=True, timeout=60
    )

    status, recorded, counted, again, last = json.loads(printed.stdout)
    assert status == 500
    assert "SignalWorkflowExecution failed inside the engine" in printed.stderr
    assert recorded == counted > 10
    assert (again, last) == (200, recorded + 1)


def test_a_transaction_that_fails_changes_nothing_and_the_next_one_goes_on():
    store = Store()
    with suppress(ZeroDivisionError), store.transaction():
        store.execute("INSERT INTO domain VALUES ('d', 'REGISTERED', NULL, '1')")
        raise ZeroDivisionError

    with store.transaction():
        store.execute("INSERT INTO domain VALUES ('e', 'REGISTERED', NULL, '1')")

    assert [name for (name,) in store.rows("SELECT name FROM domain")] == ["e"]
    store.close()


def test_an_empty_name_is_no_wish_to_keep_all_in_memory():
    with pytest.raises(EngineError, match="file is empty"):
        opened("")


def test_a_damaged_file_is_told(tmp_path):
    path = tmp_path / "swf.db"
    opened(path).close()
    path.write_bytes(path.read_bytes()[:5000])

    with pytest.raises(EngineError, match=r"swf\.db is damaged \(.*\)\. Put a copy from before in its place"):
        opened(path)


FORK = """
import os, signal, sys
from swf.engine import Engine
from swf.exceptions import EngineError

def register(name):
    request = b'{"name": "%s", "workflowExecutionRetentionPeriodInDays": "1"}' % name
    return engine.handle("SimpleWorkflowService.RegisterDomain", request).status

with Engine(sys.argv[1]) as engine:
    register(b"before")
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        print("parent", register(b"after"), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    for use in (lambda: register(b"theirs"), engine.reset, engine.next_deadline, engine.fire_deadlines):
        try:
            use()
        except EngineError as error:
            print("child", error, flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")
def test_a_forked_process_cannot_use_its_parents_engine_nor_harm_its_file(tmp_path):
    path = tmp_path / "swf.db"
    forking = [sys.executable, "-c", FORK, str(path)]
    printed = subprocess.run(forking, check=False, capture_output=True, text=True, timeout=60).stdout.splitlines()

    with opened(path) as engine:
        listed = json.loads(
            engine.handle("SimpleWorkflowService.ListDomains", b'{"registrationStatus": "REGISTERED"}').body
        )

    assert [line.partition(" ")[0] for line in printed] == ["child"] * 4 + ["parent"]
    assert "which was forked from it. Serve it over HTTP" in printed[0]
    assert printed[-1] == "parent 200"
    assert [domain["name"] for domain in listed["domainInfos"]] == ["after", "before"]
