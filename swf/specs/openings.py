"""What SWF has open in an execution, what is to be opened there, and what SWF refuses to open for now."""

from collections.abc import Iterator
from typing import Final, get_args

from swf.specs.parts import Kind, Part, TimerOf
from swf.specs.tasks import Activity, ChildWorkflow

PAUSE: Final = "swf.specs.pause"

# SWF would take the decision at another time.
PASSING: Final = frozenset(
    {
        "OPEN_ACTIVITIES_LIMIT_EXCEEDED",
        "ACTIVITY_CREATION_RATE_EXCEEDED",
        "OPEN_LAMBDA_FUNCTIONS_LIMIT_EXCEEDED",
        "LAMBDA_FUNCTION_CREATION_RATE_EXCEEDED",
        "OPEN_CHILDREN_LIMIT_EXCEEDED",
        "OPEN_WORKFLOWS_LIMIT_EXCEEDED",
        "CHILD_CREATION_RATE_EXCEEDED",
        "OPEN_TIMERS_LIMIT_EXCEEDED",
        "TIMER_CREATION_RATE_EXCEEDED",
        "REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_RATE_EXCEEDED",
    }
)


class Openings:
    """What is open in an execution, and what is to be.

    Attributes:
        due: What is to be opened, by kind and by activity id, function id, workflow id or timer id.
        open: How many are open, by kind.
        parts: What is open but timers, by the event that opened it.
        timers: The open timers, by id.
        stale: The ids of open timers that nobody needs any more.
        is_pausing: Whether SWF refused something that it would take later.
        refusals: How often that was so in a row.
    """

    def __init__(self) -> None:
        self.due: dict[Kind, dict[str, Part | TimerOf]] = {kind: {} for kind in get_args(Kind)}
        self.open: dict[Kind, int] = dict.fromkeys(get_args(Kind), 0)
        self.parts: dict[int, Part] = {}
        self.timers: dict[str, TimerOf | None] = {}
        self.stale: dict[str, None] = {}
        self.is_pausing = False
        self.refusals = 0
        self._named: dict[Kind, dict[str, Part]] = {kind: {} for kind in get_args(Kind)}
        self._timers_of: dict[str, TimerOf] = {}

    @property
    def uncanceled_activities(self) -> Iterator[Part]:
        """The open activities that SWF was not told to cancel, but for those that undo something."""
        return (
            part
            for part in self.parts.values()
            if isinstance(part.work, Activity) and not part.is_cancel_asked and part.undoes is None
        )

    @property
    def uncanceled_children(self) -> Iterator[Part]:
        """The children that run, and that SWF was not told to cancel."""
        return (
            part
            for part in self.parts.values()
            if isinstance(part.work, ChildWorkflow) and part.has_started and not part.is_cancel_asked
        )

    @property
    def has_unheard_children(self) -> bool:
        """Whether a child is open that does not know yet that it is canceled."""
        return any(isinstance(part.work, ChildWorkflow) and not part.has_heard for part in self.parts.values())

    @property
    def is_only_undoing(self) -> bool:
        """Whether nothing is open but what undoes something."""
        return all(part.undoes is not None for part in self.parts.values())

    # What is to be opened

    def ask_for(self, id: str, part: Part) -> None:
        """Have an activity, a Lambda function or a child opened."""
        self._named[part.kind][id] = part
        self.due[part.kind][id] = part

    def ask_for_timer(self, timer_id: str, timer: TimerOf) -> None:
        """Have a timer started."""
        self._timers_of[timer_id] = timer
        self.due["timer"][timer_id] = timer

    def drop(self) -> None:
        """Have nothing opened that was to be, and no timer needed that runs."""
        for held in self.due.values():
            held.clear()
        self.stale.update({timer_id: None for timer_id, timer in self.timers.items() if timer is not None})

    def drop_timer(self, timer_id: str) -> None:
        """Take it that a timer is not needed any more."""
        self.due["timer"].pop(timer_id, None)
        if timer_id in self.timers:
            self.stale[timer_id] = None

    # What is open

    def opened(self, kind: Kind, id: str, event_id: int) -> None:
        """Take it that SWF opened something but a timer."""
        self.due[kind].pop(id, None)
        part = self._named[kind].get(id)
        if not self.is_pausing:
            self.refusals = 0
        if part is not None:
            part.state = "open"
            self.parts[event_id] = part
            self.open[kind] += 1

    def closed(self, event_id: int | None) -> Part | None:
        """Take it that something closed, by the event that opened it; give it, if it is of the document."""
        part = None if event_id is None else self.parts.pop(event_id, None)
        if part is not None:
            self.open[part.kind] -= 1
            part.is_cancel_asked = part.has_started = part.has_heard = False
        return part

    def note_cancel(self, kind: Kind, id: str, is_asked: bool) -> None:
        """Take it that SWF was told to cancel something, or has to be told again."""
        part = self._named[kind].get(id)
        if part is not None:
            part.is_cancel_asked = is_asked

    def note_heard(self, id: str) -> None:
        """Take it that a child knows that it is canceled, or cannot be told."""
        part = self._named["child"].get(id)
        if part is not None:
            part.has_heard = True

    def timer_started(self, timer_id: str) -> TimerOf | None:
        """Take it that a timer runs; give what it is for, if it is of the document."""
        self.open["timer"] += 1
        self.due["timer"].pop(timer_id, None)
        self.timers[timer_id] = timer = self._timers_of.get(timer_id)
        if timer is not None and timer.why == "work":
            timer.part.state = "open"
        return timer

    def timer_over(self, timer_id: str) -> TimerOf | None:
        """Take it that a timer runs no more; give what it was for, if it is of the document."""
        self.open["timer"] -= 1
        self.stale.pop(timer_id, None)
        if timer_id.startswith(PAUSE):
            self.is_pausing = False
        return self.timers.pop(timer_id, None)

    # What SWF refuses

    def pause(self) -> None:
        """Take it that SWF refused something that it would take later."""
        self.refusals += not self.is_pausing
        self.is_pausing = True

    def refused(self, kind: Kind, id: str, cause: str) -> Part | None:
        """Take it that SWF did not open something; give it, if trying again later does not help."""
        if cause in PASSING:
            self.pause()
            return None
        asked = self.due[kind].pop(id, None)
        return asked.part if isinstance(asked, TimerOf) else asked

    def timer_refused(self, timer_id: str, cause: str) -> Part | None:
        """Take it that SWF did not start a timer; give what it is for, if trying again later does not help."""
        if timer_id.startswith(PAUSE):
            self.is_pausing = False
            return None
        return self.refused("timer", timer_id, cause)
