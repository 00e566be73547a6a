"""A process that is killed loses nothing that it answered."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from swf.engine import Engine, VirtualClock
from tests.engine.invariants import Watch
from tests.engine.simulation import drive_to_the_end
from tests.engine.snapshot import Snapshot

LOAD = Path(__file__).with_name("load.py")
ROUNDS = 18


@pytest.fixture
def load(tmp_path):
    """The program that works on the database, once for each line it is told."""
    with subprocess.Popen(
        [sys.executable, str(LOAD), str(tmp_path / "swf.db")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as program:
        yield program
        program.stdin.close()


def killed(program, seed):
    """Let it work until it is killed at a random moment; gives what it reported."""
    chance = random.Random(seed)
    program.stdin.write(f"{seed}\n".encode())
    program.stdin.flush()
    child = int(program.stdout.readline())
    reports = [
        program.stdout.readline() for _ in range(chance.choice([0, chance.randrange(10), chance.randrange(200)]))
    ]
    time.sleep(chance.random() / 100)
    os.kill(child, signal.SIGKILL)
    reports += iter(program.stdout.readline, b"over\n")
    return [json.loads(report) for report in reports]


def recorded(snapshot):
    """Give all that histories hold, in the form of the reports."""
    for run in snapshot.runs:
        for event in run.events:
            yield event.name, run.id, "eventId", event.id
            for member, value in event.attributes.items():
                if member in ("startedEventId", "signalName", "reason"):
                    yield event.name, run.id, member, value
                    yield event.name, None, member, value


@pytest.mark.inprocess
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_what_was_answered_is_there_after_the_process_was_killed_and_all_comes_to_an_end(tmp_path, load, attached):
    answered, watch = [], Watch()
    for seed in range(ROUNDS):
        answered += killed(load, seed)

        with opened(tmp_path) as engine:
            snapshot = Snapshot.of(engine)
        watch.look(snapshot)
        there = set(recorded(snapshot))
        for name, run_id, members in answered:
            for member, value in (members or {"eventId": 1}).items():
                assert (name, run_id, member, value) in there
    with opened(tmp_path) as engine:
        drive_to_the_end(attached(engine), engine.clock, ["dl"])
        watch.look(Snapshot.of(engine))

    assert len(answered) > 500
    assert {name for name, *_ in answered} == {
        "WorkflowExecutionStarted",
        "WorkflowExecutionSignaled",
        "WorkflowExecutionTerminated",
        "DecisionTaskStarted",
        "DecisionTaskCompleted",
        "ActivityTaskStarted",
        "ActivityTaskCompleted",
    }
    completed = [json.dumps(report) for report in answered if report[0].endswith("Completed")]
    assert len(set(completed)) == len(completed)


def opened(folder):
    """Open the database that the killed process left, at a time that stands still."""
    functions = {"echo": lambda event: event}
    return Engine(folder / "swf.db", clock=VirtualClock(), poll_wait_seconds=0, functions=functions)
