"""Recorded histories: in files, as ``swf executions history`` and the AWS CLI write them, and read from SWF.

A file is JSON: a list of events, or an object with ``events``, and with ``workflowExecution`` where it is known whose
history it is. In JSON lines each line is an event, or a history of its own.
"""

import glob
import json
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs

from swf.exceptions import DoesNotExistError, ValidationError
from swf.models.event.base import attributes_key
from swf.models.history.pages import first_gap
from swf.models.workflow import WorkflowExecution
from swf.shapes import TIME, ExecutionId
from swf.wire import shown
from swf.workflows.turns import RawEvent

SUFFIXES = (".json", ".jsonl")

# How many histories are read from SWF at the same time.
READERS = 8

_NO_BEGINNING = (
    "A history begins with WorkflowExecutionStarted. Give all its events, the oldest first, as they stand in "
    "SWF's JSON."
)


@attrs.frozen
class Recorded:
    """A history, and whose it is.

    Attributes:
        name: What it is called in a report: its file, or its workflow id.
        events: Its events, as they stand in SWF's JSON.
        execution: Whose it is; None where that is not known.
    """

    name: str
    events: list[RawEvent]
    execution: ExecutionId | None = None

    @classmethod
    def of(cls, name: str, held: Any) -> "Recorded":
        """Give the history that JSON holds.

        Raises:
            ValidationError: It holds none, or its beginning is not there.
        """
        events = held.get("events") if isinstance(held, Mapping) else held
        execution = held.get("workflowExecution") if isinstance(held, Mapping) else None
        return cls(name, _checked(events), None if execution is None else _execution(execution))

    def dumps(self) -> str:
        """Give the text of a file, an event a line."""
        execution = "" if self.execution is None else f'"workflowExecution": {_json(_raw(self.execution))},\n'
        events = ",\n".join(map(_json, self.events))
        return f'{{\n{execution}"events": [\n{events}\n]\n}}\n'


def read(path: str | os.PathLike[str]) -> list[Recorded]:
    """Read the histories of a file.

    Raises:
        ValidationError: It is no JSON, or holds no history.
    """
    text = Path(path).read_text(encoding="utf-8")
    try:
        held = json.loads(text)
    except ValueError as error:
        return _lines(str(path), text, error)
    return [Recorded.of(str(path), held)]


def _lines(name: str, text: str, error: ValueError) -> list[Recorded]:
    try:
        lines = [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError:
        raise ValidationError(f"{name} is no JSON: {error}. Write it with: swf executions history -o json") from None
    if lines and isinstance(lines[0], Mapping) and "eventType" in lines[0]:
        return [Recorded.of(name, lines)]
    return [Recorded.of(f"{name}:{number}", held) for number, held in enumerate(lines, start=1)]


def paths(sources: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Give the files that are meant: by their paths, by folders, or by patterns with ``*``.

    Raises:
        ValidationError: There are none.
    """
    return list(dict.fromkeys(path for source in sources for path in _paths(os.fspath(source))))


def _paths(source: str) -> list[Path]:
    path = Path(source)
    if path.is_file():
        return [path]
    if path.is_dir():
        found = sorted(each for each in path.rglob("*") if each.suffix in SUFFIXES)
    else:
        found = [Path(each) for each in sorted(glob.glob(source, recursive=True)) if Path(each).is_file()]
    if not found:
        raise ValidationError(f"There is no history in {source!r}. Give a JSON file, a folder of them, or a pattern.")
    return found


def from_swf(executions: Iterable[WorkflowExecution]) -> Iterator[Recorded]:
    """Read the histories of executions from SWF, in their order, some at a time.

    What SWF no longer has by then, since the domain's retention period is over, is left out.
    """
    from swf.sync.patience import patiently, threads

    def read(execution: WorkflowExecution) -> Recorded | None:
        try:
            return patiently(lambda: of_execution(execution))
        except DoesNotExistError:
            return None

    def in_order(executor: ThreadPoolExecutor) -> Iterator[Recorded | None]:
        under_way: deque[Future[Recorded | None]] = deque()
        for execution in executions:
            if len(under_way) == READERS:
                yield under_way.popleft().result()
            under_way.append(executor.submit(read, execution))
        while under_way:
            yield under_way.popleft().result()

    with threads(READERS) as executor:
        yield from (recorded for recorded in in_order(executor) if recorded is not None)


def of_execution(execution: WorkflowExecution) -> Recorded:
    """Read the history of an execution from SWF."""
    run_id = execution.run_id
    known = None if run_id is None else ExecutionId(execution.workflow_id, run_id)
    return Recorded(execution.workflow_id, _checked(list(execution._raw_events())), known)


def _checked(events: Any) -> list[RawEvent]:
    first = events[0] if isinstance(events, list) and events else None
    if not isinstance(first, Mapping) or first.get("eventType") != "WorkflowExecutionStarted":
        raise ValidationError(_NO_BEGINNING)
    for event in events:
        if not _is_event(event):
            raise ValidationError(
                f"{shown(event)} is no event. Give events as they stand in SWF's JSON, with eventId, eventType, "
                "eventTimestamp and their attributes."
            )
    if gap := first_gap([event["eventId"] for event in events], 1):
        wanted, found = gap
        raise ValidationError(
            f"Event {wanted} is missing: event {found} stands in its place. Give all events of the history, in their "
            "order."
        )
    if not _tells_type(first["workflowExecutionStartedEventAttributes"].get("workflowType")):
        raise ValidationError("WorkflowExecutionStarted does not tell the workflow type. Give it as SWF's JSON has it.")
    return [_timed(event) for event in events]


def _tells_type(kind: Any) -> bool:
    return isinstance(kind, Mapping) and isinstance(kind.get("name"), str) and isinstance(kind.get("version"), str)


def _is_event(event: Any) -> bool:
    try:
        has_time, attributes = event["eventTimestamp"] is not None, event[attributes_key(event["eventType"])]
    except (KeyError, TypeError, AttributeError):
        return False
    return has_time and isinstance(attributes, Mapping) and isinstance(event.get("eventId"), int)


def _timed(event: RawEvent) -> RawEvent:
    """Return the event with its time as SWF writes it, whichever client has written it."""
    seconds = TIME.seconds(event["eventTimestamp"])
    return event if seconds is event["eventTimestamp"] else {**event, "eventTimestamp": seconds}


def _execution(held: Any) -> ExecutionId:
    try:
        return ExecutionId(held["workflowId"], held["runId"])
    except (KeyError, TypeError):
        raise ValidationError(
            f"workflowExecution is {held!r}, which names no run. Write it as SWF does, with workflowId and runId."
        ) from None


def _raw(execution: ExecutionId) -> dict[str, str]:
    return {"workflowId": execution.workflow_id, "runId": execution.run_id}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
