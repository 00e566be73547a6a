"""What is live: seen on a terminal of tmux while an execution goes on."""

import re
import shutil

import pytest

from swf.models.decision import CompleteWorkflowExecution, ScheduleActivityTask, StartTimer
from tests.cli.terminal import Terminal

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")

CHARGE = ScheduleActivityTask(activity_type=("Charge", "1.0"), activity_id="charge")
LUNCH = StartTimer(timer_id="lunch", start_to_fire_timeout=600)


@pytest.fixture
def screen(environment, tmp_path):
    """A terminal with a shell in it, that has jobs of its own for Ctrl-C to end."""
    terminal = Terminal(tmp_path / "tmux", tmp_path)
    known = {name: value for name, value in environment.items() if name != "COLUMNS"}
    terminal.begin("bash --norc --noprofile", {**known, "PS1": "$ "})
    yield terminal
    terminal.end()


def seen(screen, pattern):
    """Wait until a pattern stands there, and give all that does."""
    screen.wait_for(pattern)
    return screen.screen().rstrip()


def test_a_trace_is_drawn_anew_while_things_happen_and_is_left_there_in_the_end(shop, screen):
    shop.start("drawn", CHARGE, LUNCH)
    screen.type("swf executions trace drawn; echo ended with $?", "Enter")
    screen.wait_for(r"(?s)drawn  Order 1\.0  OPEN .*activity charge  Charge 1\.0  scheduled .*timer    lunch  started")

    task = shop.take()
    screen.wait_for(r"activity charge  Charge 1\.0  started")
    task.complete("paid")
    screen.wait_for(r"activity charge  Charge 1\.0  completed")
    shop.decide(CompleteWorkflowExecution())

    text = seen(screen, "\nended with 0")
    # The tree stands there once.
    assert re.findall(r"drawn  Order 1\.0  (\w+)", text) == ["COMPLETED"]
    assert text.count("activity charge") == 1


def test_a_trace_ends_quietly_with_ctrl_c(shop, screen):
    execution = shop.start("left", LUNCH)
    screen.type("swf executions trace left; echo ended with $?", "Enter")
    screen.wait_for("timer    lunch  started")

    screen.type("C-c")

    text = seen(screen, "\nended with 130")
    execution.terminate()
    assert "Interrupted." in text
    assert "Traceback" not in text


def test_a_history_is_followed_to_its_end(shop, screen):
    shop.start("followed", CHARGE)
    screen.type("swf executions history followed --follow; echo ended with $?", "Enter")
    screen.wait_for("ActivityTaskScheduled")

    shop.take().complete("paid")
    screen.wait_for("ActivityTaskCompleted +activity_id=charge result=paid")
    shop.decide(CompleteWorkflowExecution(result="all paid"))

    text = seen(screen, "\nended with 0")
    assert re.findall(r"^ *(\d+)  ", text, re.MULTILINE) == [str(number) for number in range(1, 12)]
    assert re.search("WorkflowExecutionCompleted +result=all paid", text)


def test_many_executions_are_acted_on_when_a_person_says_so(shop, screen):
    runs = [shop.order.start_execution(f"asked-{number}", tag_list=["asked"], task_list="nobody") for number in (1, 2)]
    screen.type("swf executions terminate --tag asked; echo ended with $?", "Enter")
    text = seen(screen, r"Terminate 2 executions of the domain test_live\? \[y/N\]:")
    screen.type("n", "Enter")
    screen.wait_for(r"Nothing was done\.\nended with 0")
    still_open = [run.upstream().status for run in runs]

    screen.type("swf executions terminate --tag asked; echo ended with $?", "Enter")
    screen.wait_for(r"(?s)\nended with 0\n.*\[y/N\]:\s*\Z")
    screen.type("y", "Enter")

    assert seen(screen, r"(?s)\nended with 0\n.*\nended with 0\n").count("Terminated: 2") == 1
    assert all(run.run_id in text for run in runs)
    assert still_open == ["OPEN", "OPEN"]
    assert [run.upstream().close_status for run in runs] == ["TERMINATED", "TERMINATED"]
