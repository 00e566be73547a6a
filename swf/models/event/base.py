"""What all events have in common."""

import copy
import functools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

import attrs

from swf import wire
from swf.shapes import TIME

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@attrs.frozen(kw_only=True, repr=False)
class Event:
    """One thing that happened to an execution: an entry of its history.

    Each of SWF's 54 event types has a class of its name, with the attributes AWS gives it, in snake case. Texts stay
    as SWF holds them; `swf.payload.decode` reads them.

    Attributes:
        id: The event's number in its run, from 1 without gaps. 0 before the event is part of a history.
        timestamp: When it happened, an aware UTC datetime.
        type: What it happened to: ``ActivityTask``, ``Timer``, ``WorkflowExecution``…
        unknown: The members of SWF's JSON that are newer than this library, in their places there; None without any.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_HistoryEvent.html
    """

    type: ClassVar[str]
    opened_by: ClassVar[str | None] = None

    id: int = 0
    timestamp: datetime = EPOCH
    # None and not an empty dict: there are histories of thousands of events, and such members in next to none.
    unknown: Mapping[str, Any] | None = attrs.field(default=None, hash=False)

    @property
    def name(self) -> str:
        """SWF's name of the event's type, such as ``ActivityTaskScheduled``."""
        return type(self).__name__

    @property
    def state(self) -> str:
        """What happened to it, in lower case: ``scheduled``, ``timed_out``, ``request_cancel_failed``."""
        return _state(self.name, self.type)

    @property
    def opener_id(self) -> int:
        """The id of the event that the thing this event happened to began with; its own id when it is the first.

        For an activity task, a decision task and a Lambda function that is the one that scheduled it, for a timer the
        one that started it, for children, external signals and cancel requests the one that initiated it.
        """
        return (getattr(self, self.opened_by, 0) if self.opened_by else 0) or self.id

    @property
    def attributes(self) -> dict[str, Any]:
        """The event's own attributes as they stand in SWF's JSON."""
        if self.unknown is None:
            return wire.write(self)
        return wire.write_with(self, self.unknown.get(attributes_key(self.name), {}))

    @property
    def raw(self) -> dict[str, Any]:
        """The event as it stands in SWF's JSON, with all that was read: its time is in seconds, however it was read."""
        name = self.name
        key = attributes_key(name)
        raw = {
            "eventId": self.id,
            "eventTimestamp": TIME.write(self.timestamp),
            "eventType": name,
            key: self.attributes,
        }
        return raw if self.unknown is None else {**raw, **copy.deepcopy(dict(self.unknown)), key: raw[key]}

    def numbered(self, id: int, timestamp: datetime) -> Self:
        """Give the same event with a place in a history."""
        return attrs.evolve(self, id=id, timestamp=timestamp)

    def __repr__(self) -> str:
        held = ((member.name, getattr(self, member.name)) for member in wire.members(type(self)))
        told = [self._place, *(f"{name}={wire.shown(value)}" for name, value in held if value is not None)]
        return f"{self.name}({', '.join(told)})"

    @property
    def _place(self) -> str:
        """The id, and the time unless the event has none yet, as its repr begins."""
        return f"id={self.id}" + ("" if self.timestamp == EPOCH else f", timestamp={wire.instant(self.timestamp)}")


@functools.cache
def attributes_key(name: str) -> str:
    """Give the member of an event's JSON that holds its attributes."""
    return f"{name[:1].lower()}{name[1:]}EventAttributes"


@functools.cache
def _state(name: str, type: str) -> str:
    return wire.snake(name.replace(type, "", 1)) or wire.snake(name)
