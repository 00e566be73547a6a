"""From SWF's JSON to typed events."""

import functools
from collections.abc import Mapping
from typing import Any, ClassVar

import attrs

from swf import wire
from swf.exceptions import ValidationError
from swf.models.event import child_workflow, external_workflow, lambda_function, marker, task, timer, workflow
from swf.models.event.base import _TIME, Event, attributes_key


@attrs.frozen(kw_only=True, repr=False)
class UnknownEvent(Event):
    """An event of a type that is not known here: readable, with its attributes as SWF sent them."""

    type: ClassVar[str] = "Unknown"

    event_type: str
    raw_attributes: Mapping[str, Any] = attrs.field(factory=dict, hash=False)

    @property
    def name(self) -> str:
        """SWF's name of the event's type."""
        return self.event_type

    @property
    def attributes(self) -> dict[str, Any]:
        """The event's own attributes as SWF sent them."""
        return dict(self.raw_attributes)

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
        """Give the event; one of an unknown type becomes an `UnknownEvent`.

        Raises:
            ValidationError: It is no event as SWF writes them.
        """
        try:
            key, read = _reading(raw["eventType"])
            return read(raw.get(key) or {}, {"id": raw["eventId"], "timestamp": _TIME.read(raw["eventTimestamp"])})
        except (TypeError, AttributeError, LookupError) as error:
            raise ValidationError(
                f"{wire.shown(raw)} is no event as SWF writes them ({error!r}). Give a member of the list 'events' "
                "that GetWorkflowExecutionHistory answers."
            ) from error


@functools.cache
def _reading(name: str) -> tuple[str, wire.Reader[Event]]:
    """Give the member that holds the attributes of this type of event, and the function that reads them."""
    kind = EVENTS.get(name)
    return attributes_key(name), functools.partial(_read_unknown, name) if kind is None else wire.reader(kind)


def _read_unknown(name: str, attributes: Mapping[str, Any], given: Mapping[str, Any]) -> Event:
    return UnknownEvent(**given, event_type=name, raw_attributes=attributes)
