"""The demonstration: what a newcomer sees first, also when it is killed half way."""

import json
import random
import re
import signal
import subprocess
import sys
from io import StringIO

import pytest
from rich.console import Console

from swf.connection import connect
from swf.demo import run
from swf.models import Domain, WorkflowExecution
from swf.models.event import ActivityTaskCompleted, ActivityTaskStarted, DecisionTaskCompleted, DecisionTaskStarted


def shown(connection, width=120):
    """Run the demonstration and give what it prints."""
    console = Console(file=StringIO(), width=width)
    run(connection, console)
    return console.file.getvalue()


def test_the_demonstration_shows_real_results():
    with connect("local:") as connection:
        text = shown(connection)
        closed = list(math_domain(connection).executions.filter(status="CLOSED"))

    assert "mult_id: 6" in text
    assert "sum_id: 10" in text
    assert "five: 120" in text
    assert [execution.close_status for execution in closed] == ["COMPLETED"] * 3
    assert ">>> domain.executions.filter(status=CLOSED, tag='demo').count()\n3\n" in text


def test_the_demonstration_fits_a_terminal_of_80_columns():
    with connect("local:") as connection:
        lines = shown(connection, width=80).splitlines()
        events = len(math_domain(connection).executions.get("homework").history())

    assert [line for line in lines if len(line) > 80] == []
    assert len([line for line in lines if re.match(r"  \d+ +\d+ ms   [A-Z]", line)]) == events
    assert "      done = results(activities.values())" in [line.rstrip() for line in lines]


def test_a_second_run_on_the_same_file_shows_the_earlier_executions(tmp_path):
    endpoint = f"local:{tmp_path / 'demo.db'}"
    with connect(endpoint) as connection:
        first = shown(connection)

    with connect(endpoint) as connection:
        second = shown(connection)

    assert "earlier runs" not in first
    assert "holds 3 closed executions of earlier runs" in second


def math_domain(connection):
    return Domain("math", connection=connection)


# Tells each request on a line of its own once SWF has answered it.
CHILD = """
import json, os, sys, threading
from rich.console import Console
from swf.connection import connect
from swf.demo import run

asked = threading.local()
telling = threading.Lock()

def before(params, **_):
    asked.request = json.loads(params["body"])

TOLD = ("runId", "taskToken", "startedEventId", "workflowExecution")

def after(model, parsed, **_):
    answer = {name: parsed[name] for name in TOLD if name in parsed}
    with telling:
        print(json.dumps([model.name, asked.request, answer]), flush=True)

with connect("local:" + sys.argv[1]) as connection:
    connection.client.meta.events.register("before-call.swf", before)
    connection.client.meta.events.register("after-call.swf", after)
    run(connection, Console(file=open(os.devnull, "w")))
"""


@pytest.mark.parametrize("attempt", range(12))
def test_killing_the_demonstration_loses_no_answered_request(tmp_path, attempt):
    path = tmp_path / "demo.db"
    requests = random.Random(attempt).randint(1, 60)

    answered = killed_after(path, requests)

    with connect(f"local:{path}") as connection:
        for operation, request, answer in answered:
            assert is_kept(math_domain(connection), operation, request, answer), (operation, request, answer)


def test_after_it_was_killed_the_demonstration_goes_on_where_it_was(tmp_path):
    path = tmp_path / "demo.db"
    answered = killed_after(path, 30)
    started = [answer["runId"] for operation, _, answer in answered if operation == "StartWorkflowExecution"]

    with connect(f"local:{path}") as connection:
        text = shown(connection)
        closed = {execution.run_id for execution in math_domain(connection).executions.filter(status="CLOSED")}

    assert len(started) == 3
    assert "it goes on now" in text
    assert set(started) <= closed


def killed_after(path, requests):
    """Run the demonstration, kill it when it was answered so often, and give all it was answered."""
    with subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True) as child:
        lines = [line for _, line in zip(range(requests), child.stdout, strict=False)]
        child.send_signal(signal.SIGKILL)
        lines += child.stdout.readlines()
    # The last line may be cut off by the end of the process.
    return [json.loads(line) for line in lines if line.endswith("\n")]


def is_kept(domain, operation, request, answer):
    match operation:
        case "RegisterDomain":
            return domain.exists
        case "RegisterWorkflowType":
            return domain.workflow_types.get(request["name"], request["version"]).status == "REGISTERED"
        case "RegisterActivityType":
            return domain.activity_types.get(request["name"], request["version"]).status == "REGISTERED"
        case "StartWorkflowExecution":
            return WorkflowExecution(domain, request["workflowId"], answer["runId"]).exists
        case "PollForDecisionTask" | "PollForActivityTask" if answer.get("taskToken"):
            started = {"PollForDecisionTask": DecisionTaskStarted, "PollForActivityTask": ActivityTaskStarted}[
                operation
            ]
            return history_of(domain, answer).filter(started, id=answer["startedEventId"])
        case _:
            return True


def history_of(domain, answer):
    execution = answer["workflowExecution"]
    return WorkflowExecution(domain, execution["workflowId"], execution["runId"]).history()


@pytest.mark.parametrize("attempt", range(6))
def test_killing_the_demonstration_loses_no_answered_task(tmp_path, attempt):
    path = tmp_path / "demo.db"

    answered = killed_after(path, random.Random(100 + attempt).randint(20, 70))

    tasks = {answer["taskToken"]: answer for _, _, answer in answered if answer.get("taskToken")}
    closing = {
        "RespondDecisionTaskCompleted": DecisionTaskCompleted,
        "RespondActivityTaskCompleted": ActivityTaskCompleted,
    }
    with connect(f"local:{path}") as connection:
        for operation, request, _ in answered:
            if operation in closing:
                task = tasks[request["taskToken"]]
                history = history_of(math_domain(connection), task)
                assert history.filter(closing[operation], started_event_id=task["startedEventId"])
