"""Record the histories of the programs that have none yet: ``python tests/histories/workflows/record.py``.

What is recorded is never written again.
"""

import asyncio
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import programs

from swf.models import WorkflowExecution
from swf.testing import Environment
from swf.workflows import ActivityRunner, Workflow, WorkflowDecider
from swf.workflows.recorded import of_execution

HERE = Path(__file__).parent

# Where a traceback's file was, in JSON within JSON.
_FOLDER = re.compile(r'(File \\+")/[^"\\]*/')

# What is recorded, of which program, with which arguments.
RECORDINGS: dict[str, tuple[type[Workflow], tuple[Any, ...]]] = {
    "steps": (programs.Steps, (5,)),
    "fan_out": (programs.FanOut, (120,)),
    "reminders": (programs.Reminders, (30,)),
    "conversation": (programs.Conversation, ()),
    "parent": (programs.Parent, ()),
    "spoken": (programs.Spoken, (["a", "b"],)),
    "stubborn": (programs.Stubborn, ()),
    "failing": (programs.Failing, ()),
    "canceled": (programs.Canceled, ()),
    "chances": (programs.Chances, ()),
    "changed_after": (programs.Changed, ()),
    "pages": (programs.Pages, (1,)),
    "together": (programs.Together, (4,)),
}


class ChangedBefore(Workflow):
    """`programs.Changed` as it was before it was changed."""

    name = "Changed"

    async def run(self) -> int:
        total = await programs.double(1)
        await asyncio.sleep(60)
        total += await programs.double(10)
        return total


def upcase(text: str) -> str:
    return text.upper()


def broken(_: Any) -> None:
    raise ValueError("no such letters")


def record(name: str, workflow: type[Workflow], arguments: Iterable[Any]) -> None:
    """Run a program to its end, and keep the history of its first run."""
    start = datetime(2030, 1, 1, tzinfo=UTC)
    with Environment("kept", start=start, functions={"upcase": upcase, "broken": broken}) as environment:
        others = [each for each in programs.WORKFLOWS if each.name != workflow.name]
        actors = [
            WorkflowDecider("kept", "default", workflows=[workflow, *others], identity="decider"),
            ActivityRunner("kept", "default", activities=programs.ACTIVITIES, identity="worker"),
        ]
        for actor in actors:
            actor.register()
        execution: WorkflowExecution = workflow.options(workflow_id=name).start("kept", *arguments)
        environment.run(execution, *actors, unpolled=["nobody"])
        text = _FOLDER.sub(r"\1", of_execution(execution).dumps())
        print(name, execution.upstream().close_status)
    (HERE / f"{name}.json").write_text(text, encoding="utf-8")


def missing() -> Iterator[tuple[str, type[Workflow], tuple[Any, ...]]]:
    for name, (workflow, arguments) in {**RECORDINGS, "changed_before": (ChangedBefore, ())}.items():
        if not (HERE / f"{name}.json").exists():
            yield name, workflow, arguments


if __name__ == "__main__":
    for each in missing():
        record(*each)
