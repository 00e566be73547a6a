"""Programs made at random: evictions, restarts and answers that get lost change nothing."""

import asyncio
import itertools
import json
import random
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swf.exceptions import PollTimeout
from swf.testing import Environment
from swf.workflows import (
    ActivityRunner,
    Failed,
    Replayer,
    RetryPolicy,
    Workflow,
    WorkflowDecider,
    activity,
    patched,
    record_marker,
    side_effect,
    signal,
    start_timer,
    uuid4,
    wait_condition,
)
from swf.workflows import random as chance

START = datetime(2030, 1, 1, tzinfo=UTC)


@activity(task_list="work", start_to_close_timeout=60)
def work(number: int) -> int:
    if number % 7 == 3:
        raise ValueError(f"{number} is no number of ours")
    return number * 10


class Leaf(Workflow):
    task_list = "programs"

    async def run(self, number: int) -> int:
        await asyncio.sleep(number % 3)
        if number % 5 == 4:
            raise ValueError("a child that fails")
        return number


class Program(Workflow):
    """Runs a program that is its input: a list of steps, each a name with what it needs."""

    task_list = "programs"

    def __init__(self):
        self.told = []

    @signal
    def tell(self, word):
        self.told.append(word)

    @signal
    async def ask(self, number):
        self.told.append(await work(7 * number))

    async def run(self, program):
        try:
            return [await self.block(program), self.told]
        except asyncio.CancelledError:
            # Every other program refuses to be canceled.
            self.told.append(await work(70))
            if len(program) % 2:
                raise
            return ["goes on", self.told]

    async def block(self, steps):
        return [await getattr(self, name)(argument) for name, argument in steps]

    async def work(self, number):
        try:
            return await work(number)
        except Failed as error:
            return error.type

    async def retried(self, number):
        try:
            return await work.options(retry=RetryPolicy(attempts=2, first_delay=2, jitter=0))(number)
        except Failed as error:
            return error.type

    async def child(self, number):
        try:
            return await Leaf.child(number)
        except Failed as error:
            return error.type

    async def sleep(self, seconds):
        await asyncio.sleep(seconds)
        return "slept"

    async def gather(self, blocks):
        return await asyncio.gather(*map(self.block, blocks))

    async def limited(self, argument):
        seconds, block = argument
        try:
            async with asyncio.timeout(seconds):
                return await self.block(block)
        except TimeoutError:
            return "timed out"

    async def first(self, blocks):
        tasks = [asyncio.create_task(self.block(block)) for block in blocks]
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        return [tasks.index(task) for task in done]

    async def raced(self, argument):
        seconds, block = argument
        task = asyncio.create_task(self.block(block))
        done, _ = await asyncio.wait([task], timeout=seconds)
        if not done:
            task.cancel()
            (ended,) = await asyncio.gather(task, return_exceptions=True)
            return repr(ended)
        return task.result()

    async def shielded(self, argument):
        seconds, block = argument
        task = asyncio.create_task(self.block(block))
        try:
            return await asyncio.wait_for(asyncio.shield(task), seconds)
        except TimeoutError:
            return ["late", await task]

    async def by_policy(self, argument):
        policy, seconds, number = argument
        call = work.options(cancel=policy)(number) if number % 2 else Leaf.options(cancel=policy).child(number)
        try:
            return await asyncio.wait_for(call, seconds)
        except (Failed, TimeoutError) as error:
            return type(error).__name__

    async def flooded(self, number):
        calls = [work(7 * each) for each in range(110)]
        timers = [start_timer(number) for _ in range(5)]
        if side_effect(lambda: number % 2):
            for each in (*calls[1::3], *timers[1:]):
                each.cancel()
        ended = await asyncio.gather(*calls, *timers, return_exceptions=True)
        return [each for each in ended if isinstance(each, int)]

    async def streamed(self, number):
        async def stream():
            try:
                for each in range(5):
                    yield await work(7 * each)
            finally:
                await work(7)

        async for each in stream():
            if each >= number:
                break
        return each

    async def grouped(self, blocks):
        async def failing(block):
            await self.block(block)
            raise ValueError(len(block))

        try:
            async with asyncio.TaskGroup() as group:
                for block in blocks:
                    group.create_task(failing(block))
        except* ValueError as errors:
            told = sorted(map(str, errors.exceptions))
        return told

    async def queued(self, number):
        queue, semaphore = asyncio.Queue(1), asyncio.Semaphore(2)

        async def produce(each):
            async with semaphore:
                await queue.put(await work(7 * each))

        async with asyncio.TaskGroup() as group:
            for each in range(number):
                group.create_task(produce(each))
            return [await queue.get() for _ in range(number)]

    async def note(self, number):
        record_marker(f"note {number}")
        return [side_effect(lambda: number + 1), str(uuid4()), chance().random(), patched("a change")]

    async def many(self, number):
        return sum(await asyncio.gather(*(work(7 * each) for each in range(number * 30))))

    async def heard(self, seconds):
        try:
            await wait_condition(lambda: self.told, timeout=seconds)
        except TimeoutError:
            return "heard nothing"
        return self.told[0]


