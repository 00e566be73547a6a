"""All that an engine keeps, read at one moment: what the invariants are held against."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Self

import attrs

from swf.engine import Engine
from swf.models.event import Event, EventFactory
from swf.models.history.state import ExecutionState


@attrs.frozen(eq=False)
class Run:
    """All that is kept of one run.

    Attributes:
        row: Its row among the executions.
        events: Its history.
        waiting: Its tasks that pollers may take: kind, domain, task list, priority, scheduled event id.
        deadlines: When each passes and which timer is meant, by its kind and the id of its event.
        beating: The scheduled event ids of the activities that told details in a heartbeat.
        tags: The tags it is listed under, each with the start time that it is listed with.
    """

    row: Mapping[str, Any]
    events: tuple[Event, ...]
    waiting: frozenset[tuple[Any, ...]]
    deadlines: Mapping[tuple[str, int], tuple[int, str | None]]
    beating: frozenset[int]
    tags: frozenset[tuple[str, int]]

    @property
    def number(self) -> int:
        """The number it has inside."""
        return self.row["run"]

    @property
    def id(self) -> str:
        """Its run id."""
        return self.row["run_id"]

    @property
    def began(self) -> Any:
        """Its first event."""
        return self.events[0]

    def awaits(self, *kinds: str) -> bool:
        """Tell whether it has a deadline of one of these kinds."""
        return any(kind in kinds for kind, _ in self.deadlines)

    def __str__(self) -> str:
        return f"{self.row['workflow_id']} ({self.id[:8]})"


@attrs.frozen(eq=False)
class Snapshot:
    """All that an engine keeps, at one moment.

    Attributes:
        now: The engine's time, in milliseconds since 1970.
        runs: Its runs, in the order of their starts.
        retention: For how many days each domain keeps closed runs.
        strays: Tables with rows of runs that are not there.
    """

    now: int
    runs: tuple[Run, ...]
    retention: Mapping[str, str]
    strays: frozenset[str]

    @classmethod
    def of(cls, engine: Engine) -> Self:
        """Read all that an engine keeps, while it does nothing else."""
        with engine._turn:
            return cls._read(engine)

    @classmethod
    def _read(cls, engine: Engine) -> Self:
        rows = engine._store.rows
        executions = [dict(row) for row in rows("SELECT * FROM execution ORDER BY run")]
        events = grouped(rows("SELECT run, id, body FROM event ORDER BY run, id"))
        waiting = grouped(rows("SELECT run, kind, domain, task_list, priority, scheduled_event_id FROM waiting_task"))
        deadlines = grouped(rows("SELECT run, kind, event_id, due, timer_id FROM deadline"))
        beating = grouped(rows("SELECT run, scheduled_event_id FROM heartbeat"))
        tags = grouped(rows("SELECT run, tag, start_time FROM execution_tag"))
        numbers = {row["run"] for row in executions}
        kept = {"event": events, "waiting_task": waiting, "deadline": deadlines, "heartbeat": beating, "tag": tags}
        return cls(
            now=engine.clock.now(),
            runs=tuple(
                Run(
                    row=row,
                    events=tuple(parsed(id, body) for id, body in events[row["run"]]),
                    waiting=frozenset(waiting[row["run"]]),
                    deadlines={(kind, id): tuple(due) for kind, id, *due in deadlines[row["run"]]},
                    beating=frozenset(id for (id,) in beating[row["run"]]),
                    tags=frozenset(tags[row["run"]]),
                )
                for row in executions
            ),
            retention=dict(map(tuple, rows("SELECT name, retention FROM domain"))),
            strays=frozenset(table for table, of in kept.items() if any(of[run] for run in of.keys() - numbers)),
        )


def grouped(rows: Iterable[Any]) -> defaultdict[int, list[tuple[Any, ...]]]:
    """Give what stands in each row after the number of its run, by that number."""
    found: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for run, *rest in rows:
        found[run].append(tuple(rest))
    return found


@lru_cache(maxsize=200_000)
def parsed(id: int, body: str) -> Event:
    """Read an event that is kept under an id."""
    event = EventFactory(json.loads(body))
    assert event.id == id, f"the event {event!r} is kept as event {id}"
    return event


def stale_states(engine: Engine) -> list[int]:
    """Give the numbers of the runs whose state is not what their events make of it."""
    with engine._turn:
        bodies = grouped(engine._store.rows("SELECT run, id, body FROM event ORDER BY run, id"))
        return [
            run
            for run, events in bodies.items()
            if (state := engine._states.get(run)) is not None
            and state != ExecutionState.of(parsed(*event) for event in events)
        ]
