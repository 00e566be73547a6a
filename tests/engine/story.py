"""A run as its history tells it, and what makes no sense in a history.

It is a fold of its own, from tables written by hand, so that the engine is not held against itself.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import attrs

from tests.engine.snapshot import Run

# What begins something, by which member the later events name it, what starts it, and what ends it.
BEGINNINGS: dict[str, tuple[str, str | None, frozenset[str]]] = {
    "DecisionTaskScheduled": (
        "scheduled_event_id",
        "DecisionTaskStarted",
        frozenset({"DecisionTaskCompleted", "DecisionTaskTimedOut"}),
    ),
    "ActivityTaskScheduled": (
        "scheduled_event_id",
        "ActivityTaskStarted",
        frozenset({"ActivityTaskCompleted", "ActivityTaskFailed", "ActivityTaskTimedOut", "ActivityTaskCanceled"}),
    ),
    "LambdaFunctionScheduled": (
        "scheduled_event_id",
        "LambdaFunctionStarted",
        frozenset(
            {
                "LambdaFunctionCompleted",
                "LambdaFunctionFailed",
                "LambdaFunctionTimedOut",
                "StartLambdaFunctionFailed",
            }
        ),
    ),
    "TimerStarted": ("started_event_id", None, frozenset({"TimerFired", "TimerCanceled"})),
    "StartChildWorkflowExecutionInitiated": (
        "initiated_event_id",
        "ChildWorkflowExecutionStarted",
        frozenset(
            {
                "StartChildWorkflowExecutionFailed",
                "ChildWorkflowExecutionCompleted",
                "ChildWorkflowExecutionFailed",
                "ChildWorkflowExecutionCanceled",
                "ChildWorkflowExecutionTerminated",
                "ChildWorkflowExecutionTimedOut",
            }
        ),
    ),
    "SignalExternalWorkflowExecutionInitiated": (
        "initiated_event_id",
        None,
        frozenset({"ExternalWorkflowExecutionSignaled", "SignalExternalWorkflowExecutionFailed"}),
    ),
    "RequestCancelExternalWorkflowExecutionInitiated": (
        "initiated_event_id",
        None,
        frozenset({"ExternalWorkflowExecutionCancelRequested", "RequestCancelExternalWorkflowExecutionFailed"}),
    ),
}
STARTED_OF = {start: kind for kind, (_, start, _) in BEGINNINGS.items() if start}
ENDED_OF = {end: kind for kind, (_, _, ends) in BEGINNINGS.items() for end in ends}
# What ends only what was started.
NEED_A_START = frozenset(
    {
        "DecisionTaskCompleted",
        "ActivityTaskCompleted",
        "ActivityTaskFailed",
        "LambdaFunctionCompleted",
        "LambdaFunctionFailed",
        "LambdaFunctionTimedOut",
        "ChildWorkflowExecutionCompleted",
        "ChildWorkflowExecutionFailed",
        "ChildWorkflowExecutionCanceled",
        "ChildWorkflowExecutionTerminated",
        "ChildWorkflowExecutionTimedOut",
    }
)
# What may name no event at all: it was never started, or never begun.
MAY_NAME_NOTHING = {
    "DecisionTaskTimedOut": "started_event_id",
    "ActivityTaskTimedOut": "started_event_id",
    "ActivityTaskCanceled": "started_event_id",
    "StartChildWorkflowExecutionFailed": "initiated_event_id",
    "SignalExternalWorkflowExecutionFailed": "initiated_event_id",
    "RequestCancelExternalWorkflowExecutionFailed": "initiated_event_id",
}
CLOSES = {
    "WorkflowExecutionCompleted": "COMPLETED",
    "WorkflowExecutionFailed": "FAILED",
    "WorkflowExecutionCanceled": "CANCELED",
    "WorkflowExecutionTerminated": "TERMINATED",
    "WorkflowExecutionContinuedAsNew": "CONTINUED_AS_NEW",
    "WorkflowExecutionTimedOut": "TIMED_OUT",
}
# What the decider need not hear of at once.
QUIET = frozenset(
    {
        "DecisionTaskScheduled",
        "DecisionTaskStarted",
        "DecisionTaskCompleted",
        "ActivityTaskScheduled",
        "ActivityTaskStarted",
        "ActivityTaskCancelRequested",
        "TimerStarted",
        "TimerCanceled",
        "MarkerRecorded",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "StartChildWorkflowExecutionInitiated",
        "SignalExternalWorkflowExecutionInitiated",
        "RequestCancelExternalWorkflowExecutionInitiated",
        *CLOSES,
    }
)
# Of what only one with the same id may be open.
OWN_ID = {
    "ActivityTaskScheduled": "activity_id",
    "TimerStarted": "timer_id",
    "LambdaFunctionScheduled": "function_id",
}
# Refusals because something with the id is open, or is not.
ID_IN_USE = {
    "ACTIVITY_ID_ALREADY_IN_USE": "ActivityTaskScheduled",
    "TIMER_ID_ALREADY_IN_USE": "TimerStarted",
    "ID_ALREADY_IN_USE": "LambdaFunctionScheduled",
}
ID_UNKNOWN = {"ACTIVITY_ID_UNKNOWN": "ActivityTaskScheduled", "TIMER_ID_UNKNOWN": "TimerStarted"}


@attrs.define(eq=False)
class Thing:
    """Something that a history began: a task, a timer, a child, a call, or a message to another execution."""

    begun: Any
    started: Any = None
    ended: Any = None
    cancel_requested: Any = None


class Story:
    """One run, as its history tells it.

    Attributes:
        run: All that is kept of the run.
        events: The events told by now.
        kinds: The same, by their types.
        things: All that they began, by the ids of the events that did.
        open: Those of them that did not end.
        closed: What closed the run.
        is_unseen: Whether something happened that needs a decision since the last decision task was handed out.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.events: list[Any] = []
        self.kinds: defaultdict[str, list[Any]] = defaultdict(list)
        self.things: dict[int, Thing] = {}
        self.open: dict[int, Thing] = {}
        self.closed: Any = None
        self.is_unseen = False

    def tell(self, event: Any) -> Iterator[str]:
        """Take one more event; yields what is wrong with it."""
        yield from self._misplaced(event)
        yield from self._misnamed(event)
        yield from self._senseless(event)
        self._add(event)

    def of(self, kind: str) -> list[Thing]:
        """Give the open things of a kind, by the type of the event that begins them."""
        return [thing for thing in self.open.values() if thing.begun.name == kind]

    def with_id(self, kind: str, event: Any) -> Thing | None:
        """Give the open thing of a kind that has the id which an event tells."""
        member = OWN_ID[kind]
        return next((thing for thing in self.of(kind) if getattr(thing.begun, member) == getattr(event, member)), None)

    @property
    def waiting_decision(self) -> Any:
        """The decision task that nobody has yet."""
        return next((task.begun for task in self.of("DecisionTaskScheduled") if task.started is None), None)

    @property
    def handed_decision(self) -> Any:
        """The decision task that a decider has."""
        return next((task.started for task in self.of("DecisionTaskScheduled") if task.started), None)

    def _add(self, event: Any) -> None:
        self.events.append(event)
        self.kinds[event.name].append(event)
        if event.name == "DecisionTaskStarted":
            self.is_unseen = False
        elif event.name not in QUIET:
            self.is_unseen = True
        if event.name in BEGINNINGS:
            self.things[event.id] = self.open[event.id] = Thing(event)
        elif event.name in STARTED_OF and (thing := self._named(event)):
            thing.started = event
        elif event.name in ENDED_OF and (thing := self._named(event)):
            thing.ended = event
            self.open.pop(thing.begun.id, None)
        elif event.name == "ActivityTaskCancelRequested" and (thing := self.with_id("ActivityTaskScheduled", event)):
            thing.cancel_requested = event
        elif event.name in CLOSES:
            self.closed = event

    def _named(self, event: Any) -> Thing | None:
        kind = STARTED_OF.get(event.name) or ENDED_OF[event.name]
        return self.things.get(getattr(event, BEGINNINGS[kind][0]))

    def _misplaced(self, event: Any) -> Iterator[str]:
        if event.id != len(self.events) + 1:
            yield f"event {event.id} comes after event {len(self.events)}"
        if (event.name == "WorkflowExecutionStarted") != (not self.events):
            yield f"{event!r} is in the wrong place"
        if self.closed is not None:
            yield f"{event!r} happened after {self.closed!r}"
        if self.events and event.timestamp < self.events[-1].timestamp:
            yield f"{event!r} happened before the event before it"

    def _misnamed(self, event: Any) -> Iterator[str]:
        for member, kind in references(event):
            named = getattr(event, member)
            if named is None or (named == 0 and MAY_NAME_NOTHING.get(event.name) == member):
                continue
            if not 0 < named < event.id or self.events[named - 1].name != kind:
                yield f"{member} of {event!r} names no {kind}"

    def _senseless(self, event: Any) -> Iterator[str]:
        match event.name:
            case "DecisionTaskScheduled":
                if self.waiting_decision is not None:
                    yield f"two decision tasks wait: {event!r}"
                if not self.is_unseen:
                    yield f"{event!r} is for nothing that happened"
                if self.events and event.start_to_close_timeout != self.events[0].task_start_to_close_timeout:
                    yield f"{event!r} has another timeout than the run"
            case "DecisionTaskStarted" if self.handed_decision is not None:
                yield f"two decision tasks are worked on: {event!r}"
            case "ActivityTaskCancelRequested" if self.with_id("ActivityTaskScheduled", event) is None:
                yield f"{event!r} is for no open task"
        if event.name in OWN_ID and self.with_id(event.name, event) is not None:
            yield f"the id of {event!r} is in use"
        if event.name in STARTED_OF:
            yield from self._wrong_start(event)
        if event.name in ENDED_OF and getattr(event, BEGINNINGS[ENDED_OF[event.name]][0]):
            yield from self._wrong_end(event)
        yield from self._wrong_decision(event)

    def _wrong_start(self, event: Any) -> Iterator[str]:
        thing = self._named(event)
        if thing is None or thing.ended is not None:
            yield f"{event!r} starts nothing that is open"
        elif thing.started is not None:
            yield f"{event!r} starts what {thing.started!r} started"

    def _wrong_end(self, event: Any) -> Iterator[str]:
        thing = self._named(event)
        if thing is None or thing.ended is not None:
            yield f"{event!r} ends nothing that is open"
            return
        if event.name in NEED_A_START and thing.started is None:
            yield f"{event!r} ends what was not started"
        # A timer's end names its beginning so, which is checked already.
        if thing.begun.name != "TimerStarted" and hasattr(event, "started_event_id"):
            started = thing.started.id if thing.started else 0
            if event.started_event_id != started:
                yield f"{event!r} names another start than {started}"
        if event.name in ("TimerFired", "TimerCanceled") and event.timer_id != thing.begun.timer_id:
            yield f"{event!r} names another timer"
        if event.name == "ActivityTaskCanceled":
            asked = thing.cancel_requested.id if thing.cancel_requested else None
            if event.latest_cancel_requested_event_id != asked:
                yield f"{event!r} names another request than {asked}"

    def _wrong_decision(self, event: Any) -> Iterator[str]:
        cause = getattr(event, "cause", None)
        if cause == "UNHANDLED_DECISION" and self.waiting_decision is None:
            yield f"{event!r}, and no decision task waits"
        if cause in ID_IN_USE and self.with_id(ID_IN_USE[cause], event) is None:
            yield f"{event!r}, and nothing has the id"
        if cause in ID_UNKNOWN and self.with_id(ID_UNKNOWN[cause], event) is not None:
            yield f"{event!r}, and something has the id"
        completed = getattr(event, "decision_task_completed_event_id", None)
        if completed is None:
            return
        if event.name in CLOSES and self.waiting_decision is not None:
            yield f"{event!r}, and a decision task waits"
        thing = self._named(event) if event.name in ENDED_OF else None
        # What turns out later tells the decision that began it.
        expected = thing.begun.decision_task_completed_event_id if thing and not _is_timer(thing) else self._decided
        if completed != expected:
            yield f"{event!r} comes of another decision than that of event {expected}"

    @property
    def _decided(self) -> int:
        decided = self.kinds["DecisionTaskCompleted"]
        return decided[-1].id if decided else 0


def _is_timer(thing: Thing) -> bool:
    return thing.begun.name == "TimerStarted"


def references(event: Any) -> Iterator[tuple[str, str]]:
    """Give the members by which an event names others of its history, each with the type of those."""
    if hasattr(event, "decision_task_completed_event_id"):
        yield "decision_task_completed_event_id", "DecisionTaskCompleted"
    if hasattr(event, "latest_cancel_requested_event_id"):
        yield "latest_cancel_requested_event_id", "ActivityTaskCancelRequested"
    kind = STARTED_OF.get(event.name) or ENDED_OF.get(event.name)
    if kind is None:
        return
    member, start, _ = BEGINNINGS[kind]
    yield member, kind
    if start is not None and hasattr(event, "started_event_id"):
        yield "started_event_id", start
