"""Documents tried out in one process."""

import json

import attrs
import pytest

from swf.actors import TaskFailed
from swf.connection import Connection, use
from swf.engine import Engine, VirtualClock
from swf.exceptions import ValidationError
from swf.shapes import TypeId
from swf.specs import Document, loads
from swf.specs.trying import Trial, command, domain_of
from tests.specs.writing import activity, of_input, result_of, spec_of, written


@pytest.fixture
def own():
    """An SWF of the test's own, whose time moves by itself."""
    clock = VirtualClock(auto_advance=True)
    with Engine(clock=clock, functions={"count": len}) as engine, use(Connection.over(engine)) as connection:
        yield connection


def tried(own, *specs, functions=(), **said):
    trial = Trial(document=Document("d", specs), spec=specs[0], domain=domain_of(own), functions=dict(functions))
    trial.check()
    trial.register()
    with trial.running(**said) as execution:
        return execution.wait(timeout=60)


def test_a_document_with_something_of_everything_is_tried(own):
    child = attrs.evolve(
        spec_of(activity("deep", input=of_input()), output=result_of("deep")), name="child", version="2"
    )
    spec = spec_of(
        activity("double", input=of_input("$.n"), task_list="elsewhere"),
        {"id": "month", "timer": 20 * 86_400, "dependencies": ["double"]},
        {"id": "paid", "signal": "payment", "dependencies": ["double"]},
        {"id": "f", "lambda": "count", "input": {"type": "constant", "value": [1, 2, 3]}, "dependencies": ["month"]},
        {
            "id": "c",
            "workflow": {"name": "child", "version": "2"},
            "input": result_of("paid"),
            "dependencies": ["paid"],
        },
    )

    closed = tried(own, spec, child, functions={"Work": lambda n: n * 2}, input={"n": 4}, signals=[("payment", 5)])

    assert closed.result == {"double": 8, "paid": 5, "f": 3, "c": 10}


def test_one_version_of_an_activity_may_have_a_function_of_its_own(own):
    other = {"id": "b", "type": {"name": "Work", "version": "2"}}
    functions = {"Work": lambda given: "any", TypeId("Work", "2"): lambda given: "second"}

    assert tried(own, spec_of(activity("a"), other), functions=functions).result == {"a": "any", "b": "second"}


def test_an_activity_that_nothing_performs_is_told_before_anything_begins(own):
    document = loads(json.dumps(written(activity("a", compensation={"type": {"name": "Undo", "version": "3"}}))))
    trial = Trial(document=document, spec=document.spec("spam"), domain=domain_of(own), functions={})

    with pytest.raises(ValidationError, match=r"Nothing performs Undo 3, Work 1\. .*--activity Undo="):
        trial.check()


def test_a_lambda_function_that_nothing_stands_for_is_told_before_anything_begins(own):
    document = loads(json.dumps(written({"id": "a", "lambda": "count"}, {"id": "b", "lambda": "sum"})))
    said = {"document": document, "spec": document.spec("spam"), "domain": domain_of(own), "functions": {}}

    with pytest.raises(ValidationError, match=r"Nothing stands for the Lambda functions sum\. .*--lambda sum="):
        Trial(**said, lambdas={"count"}).check()
    Trial(**said).check()


def test_what_a_function_raises_fails_the_execution(own):
    def work(given):
        raise ValueError("3000 is too much")

    closed = tried(own, spec_of(activity("a")), functions={"Work": work})

    assert closed.close_status == "FAILED"


def test_a_command_gets_the_input_and_gives_the_result():
    assert command("cat")({"a": [1]}) == {"a": [1]}
    assert command("cat")("no JSON") == "no JSON"
    assert command("true")(5) is None


def test_a_command_that_fails_says_why():
    with pytest.raises(TaskFailed, match=r"^no eggs$"):
        command("echo no eggs >&2; exit 3")(None)
    with pytest.raises(TaskFailed, match=r"^exit code 3$"):
        command("exit 3")(None)
