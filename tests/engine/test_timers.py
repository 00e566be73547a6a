"""Timers."""

from datetime import timedelta

import pytest

from swf.models.decision import CancelTimer, CompleteWorkflowExecution, StartTimer
from swf.models.event import CancelTimerFailed, StartTimerFailed, TimerCanceled, TimerFired, TimerStarted


def timer(timer_id="lunch", seconds=60, **members):
    return StartTimer(timer_id=timer_id, start_to_fire_timeout=seconds, **members)


def fired(execution):
    return [event.timer_id for event in execution.history() if isinstance(event, TimerFired)]


def test_a_timer_is_recorded_with_what_the_decision_said(execution, decider):
    decider.answer(timer(control="why"))

    assert execution.history()[-1].attributes == {
        "control": "why",
        "decisionTaskCompletedEventId": 4,
        "startToFireTimeout": "60",
        "timerId": "lunch",
    }


def test_a_timer_fires_when_its_time_has_come(execution, decider, clock):
    decider.answer(timer())
    clock.advance(seconds=59.999)
    assert fired(execution) == []

    clock.advance(milliseconds=1)

    started = execution.history().last(TimerStarted)
    event, scheduled = execution.history()[-2:]
    assert event.attributes == {"startedEventId": started.id, "timerId": "lunch"}
    assert event.timestamp == scheduled.timestamp == started.timestamp + timedelta(seconds=60)
    assert scheduled.name == "DecisionTaskScheduled"


def test_a_timer_fires_once(execution, decider, clock):
    decider.answer(timer())

    clock.advance(seconds=3000)

    assert fired(execution) == ["lunch"]


def test_timers_fire_in_the_order_of_their_times(execution, decider, clock):
    decider.answer(timer("c", 3), timer("a", 1), timer("b", 2))

    clock.advance(seconds=10)

    history = execution.history()
    assert fired(execution) == ["a", "b", "c"]
    assert [(event.timestamp - history[0].timestamp).seconds for event in history if isinstance(event, TimerFired)] == [
        1,
        2,
        3,
    ]


def test_timers_of_one_time_fire_in_the_order_they_were_started(execution, decider, clock):
    decider.answer(timer("c", 5), timer("a", 5), timer("b", 5))

    clock.advance(seconds=5)

    assert fired(execution) == ["c", "a", "b"]
    assert execution.history().names[-4:] == ["TimerFired", "DecisionTaskScheduled", "TimerFired", "TimerFired"]


def test_a_timer_of_zero_seconds_fires_at_once_in_a_decision_of_its_own(execution, decider):
    decider.answer(timer(seconds=0))

    assert execution.history().names[-4:] == [
        "DecisionTaskCompleted",
        "TimerStarted",
        "TimerFired",
        "DecisionTaskScheduled",
    ]
    decider.answer()


def test_a_second_timer_with_the_same_id_is_refused(execution, decider):
    decider.answer(timer())
    execution.signal()

    decider.answer(timer(seconds=5))

    refusal, scheduled = execution.history()[-2:]
    assert refusal.attributes == {
        "cause": "TIMER_ID_ALREADY_IN_USE",
        "decisionTaskCompletedEventId": 9,
        "timerId": "lunch",
    }
    assert isinstance(refusal, StartTimerFailed)
    assert scheduled.name == "DecisionTaskScheduled"


def test_an_id_is_free_once_its_timer_fired(execution, decider, clock):
    decider.answer(timer(seconds=1))
    clock.advance(seconds=1)

    decider.answer(timer(seconds=1))
    clock.advance(seconds=1)

    assert fired(execution) == ["lunch", "lunch"]


def test_a_canceled_timer_does_not_fire(execution, decider, clock):
    decider.answer(timer())
    execution.signal()
    decider.answer(CancelTimer(timer_id="lunch"))

    clock.advance(seconds=3000)

    assert execution.history()[-1].attributes == {
        "decisionTaskCompletedEventId": 9,
        "startedEventId": 5,
        "timerId": "lunch",
    }
    assert isinstance(execution.history()[-1], TimerCanceled)
    assert execution.open_counts()["openTimers"] == 0


def test_a_timer_is_canceled_and_started_again_in_one_answer(execution, decider, clock):
    decider.answer(timer(seconds=10))
    execution.signal()

    decider.answer(CancelTimer(timer_id="lunch"), timer(seconds=20))

    clock.advance(seconds=19)
    assert fired(execution) == []
    clock.advance(seconds=1)
    assert fired(execution) == ["lunch"]
    assert execution.history().last(TimerFired).started_event_id == 11


def test_started_and_canceled_in_one_answer_a_timer_does_nothing(execution, decider, clock):
    decider.answer(timer(), CancelTimer(timer_id="lunch"))

    clock.advance(seconds=3000)

    assert execution.history().names[-2:] == ["TimerStarted", "TimerCanceled"]


@pytest.mark.parametrize("happened", ["never started", "fired", "canceled"])
def test_a_timer_that_is_not_open_cannot_be_canceled(execution, decider, clock, happened):
    if happened != "never started":
        decider.answer(timer(seconds=1), *([CancelTimer(timer_id="lunch")] if happened == "canceled" else []))
        clock.advance(seconds=1)
    execution.signal()

    decider.answer(CancelTimer(timer_id="lunch"))

    failed = execution.history().last(CancelTimerFailed)
    assert (failed.timer_id, failed.cause) == ("lunch", "TIMER_ID_UNKNOWN")
    assert execution.history().names[-1] == "DecisionTaskScheduled"


def test_a_timer_that_fired_while_the_decider_worked_cannot_be_canceled(execution, decider, clock):
    decider.answer(timer(seconds=10))
    execution.signal()
    task = decider.take()
    clock.advance(seconds=10)

    decider.respond(task, CancelTimer(timer_id="lunch"))

    assert execution.history().last(CancelTimerFailed).cause == "TIMER_ID_UNKNOWN"


def test_a_timer_that_fires_makes_the_close_of_a_running_decision_fail(execution, decider, clock):
    decider.answer(timer(seconds=10))
    execution.signal()
    task = decider.take()
    clock.advance(seconds=10)

    decider.respond(task, CompleteWorkflowExecution())

    assert execution.history().names[-1] == "CompleteWorkflowExecutionFailed"


def test_timers_of_two_executions_do_not_meet(start, decider, clock):
    first, second = start("w1"), start("w2")
    decider.answer(timer(seconds=1))
    decider.answer(timer(seconds=2))

    clock.advance(seconds=1)

    assert (fired(first), fired(second)) == (["lunch"], [])


def test_a_thousand_timers_of_one_moment_all_fire(execution, decider, clock):
    decider.answer(*[timer(f"t{number}", 5) for number in range(1000)])

    clock.advance(seconds=5)

    assert fired(execution) == [f"t{number}" for number in range(1000)]
    assert execution.open_counts()["openTimers"] == 0
