"""Executions kept alive between decision tasks: what is asked, what is dropped, and that nothing depends on it."""

import asyncio
import contextlib
import gc
import logging
import random
import time
import tracemalloc

import pytest

from swf.exceptions import ConfigurationError, PollTimeout
from swf.models.event import ActivityTaskScheduled, DecisionTaskTimedOut
from swf.workflows import ActivityRunner, Workflow, WorkflowDecider, activity, side_effect, wait_for_signal

steps = []


@activity(task_list="work")
def add_one(number: int) -> int:
    return number + 1


class Counting(Workflow):
    task_list = "counting"

    async def run(self, times):
        number = 0
        for _ in range(times):
            steps.append(number)
            number = await add_one(number)
        return number


@pytest.fixture(autouse=True)
def forgotten_steps():
    steps.clear()


@pytest.fixture
def operations(environment):
    """Notes which operations are asked for, with their parameters."""
    noted = []
    connection = environment.connection
    for client in {connection.client, connection.poll_client}:
        client.meta.events.register(
            "provide-client-params.swf", lambda params, model, **_: noted.append((model.name, dict(params)))
        )
    return noted


def finish(step, execution, *actors):
    for _ in range(1000):
        if not step(*actors):
            break
    return execution.result(timeout=0)


def test_an_execution_that_is_kept_runs_only_what_is_new(play, step, operations):
    play.activities = [add_one]
    actors = [*play.deciders(Counting), *play.workers()]

    assert finish(step, Counting.start(play.domain, 50), *actors) == 50

    assert steps == list(range(50))
    assert "GetWorkflowExecutionHistory" not in [name for name, _ in operations][:-1]


def test_an_execution_that_is_not_kept_is_replayed(play, step):
    play.activities = [add_one]
    actors = [*play.deciders(Counting, keep=0), *play.workers()]

    assert finish(step, Counting.start(play.domain, 4), *actors) == 4

    assert steps == [0, 0, 1, 0, 1, 2, 0, 1, 2, 3, 0, 1, 2, 3]


def test_answers_bind_an_execution_to_the_decider_that_keeps_it(play, step, operations):
    play.activities = [add_one]
    (decider,), (worker,) = play.deciders(Counting, sticky_timeout=7), play.workers()

    finish(step, Counting.start(play.domain, 2), decider, worker)

    answers = [params for name, params in operations if name == "RespondDecisionTaskCompleted"]
    assert [answer["taskList"]["name"] for answer in answers] == [decider.own_task_list] * 3
    assert {answer["taskListScheduleToStartTimeout"] for answer in answers} == {"7"}
    assert decider.own_task_list.startswith("counting-")
    polls = [params for name, params in operations if name == "PollForDecisionTask"]
    assert all(params["startAtPreviousStartedEvent"] for params in polls)


def test_another_decider_takes_over_when_one_is_gone(play, step):
    play.activities = [add_one]
    (gone,), (other,), (worker,) = play.deciders(Counting), play.deciders(Counting), play.workers()
    execution = Counting.start(play.domain, 6)
    for _ in range(3):
        step(gone, worker)
    while step(other, worker):
        pass
    assert execution.upstream().status == "OPEN"

    play.environment.clock.advance(seconds=10)

    assert finish(step, execution, other, worker) == 6
    timed_out = execution.events.filter(DecisionTaskTimedOut).first()
    assert timed_out.timeout_type == "SCHEDULE_TO_START"


def test_an_execution_that_was_forgotten_is_replayed(play, step):
    play.activities = [add_one]
    (decider,), (worker,) = play.deciders(Counting), play.workers()
    execution = Counting.start(play.domain, 4)
    step(decider, worker)
    step(decider, worker)
    assert decider.kept == 1

    decider.forget()

    assert decider.kept == 0
    assert finish(step, execution, decider, worker) == 4


def test_no_more_executions_are_kept_than_asked_for(play, step):
    play.activities = [add_one]
    (decider,), _ = play.deciders(Counting, keep=3), play.workers()
    for _ in range(10):
        Counting.start(play.domain, 1)
    while step(decider):
        pass

    assert decider.kept == 3


def test_a_closed_execution_is_not_kept(play, step):
    play.activities = [add_one]
    actors = [*play.deciders(Counting), *play.workers()]

    finish(step, Counting.start(play.domain, 2), *actors)

    assert actors[0].kept == 0


def test_an_answer_that_got_lost_is_found_out(play, step):
    play.activities = [add_one]
    (decider,), (worker,) = play.deciders(Counting), play.workers()
    execution = Counting.start(play.domain, 5)
    step(decider, worker)
    # Decided here, and never heard of by SWF.
    decider.decide(decider.poll_task())
    play.environment.clock.advance(seconds=30)

    assert finish(step, execution, decider, worker) == 5
    assert [event.input for event in execution.events.filter(ActivityTaskScheduled)] == ["0", "1", "2", "3", "4"]


