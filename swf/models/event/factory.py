"""From SWF's JSON to typed events."""

import copy
import functools
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import attrs

from swf import wire
from swf.exceptions import ValidationError
from swf.models.event import child_workflow, external_workflow, lambda_function, marker, task, timer, workflow
from swf.models.event.base import Event, attributes_key
from swf.shapes import TIME


@attrs.frozen(kw_only=True, repr=False)
class UnknownEvent(Event):
    """An event of a type that is not known here: readable, with its attributes as SWF sent them."""

    type: ClassVar[str] = "Unknown"

    event_type: str
    raw_attributes: Mapping[str, Any] | None = attrs.field(factory=dict, hash=False)

    @property
    def name(self) -> str:
        """SWF's name of the event's type."""
        return self.event_type

    @property
    def attributes(self) -> dict[str, Any]:
        """The event's own attributes as SWF sent them; none if they stand in a member that is not known here."""
        return dict(self.raw_attributes or {})

    @property
    def raw(self) -> dict[str, Any]:
        """The event as SWF sent it, with its time in seconds."""
        raw = super().raw
        if self.raw_attributes is None:
            del raw[attributes_key(self.name)]
        return raw

    def __repr__(self) -> str:
        return f"{self.name}({self._place}, raw_attributes={wire.shown(self.attributes)})"


EVENTS: dict[str, type[Event]] = {
    kind.__name__: kind
    for family in (workflow, task, timer, marker, child_workflow, external_workflow, lambda_function)
    for kind in vars(family).values()
    if isinstance(kind, type) and issubclass(kind, Event) and wire.members(kind)
}


class EventFactory:
    """Makes the typed event of an entry of SWF's history.

    >>> EventFactory({
    ...     "eventId": 5,
    ...     "eventTimestamp": 1500000000.25,
    ...     "eventType": "TimerFired",
    ...     "timerFiredEventAttributes": {"timerId": "lunch", "startedEventId": 3},
    ... })
    TimerFired(id=5, timestamp=2017-07-14T02:40:00.250Z, timer_id='lunch', started_event_id=3)
    """

    def __new__(cls, raw: Mapping[str, Any]) -> Event:  # type: ignore[misc]
        """Return the event; one of an unknown type becomes an `UnknownEvent`.

        Raises:
            ValidationError: It is not an event as SWF writes them.
        """
        try:
            return _reader(raw["eventType"])(raw)
        except ValidationError as error:
            raise ValidationError(f"Event {raw.get('eventId')} cannot be read. {error}") from error
        except (TypeError, AttributeError, LookupError, ValueError, RecursionError) as error:
            raise ValidationError(
                f"{wire.shown(raw)} is no event as SWF writes them ({error!r}). Give a member of the list 'events' "
                "that GetWorkflowExecutionHistory answers."
            ) from error


@functools.cache
def _reader(name: str) -> Callable[[Mapping[str, Any]], Event]:
    """Return the function that reads events of a type.

    Histories have thousands of events, so it does what `wire.reader` does in fewer steps. On the way it counts what
    there is: if that is more than the class has attributes for, it looks for what the class does not know.
    """
    kind, key = EVENTS.get(name), attributes_key(name)
    if kind is None:
        return functools.partial(_read_unknown, name)
    steps = [
        (wire.setter(kind, member.name), member.wire_name, wire.converter(member), len(member.shape.members), member)
        for member in wire.members(kind)
    ]
    new, read_time = kind.__new__, TIME.read
    put_id, put_timestamp, put_unknown = (wire.setter(kind, each) for each in ("id", "timestamp", "unknown"))
    expected = len(_BESIDE) + len((key,)) + len(steps)

    def read(raw: Mapping[str, Any]) -> Event:
        event = new(kind)
        put_id(event, raw["eventId"])
        put_timestamp(event, read_time(raw["eventTimestamp"]))
        # What is left out is counted too, and what is null twice: so nothing makes up for a member that is not known.
        count = len(raw)
        attributes = raw.get(key)
        if attributes is None:
            attributes = _NO_ATTRIBUTES
            count += 1
        count += len(attributes)
        for put, member, convert, size, declared in steps:
            value = attributes.get(member)
            if value is None:
                if declared.required:
                    raise wire.lacking(kind, (member,), attributes)
                count += 1
            elif convert is not None:
                if size and len(value) != size:
                    count += 1
                value = convert(value)
            put(event, value)
        put_unknown(event, None if count == expected else _unknown(kind, key, raw))
        return event

    return read


_BESIDE = ("eventId", "eventTimestamp", "eventType")
_NO_ATTRIBUTES: Mapping[str, Any] = {}


def _read_unknown(name: str, raw: Mapping[str, Any]) -> Event:
    key = attributes_key(name)
    attributes = raw.get(key)
    if not isinstance(attributes, Mapping | None):
        raise TypeError(f"{key} is a {type(attributes).__name__}")
    return UnknownEvent(
        id=raw["eventId"],
        timestamp=TIME.read(raw["eventTimestamp"]),
        unknown=_unknown_beside(key, raw) or None,
        event_type=name,
        raw_attributes=attributes,
    )


def _unknown(kind: type[Event], key: str, raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the members of an event that its class does not know, in their places; None if there are none."""
    found = _unknown_beside(key, raw)
    if inside := wire.unknown(kind, raw.get(key) or _NO_ATTRIBUTES):
        found[key] = inside
    return found or None


def _unknown_beside(key: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: copy.deepcopy(value) for name, value in raw.items() if name not in (*_BESIDE, key)}
