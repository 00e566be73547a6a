"""What type checkers know of workflows: what an activity gives, and what it takes."""

import subprocess
import sys
from pathlib import Path

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


def checked(source, tmp_path):
    path = tmp_path / "program.py"
    path.write_text(source)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--no-incremental", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if line.startswith(str(path)) and ": error: " in line]


def test_what_is_awaited_has_the_type_of_what_the_activity_gives(tmp_path):
    assert checked(GOOD, tmp_path) == []


def test_wrong_arguments_and_wrong_uses_are_found(tmp_path):
    found = checked(BAD, tmp_path)

    assert [int(line.split(":")[1]) for line in found] == [12, 13, 14, 15, 18]
