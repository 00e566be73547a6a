"""Actors over a bad network, through restarts of SWF, and killed: no task is lost, none is answered twice."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager

import pytest

from swf.actors import stop
from swf.connection import Connection
from swf.engine import Limits, Rate
from swf.models import Domain
from swf.models.event import ActivityTaskCompleted, ActivityTaskEvent, ActivityTaskScheduled
from tests.actors import crew
from tests.actors.crew import ACTIVITIES, Packer, Sequence, SlowPacker
from tests.actors.proxy import BadNetwork
from tests.actors.serving import served

# Many processes and calls: a machine that is slow or busy gets the time that it takes.
pytestmark = pytest.mark.timeout(600)


def register(connection, seconds=2):
    """Register what the actors need; a task that is lost comes again after so many seconds."""
    domain = Domain("shop", connection=connection)
    domain.save()
    order = domain.workflows().create("Order", "1.0", task_list="orders", decision_tasks_timeout=seconds)
    domain.activities().create(
        "Pack",
        "1.0",
        task_list="packing",
        task_heartbeat_timeout="NONE",
        task_schedule_to_close_timeout="NONE",
        task_schedule_to_start_timeout="NONE",
        task_start_to_close_timeout=seconds,
    )
    return domain, order


def check(executions):
    """Hold the histories against what must be: each activity done once, and everything ended well."""
    for execution in executions:
        history = execution.history()
        assert execution.upstream().close_status == "COMPLETED"
        assert len(history.filter(ActivityTaskCompleted)) == ACTIVITIES
        ends = Counter(
            event.scheduled_event_id
            for event in history.filter(ActivityTaskEvent)
            if event.state in ("completed", "failed", "timed_out", "canceled")
        )
        assert set(ends.values()) == {1}


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_lost_over_a_bad_network(seed):
    with served() as (url, _), Connection(url) as quiet, BadNetwork(url, share=0.15, seed=seed) as network:
        _, order = register(quiet)
        executions = [order.start_execution(f"order-{number}") for number in range(18)]
        with Connection(network.url) as connection:
            domain = Domain("shop", connection=connection)
            actors = [Sequence(domain, "orders", concurrency=3), Packer(domain, "packing", concurrency=3)]
            for actor in actors:
                actor.start()
            closed = [execution.wait(timeout=300) for execution in executions]
            network.heal()
            stop(*actors)

        assert {execution.close_status for execution in closed} == {"COMPLETED"}
        check(executions)
    assert sum(network.faults.values()) > 20


def test_actors_outlive_a_restart_of_swf(tmp_path):
    path, port = tmp_path / "swf.db", free_port()
    with Connection(f"http://127.0.0.1:{port}") as connection:
        with served(path, port=port):
            domain, order = register(connection)
            executions = [order.start_execution(f"order-{number}") for number in range(20)]
            actors = [Sequence(domain, "orders", concurrency=2), SlowPacker(domain, "packing", concurrency=2)]
            for actor in actors:
                actor.start()
            time.sleep(0.5)
        wait_for(lambda: any(actor.failures for actor in actors))
        with served(path, port=port):
            closed = [execution.wait(timeout=300) for execution in executions]
            stop(*actors)

            check(executions)
    assert {execution.close_status for execution in closed} == {"COMPLETED"}
    assert [actor.ended_by for actor in actors] == [None, None]


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.005)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def test_nothing_is_lost_by_throttling():
    harsh = dict.fromkeys(
        [
            "PollForActivityTask",
            "PollForDecisionTask",
            "RespondActivityTaskCompleted",
            "RespondDecisionTaskCompleted",
        ],
        Rate(2, 30),
    )
    with served(limits=Limits(requests=harsh)) as (url, engine), Connection(url) as connection:
        domain, order = register(connection)
        executions = [order.start_execution(f"order-{number}") for number in range(7)]
        with Sequence(domain, "orders", concurrency=3), Packer(domain, "packing", concurrency=3):
            closed = [execution.wait(timeout=300) for execution in executions]
        throttled = engine.counts().over_limits

        check(executions)
    assert {execution.close_status for execution in closed} == {"COMPLETED"}
    assert throttled


@contextmanager
def manned(url, *actors):
    """Have two processes of actors; gives the list of those there are."""
    processes = [spawn(url, *actors) for _ in range(2)]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def spawn(url, decider="Sequence", worker="SlowPacker", concurrency=2):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-m", crew.__name__, url, decider, worker, str(concurrency)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "polling\n"
    return process


def test_actors_killed_at_any_moment_lose_nothing():
    chance = random.Random(7)
    with served() as (url, _), Connection(url) as connection:
        _, order = register(connection)
        executions = []
        with manned(url) as processes:
            for turn in range(6):
                # There is always work in hand when somebody is killed, however fast the machine.
                executions += [order.start_execution(f"order-{turn}-{number}") for number in range(5)]
                time.sleep(chance.uniform(0.05, 0.3))
                victim = processes.pop(0)
                victim.send_signal(signal.SIGKILL)
                victim.communicate()
                processes.append(spawn(url))
            closed = [execution.wait(timeout=300) for execution in executions]

        check(executions)
    assert {execution.close_status for execution in closed} == {"COMPLETED"}


def test_a_thousand_tasks_of_two_processes_with_eight_threads_are_done_once_each():
    with served() as (url, _), Connection(url) as connection:
        _, order = register(connection, seconds=100)
        executions = [order.start_execution(f"order-{number}", execution_timeout=900) for number in range(10)]
        with manned(url, "FanOut", "Packer", 8):
            closed = [execution.wait(timeout=300) for execution in executions]

        histories = [execution.history() for execution in executions]
    assert {execution.close_status for execution in closed} == {"COMPLETED"}
    assert [len(history.filter(ActivityTaskScheduled)) for history in histories] == [100] * 10
    assert [len(history.filter(ActivityTaskCompleted)) for history in histories] == [100] * 10


def test_a_stop_at_any_moment_of_a_poll_strands_no_task():
    chance = random.Random(11)
    with served() as (url, _), Connection(url) as connection:
        # A task that was stranded would be timed out before the executions are given up.
        domain, order = register(connection, seconds=40)
        executions = [order.start_execution(f"order-{number}") for number in range(20)]
        is_over = threading.Event()

        def come_and_go(kind, task_list):
            while not is_over.is_set():
                with kind(domain, task_list, concurrency=2):
                    is_over.wait(chance.uniform(0, 0.2))

        crowd = [
            threading.Thread(target=come_and_go, args=pair)
            for pair in [(Sequence, "orders"), (Packer, "packing"), (Packer, "packing")]
        ]
        for thread in crowd:
            thread.start()
        closed = [execution.wait(timeout=300) for execution in executions]
        is_over.set()
        for thread in crowd:
            thread.join()

        check(executions)
        assert not any(execution.history().filter(ActivityTaskEvent, state="timed_out") for execution in executions)
    assert {execution.close_status for execution in closed} == {"COMPLETED"}
