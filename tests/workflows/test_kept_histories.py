"""Histories that were recorded once replay for ever, against the programs that made them."""

import runpy
from pathlib import Path

import pytest

from swf.exceptions import NonDeterminismError
from swf.workflows import Replayer
from swf.workflows.recorded import read

KEPT = Path(__file__).parents[1] / "histories" / "workflows"
HISTORIES = sorted(KEPT.glob("*.json"))


@pytest.fixture(scope="module")
def programs():
    return runpy.run_path(str(KEPT / "programs.py"))


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_kept_history_replays(programs, path):
    Replayer(programs["WORKFLOWS"]).replay(path)


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_kept_history_tells_whose_it_is_and_has_an_end(path):
    (recorded,) = read(path)

    assert recorded.execution is not None
    assert recorded.events[-1]["eventType"].startswith("WorkflowExecution")


def test_every_program_has_a_history(programs):
    types = {Replayer.type_of(read(path)[0].events).name for path in HISTORIES}

    # A part's history is its parent's too.
    assert types == {workflow.name for workflow in programs["WORKFLOWS"]} - {"Part"}


ASKED_FOR = {
    "ActivityTaskScheduled": ("activityTaskScheduledEventAttributes", "activityType"),
    "StartChildWorkflowExecutionInitiated": ("startChildWorkflowExecutionInitiatedEventAttributes", "workflowType"),
    "LambdaFunctionScheduled": ("lambdaFunctionScheduledEventAttributes", "name"),
}


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_history_in_which_something_else_was_asked_for_is_refused(programs, path):
    (recorded,) = read(path)
    event = next(event for event in recorded.events if event["eventType"] in ASKED_FOR)
    attributes, member = ASKED_FOR[event["eventType"]]
    other = "another" if member == "name" else {"name": "another", "version": "1.0"}
    event[attributes] = {**event[attributes], member: other}

    with pytest.raises(NonDeterminismError, match="another") as refused:
        Replayer(programs["WORKFLOWS"]).replay(recorded.events, execution=recorded.execution)

    assert refused.value.event == event["eventId"]
    assert refused.value.line.startswith("programs.py:")
