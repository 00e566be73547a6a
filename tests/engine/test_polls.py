"""Long polls: they wait for a task, each task wakes one of them, and none is lost."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from swf.engine import Engine, VirtualClock
from swf.engine.waiters import Waiter, Waiters
from swf.exceptions import EngineError
from swf.models.decision import ScheduleActivityTask

# A poll that should be woken and is not would wait this long, and the test would fail for want of an answer.
FOREVER = 100
W1 = {"name": "W", "version": "1"}


@pytest.fixture
def patient(attached, registered):
    """An engine whose polls wait, and a client of it with the types registered."""
    with Engine(clock=VirtualClock(), poll_wait_seconds=FOREVER) as engine:
        client = attached(engine, max_pool_connections=50)
        registered(client)
        yield engine, client


@contextmanager
def polling(function, count=1):
    """Run polls in threads; whatever they still wait for when the block is left, the test waits for."""
    with ThreadPoolExecutor(count) as pool:
        yield [pool.submit(function) for _ in range(count)]


def waiting(engine):
    """How many polls wait."""
    return sum(len(queue) for queue in engine._waiters._queues.values())


def poll(client, task_list="dl", identity="dec"):
    return lambda: client.poll_for_decision_task(domain="d", taskList={"name": task_list}, identity=identity)


def poll_activity(client, task_list="al"):
    return lambda: client.poll_for_activity_task(domain="d", taskList={"name": task_list})


def start(client, workflow_id="w", **members):
    client.start_workflow_execution(domain="d", workflowId=workflow_id, workflowType=W1, **members)


def test_a_poll_is_answered_when_a_task_comes(patient, until):
    engine, client = patient
    with polling(poll(client)) as (answer,):
        until(lambda: waiting(engine) == 1)

        start(client)

        assert answer.result(20)["startedEventId"] == 3


def test_a_poll_for_activities_is_answered_when_a_task_comes(patient, until):
    engine, client = patient
    start(client)
    task = poll(client)()
    with polling(poll_activity(client)) as (answer,):
        until(lambda: waiting(engine) == 1)

        client.respond_decision_task_completed(
            taskToken=task["taskToken"],
            decisions=[ScheduleActivityTask(activity_type=("A", "1"), activity_id="a1").raw],
        )

        assert answer.result(20)["activityId"] == "a1"


def test_a_poll_is_answered_when_a_deadline_brings_a_task(patient, until):
    engine, client = patient
    start(client)
    poll(client)()
    with polling(poll(client)) as (answer,):
        until(lambda: waiting(engine) == 1)

        engine.clock.advance(seconds=60)

        assert answer.result(20)["startedEventId"] == 6


def test_a_poll_is_answered_when_the_task_held_back_is_offered(patient, until):
    engine, client = patient
    start(client)
    task = poll(client)()
    client.signal_workflow_execution(domain="d", workflowId="w", signalName="s")
    with polling(poll(client)) as (answer,):
        until(lambda: waiting(engine) == 1)

        client.respond_decision_task_completed(taskToken=task["taskToken"])

        assert answer.result(20)["startedEventId"] == 7


def test_each_task_of_one_answer_wakes_a_poll(patient, until):
    engine, client = patient
    start(client)
    task = poll(client)()
    with polling(poll_activity(client), 3) as answers:
        until(lambda: waiting(engine) == 3)

        client.respond_decision_task_completed(
            taskToken=task["taskToken"],
            decisions=[
                ScheduleActivityTask(activity_type=("A", "1"), activity_id=activity_id).raw
                for activity_id in ("a1", "a2", "a3")
            ],
        )

        assert sorted(answer.result(20)["activityId"] for answer in answers) == ["a1", "a2", "a3"]


def test_a_task_of_another_list_wakes_nobody(patient, until):
    engine, client = patient
    with polling(poll(client, "other")) as (answer,):
        until(lambda: waiting(engine) == 1)

        start(client)

        assert waiting(engine) == 1
        assert not answer.done()
        engine.end_polls()


def test_a_poll_whose_time_is_over_says_that_there_is_no_task(attached, registered):
    with Engine(clock=VirtualClock(), poll_wait_seconds=0.01) as engine:
        client = attached(engine)
        registered(client)

        assert poll(client)()["taskToken"] == ""
        assert poll_activity(client)()["taskToken"] == ""
        assert waiting(engine) == 0


def test_a_poll_that_is_refused_does_not_wait(patient, refused):
    engine, client = patient

    with refused("UnknownResourceFault", "Unknown domain: nope"):
        client.poll_for_decision_task(domain="nope", taskList={"name": "dl"})
    with refused("ValidationException", "Invalid token"):
        client.poll_for_decision_task(domain="d", taskList={"name": "dl"}, nextPageToken="forged")

    assert waiting(engine) == 0
    assert engine._waiters._polls == set()


def test_a_poll_that_was_answered_does_not_wait(patient):
    engine, client = patient
    start(client)

    poll(client)()

    assert waiting(engine) == 0
    assert engine._waiters._polls == set()


def test_the_poll_that_waited_longest_is_answered_first(patient, until):
    engine, client = patient
    with ThreadPoolExecutor(3) as pool:
        answers = []
        for identity in ("first", "second", "third"):
            answers.append(pool.submit(poll(client, identity=identity)))
            until(lambda: waiting(engine) == len(answers))

        for number, answer in enumerate(answers):
            start(client, f"w{number}")
            assert answer.result(20)["workflowExecution"]["workflowId"] == f"w{number}"


def test_ended_polls_say_that_there_is_no_task(patient, until):
    engine, client = patient
    with polling(poll(client), 3) as answers:
        until(lambda: waiting(engine) == 3)

        engine.end_polls()

        assert [answer.result(20)["taskToken"] for answer in answers] == ["", "", ""]


def test_the_polls_of_one_identity_can_be_ended_alone(patient, until):
    engine, client = patient
    with polling(poll(client, identity="goes")) as (goes,), polling(poll(client, identity="stays")) as (stays,):
        until(lambda: waiting(engine) == 2)

        engine.end_polls("goes")

        assert goes.result(20)["taskToken"] == ""
        start(client)
        assert stays.result(20)["startedEventId"] == 3


@pytest.mark.inprocess
def test_closing_the_engine_ends_its_polls(patient, until):
    engine, client = patient
    with polling(poll(client), 3) as answers:
        until(lambda: waiting(engine) == 3)

        engine.close()

        assert [answer.result(20)["taskToken"] for answer in answers] == ["", "", ""]
    with pytest.raises(EngineError, match="closed"):
        poll(client)()


@pytest.mark.parametrize("seed", range(5))
def test_many_polls_get_every_task_once(patient, seed, until):
    engine, client = patient
    tasks, polls = 200, 8
    taken, lock, chance = [], threading.Lock(), random.Random(seed)

    def work():
        while len(taken) < tasks:
            task = poll(client)()
            if task["taskToken"]:
                with lock:
                    taken.append(task["workflowExecution"]["workflowId"])
                client.respond_decision_task_completed(taskToken=task["taskToken"])

    def begin(numbers):
        for number in numbers:
            start(client, f"w{number}")
            if chance.random() < 0.2:
                time.sleep(0.001)

    with polling(work, polls) as workers:
        starters = [threading.Thread(target=begin, args=(range(first, tasks, 4),)) for first in range(4)]
        for starter in starters:
            starter.start()
        for starter in starters:
            starter.join()
        # Were a wake-up lost, tasks would wait here beside polls that wait.
        until(lambda: len(taken) == tasks)
        until(lambda: engine.end_polls() or all(worker.done() for worker in workers))

    assert sorted(taken) == sorted(f"w{number}" for number in range(tasks))


@pytest.mark.parametrize("seed", range(5))
def test_ending_some_polls_loses_no_task_of_the_others(patient, seed, until):
    """Tasks that come while polls are ended reach the polls that go on."""
    engine, client = patient
    tasks, taken, lock = 100, [], threading.Lock()
    done = threading.Event()

    def work(identity):
        while not done.is_set():
            task = poll(client, identity=identity)()
            if task["taskToken"]:
                with lock:
                    taken.append(task["workflowExecution"]["workflowId"])
                client.respond_decision_task_completed(taskToken=task["taskToken"])

    def interrupt():
        chance = random.Random(seed)
        while not done.is_set():
            engine.end_polls("restless")
            time.sleep(chance.random() / 500)

    with ThreadPoolExecutor(5) as pool:
        workers = [pool.submit(work, identity) for identity in ("restless", "restless", "restless", "steady")]
        workers.append(pool.submit(interrupt))
        for number in range(tasks):
            start(client, f"w{number}")
        until(lambda: len(taken) == tasks)
        done.set()
        until(lambda: engine.end_polls() or all(worker.done() for worker in workers))

    assert sorted(taken) == sorted(f"w{number}" for number in range(tasks))


KEY = ("decision", "d", "dl")


class TestWaiters:
    def waiter(self, woken, name="poll"):
        return Waiter(KEY, name, lambda: woken.append(name))

    def test_a_task_wakes_one_poll(self):
        woken, waiters = [], Waiters()
        for name in ("a", "b"):
            waiters.join(self.waiter(woken, name))

        waiters.wake([KEY])

        assert woken == ["a"]

    def test_a_wake_up_that_a_poll_does_not_need_goes_to_the_next(self):
        woken, waiters = [], Waiters()
        first, second = self.waiter(woken, "first"), self.waiter(woken, "second")
        waiters.join(first)
        waiters.join(second)
        waiters.wake([KEY])

        waiters.leave(first)

        assert woken == ["first", "second"]

    def test_a_poll_that_is_woken_and_ended_passes_the_wake_up_on(self):
        woken, waiters = [], Waiters()
        first, second = self.waiter(woken, "first"), self.waiter(woken, "second")
        waiters.join(first)
        waiters.join(second)
        waiters.wake([KEY])
        waiters.end("first")
        waiters.join(first)

        waiters.leave(first)

        assert woken == ["first", "first", "second"]

    def test_a_poll_that_waits_again_stands_behind_the_others(self):
        woken, waiters = [], Waiters()
        first, second = self.waiter(woken, "first"), self.waiter(woken, "second")
        waiters.join(first)
        waiters.join(second)
        waiters.wake([KEY])
        waiters.join(first)

        waiters.wake([KEY, KEY])

        assert woken == ["first", "second", "first"]

    def test_a_poll_that_left_is_not_woken(self):
        woken, waiters = [], Waiters()
        waiter = self.waiter(woken)
        waiters.join(waiter)

        waiters.leave(waiter)
        waiters.wake([KEY])
        waiters.end()

        assert woken == []
