"""The way from a document to a completed execution, as whoever has never seen Python walks it: commands alone.

The activity worker is the AWS CLI, and SWF is a server of ours. Everything is a process of its own.
"""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

COFFEE = {"task_timeout": 5, "execution_timeout": 3600, "task_list": "coffee"}


def task(id, version, timeout, **said):
    return {"id": id, "type": {"name": "spam-foo", "version": version}, "timeout": timeout, "task_list": "eggs", **said}


WORKFLOWS = {
    "version": "1.0",
    "workflows": [
        {
            "spec_type": "dag",
            "name": "spam",
            "version": "1.0",
            "description": "A workflow with spam, spam, eggs and spam.",
            "registration_defaults": COFFEE,
            "tasks": [task("foo", "0.3", 10, priority=1), task("bar", "0.4", 10, dependencies=["foo"])],
        },
        {
            "spec_type": "dag",
            "name": "spam",
            "version": "1.1",
            "description": "A workflow with better spam, spam, eggs and spam.",
            "registration_defaults": COFFEE,
            "tasks": [task("foo", "0.4", 5, priority=1), task("bar", "0.4", 5, dependencies=["foo"])],
        },
    ],
}


@pytest.fixture
def start(tmp_path):
    """Starts programs of ours that go on until the test is over."""
    started = []

    def start(*arguments):
        log = (tmp_path / f"log{len(started)}").open("w")
        process = subprocess.Popen([sys.executable, "-m", "swf", *arguments], stdout=log, stderr=log, text=True)
        started.append((process, log))
        return process

    yield start
    for process, log in reversed(started):
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
        log.close()


@pytest.fixture
def url(start, tmp_path):
    """An SWF of its own process."""
    ready = tmp_path / "ready"
    process = start("server", "--ready-file", str(ready))
    until = time.monotonic() + 30
    while not ready.exists():
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)
    return ready.read_text(encoding="utf-8").strip()


@pytest.fixture
def aws(url, aws_program):
    """Runs the AWS CLI; gives its answer."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }

    def aws(*arguments):
        command = [*aws_program, "--endpoint-url", url, "--output", "json", "swf", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "{}")

    return aws


def swf(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "swf", *arguments], capture_output=True, text=True, timeout=60, check=True
    )


def test_the_tutorial_from_a_document_to_a_completed_execution(tmp_path, url, aws, start):
    path = tmp_path / "workflows.json"
    path.write_text(json.dumps(WORKFLOWS))
    where = ("--domain", "test-domain", "--endpoint", url)
    domain = ("--domain", "test-domain")
    aws("register-domain", "--name", "test-domain", "--workflow-execution-retention-period-in-days", "2")

    first = swf("specs", "register", str(path), *where)
    again = swf("specs", "register", str(path), *where)
    for version in ("0.3", "0.4"):
        aws(
            "register-activity-type", *domain, "--name", "spam-foo", "--activity-version", version,
            "--default-task-start-to-close-timeout", "20", "--default-task-schedule-to-start-timeout", "600",
            "--default-task-schedule-to-close-timeout", "620", "--default-task-heartbeat-timeout", "20",
            "--default-task-list", "name=test-activity-list",
        )  # fmt: skip
    start("specs", "decider", str(path), *where, "--task-list", "test-list", "-v")
    run_id = aws(
        "start-workflow-execution", *domain, "--workflow-id", "test-wf", "--workflow-type", "name=spam,version=1.1",
        "--task-list", "name=test-list", "--child-policy", "ABANDON",
    )["runId"]  # fmt: skip
    performed = []
    for result in ("[1, 2]", '{"eggs": 3}'):
        polled = aws("poll-for-activity-task", *domain, "--task-list", "name=eggs")
        performed.append((polled["activityId"], polled["activityType"]["version"]))
        aws("respond-activity-task-completed", "--task-token", polled["taskToken"], "--result", result)
    execution = f"workflowId=test-wf,runId={run_id}"
    until = time.monotonic() + 30
    info = {"executionStatus": "OPEN"}
    while info["executionStatus"] == "OPEN":
        assert time.monotonic() < until
        info = aws("describe-workflow-execution", *domain, "--execution", execution)["executionInfo"]
    events = aws("get-workflow-execution-history", *domain, "--execution", execution)["events"]

    assert "Done: 2 changes." in first.stderr
    assert "There is nothing to do." in again.stderr
    assert performed == [("foo", "0.4"), ("bar", "0.4")]
    assert info["closeStatus"] == "COMPLETED"
    assert json.loads(events[-1]["workflowExecutionCompletedEventAttributes"]["result"]) == {
        "foo": [1, 2],
        "bar": {"eggs": 3},
    }
