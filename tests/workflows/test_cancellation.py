"""Cancellation, which is asyncio's: of executions, activities and children."""

import asyncio

import pytest

from swf.actors import TaskCanceled
from swf.exceptions import ValidationError
from swf.models.event import (
    ActivityTaskCancelRequested,
    RequestCancelExternalWorkflowExecutionInitiated,
    WorkflowExecutionCanceled,
)
from swf.workflows import ActivityCanceled, RetryPolicy, Workflow, activity, activity_task, continue_as_new, info


@activity(task_list="work")
def work(number: int) -> int:
    return number * 10


@activity(task_list="slow", heartbeat_timeout=30)
def slow() -> str:
    activity_task()
    raise TaskCanceled("gave it up")


def test_a_cancel_request_cancels_run_and_finally_blocks_may_still_await(play, step, names):
    class Tidying(Workflow):
        task_list = "tidying"

        async def run(self):
            try:
                await asyncio.sleep(3600)
            finally:
                await work(int(info().cancel_requested))

    play.activities = [work]
    actors = [*play.deciders(Tidying), *play.workers()]
    execution = Tidying.start(play.domain)
    step(*actors)

    execution.request_cancel()

    closed = play.environment.run(execution, *actors)
    assert closed.close_status == "CANCELED"
    assert names(closed) == [
        "WorkflowExecutionStarted",
        "TimerStarted",
        "WorkflowExecutionCancelRequested",
        "TimerCanceled",
        "ActivityTaskScheduled",
        "ActivityTaskStarted",
        "ActivityTaskCompleted",
        "WorkflowExecutionCanceled",
    ]


def test_a_workflow_may_refuse_to_be_canceled(play, step):
    class Stubborn(Workflow):
        task_list = "stubborn"

        async def run(self):
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                return "no"

    (decider,) = play.deciders(Stubborn)
    execution = Stubborn.start(play.domain)
    step(decider)
    execution.request_cancel()

    step(decider)

    assert execution.result() == "no"


def test_the_details_of_a_canceled_execution_are_those_of_the_exception(play, step):
    class Telling(Workflow):
        task_list = "telling"

        async def run(self):
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                raise asyncio.CancelledError("half done") from None

    (decider,) = play.deciders(Telling)
    execution = Telling.start(play.domain)
    step(decider)
    execution.request_cancel()

    step(decider)

    assert execution.events.filter(WorkflowExecutionCanceled).first().details == "half done"


def test_an_execution_that_is_canceled_before_it_began_does_nothing(play, step, names):
    class Acting(Workflow):
        task_list = "acting"

        async def run(self):
            await work(1)

    (decider,) = play.deciders(Acting)
    execution = Acting.start(play.domain)
    execution.request_cancel()

    step(decider)

    assert names(execution) == [
        "WorkflowExecutionStarted",
        "WorkflowExecutionCancelRequested",
        "WorkflowExecutionCanceled",
    ]


def test_an_exception_of_cancelling_that_nobody_asked_for_fails_the_execution(play):
    class Odd(Workflow):
        task_list = "odd"

        async def run(self):
            raise asyncio.CancelledError

    assert play(Odd).close_status == "FAILED"


def cancelling(policy):
    class Cancelling(Workflow):
        task_list = "cancelling"

        async def run(self):
            call = asyncio.ensure_future(slow.options(cancel=policy)())
            await asyncio.sleep(1)
            call.cancel()
            try:
                return await call
            except asyncio.CancelledError:
                await asyncio.sleep(1)
                return "canceled"

    return Cancelling


@pytest.mark.parametrize(("policy", "requests"), [("try", 1), ("wait", 1), ("abandon", 0)])
def test_cancelling_an_activity_asks_swf_as_its_policy_says(play, step, policy, requests):
    workflow = cancelling(policy)
    play.activities = [slow]
    (decider,), (worker,) = play.deciders(workflow, keep=0), play.workers()
    execution = workflow.start(play.domain)
    step(decider)
    task = worker.poll_task()
    play.environment.clock.advance(seconds=1)
    step(decider)
    worker.perform_task(task)
    while step(decider) or not execution.upstream().close_status:
        play.environment.clock.advance(seconds=1)

    assert execution.result() == "canceled"
    assert execution.events.filter(ActivityTaskCancelRequested).count() == requests


def test_an_activity_that_is_waited_for_may_complete_all_the_same(play, step):
    workflow = cancelling("wait")
    play.activities = [slow]
    (decider,), (worker,) = play.deciders(workflow), play.workers()
    execution = workflow.start(play.domain)
    step(decider)
    task = worker.poll_task()
    play.environment.clock.advance(seconds=1)
    step(decider)
    task.complete("done nevertheless")

    step(decider)

    assert execution.result() == "done nevertheless"


def test_an_activity_that_no_worker_has_is_canceled_at_once(play, step):
    workflow = cancelling("wait")
    play.activities = [slow]
    (decider,), _ = play.deciders(workflow), play.workers()
    execution = workflow.start(play.domain)

    assert play.environment.run(execution, decider, unpolled=["slow"]).result() == "canceled"


def test_an_activity_that_was_not_sent_yet_leaves_nothing(play, names):
    class Hasty(Workflow):
        task_list = "hasty"

        async def run(self):
            work(1).cancel()
            return "nothing"

    execution = play(Hasty)

    assert execution.result() == "nothing"
    assert names(execution) == ["WorkflowExecutionStarted", "WorkflowExecutionCompleted"]


