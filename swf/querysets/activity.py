"""Activity types."""

from typing import ClassVar

import attrs

from swf.models.activity import ActivityType
from swf.querysets.types import TypeQuerySet


@attrs.frozen(repr=False, eq=False)
class ActivityTypeQuerySet(TypeQuerySet[ActivityType]):
    """The activity types of a domain, by name; registered ones unless ``status`` says otherwise.

    Filters: ``status`` (or ``registration_status``) and ``name``, which SWF applies; ``version`` and ``description``,
    applied here. A list tells no defaults; `get` does.

    >>> print(ActivityTypeQuerySet("shop").filter(name="Charge").explain())
    1. ListActivityTypes
      SWF filters: domain 'shop'; name 'Charge'; registrationStatus 'REGISTERED'
      filtered here: nothing

    See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_ListActivityTypes.html
    """

    operation: ClassVar[str] = "list_activity_types"

    @property
    def _model(self) -> type[ActivityType]:
        return ActivityType
