"""Forbidden calls are caught in development, with the remedy, and nothing else is."""
# ruff: noqa: PLW0108 - what is called is called inside the workflow, and not where it is written

import asyncio
import contextlib
import cProfile
import datetime
import gc
import logging
import os
import pathlib
import random
import socket
import subprocess
import sys
import threading
import time
import uuid

import pytest

from swf.exceptions import ForbiddenCallError
from swf.workflows import Workflow, activity, logger, now, side_effect
from swf.workflows import random as workflow_random


def doing(function):
    class Doing(Workflow):
        task_list = "doing"

        async def run(self):
            function()
            await asyncio.sleep(1)

    return Doing


@pytest.mark.parametrize(
    ("call", "what", "remedy"),
    [
        (lambda: time.time(), r"time\.time\(\)", r"swf\.workflows\.now\(\)"),
        (lambda: time.monotonic(), r"time\.monotonic\(\)", r"swf\.workflows\.now\(\)"),
        (lambda: time.sleep(0), r"time\.sleep\(\)", r"asyncio\.sleep\(\)"),
        (lambda: datetime.datetime.now(), r"datetime\.now\(\)", r"swf\.workflows\.now\(\)"),
        (lambda: datetime.datetime.now(datetime.UTC), r"datetime\.now\(\)", r"swf\.workflows\.now\(\)"),
        (lambda: datetime.date.today(), r"date\.today\(\)", r"swf\.workflows\.now\(\)"),
        (lambda: random.random(), r"random\.random\(\)", r"swf\.workflows\.random\(\)"),
        (lambda: random.randint(1, 6), r"random\.getrandbits\(\)", r"swf\.workflows\.random\(\)"),
        (lambda: random.shuffle([1, 2, 3]), r"random\.getrandbits\(\)", r"swf\.workflows\.random\(\)"),
        (lambda: os.urandom(4), r"os\.urandom\(\)", r"swf\.workflows\.random\(\)"),
        (lambda: uuid.uuid1(), r"uuid\.uuid1\(\)", r"swf\.workflows\.uuid4\(\)"),
        (lambda: time.perf_counter_ns(), r"time\.perf_counter_ns\(\)", r"swf\.workflows\.now\(\)"),
        (lambda: os.listdir(), r"os\.listdir\(\)", "activity"),
        (lambda: uuid.uuid4(), r"os\.urandom\(\)", r"swf\.workflows\.uuid4\(\)"),
        (lambda: socket.socket(), r"socket\(\)", "activity"),
        (lambda: os.open(os.devnull, 0), r"os\.open\(\)", "activity"),
        (lambda: subprocess.run(["true"], check=True), "subprocess", "activity"),
        (lambda: threading.Thread(target=print).start(), r"Thread\.start\(\)", "activity"),
    ],
)
def test_a_forbidden_call_is_refused_with_the_remedy_and_the_place(play, call, what, remedy):
    with pytest.raises(ForbiddenCallError, match=f"A workflow called {what}.*{remedy}") as caught:
        play(doing(call), check=True)

    assert "test_checking.py:" in str(caught.value)


def test_a_forbidden_call_that_is_caught_is_refused_all_the_same(play):
    def catch():
        with contextlib.suppress(Exception):
            time.time()

    with pytest.raises(ForbiddenCallError):
        play(doing(catch), check=True)


@activity
def look() -> float:
    return time.time()


@pytest.mark.parametrize(
    "call",
    [
        lambda: logging.getLogger("shop").warning("what logging does is let through"),
        lambda: logger.warning("here too"),
        lambda: side_effect(time.time),
        lambda: look.local(),
        lambda: gc.collect(),
        lambda: now(),
        lambda: workflow_random().random(),
        lambda: random.Random(7).random(),
        lambda: __import__("wave"),
        lambda: datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC).isoformat(),
        lambda: uuid.UUID(int=7),
    ],
)
def test_what_is_allowed_is_let_through(play, call):
    assert play(doing(call), check=True, keep=0).close_status == "COMPLETED"


def test_what_the_garbage_collector_calls_is_let_through(play):
    def tell(phase, told):
        time.perf_counter()

    gc.callbacks.append(tell)
    try:
        assert play(doing(gc.collect), check=True).close_status == "COMPLETED"
    finally:
        gc.callbacks.remove(tell)


def test_without_the_check_everything_is_let_through(play):
    assert play(doing(time.time), check=False).close_status == "COMPLETED"


def test_the_environment_turns_the_check_on(play, monkeypatch):
    monkeypatch.setenv("SWF_CHECK_WORKFLOWS", "1")

    with pytest.raises(ForbiddenCallError):
        play(doing(time.time))


def test_a_profiler_written_in_c_goes_on_and_nothing_is_checked(play):
    profiler = cProfile.Profile()

    profiler.enable()
    try:
        execution = play(doing(lambda: time.time()), check=True)
        after = sys.getprofile()
    finally:
        profiler.disable()

    assert execution.close_status == "COMPLETED"
    assert after is profiler


def test_a_profile_function_that_is_there_goes_on(play):
    seen = []

    def profile(frame, event, argument):
        seen.append(event)

    sys.setprofile(profile)
    try:
        play(doing(lambda: None), check=True)
        after = sys.getprofile()
    finally:
        sys.setprofile(None)

    assert after is profile
    assert "c_call" in seen


def test_a_forbidden_call_that_a_library_makes_is_told_of_where_the_library_was_called(play):
    with pytest.raises(ForbiddenCallError, match=r"open\(\) at test_checking\.py:"):
        play(doing(lambda: pathlib.Path(os.devnull).read_text()), check=True)
