"""Durable workflows: replays beside Temporal's and simpleflow's, steps that do not get slower, and memory."""

import asyncio
import gc
import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs
from measuring import Pair, Sample, both, seconds
from services import ACTIVITIES, ACTIVITY_TYPE, DECISIONS, WORKFLOW_TYPE, ask, engine_alone, our_server, start

from swf.connection import Connection
from swf.engine import Engine
from swf.shapes import ExecutionId
from swf.workflows import ActivityRunner, Replayer, Workflow, WorkflowDecider, activity, gather
from swf.workflows.decider import WorkflowTask

STEPS = 1_000
MOST_STEPS = 4_000
FEW_STEPS = 400
FAN = 1_000
CACHED = 1_000


@activity(name=ACTIVITY_TYPE["name"], version=ACTIVITY_TYPE["version"], task_list=ACTIVITIES["name"])
def double(n: int) -> int:
    return 2 * n


class Steps(Workflow):
    """Activities one after another."""

    name = WORKFLOW_TYPE["name"]
    version = WORKFLOW_TYPE["version"]
    task_list = DECISIONS["name"]

    async def run(self, count: int) -> int:
        total = 0
        for number in range(count):
            total += await double(number)
        return total


class FanOut(Steps):
    """Activities all at once."""

    name = WORKFLOW_TYPE["name"]

    async def run(self, count: int) -> int:
        return sum(await gather(*(double(number) for number in range(count))))


class Waiting(Steps):
    """Has done a little, and waits for a long time."""

    name = WORKFLOW_TYPE["name"]

    async def run(self, count: int) -> int:
        total = sum([await double(number) for number in range(count)])
        await asyncio.sleep(3600)
        return total


# Replays


def replaying_sandboxed() -> Iterator[Sample]:
    """A history of 1,000 steps, forbidden calls caught, beside Temporal's replayer in its sandbox."""
    return _replaying(is_checked=True)


def replaying() -> Iterator[Sample]:
    """The same without looking for forbidden calls, beside Temporal's replayer without its sandbox."""
    return _replaying(is_checked=False)


def _replaying(*, is_checked: bool) -> Iterator[Sample]:
    import temporal
    from temporalio.client import WorkflowHistory
    from temporalio.worker import Replayer as TemporalReplayer
    from temporalio.worker import UnsandboxedWorkflowRunner

    events = _history(STEPS)
    ours = Replayer([Steps], check=is_checked)
    sandbox = {} if is_checked else {"workflow_runner": UnsandboxedWorkflowRunner()}
    theirs = TemporalReplayer(workflows=[temporal.Steps], **sandbox)  # type: ignore[arg-type]
    history = WorkflowHistory.from_json("steps", {"events": temporal.recorded(STEPS)})
    assert len(events) == len(history.events)

    with asyncio.Runner() as loop:

        def replay() -> None:
            replayed = loop.run(theirs.replay_workflow(history))
            assert replayed.replay_failure is None

        yield both(lambda: ours.replay(events), replay)


def _history(steps: int) -> list[Any]:
    with engine_alone() as engine:
        run_id = start(engine, "steps", input=json.dumps(steps))
        with _stepping(engine, Steps) as step:
            for _ in range(steps):
                step()
            step(is_last=True)
        return _events(engine, "steps", run_id)


def _events(engine: Engine, workflow_id: str, run_id: str) -> list[Any]:
    execution = {"workflowId": workflow_id, "runId": run_id}
    return _pages(engine, "GetWorkflowExecutionHistory", execution=execution)[1]


def _pages(engine: Engine, operation: str, **request: Any) -> tuple[dict[str, Any], list[Any]]:
    """Ask for all pages; give the first answer, and the events of all."""
    first = answer = ask(engine, operation, domain="d", **request)
    events = list(first.get("events", ()))
    while token := answer.get("nextPageToken"):
        answer = ask(engine, operation, domain="d", **request, nextPageToken=token)
        events += answer["events"]
    return first, events


# Steps


@contextmanager
def _stepping(engine: Engine, workflow: type[Workflow], **options: Any) -> Iterator[Callable[..., None]]:
    """Give what does a step: a decision, and the activity that it scheduled."""
    connection = Connection.over(engine)
    decider = WorkflowDecider(
        "d", DECISIONS["name"], workflows=[workflow], connection=connection, registers=False, check=False, **options
    )
    runner = ActivityRunner("d", ACTIVITIES["name"], activities=[double], connection=connection, registers=False)

    def step(*, is_last: bool = False) -> None:
        decider.perform_task(decider.poll(_bound(engine, decider)))
        if not is_last:
            runner.perform_task(runner.poll_task())

    yield step
    decider.forget()


def _bound(engine: Engine, decider: WorkflowDecider) -> str:
    """Give the task list that the next decision task is in, so that no poll waits on the other one."""
    own = decider.own_task_list
    waiting = ask(engine, "CountPendingDecisionTasks", domain="d", taskList={"name": own})
    return own if waiting["count"] else decider.task_list


