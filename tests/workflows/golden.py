"""Workflows whose histories are kept in ``tests/histories/endings``, one for each way in which something ends.

They are not changed any more: what an older version of the library made of them has to replay for ever. To keep one
more, add a workflow and run this module; histories that are there are left alone.
"""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from swf.actors import TaskCanceled
from swf.exceptions import PollTimeout
from swf.failure import TaskFailed
from swf.testing import Environment
from swf.workflows import (
    Activity,
    ActivityRunner,
    ChildWorkflow,
    DecisionRefused,
    Failed,
    LambdaFunction,
    RetryPolicy,
    SideEffectFailed,
    Workflow,
    WorkflowDecider,
    activity,
    cancel_external,
    continue_as_new,
    now,
    patched,
    random,
    record_marker,
    side_effect,
    signal,
    signal_external,
    uuid4,
    wait_condition,
    wait_for_signal,
)

HISTORIES = Path(__file__).parents[1] / "histories" / "endings"
# Tracebacks tell where somebody has the project.
_HERE = f"{Path(__file__).parents[2]}/"


@activity(task_list="work", start_to_close_timeout=60)
def work(number: int) -> int:
    if number < 0:
        raise ValueError(f"{number} is negative")
    return number * 10


@activity(task_list="nobody", schedule_to_start_timeout=5, heartbeat_timeout=5)
def never() -> None:
    return None


@activity(task_list="work")
def canceling() -> None:
    raise TaskCanceled("gave up")


@activity(task_list="work")
def hopeless() -> None:
    raise TaskFailed("no use", retry=False)


class Golden(Workflow):
    task_list = "golden"
    execution_timeout = 3600
    lambda_role = "arn:aws:iam::123456789012:role/swf"


async def outcome(awaitable: Any) -> Any:
    """Tell how something ended."""
    try:
        return await awaitable
    except Failed as error:
        return [type(error).__name__, error.type]
    except asyncio.CancelledError:
        return "canceled"


class Activities(Golden):
    """Activities that complete, fail, time out, are canceled, and are refused."""

    async def run(self) -> Any:
        ended = [await outcome(call()) for call in (lambda: work(1), lambda: work(-1), never, canceling)]
        ended.append(await outcome(Activity("Nothing", "1.0")()))
        ended.append(await outcome(work.options(retry=RetryPolicy(attempts=3, jitter=0.5))(-2)))
        ended.append(await outcome(hopeless.options(retry=RetryPolicy(attempts=3))()))
        return ended


class Cancelled(Golden):
    """Activities and timers that are cancelled, by each policy, before and after they are sent."""

    async def run(self) -> Any:
        calls = [asyncio.ensure_future(never.options(cancel=policy)()) for policy in ("try", "wait", "abandon")]
        sleep = asyncio.create_task(asyncio.sleep(1000))
        work(1).cancel()
        await asyncio.sleep(1)
        for call in [*calls, sleep]:
            call.cancel()
        ended = [await outcome(call) for call in calls]
        try:
            await asyncio.wait_for(asyncio.sleep(1000), 2)
        except TimeoutError:
            ended.append("timed out")
        return ended


class Leaf(Golden):
    """A child."""

    async def run(self, how: str) -> Any:
        if how == "fail":
            raise ValueError("as told")
        if how == "sleep":
            await asyncio.sleep(1800)
        return how


class Children(Golden):
    """Children that complete, fail, time out, are canceled, and are refused; word to others."""

    async def run(self) -> Any:
        ended = [await outcome(Leaf.child(how)) for how in ("end", "fail")]
        ended.append(await outcome(Leaf.options(execution_timeout=5).child("sleep")))
        child = Leaf.options(workflow_id="leaf", cancel="wait").child("sleep")
        await child.started
        ended.append(await outcome(Leaf.options(workflow_id="leaf").child("end")))
        child.cancel()
        ended.append(await outcome(child))
        ended.append(await outcome(ChildWorkflow("Nothing", "1.0")()))
        for word in (signal_external("nobody", "word"), cancel_external("nobody")):
            try:
                await word
            except DecisionRefused as refused:
                ended.append(refused.cause)
        return ended


