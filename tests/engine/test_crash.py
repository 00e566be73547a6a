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


def recorded(engine):
    """Give all that histories hold, in the form of the reports."""
    for run_id, body in engine._store.rows("SELECT run_id, body FROM event JOIN execution USING (run)"):
        event = json.loads(body)
        name = event["eventType"]
        attributes = event[f"{name[0].lower()}{name[1:]}EventAttributes"]
        yield name, run_id, "eventId", event["eventId"]
        for member in ("startedEventId", "signalName"):
            yield name, run_id, member, attributes.get(member)
            yield name, None, member, attributes.get(member)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_what_was_answered_is_there_after_the_process_was_killed(tmp_path, load, database):
    answered = []
    for seed in range(ROUNDS):
        answered += killed(load, seed)

        with Engine(tmp_path / "swf.db", clock=VirtualClock(), poll_wait_seconds=0) as engine:
            database(engine).check()
            there = set(recorded(engine))
        for name, run_id, members in answered:
            for member, value in (members or {"eventId": 1}).items():
                assert (name, run_id, member, value) in there

    assert len(answered) > 500
    assert {name for name, *_ in answered} == {
        "WorkflowExecutionStarted",
        "WorkflowExecutionSignaled",
        "DecisionTaskStarted",
        "DecisionTaskCompleted",
        "ActivityTaskStarted",
        "ActivityTaskCompleted",
    }
