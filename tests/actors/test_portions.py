"""More decisions than one answer may have."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from swf.actors import Decider
from swf.actors.portions import MOST_DECISIONS, Place, portion
from swf.models.decision import CompleteWorkflowExecution, RecordMarker, ScheduleActivityTask
from swf.models.event import MarkerRecorded, TimerStarted


def markers(count, details=None):
    return [RecordMarker(marker_name=str(number), details=details) for number in range(count)]


class Marking(Decider):
    """Records markers when it begins, and one for each signal."""

    def __init__(self, *args, count, details=None, closing=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.made = [*markers(count, details), *closing]

    def on_workflow_execution_started(self, task, event):
        return self.made

    def on_workflow_execution_signaled(self, task, event):
        return [RecordMarker(marker_name=event.signal_name), CompleteWorkflowExecution()]


def decide_all(decider, live_engine):
    """Decide until no decision task waits."""
    live_engine.poll_wait_seconds = 0.3
    for count, task in enumerate(decider.tasks(), start=1):
        decider.perform_task(task)
        if task.execution.upstream().status == "CLOSED":
            return count
    return None


@pytest.mark.parametrize(("count", "answers"), [(99, 1), (100, 2), (101, 2), (250, 3)])
def test_more_decisions_than_an_answer_may_have_are_sent_one_after_the_other(
    domain, start, live_engine, count, answers
):
    execution = start("order-1")
    decider = Marking(domain, "orders", count=count, closing=[CompleteWorkflowExecution(result="done")])

    assert decide_all(decider, live_engine) == answers

    recorded = execution.history().filter(MarkerRecorded)
    assert [event.marker_name for event in recorded] == [str(number) for number in range(count)]
    assert execution.result == "done"


def test_what_happened_meanwhile_is_decided_on_once_all_is_sent(domain, start, live_engine):
    execution = start("order-1")
    decider = Marking(domain, "orders", count=150)
    task = decider.poll()
    execution.signal("meanwhile")
    decider.perform_task(task)

    decide_all(decider, live_engine)

    recorded = [event.marker_name for event in execution.history().filter(MarkerRecorded)]
    assert recorded == [*(str(number) for number in range(150)), "meanwhile"]


def test_decisions_too_large_for_one_request_are_split(domain, start, live_engine):
    execution = start("order-1")
    large = "x" * 32_000
    decider = Marking(domain, "orders", count=60, details=large, closing=[CompleteWorkflowExecution()])

    assert decide_all(decider, live_engine) == 3

    assert len(execution.history().filter(MarkerRecorded)) == 60


def test_another_decider_goes_on_where_the_first_one_stopped(domain, start, live_engine):
    execution = start("order-1")
    first, second = (Marking(domain, "orders", count=150, closing=[CompleteWorkflowExecution()]) for _ in range(2))
    first.perform_task(first.poll())

    decide_all(second, live_engine)

    assert len(execution.history().filter(MarkerRecorded)) == 150
    assert execution.upstream().close_status == "COMPLETED"


class Looking(Decider):
    """Decides by the whole history, as most deciders do."""

    def decide(self, task):
        if task.history.filter(MarkerRecorded):
            return CompleteWorkflowExecution()
        return markers(150)


def test_a_decider_that_looks_at_the_whole_history_sends_all_before_it_decides_anew(domain, start, live_engine):
    execution = start("order-1")

    decide_all(Looking(domain, "orders"), live_engine)

    assert len(execution.history().filter(MarkerRecorded)) == 150
    assert len(execution.history().filter(TimerStarted)) == 2


@settings(deadline=None, max_examples=60)
@given(count=some.integers(0, 350), size=some.sampled_from([0, 10, 5_000, 32_000]), closes=some.booleans())
def test_portions_together_are_all_decisions_and_none_is_too_much(count, size, closes):
    made = [
        ScheduleActivityTask(activity_type=("A", "1"), activity_id=str(number), input="x" * size)
        for number in range(count)
    ]
    made += [CompleteWorkflowExecution()] * closes
    sent, place, portions = [], Place(3, 0), 0
    while True:
        answer = portion(made, place)
        portions += 1
        assert len(answer) <= MOST_DECISIONS
        assert sum(len(getattr(decision, "input", None) or "") for decision in answer) <= 800_000
        timers = [decision for decision in answer if decision.type == "StartTimer"]
        sent += [decision for decision in answer if decision not in timers]
        if not timers:
            break
        assert answer[-1] is timers[0]
        place = Place(3, 0, sent=len(sent))
        if place.sent == len(made):
            break

    assert sent == made
    assert portions <= 1 + count // 24
