"""What it takes to decide on a graph of tasks to its end: all decision tasks, as SWF hands them out."""

import json
from collections import deque
from collections.abc import Iterator
from typing import Any

import attrs
from measuring import Pair, Sample, seconds

from swf.models import DecisionTask
from swf.models.history import HistoryBuilder
from swf.specs import Document, SpecDecider, loads

WIDTH = 10
TASKS = 500
FEW, MANY = 250, 1_000

KIND = {"name": "Work", "version": "1"}


@attrs.frozen
class Story:
    """An execution from its beginning to its end.

    Attributes:
        document: The document.
        workflow: The workflow of it, as it stands there.
        events: Its events, as SWF's JSON has them.
        asked: The ids of the events with which its decision tasks start, each with that of the one before.
    """

    document: Document
    workflow: dict[str, Any]
    events: list[dict[str, Any]]
    asked: list[tuple[int, int]]


def deciding() -> Iterator[Sample]:
    """A graph of 500 tasks, ten in a row, decided to its end, by us and by seddy 0.3.0a1."""
    told = story(TASKS)
    assert _ours(told) == _theirs(told)
    yield lambda: Pair(seconds(lambda: _ours(told)), seconds(lambda: _theirs(told)))


def growing() -> Iterator[Sample]:
    """A graph of 1,000 tasks decided to its end, and one of 250."""
    many, few = story(MANY), story(FEW)
    yield lambda: Pair(seconds(lambda: _ours(many)), seconds(lambda: _ours(few)))


def story(count: int) -> Story:
    """Give an execution in which each activity that completes brings a decision task."""
    needed = {f"t{n}": [f"t{each}" for each in (n - WIDTH, n - WIDTH + 1) if each >= 0] for n in range(count)}
    builder = HistoryBuilder(("graph", "1.0"), input={"n": 1})
    missing = {id: len(needs) for id, needs in needed.items()}
    waiting: dict[str, list[str]] = {id: [] for id in needed}
    for id, needs in needed.items():
        for each in needs:
            waiting[each].append(id)
    opened: deque[str] = deque()

    def answer(ids: list[str]) -> None:
        builder.add_decision_task()
        for id in ids:
            builder.add_activity_task_scheduled(("Work", "1"), id, input="1")
            opened.append(id)

    answer([id for id, left in missing.items() if not left])
    while opened:
        done = opened.popleft()
        builder.add_activity_task_completed(done, result='{"n":1}')
        for id in waiting[done]:
            missing[id] -= 1
        if opened or any(not missing[id] for id in waiting[done]):
            answer([id for id in waiting[done] if not missing[id]])
    builder.add_decision_task_started()
    events = [event.raw for event in builder.history]
    started = [event["eventId"] for event in events if event["eventType"] == "DecisionTaskStarted"]
    tasks = [
        {
            "id": id,
            "type": KIND,
            "dependencies": needs,
            "input": {"type": "dependency-result", "id": needs[0], "path": "$.n"}
            if needs
            else {"type": "workflow-input", "path": "$.n"},
        }
        for id, needs in needed.items()
    ]
    workflow = {"spec_type": "dag", "name": "graph", "version": "1.0", "tasks": tasks}
    document = loads(json.dumps({"version": "1.0", "workflows": [workflow]}))
    return Story(document, workflow, events, list(zip(started, [0, *started], strict=False)))


def _task(told: Story, started: int, previous: int, first: int) -> dict[str, Any]:
    """Give a decision task as SWF answers a poll, with the events from one on."""
    return {
        "taskToken": "token",
        "startedEventId": started,
        "previousStartedEventId": previous,
        "workflowExecution": {"workflowId": "w", "runId": "r"},
        "workflowType": {"name": "graph", "version": "1.0"},
        "events": told.events[first - 1 : started],
    }


def _ours(told: Story) -> list[Any]:
    """Decide as the service does: SWF is asked for the new events only."""
    decider = SpecDecider(told.document, "d", "graph")
    made = []
    for started, previous in told.asked:
        task = DecisionTask.from_poll("d", "graph", _task(told, started, previous, max(previous, 1)))
        made.append([decision.raw for decision in decider.decide(task)])
    return [_gist(decisions) for decisions in made]


def _theirs(told: Story) -> list[Any]:
    """Decide as seddy does, but for reading its file again each time."""
    from seddy._specs import DAGWorkflow

    workflow = DAGWorkflow.from_spec(told.workflow)
    workflow.setup()
    return [_gist(workflow.make_decisions(_task(told, started, previous, 1))) for started, previous in told.asked]


def _gist(decisions: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Give what decisions have in common, whoever made them; those of seddy come in no order."""
    return sorted(
        (each["decisionType"], each.get("scheduleActivityTaskDecisionAttributes", {}).get("activityId", ""))
        for each in decisions
    )
