"""What SWF would not take is refused in the workflow, at the call."""

import asyncio

import pytest

from swf.workflows import RetryPolicy, Workflow, activity, cancel_external, signal_external, start_timer


@activity(task_list="work", id_from_input=lambda order: order * 257)
def charge(order: str) -> str:
    return order


class Order(Workflow):
    task_list = "orders"

    @classmethod
    def id_from_input(cls, number):
        return number * 257

    async def run(self, number):
        return number


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: charge("7"), "has 257 characters, and may have 256 at most"),
        (lambda: charge.options(retry=RetryPolicy())("7"), "has 257 characters, and may have 256 at most"),
        (lambda: Order.child("7"), "has 257 characters, and may have 256 at most"),
        (lambda: signal_external("", "paid"), "workflow_id ''"),
        (lambda: signal_external("order 7", ""), "signal_name ''"),
        (lambda: signal_external("order 7", "paid", run_id="1" * 65), "run_id '111"),
        (lambda: cancel_external(""), "workflow_id ''"),
        (lambda: cancel_external("order 7", run_id="1" * 65), "run_id '111"),
        (lambda: start_timer(100_000_000), "SWF takes 99,999,999 at most"),
        (lambda: start_timer(float("inf")), "SWF takes 99,999,999 at most"),
    ],
)
def test_the_workflow_gets_the_error_and_goes_on(play, names, call, named):
    class Careful(Workflow):
        task_list = "careful"

        async def run(self):
            try:
                call()
            except Exception as error:
                return f"{type(error).__name__}: {error}"

    execution = play(Careful)

    assert execution.result().startswith("ValidationError: ")
    assert named in execution.result()
    assert names(execution) == ["WorkflowExecutionStarted", "WorkflowExecutionCompleted"]


async def at_once():
    return "at once"


async def of_wait_for():
    return await asyncio.wait_for(at_once(), 1e12)


async def of_timeout():
    async with asyncio.timeout(float("inf")):
        return await at_once()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("body", [of_wait_for, of_timeout])
def test_a_timeout_of_asyncio_that_is_longer_than_any_execution_is_as_good_as_none(play, body):
    class Patient(Workflow):
        task_list = "patient"

        async def run(self):
            return await body()

    assert play(Patient).result() == "at once"


def test_a_sleep_that_is_longer_than_any_execution_is_the_longest_timer(play, step):
    class Asleep(Workflow):
        task_list = "asleep"

        async def run(self):
            await asyncio.sleep(1e12)

    (decider,) = play.deciders(Asleep)
    execution = Asleep.start(play.domain)

    step(decider)

    assert execution.events.last().start_to_fire_timeout == 99_999_999


def test_the_longest_timer_is_taken(play, step, names):
    class Longest(Workflow):
        task_list = "longest"

        async def run(self):
            await asyncio.sleep(99_999_999)

    (decider,) = play.deciders(Longest)
    execution = Longest.start(play.domain)

    step(decider)

    assert names(execution) == ["WorkflowExecutionStarted", "TimerStarted"]
