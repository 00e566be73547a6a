"""Workflows run with everything in this process."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from swf.connection import Connection
from swf.exceptions import ExecutionNotCompletedError, ForbiddenCallError
from swf.models import Domain
from swf.workflows import Process, Workflow, activity, gather, run


@activity(task_list="runner-math")
def double(number: int) -> int:
    if number < 0:
        raise ValueError(f"{number} is less than nothing")
    return 2 * number


class Doubled(Workflow):
    task_list = "runner-children"

    async def run(self, number: int) -> int:
        return await double(number)


class Year(Workflow):
    task_list = "runner"
    execution_timeout = 31_536_000

    async def run(self, number: int) -> list[int]:
        for _ in range(360):
            await asyncio.sleep(24 * 3600)
        return list(await gather(Doubled.child(number), Doubled.child(number + 1)))


class Waiting(Workflow):
    task_list = "runner"

    async def run(self) -> None:
        open("nothing").close()


def test_a_year_goes_by_at_once_and_children_of_the_module_are_there():
    assert run(Year, 3) == [6, 8]


def test_what_failed_is_told_by_the_error_and_its_cause():
    with pytest.raises(ExecutionNotCompletedError, match="closed as FAILED") as caught:
        run(Doubled, -1)

    assert "ValueError: -1 is less than nothing" in str(caught.value.__cause__)


def test_an_error_of_the_program_is_raised_here():
    with pytest.raises(ForbiddenCallError, match="activity"):
        run(Waiting)


def test_arguments_that_do_not_fit_are_refused_before_anything_runs():
    with pytest.raises(TypeError, match="missing a required argument: 'number'"):
        run(Doubled)


def test_several_run_one_after_the_other_in_a_domain_of_ones_own():
    with Connection("local:") as connection:
        domain = Domain("shop", retention_period=7, connection=connection)
        with Process(Doubled, domain=domain) as process:
            results = [process.run(Doubled, number) for number in range(3)]
        closed = domain.executions.filter(status="CLOSED").count()

    assert results == [0, 2, 4]
    assert closed == 3


class Parent(Workflow):
    task_list = "runner"

    async def run(self) -> None:
        await Waiting.child()


class Slow(Workflow):
    task_list = "runner"

    async def run(self, number: int) -> int:
        await asyncio.sleep(3600)
        return number


def test_an_error_of_the_program_of_a_child_is_raised_here():
    with pytest.raises(ForbiddenCallError, match="activity"):
        run(Parent)


def test_an_error_of_the_program_is_raised_for_its_own_execution_alone():
    def told(process, number):
        try:
            return process.run(Slow, number) if number % 2 else process.run(Waiting)
        except ForbiddenCallError:
            return "forbidden"

    with Process(Slow, Waiting) as process, ThreadPoolExecutor(10) as threads:
        results = list(threads.map(lambda number: told(process, number), range(10)))

    assert results == ["forbidden", 1, "forbidden", 3, "forbidden", 5, "forbidden", 7, "forbidden", 9]