def test_an_answer_that_arrived_and_whose_reply_got_lost_is_found_out(play, step):
    play.activities = [add_one]
    (decider,), (worker,) = play.deciders(Counting), play.workers()
    execution = Counting.start(play.domain, 5)
    step(decider, worker)
    task = decider.poll_task()
    task.complete(decider.decide(task))
    step(worker)

    assert finish(step, execution, decider, worker) == 5
    assert steps == [0, 1, 2, 3, 4]


def test_a_task_that_was_decided_twice_by_two_threads_ends_right(play, step):
    play.activities = [add_one]
    (decider,), (worker,) = play.deciders(Counting), play.workers()
    execution = Counting.start(play.domain, 5)
    step(decider, worker)
    late = decider.poll_task()
    play.environment.clock.advance(seconds=30)
    again = decider.poll_task()
    decisions = decider.decide(again)
    decider.decide(late)
    again.complete(decisions)

    assert finish(step, execution, decider, worker) == 5


class Tidy(Workflow):
    task_list = "tidy"

    async def run(self):
        try:
            await wait_for_signal("never")
        finally:
            steps.append("finally")
            await add_one(1)
            steps.append("after it")


def test_an_execution_that_is_forgotten_does_nothing_more_and_says_nothing(play, step, caplog):
    caplog.set_level(logging.DEBUG)
    play.activities = [add_one]
    (decider,), _ = play.deciders(Tidy), play.workers()
    execution = Tidy.start(play.domain)
    step(decider)
    caplog.clear()

    decider.forget()
    gc.collect()

    assert steps == ["finally"]
    assert caplog.records == []
    assert execution.history().last.name == "DecisionTaskCompleted"


def test_a_decider_that_is_dropped_forgets_its_executions(play, step):
    play.activities = [add_one]
    (decider,), _ = play.deciders(Tidy), play.workers()
    Tidy.start(play.domain)
    step(decider)

    del decider
    gc.collect()

    # Had the activity been called as a plain function, it would have gone on after it.
    assert steps == ["finally"]


def test_a_type_it_has_no_workflow_for_is_left_alone(play, step, caplog):
    class Other(Workflow):
        task_list = "counting"

        async def run(self):
            return "other"

    play.deciders(Other)
    (decider,) = play.deciders(Counting)
    execution = Other.start(play.domain)

    step(decider)

    assert "decides nothing on executions of the type Other 1.0" in caplog.text
    assert execution.upstream().status == "OPEN"


def test_a_decider_without_workflows_does_not_start(play):
    with pytest.raises(Exception, match="has no workflows"):
        WorkflowDecider(play.domain, "none", workflows=[]).check()


@pytest.mark.parametrize(
    ("task_list", "warned"),
    [
        ("counting", []),
        (
            "elsewhere",
            [
                "the task list 'elsewhere', and what it has is declared with 'counting'",
                "the task list 'elsewhere', and what it has is declared with 'work'",
            ],
        ),
    ],
)
def test_a_task_list_where_nothing_comes_by_itself_is_warned_of(play, caplog, task_list, warned):
    decider = WorkflowDecider(play.domain, task_list, workflows=[Counting])
    worker = ActivityRunner(play.domain, "work" if task_list == "counting" else task_list, activities=[add_one])

    with decider, worker:
        pass

    sentences = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    told = [sentence.partition(" watches ")[2].partition(":")[0] for sentence in sentences]
    assert told == warned


def test_it_runs_in_threads(play):
    """With real threads, polls that answer at once, and both task lists polled."""
    with (
        WorkflowDecider(play.domain, "counting", workflows=[Counting], concurrency=2),
        ActivityRunner(play.domain, "work", activities=[add_one], concurrency=2),
    ):
        executions = [Counting.start(play.domain, 5) for _ in range(5)]
        results = [execution.result(timeout=60) for execution in executions]

    assert results == [5] * 5


def test_a_type_registered_otherwise_keeps_it_from_starting(play):
    Counting.registration(play.domain).save()

    class Changed(Counting):
        name = "Counting"
        execution_timeout = 5

    with pytest.raises(ConfigurationError, match="execution_timeout is 5 here and 31536000 there"):
        WorkflowDecider(play.domain, "counting", workflows=[Changed]).start()


class Mixed(Workflow):
    task_list = "counting"

    async def run(self, seed):
        total = 0
        for _ in range(2):
            async with asyncio.timeout(1000):
                total += sum(await asyncio.gather(add_one(seed), add_one(total)))
            await asyncio.sleep(1)
        return total


