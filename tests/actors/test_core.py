"""Actors: starting, stopping without losing a task, running in the foreground."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from swf.actors import ActivityWorker, Actor, Decider, run, stop
from swf.connection import connect
from swf.exceptions import ValidationError
from swf.models import Domain
from swf.models.decision import CompleteWorkflowExecution, ScheduleActivityTask
from swf.models.event import ActivityTaskCompleted, ActivityTaskTimedOut, DecisionTaskTimedOut


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.001)


class Completer(Decider):
    def decide(self, task):
        return CompleteWorkflowExecution()


def test_an_actor_is_stopped_running_and_stopped_again(domain):
    actor = Completer(domain, "orders")

    before = actor.state
    actor.start()
    during = actor.state
    actor.stop()

    assert (before, during, actor.state) == (Actor.STATES.STOPPED, Actor.STATES.RUNNING, Actor.STATES.STOPPED)


def test_starting_twice_polls_once(domain):
    actor = Completer(domain, "orders")
    actor.start()
    threads = set(threading.enumerate())

    actor.start()

    assert set(threading.enumerate()) <= threads
    actor.stop()


def test_stopping_what_never_started_is_nothing(domain):
    assert Completer(domain, "orders").stop() is True


def test_an_actor_can_be_started_again(domain, start):
    actor = Completer(domain, "orders")
    actor.start()
    actor.stop()
    execution = start("order-1")

    with actor:
        closed = execution.wait(timeout=60)

    assert closed.close_status == "COMPLETED"


def test_an_actor_shows_what_it_watches(domain):
    assert repr(Completer(domain, "orders")) == "Completer('shop', 'orders', stopped)"


def test_an_identity_names_the_process_and_fits_into_swf(domain):
    identities = {Completer(domain, "orders").identity for _ in range(10)}

    assert len(identities) == 10
    assert all(str(os.getpid()) in identity and len(identity) <= 256 for identity in identities)


class Slow(ActivityWorker):
    """Works until it is let go."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.works = threading.Event()
        self.may_finish = threading.Event()

    def perform(self, task):
        self.works.set()
        assert self.may_finish.wait(60)
        return "done"


class PackEverything(Decider):
    """Schedules one activity, then completes."""

    def decide(self, task):
        if task.previous_started_event_id == 0:
            return [ScheduleActivityTask(activity_type=("Pack", "1.0"), activity_id="pack")]
        return [CompleteWorkflowExecution()]


def test_stopping_waits_until_the_task_in_hand_is_answered(domain, start):
    execution = start("order-1")
    decider = PackEverything(domain, "orders")
    decider.perform_task(decider.poll())
    worker = Slow(domain, "packing")
    worker.start()
    assert worker.works.wait(60)

    stopped_in_time = worker.stop(timeout=0.05)
    state_meanwhile = worker.state
    worker.may_finish.set()
    stopped_at_last = worker.stop()

    assert (stopped_in_time, state_meanwhile, stopped_at_last) == (False, Actor.STATES.STOPPING, True)
    assert execution.history().filter(ActivityTaskCompleted).last.result == "done"


class Packer(ActivityWorker):
    def perform(self, task):
        return "packed"


def test_actors_that_come_and_go_lose_no_task(domain, start):
    executions = [start(f"order-{number}") for number in range(40)]
    stop = threading.Event()

    def come_and_go(kind, task_list):
        while not stop.is_set():
            with kind(domain, task_list):
                stop.wait(0.005)

    crowd = [
        threading.Thread(target=come_and_go, args=pair)
        for pair in [(PackEverything, "orders"), (PackEverything, "orders"), (Packer, "packing"), (Packer, "packing")]
    ]
    for thread in crowd:
        thread.start()
    closed = [execution.wait(timeout=60) for execution in executions]
    stop.set()
    for thread in crowd:
        thread.join()

    assert {execution.close_status for execution in closed} == {"COMPLETED"}
    histories = [execution.history() for execution in executions]
    assert all(len(history.filter(ActivityTaskCompleted)) == 1 for history in histories)
    assert not any(history.filter(ActivityTaskTimedOut, DecisionTaskTimedOut) for history in histories)


def test_several_actors_in_one_process_share_the_tasks_of_a_list(domain, start):
    actors = [PackEverything(domain, "orders"), *(Packer(domain, "packing") for _ in range(3))]
    executions = [start(f"order-{number}") for number in range(12)]

    for actor in actors:
        actor.start()
    closed = [execution.wait(timeout=60) for execution in executions]
    for actor in actors:
        actor.stop()

    assert {execution.close_status for execution in closed} == {"COMPLETED"}


