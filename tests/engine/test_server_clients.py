"""Clients that are not ours: the AWS CLI and the JavaScript SDK run an execution to its end."""

import json
import os
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from swf.engine.regions import open_regions
from swf.engine.server import Server

JAVASCRIPT = Path(__file__).parent / "javascript"

ONE_ACTIVITY = [
    "WorkflowExecutionStarted",
    "DecisionTaskScheduled",
    "DecisionTaskStarted",
    "DecisionTaskCompleted",
    "ActivityTaskScheduled",
    "ActivityTaskStarted",
    "ActivityTaskCompleted",
    "DecisionTaskScheduled",
    "DecisionTaskStarted",
    "DecisionTaskCompleted",
    "WorkflowExecutionCompleted",
]


@pytest.fixture
def environment():
    """What a client is told of where SWF is, and of who it is, by its environment alone."""
    with closing(open_regions(poll_wait_seconds=20)) as regions, Server(regions, keys={"id": "secret"}) as server:
        yield {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_ENDPOINT_URL_SWF": server.url,
            "AWS_ACCESS_KEY_ID": "id",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


@pytest.fixture
def aws(environment, aws_program):
    """Runs the AWS CLI; gives its answer, or what it complains of."""

    def aws(command, **options):
        arguments = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", text(value))]
        done = subprocess.run(
            [*aws_program, "--output", "json", "swf", command, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return json.loads(done.stdout or "{}") if done.returncode == 0 else done.stderr

    return aws


def text(value):
    return value if isinstance(value, str) else json.dumps(value)


# Each command is a process that takes a second to start, or ten on a machine that is slow or busy.
@pytest.mark.timeout(600)
def test_the_aws_cli_runs_an_execution_to_its_end(aws):
    domain, order, pack = {"domain": "shop"}, {"name": "Order", "version": "1.0"}, {"name": "Pack", "version": "1.0"}
    assert aws("register-domain", name="shop", workflow_execution_retention_period_in_days="7") == {}
    assert "(DomainAlreadyExistsFault)" in aws(
        "register-domain", name="shop", workflow_execution_retention_period_in_days="7"
    )
    aws(
        "register-workflow-type",
        **domain,
        **{"name": "Order", "workflow-version": "1.0"},
        default_task_list={"name": "orders"},
        default_child_policy="TERMINATE",
        default_execution_start_to_close_timeout="3600",
        default_task_start_to_close_timeout="60",
    )
    aws("register-activity-type", **domain, **{"name": "Pack", "activity-version": "1.0"})
    run = aws("start-workflow-execution", **domain, workflow_id="order-7", workflow_type=order, input="zwei Äpfel")
    task = aws("poll-for-decision-task", **domain, task_list={"name": "orders"})
    pack_it = {
        "activityId": "pack",
        "activityType": pack,
        "taskList": {"name": "packing"},
        "input": task["events"][0]["workflowExecutionStartedEventAttributes"]["input"],
        "scheduleToCloseTimeout": "60",
        "scheduleToStartTimeout": "60",
        "startToCloseTimeout": "60",
        "heartbeatTimeout": "NONE",
    }
    aws(
        "respond-decision-task-completed",
        task_token=task["taskToken"],
        decisions=[{"decisionType": "ScheduleActivityTask", "scheduleActivityTaskDecisionAttributes": pack_it}],
    )
    activity = aws("poll-for-activity-task", **domain, task_list={"name": "packing"})
    aws("respond-activity-task-completed", task_token=activity["taskToken"], result=f"packed: {activity['input']}")
    task = aws("poll-for-decision-task", **domain, task_list={"name": "orders"})
    aws(
        "respond-decision-task-completed",
        task_token=task["taskToken"],
        decisions=[
            {
                "decisionType": "CompleteWorkflowExecution",
                "completeWorkflowExecutionDecisionAttributes": {"result": "done"},
            }
        ],
    )

    execution = {"workflowId": "order-7", "runId": run["runId"]}
    history = aws("get-workflow-execution-history", **domain, execution=execution)

    assert [event["eventType"] for event in history["events"]] == ONE_ACTIVITY
    assert history["events"][6]["activityTaskCompletedEventAttributes"]["result"] == "packed: zwei Äpfel"


@pytest.fixture
def script(tmp_path):
    """A JavaScript program with the SDK beside it."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are not installed")
    for path in JAVASCRIPT.iterdir():
        shutil.copy(path, tmp_path)
    command = [str(shutil.which("npm")), "install", "--no-audit", "--no-fund", "--prefer-offline"]
    try:
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm could not install @aws-sdk/client-swf within a minute")
    if done.returncode:
        pytest.skip(f"npm could not install @aws-sdk/client-swf: {done.stderr.strip()[-200:]}")
    return tmp_path / "workflow.mjs"


def test_the_javascript_sdk_runs_an_execution_to_its_end(environment, script):
    done = subprocess.run(
        [str(shutil.which("node")), str(script)],
        env=environment,
        cwd=script.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "refusal": "DomainAlreadyExistsFault",
        "closeStatus": "COMPLETED",
        "started": True,
        "result": "packed: ein Kilo Äpfel 🍏",
        "events": ONE_ACTIVITY,
    }
