"""What SWF would not take is refused in the workflow, at the call."""

import asyncio

import pytest

from swf.workflows import RetryPolicy, Workflow, activity, cancel_external, signal_external, start_timer


@activity(task_list="work", id_from_input=lambda order: f"charge:{order}")
def charge(order: str) -> str:
    return order


class Order(Workflow):
    task_list = "orders"

    @classmethod
    def id_from_input(cls, number):
        return f"order/{number}"

    async def run(self, number):
        return number


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: charge("7"), "activity_id 'charge:7'"),
        (lambda: charge.options(retry=RetryPolicy())("7"), "activity_id 'charge:7'"),
        (lambda: Order.child("7"), "workflow_id 'order/7'"),
        (lambda: signal_external("order:7", "paid"), "workflow_id 'order:7'"),
        (lambda: signal_external("order 7", ""), "signal_name ''"),
        (lambda: signal_external("order 7", "paid", run_id="1" * 65), "run_id '111"),
        (lambda: cancel_external("order:7"), "workflow_id 'order:7'"),
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


def test_a_timeout_that_is_too_long_is_refused_where_it_begins(play):
    class Patient(Workflow):
        task_list = "patient"

        async def run(self):
            async with asyncio.timeout(100_000_000):
                await asyncio.sleep(1)

    execution = play(Patient)

    assert execution.close_status == "FAILED"
    assert execution.events.last().reason.startswith("ValidationError: A timer of 1e+08 seconds is too long")


def test_the_longest_timer_is_taken(play, step, names):
    class Longest(Workflow):
        task_list = "longest"

        async def run(self):
            await asyncio.sleep(99_999_999)

    (decider,) = play.deciders(Longest)
    execution = Longest.start(play.domain)

    step(decider)

    assert names(execution) == ["WorkflowExecutionStarted", "TimerStarted"]
