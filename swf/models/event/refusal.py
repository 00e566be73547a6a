"""What SWF records when it does not carry out a decision."""

from swf import wire
from swf.models.event.base import Event
from swf.models.event.factory import EVENTS


def _is_refusal(kind: type[Event]) -> bool:
    return {"cause", "decision_task_completed_event_id"} <= {member.name for member in wire.members(kind)}


# The event types, each with the type of the decision it refuses.
REFUSED: dict[type[Event], str] = {
    kind: name.removesuffix("Failed") for name, kind in EVENTS.items() if _is_refusal(kind)
}
