"""What type checkers know of workflows: what an activity gives, and what it takes."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

GOOD = """
from typing import assert_type

from swf.workflows import Workflow, activity, gather, run


@activity(version="1.0", task_list="math")
def multiply(numbers: list[int]) -> int:
    return 1


@activity
async def fetch(url: str, tries: int = 3) -> bytes:
    return b""


class Kitchen:
    @activity(task_list="kitchen")
    def chop(self, what: str) -> float:
        return 1.0


class Arithmetic(Workflow):
    async def run(self, operations: list[list[int]], scale: int = 1) -> list[int]:
        product = await multiply([1, 2])
        assert_type(product, int)
        assert_type(await multiply.options(task_list="fast")([1]), int)
        assert_type(await multiply.local([1]), int)
        assert_type(await fetch("swf"), bytes)
        assert_type(await Kitchen().chop("leek"), float)
        assert_type(await Kitchen.chop("leek"), float)
        assert_type(await gather(multiply([1]), fetch("swf")), tuple[int, bytes])
        assert_type(await Arithmetic.child([[1]]), list[int])
        assert_type(await Arithmetic.child([[1]]).started, str)
        assert_type(Arithmetic.options(workflow_id="sum").child([[1]]).workflow_id, str)
        assert_type(await Arithmetic.options(workflow_id="sum").child([[1]], scale=3), list[int])
        return [product]


class Blocking(Workflow):
    def run(self, number: int) -> str:
        assert_type(multiply([number]).result(), int)
        return ""


assert_type(multiply.fn([1]), int)
assert_type(Arithmetic.start("shop", [[1]], scale=2).result(), list[int])
assert_type(Blocking.start("shop", 3).result(), str)
assert_type(run(Arithmetic, [[1]]), list[int])
assert_type(run(Blocking, 3), str)
"""

BAD = """
from swf.workflows import Workflow, activity


@activity
def multiply(numbers: list[int]) -> int:
    return 1


class Arithmetic(Workflow):
    async def run(self, operations: list[list[int]]) -> str:
        multiply("x")
        multiply()
        Arithmetic.child(3)
        return await multiply([1])


Arithmetic.start("shop", 7)
"""


@pytest.fixture(scope="module")
def errors(tmp_path_factory):
    """The errors that mypy finds in both, by their lines."""
    folder = tmp_path_factory.mktemp("typed")
    paths = {name: folder / f"{name}.py" for name in ("good", "bad")}
    paths["good"].write_text(GOOD)
    paths["bad"].write_text(BAD)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--no-incremental"]
    done = subprocess.run([*command, *paths.values()], cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if ": error: " in line]
    return {name: [int(line.split(":")[1]) for line in lines if line.startswith(str(paths[name]))] for name in paths}


def test_what_is_awaited_has_the_type_of_what_the_activity_gives(errors):
    assert errors["good"] == []


def test_wrong_arguments_and_wrong_uses_are_found(errors):
    assert errors["bad"] == [12, 13, 14, 15, 18]
