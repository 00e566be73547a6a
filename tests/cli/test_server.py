"""``swf server``: what it prints, how it ends, and what it says when it cannot begin."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from urllib.error import HTTPError

import pytest

from swf.cli import main
from swf.connection import Connection
from swf.engine import Engine
from swf.exceptions import InvalidCredentialsError
from swf.models.decision import StartTimer
from tests.cli.waiting import LONG_SECONDS, wait_until

DAY = 24 * 3600


@pytest.fixture
def serve(tmp_path):
    """Starts servers in processes of their own; gives the process and the URL."""
    started = []

    def serve(*arguments, program=("-m", "swf", "server")):
        ready = tmp_path / f"ready{len(started)}"
        command = [sys.executable, *program, "--ready-file", str(ready), *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        wait_until(lambda: ready.exists() or process.poll() is not None)
        assert process.poll() is None, process.stderr.read()
        return process, ready.read_text(encoding="utf-8").strip()

    yield serve
    for process in started:
        process.kill()
        process.communicate(timeout=LONG_SECONDS)


def domains(url, **options):
    with Connection(url, **options) as connection:
        return [
            each["name"] for each in connection.call("list_domains", registrationStatus="REGISTERED")["domainInfos"]
        ]


def test_the_line_to_export_is_all_that_stands_on_stdout(serve):
    process, url = serve("--domain", "shop", "--domain", "bakery")

    listed = domains(url)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=LONG_SECONDS)

    assert listed == ["bakery", "shop"]
    assert out == f"export AWS_ENDPOINT_URL_SWF={url}\n"
    assert err == "SWF is served. Stop it with Ctrl-C.\nStopped.\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_polls_and_the_server_in_good_order(serve, number):
    process, url = serve("--domain", "shop")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(poll, url)
        wait_until(lambda: counts(url)["waiting_polls"] == 1)

        process.send_signal(number)

        assert answer.result(LONG_SECONDS) == {"startedEventId": 0, "taskToken": ""}
    assert process.wait(LONG_SECONDS) == 0


def poll(url):
    with Connection(url) as connection:
        return connection.call("poll_for_activity_task", domain="shop", taskList={"name": "packing"})


def counts(url):
    with urllib.request.urlopen(f"{url}/_swf/counts", timeout=LONG_SECONDS) as answer:
        return json.loads(answer.read())


def test_idle_polls_and_pages_are_as_old_programs_want_them(serve):
    process, url = serve("--domain", "bakery", "--domain", "shop", "--no-empty-task-token", "--largest-page", "1")
    with ThreadPoolExecutor(1) as pool, Connection(url) as connection:
        answer = pool.submit(poll, url)
        wait_until(lambda: counts(url)["waiting_polls"] == 1)
        page = connection.call("list_domains", registrationStatus="REGISTERED")

        process.send_signal(signal.SIGTERM)

        assert answer.result(LONG_SECONDS) == {"startedEventId": 0}
    assert [each["name"] for each in page["domainInfos"]] == ["bakery"]
    assert page["nextPageToken"]


def test_a_month_passes_when_nothing_else_can_happen(serve):
    _, url = serve("--domain", "shop", "--time", "auto")
    order = {"name": "Order", "version": "1.0"}
    with Connection(url) as connection:
        connection.call("register_workflow_type", domain="shop", **order)
        connection.call(
            "start_workflow_execution",
            domain="shop",
            workflowId="w",
            workflowType=order,
            taskList={"name": "orders"},
            childPolicy="TERMINATE",
            executionStartToCloseTimeout=str(90 * DAY),
            taskStartToCloseTimeout="60",
        )
        asked = {"domain": "shop", "taskList": {"name": "orders"}}
        task = connection.call("poll_for_decision_task", **asked)
        month = [StartTimer(timer_id="month", start_to_fire_timeout=30 * DAY).raw]
        connection.call("respond_decision_task_completed", taskToken=task["taskToken"], decisions=month)

        task = connection.call("poll_for_decision_task", **asked)

    fired = task["events"][5]
    assert fired["eventType"] == "TimerFired"
    assert fired["eventTimestamp"] - task["events"][4]["eventTimestamp"] == pytest.approx(30 * DAY)


def test_a_server_tells_at_its_end_what_its_limits_refused(serve):
    process, url = serve("--domain", "shop", "--limits", "aws")
    asked = urllib.request.Request(url, b'{"resourceArn": "arn:aws:swf:us-east-1:123456789012:/domain/shop"}')
    asked.add_header("X-Amz-Target", "SimpleWorkflowService.ListTagsForResource")
    for _ in range(2000):
        with suppress(HTTPError):
            urllib.request.urlopen(asked, timeout=LONG_SECONDS).close()
        if refused := counts(url)["faults"]:
            break

    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=LONG_SECONDS)

    assert refused == {"ListTagsForResource": {"ThrottlingException": 1}}
    assert "Refused in us-east-1: 1 x ListTagsForResource, ThrottlingException\n" in err


def test_what_was_answered_is_in_the_file_after_a_kill(serve, tmp_path):
    process, url = serve("--db", str(tmp_path / "swf.db"))
    with Connection(url) as connection:
        connection.call("register_domain", name="shop", workflowExecutionRetentionPeriodInDays="7")

    process.kill()
    process.wait(LONG_SECONDS)
    _, again = serve("--db", str(tmp_path / "swf.db"))

    assert domains(again) == ["shop"]


def test_a_domain_that_is_there_already_is_no_obstacle(serve, tmp_path):
    for _ in range(2):
        process, url = serve("--db", str(tmp_path / "swf.db"), "--domain", "shop")
        assert domains(url) == ["shop"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONG_SECONDS) == 0


def test_a_server_with_keys_asks_for_signatures(serve):
    _, url = serve("--access-key", "id:se:cret", "--domain", "shop")

    assert domains(url, aws_access_key_id="id", aws_secret_access_key="se:cret") == ["shop"]
    with pytest.raises(InvalidCredentialsError):
        domains(url, aws_access_key_id="id", aws_secret_access_key="se")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--port", "70000"], 64, "70000 is not in the range 0<=x<=65535."),
        (["--port", "http"], 64, "'http' is not a valid integer range."),
        (["--time", "fast"], 64, "'fast' is not one of 'real', 'virtual', 'auto'."),
        (["--access-key", "id"], 64, "must be ID:SECRET."),
        (["--domain", "a:b"], 64, "No domain can be named 'a:b'"),
        (["--region", "../elsewhere"], 64, "'../elsewhere' is no region."),
        (["--host", ""], 64, "The address to listen on is empty."),
        (["--db", ""], 1, "The name of the engine's file is empty."),
        (["--ready-file", ""], 64, "Invalid value for --ready-file: names no file."),
        (["--host", "0.0.0.0"], 64, "Give --access-key ID:SECRET, with which requests must be signed."),
        (["--host", "192.0.2.1", "--access-key", "id:secret"], 64, "of 192.0.2.1 cannot be listened on"),
        (["--host", "no such host", "--access-key", "id:secret"], 64, "of no such host cannot be listened on"),
        (["--db", "no/such/folder/swf.db"], 1, "The folder of no/such/folder/swf.db does not exist."),
    ],
)
def test_what_cannot_be_served_is_told_in_a_sentence(arguments, code, said, capsys):
    assert main(["server", *arguments]) == code

    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert "Traceback" not in captured.err


FULL = """
import resource, sys
from swf.cli import main