numbers = st.integers(0, 20)
seconds = st.integers(0, 4)
leaves = st.one_of(
    st.tuples(st.sampled_from(["work", "retried", "child", "note"]), numbers),
    st.tuples(st.sampled_from(["sleep", "heard"]), seconds),
    st.tuples(st.just("many"), st.integers(3, 4)),
    st.tuples(st.just("flooded"), st.integers(1, 2)),
    st.tuples(st.sampled_from(["streamed", "queued"]), st.integers(1, 5)),
    st.tuples(st.just("by_policy"), st.tuples(st.sampled_from(["try", "wait", "abandon"]), st.integers(1, 3), numbers)),
)
programs = st.recursive(
    st.lists(leaves, max_size=3),
    lambda blocks: st.lists(
        st.one_of(
            leaves,
            st.tuples(st.just("gather"), st.lists(blocks, max_size=3)),
            st.tuples(st.just("first"), st.lists(blocks, min_size=1, max_size=3)),
            st.tuples(st.just("grouped"), st.lists(blocks, min_size=1, max_size=3)),
            st.tuples(st.sampled_from(["limited", "raced", "shielded"]), st.tuples(st.integers(1, 4), blocks)),
        ),
        max_size=4,
    ),
    max_leaves=8,
)


class Undisturbed:
    """Decides as a decider that nothing happens to."""

    def __init__(self, environment):
        self.decider = decider_of(environment)

    def decide(self, task):
        return self.decider.decide(task)


class Disturbed:
    """Decides as several deciders that forget, die, and lose answers."""

    def __init__(self, environment, seed):
        self.environment = environment
        self.chance = random.Random(seed)
        self.deciders = [decider_of(environment) for _ in range(2)]

    def decide(self, task):
        for _ in range(self.chance.randrange(3)):
            self._one().decide(task)
        if self.chance.random() < 0.2:
            self._one().forget()
        if self.chance.random() < 0.1:
            self.deciders[self.chance.randrange(2)] = decider_of(self.environment)
        return self._one().decide(task)

    def _one(self):
        return self.chance.choice(self.deciders)


def decider_of(environment):
    return WorkflowDecider(
        environment.domain, "programs", workflows=[Program, Leaf], keep=3, sticky_timeout=None, check=False
    )


def story(program, words, disturbed, canceled_at=None, late=()):
    """Run a program, and give its result and its history, without what differs between two runs of anything.

    Args:
        program: The program.
        words: What is signalled, each second.
        disturbed: What disturbs it, as a seed.
        canceled_at: In which second it is asked to cancel itself.
        late: Before which answers, by their number, a signal comes that they do not know of.
    """
    with Environment("shop", start=START) as environment:
        who = Undisturbed(environment) if disturbed is None else Disturbed(environment, disturbed)
        poller = decider_of(environment)
        poller.register()
        worker = ActivityRunner(environment.domain, "work", activities=[work])
        worker.register()
        execution = Program.options(workflow_id="program").start(environment.domain, program)
        tick = 0
        answers = itertools.count()

        def tell_late():
            if (answer := next(answers)) in late:
                execution.signal("ask" if answer % 2 else "tell", 100 + answer)

        while True:
            if not decided(poller, who, tell_late) and not performed(worker):
                if execution.upstream().status == "CLOSED":
                    break
                if tick < len(words):
                    execution.signal("ask" if words[tick] % 2 else "tell", words[tick])
                if tick == canceled_at:
                    execution.request_cancel()
                environment.clock.advance(seconds=1)
                tick += 1
                assert tick < 1000
        history = execution.history()
        Replayer([Program], check=False, strict=True).replay(history, execution=execution)
        closed = history.last.attributes
        return closed.get("result"), [told(event) for event in history], execution.run_id


def decided(poller, who, meanwhile):
    try:
        task = poller.poll_task()
    except PollTimeout:
        return False
    decisions = who.decide(task)
    meanwhile()
    task.complete(decisions)
    return True


def performed(worker):
    """Perform up to ten activities; tells whether there was one."""
    for count in range(10):
        try:
            worker.perform_task(worker.poll_task())
        except PollTimeout:
            return count > 0
    return True


def told(event):
    # What is random differs between two runs: run ids, and what follows from them.
    varying = (
        "identity",
        "details",
        "result",
        "runId",
        "workflowExecution",
        "workflowId",
        "taskToken",
    )
    return [
        event.name,
        event.timestamp,
        {name: value for name, value in event.attributes.items() if name not in varying},
    ]


def without_chance(text):
    """Give a result as it was sent, without the random parts of notes."""
    return None if text is None else _without_chance(json.loads(text))


def _without_chance(result):
    """Give a result without the random parts of notes: they are four, and the middle two are random."""
    if isinstance(result, list):
        if len(result) == 4 and isinstance(result[1], str) and len(result[1]) == 36:
            return [result[0], result[3]]
        return [_without_chance(each) for each in result]
    return result


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    program=programs,
    words=st.lists(st.integers(0, 9), max_size=3),
    seed=st.integers(0, 2**32),
    canceled_at=st.none() | st.integers(0, 4),
    late=st.sets(st.integers(0, 6), max_size=3),
)
def test_a_disturbed_run_has_the_result_and_the_history_of_an_undisturbed_one(program, words, seed, canceled_at, late):
    result, events, first = story(program, words, None, canceled_at, late)
    disturbed_result, disturbed_events, second = story(program, words, seed, canceled_at, late)

    assert without_chance(disturbed_result) == without_chance(result)
    assert disturbed_events == events
    assert first != second
