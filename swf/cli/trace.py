"""A tree of what an execution did and does: activities, children, timers, Lambda functions and signals."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import attrs

from swf.cli.history import LONGEST_SLEEP_SECONDS, SHORTEST_SLEEP_SECONDS, closes, continued, since
from swf.cli.output import lasted, one_line, plain, visible
from swf.connection import current
from swf.models import WorkflowExecution
from swf.models.event import (
    ActivityTaskCancelRequested,
    ActivityTaskScheduled,
    ChildWorkflowExecutionStarted,
    DecisionTaskEvent,
    Event,
    StartChildWorkflowExecutionInitiated,
    WorkflowExecutionCancelRequested,
    WorkflowExecutionEvent,
    WorkflowExecutionSignaled,
    WorkflowExecutionStarted,
)
from swf.models.history.compiled import CompiledEvent, gather
from swf.models.history.state import CLOSE_STATUS_OF

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text
    from rich.tree import Tree

_GOOD = {"completed", "fired", "signaled", "recorded", "external_signaled"}
_BAD = {"failed", "timed_out", "terminated"}
# Where a terminal ends, a thing's line ends too.
_ONE_LINE: dict[str, Any] = {"no_wrap": True, "overflow": "ellipsis"}
_NAMES = {
    "ActivityTask": "activity",
    "ChildWorkflowExecution": "child",
    "ExternalWorkflowExecution": "external",
    "LambdaFunction": "lambda",
    "Marker": "marker",
    "Timer": "timer",
    "WorkflowExecution": "signal",
}


@attrs.define
class Trace:
    """An execution and the things in it, as far as its events were read.

    A thing's own events are looked at again when another one comes, and never the whole history.
    """

    execution: WorkflowExecution
    depth: int
    seen: int = 0
    started: WorkflowExecutionStarted | None = None
    closed: Event | None = None
    cancel_requested: bool = False
    _events: dict[int, list[Event]] = attrs.field(factory=dict)
    things: dict[int, CompiledEvent] = attrs.field(factory=dict)
    children: "dict[int, Trace]" = attrs.field(factory=dict)
    _scheduled: dict[str, int] = attrs.field(factory=dict)

    def read(self) -> bool:
        """Read the events that have come, here and in children; tell whether there were any."""
        if self.closed is None:
            events = since(self.execution, self.seen) if self.seen else list(self.execution.events.iterator())
            for event in events:
                self._apply(event)
        else:
            events = []
        return any([bool(events), *(child.read() for child in self.children.values())])

    def _apply(self, event: Event) -> None:
        self.seen = event.id
        match event:
            case WorkflowExecutionStarted():
                self.started = event
            case WorkflowExecutionCancelRequested():
                self.cancel_requested = True
            case DecisionTaskEvent():
                pass
            case WorkflowExecutionEvent() if not isinstance(event, WorkflowExecutionSignaled):
                self.closed = event if closes(event) else self.closed
            case _:
                self._gather(event)

    def _gather(self, event: Event) -> None:
        if isinstance(event, ActivityTaskScheduled):
            self._scheduled[event.activity_id] = event.id
        key = event.opener_id
        if isinstance(event, ActivityTaskCancelRequested):
            key = self._scheduled.get(event.activity_id, event.id)
        events = self._events.setdefault(key, [])
        events.append(event)
        self.things[key] = gather(events)[0]
        if isinstance(event, ChildWorkflowExecutionStarted) and self.depth > 0:
            child = WorkflowExecution(self.execution.domain, *event.workflow_execution)
            self.children[key] = Trace(child, self.depth - 1)

    def is_open(self, thing: CompiledEvent) -> bool:
        """Tell whether a thing goes on: an execution takes its timers with it."""
        return thing.is_open and not (self.closed is not None and thing.type == "Timer")

    def as_json(self, now: datetime) -> dict[str, Any]:
        """Give the tree as JSON."""
        return {
            "workflow_id": self.execution.workflow_id,
            "run_id": self.execution.run_id,
            "workflow_type": None if self.started is None else plain(self.started.workflow_type),
            "status": self.status,
            "seconds": _seconds(self.started, self.closed, now),
            "things": [self._thing_as_json(key, thing, now) for key, thing in self.things.items()],
        }

    def _thing_as_json(self, key: int, thing: CompiledEvent, now: datetime) -> dict[str, Any]:
        told: dict[str, Any] = {
            "type": thing.type,
            "id": thing.id,
            "state": thing.state,
            "open": self.is_open(thing),
            "seconds": _seconds(thing.first, None if self.is_open(thing) else thing.last, now),
        }
        child = self.children.get(key)
        return told if child is None else told | {"execution": child.as_json(now)}

    @property
    def status(self) -> str:
        """``OPEN``, or how it closed."""
        return "OPEN" if self.closed is None else CLOSE_STATUS_OF[type(self.closed)]

    def tree(self, now: datetime, most: int | None = None) -> "Tree":
        """Give the tree for people, of the latest things only where there is no room for all."""
        from rich.tree import Tree

        return self._fill(Tree(self._title(now), guide_style="dim"), now, most)

    def _fill(self, tree: "Tree", now: datetime, most: int | None) -> "Tree":
        from rich.text import Text

        shown = self._shown(most)
        if left_out := len(self.things) - len(shown):
            tree.add(Text(f"… {left_out} before", style="dim"))
        for key in shown:
            branch = tree.add(self._label(self.things[key], now))
            child = self.children.get(key)
            if child is not None:
                child._fill(branch, now, most)
        return tree

    def _shown(self, most: int | None) -> list[int]:
        """Choose things for a screen: those that go on come before those that are over, late ones before early ones."""
        keys = list(self.things)
        if most is None or len(keys) <= most:
            return keys
        by_weight = sorted(keys, key=lambda key: (self.is_open(self.things[key]), key), reverse=True)
        return sorted(by_weight[: max(most, 1)])

    def _title(self, now: datetime) -> "Text":
        from rich.text import Text

        kind = self.started.workflow_type if self.started else None
        return Text.assemble(
            (self.execution.workflow_id, "bold"),
            "" if kind is None else f"  {kind}",
            "  ",
            (self.status, _style(self.status.lower(), is_open=self.closed is None)),
            f"  {lasted(_seconds(self.started, self.closed, now))}",
            "  cancel requested" if self.cancel_requested and self.closed is None else "",
            ("" if continued(self.closed) is None else f"  goes on in {continued(self.closed)}", "dim"),
            **_ONE_LINE,
        )

    def _label(self, thing: CompiledEvent, now: datetime) -> "Text":
        from rich.text import Text

        is_open = self.is_open(thing)
        seconds = _seconds(thing.first, None if is_open else thing.last, now)
        return Text.assemble(
            (f"{_NAMES.get(thing.type, thing.type):<9}", "dim"),
            (visible(thing.id or thing.first.name), "bold"),
            _kind(thing.first),
            "  ",
            (thing.state.replace("_", " "), _style(thing.state, is_open=is_open)),
            "" if not is_open and len(thing.events) == 1 else f"  {lasted(seconds)}",
            (_why(thing), "red"),
            **_ONE_LINE,
        )


def draw(trace: Trace) -> "RenderableType":
    """Give the whole tree, as it stands now."""
    return trace.tree(current().now())


def live(trace: Trace) -> None:
    """Draw the tree on the terminal until the execution has closed; the whole of it is left there."""
    from rich.live import Live

    from swf.cli.output import console

    writer = console()
    writer.soft_wrap = False
    with Live(console=writer, auto_refresh=False, transient=True) as screen:
        for _ in _reading(trace):
            screen.update(trace.tree(current().now(), most=_room(trace, writer.height)), refresh=True)
    writer.print(draw(trace))


def _room(trace: Trace, height: int) -> int:
    """Say how many things of each execution fit on a screen."""
    return max(3, (height - 3) // (1 + sum(child.closed is None for child in trace.children.values())))


def _reading(trace: Trace) -> Iterator[None]:
    """Read what comes, and give the word to draw it, until the execution has closed."""
    sleep = SHORTEST_SLEEP_SECONDS
    while True:
        found = trace.read()
        yield
        if trace.closed is not None:
            # What its children did last is drawn too.
            trace.read()
            return
        sleep = SHORTEST_SLEEP_SECONDS if found else min(2 * sleep, LONGEST_SLEEP_SECONDS)
        until = time.monotonic() + sleep
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 1.0))
            # Durations go on while nothing else does.
            yield


def _seconds(first: Event | None, last: Event | None, now: datetime) -> float:
    if first is None:
        return 0.0
    return round(((now if last is None else last.timestamp) - first.timestamp).total_seconds(), 3)


def _style(state: str, *, is_open: bool) -> str:
    if is_open:
        return "cyan"
    if state in _GOOD:
        return "green"
    return "red" if state in _BAD or state.endswith("_failed") else "yellow"


def _kind(event: Event) -> str:
    match event:
        case ActivityTaskScheduled():
            return f"  {event.activity_type}"
        case StartChildWorkflowExecutionInitiated():
            return f"  {event.workflow_type}"
        case _:
            return ""


def _why(thing: CompiledEvent) -> str:
    said = next(filter(None, (thing.reason, thing.timeout_type, thing.cause)), None)
    return "" if said is None else f"  {one_line(said)}"
