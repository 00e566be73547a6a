"""More decisions than one answer may have: sent in portions, each going on where the one before it stopped.

SWF takes about 1 MB with one answer. How many decisions it takes is written nowhere: Amazon's own frameworks send 100
at most, and so does this one. What is more is left for later: the answer ends with a timer of no seconds, which
brings the next decision task at once, and the timer's ``control`` says how far the decisions got. Then the decider
decides again on the history as it was, and sends what follows. So nothing has to be remembered, and another decider
may go on; what it decides on a history has to be the same each time.

See: https://docs.aws.amazon.com/amazonswf/latest/developerguide/swf-dg-limits.html
"""

import json
from collections.abc import Sequence

import attrs

from swf.models.decision import Decision, StartTimer
from swf.models.event import TimerFired, TimerStarted
from swf.models.history import History
from swf.models.task import DecisionTask

MOST_DECISIONS = 100
# The request has a head, a token and a context beside the decisions.
MOST_BYTES = 800_000

_TIMER = "swf.actors.portions"


@attrs.frozen
class Place:
    """How far the decisions of a decision task were sent.

    Attributes:
        started_event_id: The task's ``DecisionTaskStarted`` event.
        since: The decision task before it whose events were decided on: those after it were new.
        sent: How many decisions were sent.
    """

    started_event_id: int
    since: int
    sent: int = 0


def place_of(task: DecisionTask) -> Place:
    """Give the place of a task whose decisions are all to be sent."""
    return Place(task.started_event_id or 0, task.previous_started_event_id)


def reached(task: DecisionTask) -> Place | None:
    """Give how far the decisions of an earlier task were sent, if this task is there to go on with them."""
    started = [event for event in task.new_events if isinstance(event, TimerStarted) and is_ours(event)]
    return Place(**json.loads(started[-1].control or "{}")) if started else None


def as_it_was(task: DecisionTask, place: Place) -> DecisionTask:
    """Give the earlier task: with the history up to it."""
    history = History(event for event in task.history if event.id <= place.started_event_id)
    return attrs.evolve(
        task, history=history, started_event_id=place.started_event_id, previous_started_event_id=place.since
    )


def portion(decisions: Sequence[Decision], place: Place) -> tuple[Decision, ...]:
    """Give what goes with one answer of the decisions that follow a place: all of them, or some and the timer.

    Once decisions were put off, the timer also follows the last of them, unless they close the execution: what happened
    meanwhile is decided on then.
    """
    rest = tuple(decisions[place.sent :])
    if _fitting(rest) == len(rest) and (not place.sent or rest[-1].closes):
        return rest
    # The timer is one of the decisions.
    sent = max(1, _fitting(rest[: MOST_DECISIONS - 1]))
    after = attrs.evolve(place, sent=place.sent + sent)
    return (*rest[:sent], StartTimer(timer_id=_timer_id(after), start_to_fire_timeout=0, control=attrs.asdict(after)))


def is_ours(event: TimerStarted | TimerFired) -> bool:
    """Tell whether a timer event is of a timer that was started here."""
    return event.timer_id.startswith(_TIMER)


def _timer_id(place: Place) -> str:
    return f"{_TIMER}-{place.started_event_id}-{place.sent}"


def _fitting(decisions: Sequence[Decision]) -> int:
    """Give how many decisions fit into one answer, from the first on."""
    size = 0
    for count, decision in enumerate(decisions[:MOST_DECISIONS]):
        size += len(json.dumps(decision.raw).encode()) + 1
        if size > MOST_BYTES:
            return count
    return min(len(decisions), MOST_DECISIONS)
