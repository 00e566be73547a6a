"""What a turn asked for, held against what the history records of it; and what a workflow must not call.

The first difference ends the replay: what comes after it would be nonsense. What is compared is what a command is about
- its kind, its type and its id - and not its input, so that a program may send more than it did before.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from swf.exceptions import NonDeterminismError
from swf.models.event.base import attributes_key
from swf.wire import shown
from swf.workflows.commands import PATCH, Attributes, Command, Place, is_patch
from swf.workflows.turns import RawEvent

if TYPE_CHECKING:
    from swf.workflows.machine import Machine

# What an event is about, for a message, is told by those of these that it has.
_TELLING = (
    "activityType",
    "workflowType",
    "activityId",
    "timerId",
    "workflowId",
    "functionName",
    "functionId",
    "name",
    "id",
    "signalName",
    "markerName",
)


def match(machine: "Machine", asked: Sequence[Command], record: Sequence[RawEvent]) -> None:
    """Find each command again in the record of its turn, and tell it what became of it.

    Markers of `patched` are left out: programs come to ask for them, and cease to.

    Raises:
        NonDeterminismError: The two differ.
    """
    place = 0
    count = len(asked)
    for event in record:
        kind = event["eventType"]
        attributes = event[attributes_key(kind)]
        if kind == "MarkerRecorded" and attributes["markerName"].startswith(PATCH):
            continue
        while place < count and is_patch(asked[place]):
            place += 1
        if place == count:
            raise NonDeterminismError(event["eventId"], recorded(event), "nothing more")
        command = asked[place]
        place += 1
        if kind == command.recorded_as and command.is_recorded_by(attributes):
            command.accept(machine, event["eventId"], attributes)
            if machine.is_strict:
                _require_same(command, event, attributes)
        elif kind == command.refused_as and command.is_recorded_by(attributes):
            command.event_id = event["eventId"]
            command.refuse(machine, attributes["cause"])
        else:
            raise NonDeterminismError(event["eventId"], recorded(event), told(command), line(command.place))
    while place < count and is_patch(asked[place]):
        place += 1
    if place < count:
        raise too_many(machine, asked[place])


def too_many(machine: "Machine", command: Command) -> NonDeterminismError:
    """Give the error for a command that the record of its turn ends before."""
    event_id = machine.turn.record[-1]["eventId"] if machine.turn.record else machine.turn.completed_event_id
    return NonDeterminismError(
        event_id or 0, "the last that was recorded of this decision", told(command), line(command.place)
    )


def _require_same(command: Command, event: RawEvent, attributes: Attributes) -> None:
    """Refuse a command that is sent with something else than was recorded: input, timeouts, all that both tell."""
    for name, asked in command.attributes.items():
        # The details of a failure tell lines of the program.
        if name in attributes and attributes[name] != asked and name not in ("reason", "details"):
            was, wants = f"{recorded(event)} with {name} {shown(attributes[name])}", f"{name} {shown(asked)}"
            raise NonDeterminismError(event["eventId"], was, f"{told(command)} with {wants}", line(command.place))


def told(command: Command) -> str:
    """Tell a command, for a message."""
    return f"{command.decides.__name__} {command.told}".rstrip()


def recorded(event: RawEvent) -> str:
    """Tell an event, for a message."""
    attributes = event[attributes_key(event["eventType"])]
    held = (attributes[name] for name in _TELLING if name in attributes)
    about = " ".join(
        f"{value['name']!r} {value['version']!r}" if isinstance(value, dict) else shown(value) for value in held
    )
    return f"{event['eventType']} {about}".rstrip()


def line(place: Place | None) -> str | None:
    """Tell a place in a program as its file and line."""
    return None if place is None else f"{Path(place[0].co_filename).name}:{place[1]}"
