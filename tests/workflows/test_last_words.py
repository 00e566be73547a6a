"""What other executions are to hear of an execution that ends: it ends once they have."""

import asyncio

import pytest

from swf.models.event import (
    ExternalWorkflowExecutionSignaled,
    RequestCancelExternalWorkflowExecutionInitiated,
)
from swf.testing import HistoryBuilder
from swf.workflows import (
    Replayer,
    Workflow,
    WorkflowFailed,
    continue_as_new,
    signal,
    signal_external,
    wait_condition,
    wait_for_signal,
)


class Sleeping(Workflow):
    task_list = "sleeping"

    async def run(self):
        await asyncio.sleep(3600)
        return "slept"


class Listening(Workflow):
    task_list = "listening"

    def __init__(self):
        self.heard = []

    @signal
    def word(self, number):
        self.heard.append(number)

    async def run(self, count):
        await wait_condition(lambda: len(self.heard) == count)
        return sorted(self.heard)


def closed(play, workflow_id):
    (execution,) = play.domain.executions.filter(workflow_id=workflow_id, status="CLOSED")
    return execution


async def cancel_and_return(child):
    child.cancel()


async def fail_in_a_group(child):
    async with asyncio.TaskGroup() as group:
        group.create_task(awaiting(child))
        group.create_task(refusing())


async def awaiting(child):
    await child


async def refusing():
    raise WorkflowFailed("no eggs")


async def wait_too_long(child):
    async with asyncio.timeout(10):
        await child


async def go_on(child):
    child.cancel()
    continue_as_new("nothing")


WAYS = {
    "cancel": (cancel_and_return, "COMPLETED"),
    "group": (fail_in_a_group, "FAILED"),
    "timeout": (wait_too_long, "FAILED"),
    "again": (go_on, "CONTINUED_AS_NEW"),
}


class Parent(Workflow):
    task_list = "parents"

    async def run(self, way):
        if way == "nothing":
            return
        child = Sleeping.options(workflow_id="child").child()
        await child.started
        await WAYS[way][0](child)


@pytest.mark.parametrize("keep", [1_000, 0])
@pytest.mark.parametrize("way", WAYS)
def test_a_child_that_is_canceled_at_the_end_does_not_outlive_its_parent(play, step, way, keep):
    actors = play.deciders(Parent, Sleeping, keep=keep)
    execution = Parent.options(workflow_id="parent").start(play.domain, way)

    play.environment.run(execution, *actors)
    while step(*actors):
        pass

    first = play.domain.executions.filter(workflow_id="parent", status="CLOSED").reverse()[0]
    assert first.close_status == WAYS[way][1]
    assert first.events.filter(RequestCancelExternalWorkflowExecutionInitiated).count() == 1
    assert closed(play, "child").close_status == "CANCELED"


@pytest.mark.parametrize("keep", [1_000, 0])
def test_a_child_of_an_execution_that_is_canceled_is_canceled_too(play, step, keep):
    class Waiting(Workflow):
        task_list = "parents"

        async def run(self):
            return await Sleeping.options(workflow_id="child").child()

    actors = play.deciders(Waiting, Sleeping, keep=keep)
    execution = Waiting.start(play.domain)
    while step(*actors):
        pass

    execution.request_cancel()
    while step(*actors):
        pass

    assert (execution.upstream().close_status, closed(play, "child").close_status) == ("CANCELED", "CANCELED")


@pytest.mark.parametrize("count", [1, 250])
def test_signals_that_nobody_waits_for_arrive_before_the_end(play, count):
    class Calling(Workflow):
        task_list = "calling"

        async def run(self):
            for number in range(count):
                signal_external("listening", "word", number)
            return "told"

    actors = play.deciders(Calling, Listening)
    listening = Listening.options(workflow_id="listening").start(play.domain, count)

    calling = play.environment.run(Calling.start(play.domain), *actors)
    heard = play.environment.run(listening, *actors)

    assert (calling.result(), heard.result()) == ("told", list(range(count)))
    assert calling.events.filter(ExternalWorkflowExecutionSignaled).count() == count


def test_a_child_that_is_to_go_on_alone_starts_before_the_end(play):
    class Starting(Workflow):
        task_list = "starting"
        child_policy = "ABANDON"

        async def run(self):
            Sleeping.options(workflow_id="child", cancel="abandon").child()
            return "started"

    starting = play(Starting, others=[Sleeping])
    (child,) = play.domain.executions.filter(workflow_id="child", status="OPEN")

    assert starting.result() == "started"
    assert child.parent.workflow_id == starting.workflow_id


def test_many_children_may_be_over_at_the_same_moment(play, step):
    class Starting(Workflow):
        task_list = "starting"
        child_policy = "ABANDON"

        async def run(self):
            for _ in range(300):
                Sleeping.options(cancel="abandon", execution_timeout=60).child()

    starting = play(Starting, others=[Sleeping])

    play.environment.clock.advance(seconds=60)

    assert starting.close_status == "COMPLETED"
    assert play.domain.executions.filter(status="CLOSED", close_status="TIMED_OUT").count() == 300


def test_nobody_is_waited_for_who_is_not_there(play):
    class Calling(Workflow):
        task_list = "calling"

        async def run(self):
            signal_external("nobody", "word", 1)
            return "told"

    assert play(Calling).result() == "told"


def test_an_end_that_waits_is_the_one_that_was_decided(play, step):
    class Calling(Workflow):
        task_list = "calling"

        async def run(self):
            asyncio.get_running_loop().create_task(self.chatting())
            await asyncio.sleep(0)
            return await wait_for_signal("end")

        async def chatting(self):
            while True:
                await signal_external("listening", "word", 1)

    actors = play.deciders(Calling, Listening)
    Listening.options(workflow_id="listening").start(play.domain, 100)
    execution = Calling.start(play.domain)
    step(*actors)
    execution.signal("end", "at last")

    closing = play.environment.run(execution, *actors)

    assert closing.result() == "at last"


def test_a_history_whose_end_did_not_wait_is_replayed_as_it_was():
    class Calling(Workflow):
        async def run(self):
            signal_external("listening", "word", 1)
            return "told"

    builder = HistoryBuilder(Calling.registration("shop"))
    builder.add_decision_task()
    builder.add_signal_external_workflow_execution_initiated("listening", "word", input=[1])
    builder.add_workflow_execution_completed(result="told")

    assert [event.name for event in builder.history][-2:] == [
        "SignalExternalWorkflowExecutionInitiated",
        "WorkflowExecutionCompleted",
    ]
    Replayer([Calling]).replay(builder.history)
