"""Workflows in blocking style: plain functions that wait without await."""

import asyncio
import functools
import time

import pytest

from swf.exceptions import ForbiddenCallError
from swf.workflows import (
    ActivityFailed,
    LambdaFunction,
    WaitTimedOut,
    Workflow,
    WorkflowFailed,
    activity,
    gather,
    now,
    query,
    signal,
    sleep,
    start_timer,
    wait,
    wait_condition,
    wait_for_all,
    wait_for_any,
)


@activity(task_list="work")
def work(number: int) -> int:
    if number < 0:
        raise ValueError("negative")
    return number * 10


class Blocking(Workflow):
    task_list = "blocking"
    lambda_role = "arn:aws:iam::123456789012:role/swf"
    upcase = LambdaFunction("upcase", timeout=60)

    def __init__(self):
        self.words = []

    @signal
    def say(self, word: str):
        self.words.append(word)

    @query
    def said(self):
        return self.words


def program(body):
    class Program(Blocking):
        task_list = "blocking"

        def run(self):
            return body(self)

    return Program


def waits_for_results(self):
    first = work(1)
    second = self.upcase("hello")
    return [first.result() + 2, second.result()]


def sleeps(self):
    began = now()
    sleep(3600)
    return (now() - began).total_seconds()


def waits_for_all(self):
    futures = [work(1), work(2), start_timer(5)]
    return len(wait_for_all(futures)), [future.result() for future in futures[:2]]


def waits_for_any(self):
    slow, fast = start_timer(60), start_timer(1)
    done = wait_for_any(slow, [fast])
    return done == [fast]


def waits_in_vain(self):
    told = []
    for wait_for in (wait_for_all, wait_for_any):
        try:
            wait_for(start_timer(60), timeout=5)
        except WaitTimedOut as error:
            told.append(str(error))
    return told


def waits_with_a_limit(self):
    try:
        return wait(start_timer(60), timeout=5)
    except WaitTimedOut:
        return wait(gather(work(1), work(2)), timeout=60)


def catches_failures(self):
    future = work(-1)
    done = wait_for_all(future)
    try:
        future.result()
    except ActivityFailed as error:
        return [error.type, len(done)]


def waits_for_signals(self):
    wait(wait_condition(lambda: len(self.words) == 2))
    return self.words


@pytest.mark.parametrize("keep", [0, 100])
@pytest.mark.parametrize(
    ("body", "result"),
    [
        (waits_for_results, [12, "HELLO"]),
        (sleeps, 3600),
        (waits_for_all, [3, [10, 20]]),
        (waits_for_any, True),
        (waits_in_vain, ["After 5 seconds 0 of 1 were done."] * 2),
        (waits_with_a_limit, [10, 20]),
        (catches_failures, ["ValueError", 1]),
    ],
)
def test_a_plain_function_waits_as_if_it_blocked(play, body, result, keep):
    play.activities = [work]

    assert play(program(body), keep=keep, check=True).result() == result


def test_signals_come_while_it_waits(play, step):
    workflow = program(waits_for_signals)
    (decider,) = play.deciders(workflow)
    execution = workflow.start(play.domain)
    execution.signal("say", "hello")
    step(decider)
    assert execution.query("said") == ["hello"]
    execution.signal("say", "bye")
    step(decider)

    assert execution.result(timeout=0) == ["hello", "bye"]
    decider.forget()


def test_a_cancel_request_comes_as_an_exception_where_it_waits(play, step):
    def tidies(self):
        try:
            sleep(3600)
        finally:
            work(1).result()

    workflow = program(tidies)
    play.activities = [work]
    actors = [*play.deciders(workflow), *play.workers()]
    execution = workflow.start(play.domain)
    step(*actors)
    execution.request_cancel()
    while step(*actors):
        pass

    assert execution.upstream().close_status == "CANCELED"


def test_it_fails_in_so_many_words(play):
    def refuses(self):
        raise WorkflowFailed("BAD_INPUT", "Received bad input")

    failed = play(program(refuses)).events.last()

    assert (failed.reason, failed.details) == ("BAD_INPUT", "Received bad input")


def test_executions_that_are_forgotten_end_quietly(play, step, caplog):
    ended = []

    def tidies(self):
        try:
            sleep(3600)
        finally:
            ended.append(1)
            work(1).result()
            ended.append(2)

    workflow = program(tidies)
    (decider,) = play.deciders(workflow)
    for _ in range(3):
        workflow.start(play.domain)
        step(decider)
    caplog.clear()

    decider.forget()

    assert ended == [1, 1, 1]
    assert caplog.records == []


def test_a_coroutine_cannot_wait_without_await(play):
    class Mixed(Workflow):
        task_list = "mixed"

        async def run(self):
            return wait(work(1))

    with pytest.raises(ForbiddenCallError, match="nothing can wait here without await"):
        play(Mixed)


def test_asking_a_coroutines_future_for_its_result_too_early_is_an_error(play):
    class Early(Workflow):
        task_list = "early"

        async def run(self):
            return work(1).result()

    assert play(Early).events.last().reason.startswith("InvalidStateError")


def unchanged(function):
    @functools.wraps(function)
    def call(*args):
        return function(*args)

    return call


def test_a_coroutine_function_in_a_decorator_that_is_a_plain_function_is_awaited(play):
    class Decorated(Workflow):
        task_list = "decorated"

        @unchanged
        async def run(self, number):
            return await work(number) + await work(number)

    play.activities = [work]

    assert play(Decorated, 4).result() == 80


def test_threads_share_no_greenlets(play):
    workflow = program(waits_for_results)
    play.activities = [work]
    from swf.workflows import ActivityRunner, WorkflowDecider

    with (
        WorkflowDecider(play.domain, "blocking", workflows=[workflow], concurrency=3),
        ActivityRunner(play.domain, "work", activities=[work], concurrency=3),
    ):
        executions = [workflow.start(play.domain) for _ in range(6)]
        results = [execution.result(timeout=60) for execution in executions]

    assert results == [[12, "HELLO"]] * 6
    assert asyncio.iscoroutinefunction(workflow.run) is False


@pytest.mark.parametrize("keep", [1_000, 0])
def test_forbidden_calls_are_caught_before_and_after_it_waited(play, keep):
    class Looking(Workflow):
        task_list = "looking"

        def run(self, waits):
            if waits:
                work(1).result()
            return time.time()

    play.activities = [work]

    for waits in (False, True):
        with pytest.raises(ForbiddenCallError, match=r"time\.time\(\) at test_blocking\.py:"):
            play(Looking, waits, check=True, keep=keep)


def test_asking_for_what_a_future_failed_with_waits_too(play):
    class Asking(Workflow):
        task_list = "asking"

        def run(self):
            failed, done = work(-1), work(1)
            return [failed.exception().type, done.exception()]

    play.activities = [work]

    assert play(Asking).result() == ["ValueError", None]


def test_a_cancel_request_comes_also_where_it_asks_for_what_a_future_failed_with(play, step):
    class Asking(Workflow):
        task_list = "asking"

        def run(self):
            return repr(start_timer(1_000).exception())

    actors = play.deciders(Asking)
    execution = Asking.start(play.domain)
    step(*actors)
    execution.request_cancel()

    assert play.environment.run(execution, *actors).close_status == "CANCELED"