def test_the_id_of_an_activity_that_was_taken_back_is_free_again(play):
    class Hasty(Workflow):
        task_list = "hasty"

        async def run(self):
            work.options(id="same")(1).cancel()
            return await work.options(id="same")(2)

    play.activities = [work]

    assert play(Hasty).result() == 20


def test_a_worker_that_cancels_by_itself_is_a_failure(play):
    class Asking(Workflow):
        task_list = "asking"

        async def run(self):
            try:
                await slow()
            except ActivityCanceled as error:
                return error.details

    play.activities = [slow]

    assert play(Asking).result() == "gave it up"


class Sleeping(Workflow):
    task_list = "sleeping"

    async def run(self):
        await asyncio.sleep(3600)
        return "slept"


@pytest.mark.parametrize(
    ("policy", "requests", "result", "child"),
    [
        ("try", 1, "canceled", "CANCELED"),
        ("wait", 1, "canceled", "CANCELED"),
        # Nobody asked it: it is open until its parent ends, and ends with it.
        ("abandon", 0, "canceled", "TERMINATED"),
    ],
)
def test_cancelling_a_child_asks_swf_as_its_policy_says(play, policy, requests, result, child):
    class Parent(Workflow):
        task_list = "parents"

        async def run(self):
            call = Sleeping.options(workflow_id="child", cancel=policy).child()
            await call.started
            call.cancel()
            try:
                return await call
            except asyncio.CancelledError:
                await asyncio.sleep(5)
                return "canceled"

    execution = play(Parent, others=[Sleeping])

    assert execution.result() == result
    assert execution.events.filter(RequestCancelExternalWorkflowExecutionInitiated).count() == requests
    children = play.domain.executions.all()
    statuses = [each.close_status for each in children.filter(workflow_id="child", status="CLOSED")]
    assert statuses == [child]


def test_an_unknown_policy_is_refused():
    with pytest.raises(ValidationError, match="There is no way to cancel 'perhaps'"):
        work.options(cancel="perhaps")


@activity(task_list="broken", retry=RetryPolicy(attempts=3, first_delay=60, jitter=0))
def broken() -> None:
    raise ValueError("no")


def test_an_execution_is_canceled_by_the_first_request_and_the_second_disturbs_nothing(play, step):
    class Tidying(Workflow):
        task_list = "tidying-twice"

        async def run(self):
            try:
                await asyncio.sleep(3600)
            finally:
                await work(1)

    play.activities = [work]
    (decider,), (worker,) = play.deciders(Tidying), play.workers()
    execution = Tidying.start(play.domain)
    step(decider)
    execution.request_cancel()
    step(decider)

    execution.request_cancel()

    closed = play.environment.run(execution, decider, worker)
    assert closed.close_status == "CANCELED"
    assert len(closed.history().filter("ActivityTaskCompleted")) == 1


def test_a_call_that_failed_and_is_canceled_in_the_same_turn_is_not_tried_again(play, step, names):
    class Trying(Workflow):
        task_list = "trying"

        async def run(self):
            await broken()

    play.activities = [broken]
    (decider,), (worker,) = play.deciders(Trying), play.workers()
    execution = Trying.start(play.domain)
    step(decider, worker)
    execution.request_cancel()

    step(decider)

    assert names(execution) == [
        "WorkflowExecutionStarted",
        "ActivityTaskScheduled",
        "ActivityTaskStarted",
        "ActivityTaskFailed",
        "WorkflowExecutionCancelRequested",
        "WorkflowExecutionCanceled",
    ]


def test_a_call_that_fails_after_it_was_asked_to_cancel_is_not_tried_again(play, step):
    class Trying(Workflow):
        task_list = "trying-and-waiting"

        async def run(self):
            await broken.options(cancel="wait")()

    play.activities = [broken]
    (decider,), (worker,) = play.deciders(Trying), play.workers()
    execution = Trying.start(play.domain)
    step(decider)
    task = worker.poll_task()
    execution.request_cancel()
    step(decider)

    worker.perform_task(task)
    step(decider)

    assert execution.upstream().close_status == "FAILED"
    assert len(execution.history().filter("ActivityTaskScheduled")) == 1


def test_a_retry_that_cannot_be_asked_for_ends_the_call(play, step):
    class Clashing(Workflow):
        task_list = "clashing"

        async def run(self):
            first = broken.options(id="charge")()
            second = work.options(id="charge-2", task_list="nobody")(1)
            try:
                return await first
            except ValidationError as error:
                second.cancel()
                return str(error)

    play.activities = [broken, work]
    (decider,), (worker, *_) = play.deciders(Clashing), play.workers()
    execution = Clashing.start(play.domain)
    step(decider, worker, decider)
    play.environment.clock.advance(seconds=60)

    step(decider)

    assert execution.result(timeout=0).startswith("An activity with the id 'charge-2' is open in this execution.")


def test_a_task_group_hands_continue_as_new_on(play, names):
    class Paging(Workflow):
        task_list = "paging"

        async def run(self, page):
            async with asyncio.TaskGroup():
                await asyncio.sleep(1)
                if page < 1:
                    continue_as_new(page + 1)
                return page

    execution = play(Paging, 0)

    assert names(execution)[-1] == "WorkflowExecutionContinuedAsNew"
