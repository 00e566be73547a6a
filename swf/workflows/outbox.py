"""What a workflow asked for and SWF has not been sent: how much of it goes with an answer, and what waits for its turn.

An answer is given 100 decisions at most here, and about 1 MB. What is more waits for the next decision task, which a
timer of no seconds brings at once. What was done once, and is kept in a marker, goes before all else then: the rest
may follow from it, or was taken back because of it, and without its marker it is done anew, with another outcome. Of
activities, timers, children and Lambda calls 1,000 of a kind may be open, one of the timers being that one: what is
more is held back here until others are over. What ends the execution waits until what other executions are to hear of
has arrived there: signals, cancel requests, and children that go on alone. All of this follows from what was asked
for, so a replay does the same; only how much went with an answer is read from the record.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import islice

from swf.workflows.calls import ActivityCall
from swf.workflows.commands import ENDS, TIMER, Close, Command, StopTimer, Timer, WakeUp, is_ours, is_patch

# SWF takes about 1 MB with one answer. How many decisions it takes is written nowhere; Amazon's own frameworks send 100
# at most. The request has a head, a token and a context beside the decisions.
# https://docs.aws.amazon.com/amazonswf/latest/developerguide/swf-dg-limits.html
MOST_DECISIONS = 100
MOST_BYTES = 800_000
_BYTES_BESIDE_TEXTS = 2_000
# A character takes up to six bytes in JSON: so many fit in any case.
_FEW_CHARACTERS = (MOST_BYTES - MOST_DECISIONS * _BYTES_BESIDE_TEXTS) // 6

MOST_OPEN = 1_000
# The wake-up is a timer, too.
_MOST_OPEN = {TIMER: MOST_OPEN - 1}

WAKE_UP = "swf.workflows.more."

# What an answer that ends the execution is without. To stop a timer then is not worth an answer that cannot be decided
# anew when SWF refuses the end, and an activity or a timer SWF refuses in one answer with an end.
_NOT_WITH_CLOSE = (StopTimer, ActivityCall, Timer)


class Outbox:
    """The commands of one execution that are to be sent.

    Attributes:
        on_their_way: Of what others are to hear of and have not heard yet, the events that initiated it.
        is_waiting: Whether the end waits for that.
        left_out: What was asked for in the turn of the end, and comes to nothing.
    """

    __slots__ = ("_asked", "_held", "_most", "_open", "_put_off", "_wake_ups", "is_waiting", "left_out", "on_their_way")

    def __init__(self) -> None:
        self.on_their_way: set[int] = set()
        self.is_waiting = False
        self.left_out: list[Command] = []
        self._asked: list[Command] = []
        self._put_off: deque[Command] = deque()
        self._held: dict[str, deque[Command]] = {}
        self._open: dict[str, int] = {}
        self._most: dict[str, int] = {}
        self._wake_ups = 0

    def add(self, command: Command) -> None:
        """Take in what was asked for."""
        self._asked.append(command)

    def open(self, kind: str) -> int:
        """Give how many of a kind are open, or sent."""
        return self._open.get(kind, 0)

    def over(self, command: Command) -> None:
        """Hear that something is open no longer."""
        if command.limited is not None:
            self._open[command.limited] -= 1

    def arrived(self, event_id: int) -> None:
        """Hear that others have heard of something, or will not."""
        self.on_their_way.discard(event_id)

    def hold(self, command: Command) -> bool:
        """Hear that too much of a kind was open; tells whether the command waits for the end of others.

        With nothing else open there is nothing to wait for.
        """
        kind = command.limited
        self.over(command)
        if kind is None or not self._open[kind]:
            return False
        # The wake-up needs its place among the timers.
        self._most[kind] = max(1, self._open[kind] - (kind == TIMER))
        self._held.setdefault(kind, deque()).append(command)
        return True

    def batch(self, close: Close | None) -> list[Command]:
        """Give what goes with the next answer; what closes the execution goes last, and with all that is before it."""
        ready = self._ready()
        self.is_waiting = close is not None and self._reaches_out(ready)
        if close is not None and not self.is_waiting:
            needed = self._with_close(ready, frozenset())
            if _that_fit(needed, MOST_DECISIONS - 1) == len(needed):
                return [*needed, close]
        elif _that_fit(ready, MOST_DECISIONS) == len(ready):
            return [*ready]
        # The timer is one of the decisions.
        ready = _markers_first(ready)
        taken = [ready.popleft() for _ in range(_that_fit(ready, MOST_DECISIONS - 1))]
        self._put_off = ready
        return self._with_wake_up(taken)

    def sent(self, close: Close | None, before_wake_up: int | None, recorded: Set[str]) -> list[Command]:
        """Give what went with an answer that the history records.

        Its size, and whether its end waited, then need not be what they were now.

        Args:
            close: What closes the execution.
            before_wake_up: After how many commands, patches aside, the record has a wake-up; None if all went.
            recorded: The kinds of events in the record.
        """
        ready = self._ready()
        self.is_waiting = close is not None and ENDS.isdisjoint(recorded) and self._reaches_out(ready)
        if before_wake_up is None:
            if close is None or self.is_waiting:
                return [*ready]
            return [*self._with_close(ready, recorded), close]
        ready = _markers_first(ready)
        taken: list[Command] = []
        left = before_wake_up
        while ready and left:
            taken.append(ready.popleft())
            left -= not is_patch(taken[-1])
        self._put_off = ready
        return self._with_wake_up(taken)

    def _with_close(self, ready: Iterable[Command], recorded: Set[str]) -> list[Command]:
        """Return what goes with an end: of what does not, only the kinds that a recorded answer had all the same."""
        kept: list[Command] = []
        self.left_out = []
        for command in ready:
            is_left = isinstance(command, _NOT_WITH_CLOSE) and recorded.isdisjoint(
                (command.recorded_as, command.refused_as)
            )
            (self.left_out if is_left else kept).append(command)
        return kept

    def _reaches_out(self, ready: Iterable[Command]) -> bool:
        """Tell whether others have yet to hear of something."""
        if self.on_their_way or any(command.reaches_out for command in ready):
            return True
        return any(command.reaches_out and not command.is_dropped for held in self._held.values() for command in held)

    def _with_wake_up(self, taken: list[Command]) -> list[Command]:
        self._wake_ups += 1
        return [*taken, WakeUp(f"{WAKE_UP}{self._wake_ups}")]

    def _ready(self) -> deque[Command]:
        """Give what may be sent now, in order: what was put off, what was held back, what is new."""
        ready = self._put_off
        if any(command.is_dropped for command in ready):
            ready = deque(self._not_taken_back(ready))
        if self._held:
            ready.extend(self._admitted())
        asked, self._asked = self._asked, []
        ready.extend(self._new(asked))
        self._put_off = deque()
        return ready

    def _not_taken_back(self, put_off: deque[Command]) -> Iterator[Command]:
        for command in put_off:
            if command.is_dropped:
                self.over(command)
            else:
                yield command

    def _admitted(self) -> Iterator[Command]:
        for kind, held in self._held.items():
            while held and self._has_room(kind):
                command = held.popleft()
                if not command.is_dropped:
                    self._open[kind] += 1
                    yield command

    def _new(self, asked: Sequence[Command]) -> Iterator[Command]:
        for command in asked:
            kind = command.limited
            if command.is_dropped:
                continue
            if kind is None:
                yield command
            elif self._held.get(kind) or not self._has_room(kind):
                self._held.setdefault(kind, deque()).append(command)
            else:
                self._open[kind] = self._open.get(kind, 0) + 1
                yield command

    def _has_room(self, kind: str) -> bool:
        return self._open.get(kind, 0) < self._most.get(kind, _MOST_OPEN.get(kind, MOST_OPEN))


def _markers_first(commands: Iterable[Command]) -> deque[Command]:
    return deque(sorted(commands, key=lambda command: not is_ours(command)))


def _that_fit(commands: Iterable[Command], most: int) -> int:
    """Give how many commands, from the first on, go with one answer."""
    fitting: list[Command] = []
    characters = 0
    for command in islice(commands, most):
        characters += sum(map(len, filter(None, command.texts)))
        fitting.append(command)
        if characters > _FEW_CHARACTERS and _bytes(fitting) > MOST_BYTES:
            return len(fitting) - 1
    return len(fitting)


def _bytes(commands: Sequence[Command]) -> int:
    """Give at most how many bytes commands take in a request."""
    texts = (text for command in commands for text in command.texts if text is not None)
    return _BYTES_BESIDE_TEXTS * len(commands) + sum(len(json.dumps(text)) for text in texts)