# Files cannot grow any more than this: to SQLite the disk is full.
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_server_whose_disk_is_full_refuses_requests_and_loses_nothing(serve, tmp_path):
    path = str(tmp_path / "swf.db")
    process, url = serve("--db", path, "--domain", "shop", program=("-c", FULL, "server"))
    order = {"name": "Order", "version": "1.0"}
    timeouts = {"executionStartToCloseTimeout": "60", "taskStartToCloseTimeout": "60", "childPolicy": "TERMINATE"}
    with Connection(url) as connection:
        connection.call("register_workflow_type", domain="shop", **order)
        run = connection.call(
            "start_workflow_execution",
            domain="shop",
            workflowId="w",
            workflowType=order,
            taskList={"name": "orders"},
            **timeouts,
        )
    statuses = []
    while 500 not in statuses:
        assert len(statuses) < 1000
        statuses.append(
            asked(url, "SignalWorkflowExecution", domain="shop", workflowId="w", signalName="s", input="x" * 30_000)
        )
    described = asked(url, "DescribeDomain", name="shop")
    process.terminate()
    process.wait(LONG_SECONDS)
    _, again = serve("--db", path)
    with Connection(again) as connection:
        execution = {"workflowId": "w", **run}
        pages = connection.pages("get_workflow_execution_history", domain="shop", execution=execution)
        signals = [
            each for page in pages for each in page["events"] if each["eventType"] == "WorkflowExecutionSignaled"
        ]

    assert described == 200
    assert len(signals) == statuses.count(200) > 10


def asked(url, operation, **request):
    """Ask once, without a client that would ask again; gives the status."""
    sent = urllib.request.Request(url, json.dumps(request).encode())
    sent.add_header("X-Amz-Target", f"SimpleWorkflowService.{operation}")
    try:
        with urllib.request.urlopen(sent, timeout=LONG_SECONDS) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


def test_a_port_that_is_taken_is_told_in_a_sentence(capsys):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]

        assert main(["server", "--port", str(port)]) == 64

    said = f"Error: Port {port} of 127.0.0.1 cannot be listened on: Address already in use. "
    assert capsys.readouterr().err == f"{said}Choose another one; 0 picks a free one.\n"


def test_a_file_in_use_is_told_in_a_sentence(tmp_path, capsys):
    path = tmp_path / "swf.db"
    with Engine(path):
        assert main(["server", "--db", str(path)]) == 1

    assert f"Error: {path} is in use by another engine." in capsys.readouterr().err


def test_a_ready_file_that_cannot_be_written_is_told_in_a_sentence(tmp_path, capsys):
    path = tmp_path / "nowhere" / "ready"

    assert main(["server", "--ready-file", str(path)]) == 1

    assert f"Error: {path} cannot be written: No such file or directory." in capsys.readouterr().err


def test_a_missing_extra_is_told_with_the_command_that_brings_it():
    program = "import sys; sys.modules['uvicorn'] = None; from swf.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "server"], capture_output=True, text=True, timeout=LONG_SECONDS, check=False
    )

    assert done.returncode == 1
    assert (
        done.stderr
        == "Error: The SWF server needs the extra 'server'. Install it: pip install 'simple-workflow[server]'\n"
    )
