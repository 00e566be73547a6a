"""Decisions about markers."""

import attrs

from swf import payload
from swf.models.decision.base import Decision
from swf.shapes import (
    Data,
    MarkerName,
)


@attrs.frozen(kw_only=True, repr=False)
class RecordMarker(Decision):
    """Write a note into the history; names may be used again.

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_RecordMarkerDecisionAttributes.html
    """

    marker_name: MarkerName
    details: Data | None = attrs.field(default=None, converter=payload.encode)