def test_two_deciders_killed_at_random_lose_nothing_of_500_executions(play, step):
    chance = random.Random(7)
    options = {"keep": 20, "check": False}
    play.activities = [add_one]
    deciders = [*play.deciders(Mixed, **options), *play.deciders(Mixed, **options)]
    (worker,) = play.workers()
    executions = {Mixed.start(play.domain, number): number for number in range(500)}

    def turn():
        place = chance.randrange(2)
        if chance.random() < 0.01:
            # It dies: what it kept and the list of its own are gone with it.
            (deciders[place],) = play.deciders(Mixed, **options)
        if chance.random() < 0.02:
            lose_an_answer(deciders[place])
        return step(deciders[place]) + step(worker)

    for _ in range(40_000):
        if not turn() and not step(*deciders, worker):
            play.environment.clock.advance(seconds=3)
            if all(execution.upstream().status == "CLOSED" for execution in executions):
                break

    results = {number: execution.result(timeout=0) for execution, number in executions.items()}
    assert results == {number: expected(number) for number in range(500)}


def lose_an_answer(decider):
    with contextlib.suppress(PollTimeout):
        decider.decide(decider.poll_task())


def expected(seed):
    total = 0
    for _ in range(2):
        total += seed + 1 + total + 1
    return total


def test_an_execution_that_is_kept_takes_little_memory(play, step):
    play.activities = [add_one]
    (decider,), _ = play.deciders(Counting), play.workers()
    for _ in range(20):
        Counting.start(play.domain, 3)
    tasks = [decider.poll_task() for _ in range(20)]
    decider.decide(tasks[0])
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()

    for task in tasks[1:]:
        decider.decide(task)

    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert decider.kept == 20
    assert (after - before) / 19 < 20_000


@activity(task_list="work")
def release(what: str) -> str:
    return what


class Streaming(Workflow):
    task_list = "streaming"

    def __init__(self):
        self.stream = self.numbers()
        self.countdown = self.counted()

    async def numbers(self):
        try:
            while True:
                await asyncio.sleep(10)
                yield 1
        finally:
            await release("stream")

    def counted(self):
        try:
            yield 1
        finally:
            release("countdown")

    async def run(self):
        next(self.countdown)
        async for _ in self.stream:
            await asyncio.sleep(5)


class Collecting(Workflow):
    task_list = "streaming"

    async def run(self):
        for _ in range(3):
            await asyncio.sleep(1)
            gc.collect()


@pytest.fixture
def released():
    """Notes what is released outside of a workflow."""
    noted = []
    fn, release.fn = release.fn, noted.append
    yield noted
    release.fn = fn


# Python tells that the plain generator was not let finish.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("naps", [0, 1])
def test_the_generators_of_a_forgotten_execution_ask_for_nothing(play, step, released, names, naps):
    (decider,) = play.deciders(Streaming, Collecting, keep=1)
    Streaming.start(play.domain)
    step(decider)
    for _ in range(naps):
        play.environment.clock.advance()
        step(decider)
    collecting = Collecting.start(play.domain)
    step(decider)

    for _ in range(3):
        play.environment.clock.advance(seconds=1)
        step(decider)

    gc.collect()
    assert names(collecting) == [
        "WorkflowExecutionStarted",
        *["TimerStarted", "TimerFired"] * 3,
        "WorkflowExecutionCompleted",
    ]
    assert released == []


def test_a_generator_that_is_left_ends_in_its_own_turn(play):
    class Leaving(Streaming):
        async def run(self):
            async for _ in self.numbers():
                break
            await asyncio.sleep(60)

    play.activities = [release]

    execution = play(Leaving, keep=0)

    assert [event.input for event in execution.events.filter(ActivityTaskScheduled)] == ["stream"]
    assert execution.close_status == "COMPLETED"


def test_a_decider_decides_on_no_more_executions_at_once_than_it_is_told(environment):
    at_once, most = [], []

    def look():
        at_once.append(1)
        most.append(len(at_once))
        time.sleep(0.1)
        at_once.pop()

    class Looking(Workflow):
        task_list = "looking"

        async def run(self):
            side_effect(look)
            await wait_for_signal("go")
            side_effect(look)

    with WorkflowDecider(environment.domain, "looking", workflows=[Looking], concurrency=1):
        executions = [Looking.start(environment.domain) for _ in range(4)]
        for execution in executions:
            execution.signal("go", 1)
        for execution in executions:
            execution.wait(timeout=30)

    assert len(most) == 8
    assert max(most) == 1