def steps() -> Iterator[Sample]:
    """An execution of 4,000 steps, end to end: its last tenth beside its first."""
    tenth = MOST_STEPS // 10

    def sample() -> Pair:
        with engine_alone() as engine, _stepping(engine, Steps) as step:
            run_id = start(engine, "steps", input=json.dumps(MOST_STEPS))

            def go(count: int) -> None:
                for _ in range(count):
                    step()

            first = seconds(lambda: go(tenth))
            go(8 * tenth)
            last = seconds(lambda: go(tenth))
            step(is_last=True)
            assert _events(engine, "steps", run_id)[-1]["eventType"] == "WorkflowExecutionCompleted"
            return Pair(last, first)

    yield sample


def sticking() -> Iterator[Sample]:
    """An execution of 400 steps, kept alive by its decider, beside one whose history is replayed each time."""

    def work(**options: Any) -> None:
        with engine_alone() as engine, _stepping(engine, Steps, **options) as step:
            start(engine, "steps", input=json.dumps(FEW_STEPS))
            for _ in range(FEW_STEPS):
                step()

    yield both(work, lambda: work(keep=0))


# Fan-out

Decide = Callable[[dict[str, Any], list[Any], ExecutionId], list[Any]]


def fanning() -> Iterator[Sample]:
    """1,000 activities at once, the time of the decisions alone, beside simpleflow's executor."""

    def sample() -> Pair:
        return Pair(_decided(_ours, str(FAN)), _decided(_theirs, json.dumps({"kwargs": {"count": FAN}})))

    yield sample


@contextmanager
def _ours(engine: Engine) -> Iterator[Decide]:
    connection = Connection.over(engine)
    decider = WorkflowDecider("d", DECISIONS["name"], workflows=[FanOut], connection=connection, check=False)

    def decide(answer: dict[str, Any], events: list[Any], execution: ExecutionId) -> list[Any]:
        # As poll() makes it of an answer.
        whole = {**answer, "events": events}
        task = WorkflowTask.from_poll(decider.domain, DECISIONS["name"], whole, connection=connection)
        decisions: Any = decider.decide(attrs.evolve(task, events=tuple(events)))
        return [decision.raw for decision in decisions]

    yield decide
    decider.forget()


@contextmanager
def _theirs(engine: Engine) -> Iterator[Decide]:
    import simple

    decide = simple.decider()
    yield lambda answer, events, execution: decide(events, execution)


def _decided(deciding: Callable[[Engine], Any], input: str) -> float:
    """Run an execution to its end; give the seconds that its decisions took."""
    took = 0.0
    with engine_alone() as engine, deciding(engine) as decide:
        execution = ExecutionId("fan", start(engine, "fan", input=input))
        gc.collect()
        decided: list[Any] = []
        while not decided or decided[-1]["decisionType"] != "CompleteWorkflowExecution":
            # Both are given the whole history; ours looks at what is new.
            answer, events = _pages(engine, "PollForDecisionTask", taskList=DECISIONS, identity="decider")
            began = time.perf_counter()
            decided = decide(answer, events, execution)
            took += time.perf_counter() - began
            ask(engine, "RespondDecisionTaskCompleted", taskToken=answer["taskToken"], decisions=decided)
            if not any(decision["decisionType"] == "StartTimer" for decision in decided):
                _complete(engine)
        last = _events(engine, *execution)[-1]
        assert json.loads(last["workflowExecutionCompletedEventAttributes"]["result"]) == FAN * (FAN - 1)
    return took


def _complete(engine: Engine) -> None:
    """Complete the activities that wait."""
    while ask(engine, "CountPendingActivityTasks", domain="d", taskList=ACTIVITIES)["count"]:
        task = ask(engine, "PollForActivityTask", domain="d", taskList=ACTIVITIES, identity="worker")
        number = _number(json.loads(task["input"]))
        ask(engine, "RespondActivityTaskCompleted", taskToken=task["taskToken"], result=str(2 * number))


def _number(input: Any) -> int:
    number: int = input["args"][0] if isinstance(input, dict) else input
    return number


# Memory


def cached() -> Iterator[Sample]:
    """What a decider keeps of 1,000 open executions, in kB each."""

    def sample() -> Pair:
        # The engine is in a process of its own.
        with our_server() as service, Connection(service.url) as connection:
            decider = WorkflowDecider(
                "d", DECISIONS["name"], workflows=[Waiting], connection=connection, registers=False, keep=2 * CACHED
            )
            runner = ActivityRunner(
                "d", ACTIVITIES["name"], activities=[double], connection=connection, registers=False
            )
            for number in range(CACHED + 1):
                service.client.start_workflow_execution(
                    domain="d", workflowId=f"w{number}", workflowType=WORKFLOW_TYPE, input="2"
                )
            _work(decider, runner, 1)
            gc.collect()
            tracemalloc.start()
            _work(decider, runner, CACHED)
            gc.collect()
            held, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert decider.kept == CACHED + 1
            decider.forget()
            return Pair(held / CACHED / 1_000)

    yield sample


def _work(decider: WorkflowDecider, runner: ActivityRunner, executions: int) -> None:
    """Take executions, as they come, to where they wait."""
    for _ in range(executions):
        decider.perform_task(decider.poll())
        for _ in range(2):
            runner.perform_task(runner.poll_task())
            decider.perform_task(decider.poll(decider.own_task_list))
