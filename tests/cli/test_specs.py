"""``swf specs``: what it prints, and its exit codes."""

import json
import signal
import subprocess
import sys

import pytest

from swf.cli import main
from swf.connection import Connection
from swf.engine import Engine
from swf.engine.regions import Regions
from swf.engine.server import Server
from swf.models import Domain, WorkflowType

DOCUMENT = """
version: "1.0"
workflows:
  - spec_type: dag
    name: spam
    version: "1.0"
    registration: {task_list: coffee, execution_timeout: 3600, task_timeout: 10, child_policy: TERMINATE}
    tasks:
      - id: boil
        type: {name: boil, version: "1"}
        input: {type: workflow-input, path: $.eggs}
      - id: wait
        timer: 1800
        dependencies: [boil]
      - id: fry
        type: {name: fry, version: "1"}
        input: {type: dependency-result, id: boil}
        dependencies: [wait]
"""


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kitchen_of_specs.py").write_text("def boil(eggs):\n    return eggs * 2\n")
    path = tmp_path / "w.yaml"
    path.write_text(DOCUMENT)
    yield path
    sys.modules.pop("kitchen_of_specs", None)


@pytest.fixture
def url():
    """An SWF behind a socket, with the domain ``shop``."""
    with Engine(poll_wait_seconds=1) as engine, Server(Regions(lambda region: engine)) as server:
        with Connection(server.url, aws_access_key_id="id", aws_secret_access_key="secret", region="us-east-1") as swf:
            Domain("shop", connection=swf).save()
        yield server.url


def test_a_good_document_is_told_workflow_by_workflow(path, capsys):
    assert main(["specs", "validate", str(path)]) == 0
    assert capsys.readouterr().out == "spam 1.0 with 3 tasks\n"


def test_a_bad_document_is_told_with_each_mistake(path, capsys):
    path.write_text(DOCUMENT.replace("id: boil}", "id: bolt}").replace("1800", "soon"))

    assert main(["specs", "validate", str(path)]) == 64

    assert "tasks[1].timer (line 13): must be a whole number, not 'soon'." in capsys.readouterr().err


