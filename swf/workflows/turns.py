"""A history, cut into turns: what was new each time the decider was asked, and what it had SWF do then.

The news of a turn are the events up to its ``DecisionTaskStarted`` that the turn before it did not see: also those that
came while that one was decided. Its record are the events of its decisions. A decision task that timed out cuts
nothing: what it would have shown is shown by the next one. So does one whose answer only ended the execution, which SWF
refused because there was something new.

Events are read as they stand in SWF's JSON: a history may have thousands, and each is looked at once.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from swf.models.event.base import attributes_key
from swf.shapes import TIME

RawEvent = Mapping[str, Any]

# The events that record a decision, carried out or refused, and where each has its attributes.
_RECORDS = {
    name: attributes_key(name)
    for name in (
        "ActivityTaskScheduled",
        "ScheduleActivityTaskFailed",
        "ActivityTaskCancelRequested",
        "RequestCancelActivityTaskFailed",
        "TimerStarted",
        "StartTimerFailed",
        "TimerCanceled",
        "CancelTimerFailed",
        "MarkerRecorded",
        "RecordMarkerFailed",
        "StartChildWorkflowExecutionInitiated",
        "StartChildWorkflowExecutionFailed",
        "SignalExternalWorkflowExecutionInitiated",
        "SignalExternalWorkflowExecutionFailed",
        "RequestCancelExternalWorkflowExecutionInitiated",
        "RequestCancelExternalWorkflowExecutionFailed",
        "LambdaFunctionScheduled",
        "ScheduleLambdaFunctionFailed",
        "WorkflowExecutionCompleted",
        "CompleteWorkflowExecutionFailed",
        "WorkflowExecutionFailed",
        "FailWorkflowExecutionFailed",
        "WorkflowExecutionCanceled",
        "CancelWorkflowExecutionFailed",
        "WorkflowExecutionContinuedAsNew",
        "ContinueAsNewWorkflowExecutionFailed",
    )
}

_REFUSED_ENDS = frozenset(
    {
        "CompleteWorkflowExecutionFailed",
        "FailWorkflowExecutionFailed",
        "CancelWorkflowExecutionFailed",
        "ContinueAsNewWorkflowExecutionFailed",
    }
)

# What tells a workflow nothing.
_QUIET = frozenset(
    {
        "DecisionTaskScheduled",
        "DecisionTaskTimedOut",
        "ActivityTaskStarted",
        "LambdaFunctionStarted",
        "WorkflowExecutionTerminated",
        "WorkflowExecutionTimedOut",
    }
)


@attrs.define
class Turn:
    """One time that the decider was asked.

    Attributes:
        news: What happened since the turn before.
        timestamp: When its decision task was started, in seconds since 1970.
        started_event_id: The event of that.
        completed_event_id: The event of the answer; None for the turn that is to be answered now.
        record: What became of the answer's decisions, one event for each.
    """

    news: list[RawEvent]
    timestamp: float
    started_event_id: int
    completed_event_id: int | None = None
    record: list[RawEvent] = attrs.field(factory=list)

    @property
    def is_replayed(self) -> bool:
        """Whether it was answered already."""
        return self.completed_event_id is not None


def cut(events: Iterable[RawEvent]) -> list[Turn]:
    """Give the turns of a history, or of its end from some ``DecisionTaskStarted`` on.

    The last one is the decision task that is open, if one is.
    """
    turns: list[Turn] = []
    news: list[RawEvent] = []
    shown: dict[int, tuple[int, float]] = {}
    record: list[RawEvent] = []
    completed = -1
    for event in events:
        kind = event["eventType"]
        key = _RECORDS.get(kind)
        if key is not None:
            attributes = event[key]
            # What fails later, outside of the answer, names the event that it was initiated by.
            if attributes.get("decisionTaskCompletedEventId") == completed and not attributes.get("initiatedEventId"):
                record.append(event)
            else:
                news.append(event)
        elif kind == "DecisionTaskStarted":
            shown[event["eventId"]] = (len(news), TIME.seconds(event["eventTimestamp"]))
        elif kind == "DecisionTaskCompleted":
            started = event["decisionTaskCompletedEventAttributes"]["startedEventId"]
            count, timestamp = shown[started]
            completed, record = event["eventId"], []
            turns.append(Turn(news[:count], timestamp, started, completed, record))
            news, shown = news[count:], {}
        elif kind == "DecisionTaskTimedOut":
            shown.pop(event["decisionTaskTimedOutEventAttributes"].get("startedEventId"), None)
        elif kind not in _QUIET:
            news.append(event)
    for started, (count, timestamp) in shown.items():
        turns.append(Turn(news[:count], timestamp, started))
    return list(_without_refused_ends(turns))


def _without_refused_ends(turns: Iterable[Turn]) -> Iterator[Turn]:
    """Join turns that only would have ended the execution with those after them, which have what SWF wanted seen first.

    So the workflow decides anew, knowing all; and knows the signals before it goes on, since they are what came.
    """
    refused: Turn | None = None
    for turn in turns:
        if refused is not None:
            turn.news = _signals_first([*refused.news, *turn.news])
        refused = turn if _is_refused_end(turn) else None
        if refused is None:
            yield turn
    if refused is not None:
        yield refused


def _is_refused_end(turn: Turn) -> bool:
    if len(turn.record) != 1:
        return False
    kind = turn.record[0]["eventType"]
    return kind in _REFUSED_ENDS and turn.record[0][attributes_key(kind)].get("cause") == "UNHANDLED_DECISION"


def _signals_first(news: list[RawEvent]) -> list[RawEvent]:
    order = {"WorkflowExecutionStarted": 0, "WorkflowExecutionSignaled": 1}
    return sorted(news, key=lambda event: order.get(event["eventType"], 2))