class Lambdas(Golden):
    """Lambda functions that complete and fail."""

    async def run(self) -> Any:
        return [await outcome(LambdaFunction(name)("a")) for name in ("upcase", "broken", "nowhere")]


class Markers(Golden):
    """What is kept in markers, and what follows from the run id."""

    async def run(self) -> Any:
        record_marker("began", {"at": now().isoformat()})
        ended = [side_effect(lambda: {"seven": 7}), str(uuid4()), random().random(), patched("a change")]
        try:
            side_effect(lambda: {}["nothing"])
        except SideEffectFailed as error:
            ended.append(error.type)
        await asyncio.sleep(1)
        ended.append(await work.local(3))
        ended.append(await outcome(work.local(-3)))
        await asyncio.sleep(1)
        return ended


class Many(Golden):
    """More decisions than one answer holds."""

    async def run(self) -> Any:
        calls = [work(number) for number in range(130)]
        calls.pop(120).cancel()
        return sum(await asyncio.gather(*(outcome(call) for call in calls)))


class Signaled(Golden):
    """Signals, before it began and while it was closed; one that nobody handles, and one that does not fit."""

    def __init__(self) -> None:
        self.words: list[str] = []

    @signal
    def say(self, word: str, times: int) -> None:
        self.words.extend([word] * times)

    async def run(self) -> Any:
        await wait_condition(lambda: len(self.words) >= 2)
        return [self.words, await wait_for_signal("odd")]


class Asked(Golden):
    """It is asked to cancel itself, and tidies up."""

    async def run(self) -> Any:
        try:
            await asyncio.sleep(1800)
        finally:
            await work(1)


class Failing(Golden):
    """It fails."""

    async def run(self) -> Any:
        await work(-1)


class Unfit(Golden):
    """Its input does not fit."""

    async def run(self, one: int, two: int) -> Any:
        return one + two


class Endless(Golden):
    """It continues as new."""

    async def run(self) -> Any:
        await asyncio.sleep(1)
        continue_as_new()


WORKFLOWS = (
    Activities, Cancelled, Children, Leaf, Lambdas, Markers, Many, Signaled, Asked, Failing, Unfit, Endless
)  # fmt: skip


ACTIVITIES = (work, never, canceling, hopeless)


def broken(_: Any) -> None:
    raise ValueError("no such letters")


def recorded() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Run all of them, and give their histories."""
    for workflow in WORKFLOWS:
        functions = {"upcase": str.upper, "broken": broken}
        with Environment("shop", start=datetime(2030, 1, 1, tzinfo=UTC), functions=functions) as environment:
            yield workflow.name, _run(environment, workflow)


def _run(environment: Environment, workflow: type[Workflow]) -> list[dict[str, Any]]:
    decider = WorkflowDecider(
        environment.domain, "golden", workflows=WORKFLOWS, sticky_timeout=None, identity="decider"
    )
    worker = ActivityRunner(environment.domain, "work", activities=ACTIVITIES, identity="worker")
    decider.register()
    worker.register()
    input = "end" if workflow is Leaf else None
    execution = workflow.registration(environment.domain).start_execution(workflow.name, input=input)
    if workflow is Signaled:
        for name, word in (("say", ["before", 1]), ("say", {"not": "so"}), ("odd", 1)):
            execution.signal(name, word)
    if workflow is Asked:
        _step(decider)
        execution.request_cancel()
    ticks = 0
    while execution.upstream().status == "OPEN":
        if workflow is Signaled and ticks == 2:
            execution.signal("say", ["later", 1])
            task = decider.poll_task()
            decisions = decider.decide(task)
            execution.signal("say", {"word": "while it closes", "times": 2})
            task.complete(decisions)
        if not _step(decider) and not _step(worker):
            environment.clock.advance(seconds=1)
            ticks += 1
            assert ticks < 5000, workflow
    return [event.raw for event in execution.history()]


def _step(actor: Any) -> bool:
    try:
        actor.perform_task(actor.poll_task())
    except PollTimeout:
        return False
    return True


if __name__ == "__main__":
    HISTORIES.mkdir(exist_ok=True)
    for name, events in recorded():
        path = HISTORIES / f"{name}.json"
        if not path.exists():
            path.write_text(json.dumps(events, indent=1).replace(_HERE, "") + "\n", encoding="utf-8")
