"""A history: the events of an execution, and what they tell together."""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Self, SupportsIndex, overload

import attrs

from swf import wire
from swf.checks import meant, of_kind, of_shape
from swf.exceptions import InvalidKeywordArgumentError, ValidationError
from swf.models.event import (
    EVENTS,
    Event,
    EventFactory,
    MarkerRecorded,
    WorkflowExecutionSignaled,
    WorkflowExecutionStarted,
)
from swf.models.history.compiled import CompiledEvent, gather, latest_by_id
from swf.models.history.state import ExecutionState
from swf.shapes import CloseStatus, Number

_ABSENT = object()
_EVENT_ID = Number("event_id")


def _as_tuple(events: Iterable[Event]) -> tuple[Event, ...]:
    return tuple(of_kind(events, Iterable, "list of events", "Give typed events, or call History.from_event_list()."))


@attrs.frozen(slots=False, repr=False)
class History(Sequence[Event]):
    """The events of an execution, or some of them, in the order they were given.

    A value: a slice, a filter, a reversal is another `History`. What is worked out from the events (`state`,
    `compiled`, the things by id) is worked out once, when first asked for, in the order of the events' ids whatever
    order they are held in.

    >>> history = History.from_event_list([
    ...     {
    ...         "eventId": 7,
    ...         "eventTimestamp": 1500000000.25,
    ...         "eventType": "TimerStarted",
    ...         "timerStartedEventAttributes": {
    ...             "timerId": "lunch",
    ...             "startToFireTimeout": "60",
    ...             "decisionTaskCompletedEventId": 6,
    ...         },
    ...     },
    ...     {
    ...         "eventId": 8,
    ...         "eventTimestamp": 1500000060.25,
    ...         "eventType": "TimerFired",
    ...         "timerFiredEventAttributes": {"timerId": "lunch", "startedEventId": 7},
    ...     },
    ... ])
    >>> history
    History(2 events, TimerStarted to TimerFired)
    >>> history.timers["lunch"].state
    'fired'

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_GetWorkflowExecutionHistory.html
    """

    events: tuple[Event, ...] = attrs.field(default=(), converter=_as_tuple)

    @classmethod
    def from_event_list(cls, events: Iterable[Mapping[str, Any]]) -> Self:
        """Read events as they stand in SWF's JSON.

        Raises:
            ValidationError: One of them is no event.
        """
        listed = of_kind(events, Iterable, "list of events", "Give the member 'events' of what SWF answered.")
        return cls(EventFactory(raw) for raw in listed)

    def __len__(self) -> int:
        return len(self.events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    @overload
    def __getitem__(self, index: SupportsIndex) -> Event: ...

    @overload
    def __getitem__(self, index: slice) -> Self: ...

    def __getitem__(self, index: SupportsIndex | slice) -> Event | Self:
        return type(self)(self.events[index]) if isinstance(index, slice) else self.events[index]

    def __repr__(self) -> str:
        count = f"{len(self)} event{'' if len(self) == 1 else 's'}"
        if not self.events:
            return f"History({count})"
        told = f"{count}, {self.events[0].name} to {self.events[-1].name}"
        if self.started is None and not self.finished:
            return f"History({told})"
        return f"History({told}, {self.close_status or self.state.status})"

    @property
    def first(self) -> Event | None:
        """The event held first; None when there is none."""
        return self.events[0] if self.events else None

    @property
    def last(self) -> Event | None:
        """The event held last; None when there is none."""
        return self.events[-1] if self.events else None

    @property
    def reversed(self) -> Self:
        """The same events the other way round: newest first, when they are held as SWF gives them."""
        return self[::-1]

    @property
    def distinct(self) -> tuple[Self, ...]:
        """The runs of consecutive events with one `Event.type`, each as a history."""
        return tuple(type(self)(run) for _, run in groupby(self.events, key=lambda event: event.type))

    def filter(self, *kinds: type[Event] | str, **attributes: Any) -> Self:
        """Keep the events of some kinds whose attributes have the values given.

        Args:
            kinds: Classes of events, a family such as `TimerEvent` for all that belong to it, or SWF's names; an
                event of any of them is kept. Left out, all events are.
            attributes: Any attribute of any event, and ``type``, ``name``, ``state``, ``id``. An event that does not
                have it is not kept.

        Raises:
            InvalidKeywordArgumentError: No event has such an attribute.
            ValidationError: There is no such kind of event.
        """
        wanted = tuple(_kind(kind) for kind in kinds) or (Event,)
        _refuse_unknown(attributes)
        return type(self)(event for event in self.events if isinstance(event, wanted) and _has(event, attributes))

    def latest(self, n: int) -> Self:
        """Keep the n newest events, those with the greatest ids; all when there are fewer.

        Raises:
            ValidationError: n is no number, or negative.
        """
        if of_shape(n, Number("n", min=0)) >= len(self):
            return self
        last_left_out = self._in_order[len(self) - n - 1].id
        return self.since(last_left_out)

    def since(self, event_id: int) -> Self:
        """Keep the events after an id: what is new to a decider that saw the history up to there."""
        of_shape(event_id, _EVENT_ID)
        return type(self)(event for event in self.events if event.id > event_id)

    def event(self, id: int) -> Event:
        """Give the event with this id, at once when the events have no gaps.

        Raises:
            ValidationError: It is not in this history.
        """
        place = of_shape(id, _EVENT_ID) - self.events[0].id if self.events else -1
        if 0 <= place < len(self) and self.events[place].id == id:
            return self.events[place]
        if id not in self._by_id:
            raise ValidationError(f"{self!r} has no event {id}. {self._range()}")
        return self._by_id[id]

    @functools.cached_property
    def state(self) -> ExecutionState:
        """What is open after these events; to be read only, for it is shared by all who ask."""
        return ExecutionState.of(self._in_order)

    @property
    def started(self) -> WorkflowExecutionStarted | None:
        """The execution's first event, if it is here."""
        return self.state.started

    @property
    def input(self) -> str | None:
        """The text the execution was started with; `swf.payload.decode` reads it."""
        return None if self.started is None else self.started.input

    @property
    def finished(self) -> bool:
        """Whether an event that closes the execution is here, whichever of the six."""
        return self.state.closed is not None

    @property
    def close_event(self) -> Event | None:
        """The event that closed the execution, if it is here."""
        return self.state.closed

    @property
    def close_status(self) -> CloseStatus | None:
        """How the execution closed, such as ``COMPLETED``; None when its end is not here."""
        return self.state.close_status

    def compile(self) -> tuple[CompiledEvent, ...]:
        """Give one `CompiledEvent` for each thing that happened, in the order they began."""
        return self.compiled

    @functools.cached_property
    def compiled(self) -> tuple[CompiledEvent, ...]:
        """One `CompiledEvent` for each thing that happened, in the order they began."""
        return gather(self._in_order)

    @functools.cached_property
    def activities(self) -> Mapping[str, CompiledEvent]:
        """Activity tasks by activity id: the open one, else the one heard of last."""
        return latest_by_id(self.compiled, "ActivityTask")

    @functools.cached_property
    def timers(self) -> Mapping[str, CompiledEvent]:
        """Timers by timer id: the open one, else the one heard of last."""
        return latest_by_id(self.compiled, "Timer")

    @functools.cached_property
    def children(self) -> Mapping[str, CompiledEvent]:
        """Child executions by workflow id: the open one, else the one heard of last."""
        return latest_by_id(self.compiled, "ChildWorkflowExecution")

    @functools.cached_property
    def lambda_functions(self) -> Mapping[str, CompiledEvent]:
        """Calls of Lambda functions by function id: the open one, else the one heard of last."""
        return latest_by_id(self.compiled, "LambdaFunction")

    @property
    def signals(self) -> Self:
        """The signals that reached the execution."""
        return self.filter(WorkflowExecutionSignaled)

    @property
    def markers(self) -> Self:
        """The markers that were recorded."""
        return self.filter(MarkerRecorded)

    @functools.cached_property
    def _in_order(self) -> tuple[Event, ...]:
        # Sorting what is in order already, or the other way round, takes one pass.
        return tuple(sorted(self.events, key=lambda event: event.id))

    @functools.cached_property
    def _by_id(self) -> dict[int, Event]:
        return {event.id: event for event in self.events}

    def _range(self) -> str:
        if not self.events:
            return "It is empty."
        return f"Its ids go from {self._in_order[0].id} to {self._in_order[-1].id}."


def _kind(kind: type[Event] | str) -> type[Event]:
    if isinstance(kind, type) and issubclass(kind, Event):
        return kind
    if isinstance(kind, str) and kind in EVENTS:
        return EVENTS[kind]
    raise ValidationError(
        f"{kind!r} is no event of SWF. {meant(kind, EVENTS)}For a type that is not known here, give name=."
    )


@functools.cache
def _filterable() -> frozenset[str]:
    declared = {member.name for kind in EVENTS.values() for member in wire.members(kind)}
    return frozenset({"id", "timestamp", "type", "name", "state", "opener_id", *declared})


def _refuse_unknown(attributes: Mapping[str, Any]) -> None:
    for name in attributes.keys() - _filterable():
        raise InvalidKeywordArgumentError(
            f"No event has an attribute {name!r}. {meant(name, _filterable())}The event classes tell their attributes."
        )


def _has(event: Event, attributes: Mapping[str, Any]) -> bool:
    return all(getattr(event, name, _ABSENT) == value for name, value in attributes.items())