def test_several_actors_are_told_to_stop_before_the_first_is_waited_for(domain, start):
    start("order-1")
    decider = PackEverything(domain, "orders")
    decider.perform_task(decider.poll())
    slow, idle = Slow(domain, "packing"), Completer(domain, "orders")
    for actor in (slow, idle):
        actor.start()
    assert slow.works.wait(60)

    stopping = threading.Thread(target=stop, args=(slow, idle))
    stopping.start()
    wait_for(lambda: idle.state is Actor.STATES.STOPPED)
    slow_meanwhile = slow.state
    slow.may_finish.set()
    stopping.join()

    assert slow_meanwhile is Actor.STATES.STOPPING
    assert slow.state is Actor.STATES.STOPPED


def test_running_in_another_thread_ends_when_the_actor_is_stopped(domain):
    actor = Completer(domain, "orders")
    running = threading.Thread(target=actor.run)
    running.start()
    wait_for(lambda: actor.state is Actor.STATES.RUNNING)

    actor.stop()

    running.join(60)
    assert not running.is_alive()


def test_an_actor_whose_domain_is_not_there_yet_goes_on_trying(connection, caplog):
    later = Domain("later", connection=connection)
    actor = Completer(later, "orders")

    with actor:
        wait_for(lambda: caplog.records)
        later.save()
        still = actor.state

    assert "cannot poll, and tries again" in caplog.records[0].message
    assert still is Actor.STATES.RUNNING


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_running_in_the_foreground_ends_with_a_signal_and_loses_no_task(number):
    program = """
import sys
from swf.actors import Decider, run
from swf.connection import connect
from swf.models import Domain, WorkflowType
from swf.models.decision import CompleteWorkflowExecution

class Completer(Decider):
    def decide(self, task):
        print("deciding", flush=True)
        sys.stdin.readline()
        return CompleteWorkflowExecution()

with connect("local:"):
    domain = Domain("shop")
    domain.save()
    order = WorkflowType(domain, "Order", "1.0", task_list="orders")
    order.save()
    execution = order.start_execution("order-1")
    run(Completer(domain, "orders"), Completer(domain, "more orders"))
    print("ended", execution.upstream().close_status, flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "deciding\n"

        process.send_signal(number)
        output, _ = process.communicate("go on\n", timeout=90)

    assert output == "ended COMPLETED\n"
    assert process.returncode == 0


def test_a_running_actor_stays_with_the_swf_it_began_with(order):
    with connect("local:") as first:
        other = Domain("shop")
        other.save()
        actor = Completer("shop", "orders")
        actor.start()
        with connect("local:"):
            used = actor.connection
        actor.stop()

    assert used is first


@pytest.mark.parametrize("task_list", ["", "x" * 257, None])
def test_a_task_list_that_cannot_be_polled_is_refused_at_once(task_list):
    with pytest.raises(ValidationError, match="task_list"):
        Completer("shop", task_list)


class Raising(Decider):
    def __init__(self, *args, error, **kwargs):
        super().__init__(*args, **kwargs)
        self.error = error

    def decide(self, task):
        raise self.error


@pytest.mark.parametrize("error", [SystemExit("no more"), KeyboardInterrupt(), asyncio.CancelledError()], ids=repr)
def test_an_exit_inside_decide_is_logged_and_ends_nothing(domain, start, caplog, error):
    execution = start("order-1")
    actor = Raising(domain, "orders", error=error)

    with actor:
        wait_for(lambda: caplog.records)
        state = actor.state

    assert state is Actor.STATES.RUNNING
    assert "order-1" in caplog.records[0].message
    assert execution.upstream().status == "OPEN"


class RaisingHandler(logging.Handler):
    def emit(self, record):
        raise OSError("the disk of the log is full")


def test_a_log_that_fails_hurts_no_actor(domain, start, capfd):
    execution = start("order-1", decision_tasks_timeout=1)
    log = logging.getLogger("swf.actors")
    handler = RaisingHandler()
    log.addHandler(handler)
    try:
        with Raising(domain, "orders", error=LookupError("no orders")) as actor:
            wait_for(lambda: len([event for event in execution.history() if event.name == "DecisionTaskStarted"]) == 2)
            state = actor.state
    finally:
        log.removeHandler(handler)

    assert state is Actor.STATES.RUNNING
    assert "OSError: the disk of the log is full" in capfd.readouterr().err


def test_idle_actors_make_no_calls_but_their_polls(domain, live_engine):
    live_engine.poll_wait_seconds = 0.05
    before = live_engine.counts().requests

    with Completer(domain, "orders", concurrency=8), Packer(domain, "packing", concurrency=8):
        wait_for(lambda: live_engine.counts().requests.get("PollForActivityTask", 0) >= 20)

    made = {name for name, count in live_engine.counts().requests.items() if count != before.get(name, 0)}
    assert made == {"PollForActivityTask", "PollForDecisionTask"}


def test_an_actor_whose_poll_fails_for_a_reason_of_its_own_ends_and_says_why(domain, caplog):
    class Broken(Completer):
        def poll_task(self):
            raise LookupError("no such queue")

    with pytest.raises(LookupError, match="no such queue"):
        run(Broken(domain, "orders"), Completer(domain, "orders"))

    assert "its poll_task() failed" in caplog.text
