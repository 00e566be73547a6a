"""What happens when time passes: from a run's state and a deadline to the event that SWF records."""

from typing import TYPE_CHECKING

from swf.engine import projections
from swf.models.event import (
    ActivityTaskTimedOut,
    DecisionTaskTimedOut,
    Event,
    TimerFired,
    WorkflowExecutionTimedOut,
)
from swf.models.history.state import ExecutionState

if TYPE_CHECKING:
    from swf.engine.transaction import Transaction

# Of deadlines that pass in the same millisecond the first of these comes first.
ORDER = (
    projections.EXECUTION,
    "SCHEDULE_TO_CLOSE",
    "START_TO_CLOSE",
    "HEARTBEAT",
    "SCHEDULE_TO_START",
    projections.DECISION_START_TO_CLOSE,
    projections.DECISION_SCHEDULE_TO_START,
    projections.TIMER,
)


def fire_next(transaction: "Transaction") -> bool:
    """Let the next deadline that has passed happen; tells whether there was one."""
    store = transaction.store
    first = store.row("SELECT run, due FROM deadline WHERE due <= ? ORDER BY due LIMIT 1", transaction.now)
    if first is None:
        return False
    ties = store.rows("SELECT kind, event_id FROM deadline WHERE run = ? AND due = ?", first["run"], first["due"])
    kind, event_id = min(ties, key=lambda row: (ORDER.index(row["kind"]), row["event_id"]))
    run = transaction.run(first["run"])
    details = store.value(
        "SELECT details FROM heartbeat WHERE run = ? AND scheduled_event_id = ?", run.number, event_id
    )
    run.record([passed(run.state, kind, event_id, details)])
    return True


def passed(state: ExecutionState, kind: str, event_id: int, heartbeat_details: str | None) -> Event:
    """Give the event of a deadline that passed.

    Args:
        state: The run's state; what the deadline belongs to is open in it.
        kind: What passed, as the deadline's row names it.
        event_id: The event that the deadline belongs to.
        heartbeat_details: What the last heartbeat of an activity task said.
    """
    match kind:
        case projections.EXECUTION:
            started = state.started
            assert started is not None, "a run begins with WorkflowExecutionStarted"
            return WorkflowExecutionTimedOut(timeout_type="START_TO_CLOSE", child_policy=started.child_policy)
        case projections.TIMER:
            timer = next(timer for timer in state.timers.values() if timer.id == event_id)
            return TimerFired(timer_id=timer.timer_id, started_event_id=event_id)
        case projections.DECISION_START_TO_CLOSE:
            task = state.started_decision
            assert task is not None, "the deadline of a decision task goes with the task"
            return DecisionTaskTimedOut(
                timeout_type="START_TO_CLOSE", scheduled_event_id=task.scheduled_event_id, started_event_id=event_id
            )
        case projections.DECISION_SCHEDULE_TO_START:
            return DecisionTaskTimedOut(
                timeout_type="SCHEDULE_TO_START", scheduled_event_id=event_id, started_event_id=0
            )
        case "SCHEDULE_TO_START" | "SCHEDULE_TO_CLOSE" | "START_TO_CLOSE" | "HEARTBEAT":
            activity = state.activities[event_id]
            return ActivityTaskTimedOut(
                timeout_type=kind,
                scheduled_event_id=event_id,
                started_event_id=activity.started.id if activity.started else 0,
                details=heartbeat_details,
            )
    raise AssertionError(f"no deadline is of the kind {kind}")
