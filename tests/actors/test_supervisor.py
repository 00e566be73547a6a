"""Processes that are watched over."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from swf.actors.supervisor import Child, Order, Supervisor, deaths

# Obeys from the start; an order ends it, for it runs nothing.
OBEDIENT = """
import time
from swf.actors.supervisor import Supervised
Supervised()
time.sleep(60)
"""

DEAF = "import time; time.sleep(60)"


def python(program):
    return [sys.executable, "-c", program]


def until(is_so):
    latest = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < latest
        time.sleep(0.01)


@pytest.fixture
def run():
    """Runs a supervisor in this thread, as it has to, and does something to it in another; gives the exit code."""

    def run(supervisor, act):
        failures = []

        def meanwhile():
            try:
                act()
            except BaseException as error:
                failures.append(error)
                signal.raise_signal(signal.SIGTERM)
                signal.raise_signal(signal.SIGTERM)

        thread = threading.Thread(target=meanwhile)
        thread.start()
        code = supervisor.run()
        thread.join()
        assert failures == []
        return code

    return run


def processes(supervisor):
    return supervisor.report().details["processes"]


def are_alive(supervisor):
    return all(process["alive"] for process in processes(supervisor))


@pytest.mark.parametrize(
    ("before", "lived_seconds", "after"),
    [(0, 0.1, 1), (1, 0.1, 2), (7, 59.9, 8), (7, 60.0, 1), (0, 3600.0, 1)],
)
def test_deaths_are_counted_anew_after_a_life_that_was_long(before, lived_seconds, after):
    assert deaths(before, lived_seconds) == after


@pytest.mark.parametrize("order", list(Order))
def test_an_order_before_there_is_work_ends_a_child(order):
    child = Child(python(OBEDIENT))

    child.tell(order)

    assert child.wait(60) == 0


def test_a_child_ends_when_the_process_that_started_it_is_killed():
    child = python(f"print('here', flush=True){OBEDIENT}")
    parent = f"from swf.actors.supervisor import Child; Child({child!r}).wait()"
    with subprocess.Popen(python(parent), stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"here\n"

        process.kill()

        # The child has the same standard output, which ends when nobody has it any more.
        assert process.communicate(timeout=90) == (b"", None)


def test_what_a_child_reads_is_not_its_orders():
    program = "from swf.actors.supervisor import Supervised; import sys; Supervised(); sys.exit(len(sys.stdin.read()))"
    child = Child(python(program))

    assert child.wait(60) == 0


def test_a_child_that_dies_is_replaced(run):
    supervisor = Supervisor(python(OBEDIENT), 2)
    told = []

    def kill_one():
        until(lambda: are_alive(supervisor))
        told.extend(processes(supervisor))
        os.kill(told[0]["pid"], signal.SIGKILL)
        until(lambda: processes(supervisor)[0]["restarts"] == 1)
        told.extend(processes(supervisor))
        signal.raise_signal(signal.SIGTERM)

    assert run(supervisor, kill_one) == 0
    assert told[2] == {"pid": told[2]["pid"], "alive": True, "restarts": 1, "last_ending": "was ended by SIGKILL"}
    assert told[2]["pid"] != told[0]["pid"]
    assert told[3] == told[1] == {"pid": told[1]["pid"], "alive": True, "restarts": 0, "last_ending": None}


def test_one_child_that_is_hopeless_stops_all(run, tmp_path, caplog):
    # The first one to make the folder lives on.
    program = f"""
import os, sys
try:
    os.mkdir({str(tmp_path / "first")!r})
except FileExistsError:
    sys.exit(77)
{OBEDIENT}
"""
    supervisor = Supervisor(python(program), 2, hopeless=(64, 77))

    code = run(supervisor, lambda: None)

    assert code == 77
    assert not any(process["alive"] for process in processes(supervisor))
    assert "ended with exit code 77. Another one would end like it: all are stopped." in caplog.text


def test_all_is_well_while_all_are_alive(run):
    supervisor = Supervisor(python(OBEDIENT), 2)
    reports = [supervisor.report().is_well]

    def look():
        until(lambda: are_alive(supervisor))
        reports.append(supervisor.report().is_well)
        os.kill(processes(supervisor)[0]["pid"], signal.SIGKILL)
        until(lambda: not are_alive(supervisor))
        reports.append(supervisor.report().is_well)
        signal.raise_signal(signal.SIGINT)

    run(supervisor, look)

    assert reports == [False, True, False]


def test_a_command_that_is_not_there_is_tried_again(run, caplog):
    supervisor = Supervisor(["no/such/program"], 1)

    def wait():
        until(lambda: len(caplog.records) >= 2)
        signal.raise_signal(signal.SIGTERM)

    assert run(supervisor, wait) == 0
    assert "could not be started, and is tried again" in caplog.records[1].message


def test_a_second_signal_does_not_wait_for_those_that_do_not_obey(run):
    supervisor = Supervisor(python(DEAF), 2)

    def signal_twice():
        until(lambda: are_alive(supervisor))
        signal.raise_signal(signal.SIGTERM)
        until(lambda: not supervisor.report().is_well)
        signal.raise_signal(signal.SIGTERM)

    assert run(supervisor, signal_twice) == 128 + signal.SIGTERM
    assert not any(process["alive"] for process in processes(supervisor))


def test_a_child_that_stopped_badly_is_told_by_the_exit_code(run):
    program = "import os, sys; os.read(0, 1); sys.exit(3)"
    supervisor = Supervisor(python(program), 1)

    def stop():
        until(lambda: are_alive(supervisor))
        signal.raise_signal(signal.SIGTERM)

    assert run(supervisor, stop) == 128 + signal.SIGTERM


def test_signals_mean_afterwards_what_they_meant_before(run):
    before = signal.getsignal(signal.SIGTERM)

    supervisor = Supervisor(python(OBEDIENT), 1)

    def stop():
        until(lambda: are_alive(supervisor))
        signal.raise_signal(signal.SIGTERM)

    run(supervisor, stop)

    assert signal.getsignal(signal.SIGTERM) is before
