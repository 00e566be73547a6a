"""What happens when time passes: from a run's state and a deadline to the event that SWF records."""

from typing import TYPE_CHECKING

import attrs

from swf.engine import links
from swf.models.event import (
    ActivityTaskTimedOut,
    DecisionTaskTimedOut,
    Event,
    LambdaFunctionTimedOut,
    TimerFired,
    WorkflowExecutionTimedOut,
)
from swf.models.history.state import ExecutionState

if TYPE_CHECKING:
    from swf.engine.transaction import Transaction

# Kinds of deadlines; the timeouts of activity tasks go by SWF's names of those.
EXECUTION = "EXECUTION"
SCHEDULE_TO_START = "SCHEDULE_TO_START"
SCHEDULE_TO_CLOSE = "SCHEDULE_TO_CLOSE"
START_TO_CLOSE = "START_TO_CLOSE"
HEARTBEAT = "HEARTBEAT"
DECISION_START_TO_CLOSE = "DECISION_START_TO_CLOSE"
DECISION_SCHEDULE_TO_START = "DECISION_SCHEDULE_TO_START"
TIMER = "TIMER"
LAMBDA_START_TO_CLOSE = "LAMBDA_START_TO_CLOSE"

# What follows from an event in another run, or outside: due at once, in a transaction of its own (`swf.engine.links`).
START_CHILD = "START_CHILD"
SIGNAL_EXTERNAL = "SIGNAL_EXTERNAL"
CANCEL_EXTERNAL = "CANCEL_EXTERNAL"
START_LAMBDA = "START_LAMBDA"
TELL_PARENT = "TELL_PARENT"
CHILD_POLICY = "CHILD_POLICY"
# A closed run is forgotten when its domain's retention period is over.
RETENTION = "RETENTION"

# Of the deadlines of a run that pass in the same millisecond the first of these comes first; those of one line come in
# the order of their events.
_ORDER = (
    (EXECUTION,),
    (SCHEDULE_TO_CLOSE,),
    (START_TO_CLOSE,),
    (HEARTBEAT,),
    (SCHEDULE_TO_START,),
    (DECISION_START_TO_CLOSE,),
    (DECISION_SCHEDULE_TO_START,),
    (LAMBDA_START_TO_CLOSE,),
    (TIMER,),
    (START_CHILD, SIGNAL_EXTERNAL, CANCEL_EXTERNAL, START_LAMBDA),
    (CHILD_POLICY, TELL_PARENT),
    (RETENTION,),
)
PLACES = {kind: place for place, kinds in enumerate(_ORDER) for kind in kinds}


@attrs.frozen
class Deadline:
    """A deadline that passed.

    Attributes:
        kind: What passed, one of the kinds above.
        event_id: The event that the deadline belongs to.
        timer_id: The timer that it belongs to, if it is one's.
        heartbeat_details: What the last heartbeat said, if it is an activity task's.
    """

    kind: str
    event_id: int
    timer_id: str | None = None
    heartbeat_details: str | None = None


def fire_next(transaction: "Transaction") -> bool:
    """Let the next deadline that has passed happen; tells whether there was one."""
    row = transaction.store.row(
        "SELECT deadline.run, kind, event_id, timer_id, details FROM deadline LEFT JOIN heartbeat "
        "ON heartbeat.run = deadline.run AND heartbeat.scheduled_event_id = deadline.event_id "
        "WHERE due <= ? ORDER BY due, deadline.run, place, event_id LIMIT 1",
        transaction.now,
    )
    if row is None:
        return False
    number, *deadline = row
    run, passing = transaction.run(number), Deadline(*deadline)
    follow = links.FOLLOWS.get(passing.kind)
    if follow is None:
        run.record([passed(run.state, passing)])
    else:
        transaction.store.execute(
            "DELETE FROM deadline WHERE run = ? AND event_id = ? AND kind = ?", number, passing.event_id, passing.kind
        )
        follow(run, passing.event_id)
    return True


def passed(state: ExecutionState, deadline: Deadline) -> Event:
    """Give the event of a deadline that passed; what it belongs to is open in the state."""
    match deadline.kind:
        case "EXECUTION":
            started = state.started
            assert started is not None, "a run begins with WorkflowExecutionStarted"
            return WorkflowExecutionTimedOut(timeout_type="START_TO_CLOSE", child_policy=started.child_policy)
        case "TIMER":
            assert deadline.timer_id is not None, "the deadline of a timer names it"
            return TimerFired(timer_id=deadline.timer_id, started_event_id=deadline.event_id)
        case "DECISION_START_TO_CLOSE":
            task = state.started_decision
            assert task is not None, "the deadline of a decision task goes with the task"
            return DecisionTaskTimedOut(
                timeout_type="START_TO_CLOSE", scheduled_event_id=task.scheduled_event_id, started_event_id=task.id
            )
        case "DECISION_SCHEDULE_TO_START":
            return DecisionTaskTimedOut(
                timeout_type="SCHEDULE_TO_START", scheduled_event_id=deadline.event_id, started_event_id=0
            )
        case "SCHEDULE_TO_START" | "SCHEDULE_TO_CLOSE" | "START_TO_CLOSE" | "HEARTBEAT":
            activity = state.activities[deadline.event_id]
            return ActivityTaskTimedOut(
                timeout_type=deadline.kind,
                scheduled_event_id=deadline.event_id,
                started_event_id=activity.started.id if activity.started else 0,
                details=deadline.heartbeat_details,
            )
        case "LAMBDA_START_TO_CLOSE":
            called = state.lambda_functions[deadline.event_id]
            return LambdaFunctionTimedOut(
                timeout_type="START_TO_CLOSE",
                scheduled_event_id=deadline.event_id,
                started_event_id=called.started.id if called.started else 0,
            )
    raise AssertionError(f"no deadline is of the kind {deadline.kind}")