def test_the_schema_is_printed(capsys):
    assert main(["specs", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Workflows as a document"


def test_a_default_that_swf_demands_and_the_document_leaves_out_is_told_of(path, url, capsys):
    path.write_text(DOCUMENT.replace("task_timeout: 10, child_policy: TERMINATE", "task_timeout: 10"))
    where = ["--domain", "shop", "--endpoint", url, "--region", "us-east-1"]

    codes = [main(["specs", "validate", str(path)]), main(["specs", "register", str(path), "--dry-run", *where])]

    said = "spam 1.0 says no child_policy in its registration: whoever starts an execution has to.\n"
    assert codes == [0, 0]
    assert capsys.readouterr().err.count(said) == 2


def test_an_activity_of_several_parameters_gets_the_members_of_its_input(path, capsys):
    path.with_name("activities_of_specs.py").write_text(
        "from swf.workflows import activity\n\n\n@activity\ndef boil(eggs, minutes=4):\n    return eggs + minutes\n"
    )
    path.write_text(DOCUMENT.replace("path: $.eggs", "path: $"))
    work = ["--activity", "boil=activities_of_specs:boil", "--activity", "fry=cat"]

    code = main(["specs", "run", str(path), *work, "--input", '{"eggs": 2}', "-o", "json"])

    assert (code, json.loads(capsys.readouterr().out)["result"]) == (0, {"boil": 6, "fry": 6})


def test_nothing_is_told_of_a_document_that_leaves_no_default_out(path, capsys):
    main(["specs", "validate", str(path)])

    assert capsys.readouterr().err == ""


def test_types_are_registered_once(path, url, capsys):
    arguments = ["specs", "register", str(path), "--domain", "shop", "--endpoint", url, "--region", "us-east-1"]

    codes = [main([*arguments, "--dry-run"]), main(arguments), main(arguments)]

    told = capsys.readouterr().err
    assert codes == [0, 0, 0]
    assert told.count("Done: 1 change.") == 1
    assert told.count("There is nothing to do.") == 1


def test_a_type_that_is_registered_otherwise_is_left_with_skip_existing(path, url, capsys):
    arguments = ["specs", "register", str(path), "--domain", "shop", "--endpoint", url, "--region", "us-east-1"]
    main(arguments)
    path.write_text(DOCUMENT.replace("3600", "60"))

    codes = [main(arguments), main([*arguments, "--skip-existing"])]

    told = capsys.readouterr().err
    assert codes[0] != 0
    assert codes[1] == 2
    assert "Left as it is: workflow spam 1.0 in shop: execution_timeout is 60 here and 3600 in SWF; " in told
    assert "There is nothing to do. In conflict and left as it is: 1." in told


@pytest.mark.parametrize(
    ("form", "begins"), [("mermaid", "flowchart TD\n"), ("dot", 'digraph "spam" {\n'), ("svg", "<svg ")]
)
def test_a_graph_is_drawn(path, capsys, form, begins):
    assert main(["specs", "graph", str(path), "-o", form]) == 0
    assert capsys.readouterr().out.startswith(begins)


def test_a_graph_shows_how_far_an_execution_is(path, url, capsys):
    where = ["--domain", "shop", "--endpoint", url, "--region", "us-east-1"]
    main(["specs", "register", str(path), *where])
    with Connection(url, aws_access_key_id="id", aws_secret_access_key="secret", region="us-east-1") as swf:
        WorkflowType("shop", "spam", "1.0", connection=swf).start_execution("w", input={"eggs": 1})
    capsys.readouterr()

    code = main(["specs", "graph", str(path), "spam", "--execution", "w", *where])

    assert code == 0
    assert "class t0 open" in capsys.readouterr().out


def test_a_document_is_tried_out_with_functions_and_commands(path, capsys):
    work = ["--activity", "boil=kitchen_of_specs:boil", "--activity", "fry@1=sed s/4/fried/"]

    code = main(["specs", "run", str(path), "spam", *work, "--input", '{"eggs": 2}'])

    told = json.loads(capsys.readouterr().out)
    assert (told["close_status"], told.get("result")) == ("COMPLETED", {"boil": 4, "fry": "fried"})
    assert code == 0


def test_a_document_is_tried_out_elsewhere(path, url, capsys):
    path.write_text(DOCUMENT.replace("1800", "0"))
    where = ["--domain", "shop", "--endpoint", url, "--region", "us-east-1"]
    main(["specs", "register", str(path), *where])
    timeouts = [
        f"--task-{name}-timeout" for name in ("heartbeat", "schedule-to-close", "schedule-to-start", "start-to-close")
    ]
    given = [f"{name}=60" for name in timeouts]
    for name in ("boil", "fry"):
        main(["types", "register", name, "1", "--kind", "activity", "--task-list", "kitchen", *given, *where])
    capsys.readouterr()

    code = main(
        ["specs", "run", str(path), "--activity", "boil=cat", "--activity", "fry=cat", "--input", '{"eggs": 2}', *where]
    )

    assert json.loads(capsys.readouterr().out)["result"] == {"boil": 2, "fry": 2}
    assert code == 0


def test_an_execution_that_fails_is_told(path, capsys):
    work = ["--activity", "boil=echo broken >&2; false", "--activity", "fry=cat"]

    code = main(["specs", "run", str(path), *work, "--input", '{"eggs": 2}'])

    told = json.loads(capsys.readouterr().out)
    assert code == 4
    assert told["reason"] == "TaskFailed: The task 'boil' failed: CommandFailed: broken"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Nothing performs boil 1, fry 1."),
        (["--activity", "boil"], "'boil' says not what performs what."),
        (["--activity", "boil=kitchen_of_specs:bake"], "The module kitchen_of_specs has no function 'bake'."),
        (["--activity", "boil=no_kitchen:boil"], "There is no module 'no_kitchen'"),
        (["--input", "{"], "is no JSON"),
        (["--signal", "go={"], "{ is no JSON"),
        (["--signal", "=5"], "'=5' names no signal."),
        (["eggs"], "has no workflow 'eggs'"),
        (["--lambda", "f=cat", "--endpoint", "http://127.0.0.1:1"], "are for an SWF of this process"),
    ],
)
def test_what_cannot_be_tried_is_told(path, capsys, arguments, told):
    code = main(["specs", "run", str(path), *arguments])

    assert code == 64
    assert told in capsys.readouterr().err


def test_a_decider_runs_until_it_is_told_to_stop(path, url):
    where = ["--domain", "shop", "--endpoint", url, "--region", "us-east-1"]
    main(["specs", "register", str(path), *where])
    program = [sys.executable, "-m", "swf", "specs", "decider", str(path), *where, "--task-list", "coffee"]
    process = subprocess.Popen([*program, "--stop-timeout", "1"], stderr=subprocess.PIPE, text=True)
    try:
        with Connection(url, aws_access_key_id="id", aws_secret_access_key="secret", region="us-east-1") as swf:
            execution = WorkflowType("shop", "spam", "1.0", connection=swf).start_execution("w", input={})
            closed = execution.wait(timeout=30)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait(timeout=20)

    assert closed.close_status == "FAILED"
    assert "Deciding on spam 1.0." in told
