"""Events of markers."""

from typing import ClassVar

import attrs

from swf.models.event.base import Event
from swf.shapes import (
    Data,
    EventId,
    MarkerName,
    RecordMarkerFailedCause,
)


@attrs.frozen(kw_only=True, repr=False)
class MarkerEvent(Event):
    """A note in the history, for the decider's own use."""

    type: ClassVar[str] = "Marker"


@attrs.frozen(kw_only=True, repr=False)
class MarkerRecorded(MarkerEvent):
    """A ``RecordMarker`` decision was accepted: the marker stands in the history.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_MarkerRecordedEventAttributes.html
    """

    marker_name: MarkerName
    decision_task_completed_event_id: EventId
    details: Data | None = None


@attrs.frozen(kw_only=True, repr=False)
class RecordMarkerFailed(MarkerEvent):
    """A ``RecordMarker`` decision was refused.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RecordMarkerFailedEventAttributes.html
    """

    marker_name: MarkerName
    cause: RecordMarkerFailedCause
    decision_task_completed_event_id: EventId
