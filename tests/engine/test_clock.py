"""Clocks: the machine's and one that a test moves."""

import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest

from swf.engine import Engine, RealClock, VirtualClock
from swf.engine.clock import to_datetime, to_milliseconds
from swf.exceptions import EngineError, ValidationError
from swf.models.decision import StartTimer
from swf.models.event import TimerFired

BEGAN = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "milliseconds"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(2017, 9, 8, 11, 50, 54, 307_000, tzinfo=UTC), 1504871454307),
        (datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC), 253402300799999),
    ],
)
def test_milliseconds_and_datetimes_convert_exactly(instant, milliseconds):
    assert to_milliseconds(instant) == milliseconds
    assert to_datetime(milliseconds) == instant


class Recorder:
    """Deadlines that remember when they were fired."""

    def __init__(self, clock, *due):
        self.clock = clock
        self.lock = threading.Lock()
        self.due = set(due)
        self.fired = []
        self.is_idle = threading.Event()

    def set(self, due):
        with self.lock:
            self.due.add(due)
            self.is_idle.clear()
        self.clock.deadline_set(due)

    def next_deadline(self):
        with self.lock:
            if not self.due:
                self.is_idle.set()
            return min(self.due, default=None)

    def fire_deadlines(self):
        now = self.clock.now()
        with self.lock:
            passed = sorted(due for due in self.due if due <= now)
            self.fired += [(due, now) for due in passed]
            self.due.difference_update(passed)


class TestVirtualClock:
    def test_stands_still(self):
        clock = VirtualClock(BEGAN)

        assert clock.now() == clock.now() == to_milliseconds(BEGAN)

    def test_begins_now_unless_told(self):
        before = datetime.now(UTC)

        clock = VirtualClock()

        assert to_milliseconds(before) <= clock.now() <= to_milliseconds(datetime.now(UTC))

    def test_stops_at_every_deadline_on_its_way(self):
        clock = VirtualClock(to_datetime(0))
        recorder = Recorder(clock, 3000, 1000, 2000, 9000)
        clock.start(recorder)

        clock.advance(seconds=5)

        assert recorder.fired == [(1000, 1000), (2000, 2000), (3000, 3000)]
        assert clock.now() == 5000

    def test_fires_what_is_past_when_it_starts(self):
        clock = VirtualClock(to_datetime(5000))
        recorder = Recorder(clock, 3000, 9000)

        clock.start(recorder)

        assert recorder.fired == [(3000, 5000)]

    def test_fires_a_deadline_that_is_set_for_now(self):
        clock = VirtualClock(to_datetime(5000))
        recorder = Recorder(clock)
        clock.start(recorder)

        recorder.set(5000)

        assert recorder.fired == [(5000, 5000)]

    def test_moves_without_an_engine(self):
        clock = VirtualClock(BEGAN)

        clock.advance_to(BEGAN + timedelta(days=400))

        assert to_datetime(clock.now()) == BEGAN + timedelta(days=400)

    def test_does_not_begin_before_the_time_that_swf_counts_from(self):
        with pytest.raises(ValidationError, match="before 1970"):
            VirtualClock(datetime(1969, 12, 31, tzinfo=UTC))

    def test_does_not_pass_the_last_year_there_is(self):
        clock = VirtualClock(datetime(9999, 12, 31, tzinfo=UTC))

        with pytest.raises(ValidationError, match="cannot pass the year 9999"):
            clock.advance(days=1)

        assert to_datetime(clock.now()) == datetime(9999, 12, 31, tzinfo=UTC)

    @pytest.mark.parametrize("move", [lambda clock: clock.advance(seconds=-1), lambda clock: clock.advance_to(BEGAN)])
    def test_does_not_go_back(self, move):
        clock = VirtualClock(BEGAN + timedelta(seconds=10))

        with pytest.raises(ValidationError, match="cannot go back"):
            move(clock)

        assert to_datetime(clock.now()) == BEGAN + timedelta(seconds=10)

    def test_wants_to_know_the_time_zone(self):
        with pytest.raises(ValidationError, match="must say its time zone"):
            VirtualClock(datetime(2030, 1, 1))
        with pytest.raises(ValidationError, match="must say its time zone"):
            VirtualClock(BEGAN).advance_to(datetime(2031, 1, 1))

    def test_takes_any_time_zone(self):
        clock = VirtualClock(BEGAN)

        clock.advance_to(datetime(2030, 1, 1, 2, tzinfo=UTC).astimezone())

        assert to_datetime(clock.now()) == BEGAN + timedelta(hours=2)

    def test_several_threads_move_it_as_far_as_all_said(self):
        clock = VirtualClock(BEGAN)
        threads = [
            threading.Thread(target=lambda: [clock.advance(milliseconds=1) for _ in range(500)]) for _ in range(4)
        ]

        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert to_datetime(clock.now()) == BEGAN + timedelta(seconds=2)


@pytest.mark.parametrize("make", [RealClock, VirtualClock])
class TestAClock:
    def test_drives_one_engine_at_a_time(self, make):
        clock = make()
        with Engine(clock=clock), pytest.raises(EngineError, match="This clock drives another engine"):
            Engine(clock=clock)

    def test_drives_another_engine_after_the_first_is_closed(self, make):
        clock = make()
        Engine(clock=clock).close()
        recorder = Recorder(clock, clock.now())

        clock.start(recorder)
        until_idle = recorder.is_idle.wait(60) if make is RealClock else True
        clock.stop()

        assert until_idle
        assert len(recorder.fired) == 1


class TestRealClock:
    def test_fires_deadlines_when_their_time_has_come(self):
        clock = RealClock()
        now = clock.now()
        recorder = Recorder(clock, now + 20, now + 40, now - 5)

        clock.start(recorder)
        assert recorder.is_idle.wait(60)
        clock.stop()

        assert [due - now for due, _ in recorder.fired] == [-5, 20, 40]
        assert all(due <= fired_at for due, fired_at in recorder.fired)

    def test_has_fired_what_is_past_when_it_has_started(self):
        clock = RealClock()
        now = clock.now()
        recorder = Recorder(clock, now - 1, now + 1_000_000)

        clock.start(recorder)
        fired = list(recorder.fired)
        clock.stop()

        assert [due for due, _ in fired] == [now - 1]

    def test_is_woken_by_a_deadline_earlier_than_the_one_it_sleeps_for(self, until):
        clock = RealClock()
        far = clock.now() + 1_000_000
        recorder = Recorder(clock, far)
        clock.start(recorder)

        soon = clock.now() + 10
        recorder.set(soon)

        until(lambda: recorder.fired)
        clock.stop()
        assert [due for due, _ in recorder.fired] == [soon]

    def test_is_woken_by_a_deadline_when_it_has_none(self, until):
        clock = RealClock()
        recorder = Recorder(clock)
        clock.start(recorder)
        assert recorder.is_idle.wait(60)

        soon = clock.now() + 10
        recorder.set(soon)

        until(lambda: recorder.fired)
        clock.stop()
        assert [due for due, _ in recorder.fired] == [soon]

    def test_tries_again_when_deadlines_cannot_be_fired(self, caplog):
        clock = RealClock()
        recorder = Recorder(clock, clock.now())
        failures = [OSError("the disk is full")]
        fire = recorder.fire_deadlines

        def fail_once():
            if failures:
                raise failures.pop()
            fire()

        recorder.fire_deadlines = fail_once
        with caplog.at_level(logging.CRITICAL + 1, logger="swf.engine.clock"):
            clock.start(recorder)
            assert recorder.is_idle.wait(60)
            clock.stop()

        assert len(recorder.fired) == 1

    def test_stops_at_once(self):
        others = set(threading.enumerate())
        clock = RealClock()
        recorder = Recorder(clock, clock.now() + 1_000_000_000)
        clock.start(recorder)

        (thread,) = set(threading.enumerate()) - others
        clock.stop()

        assert not thread.is_alive()

    def test_fires_the_timers_of_an_engine(self, attached, registered):
        with Engine(poll_wait_seconds=20) as engine:
            client = attached(engine)
            registered(client)
            client.start_workflow_execution(domain="d", workflowId="w", workflowType={"name": "W", "version": "1"})
            task = client.poll_for_decision_task(domain="d", taskList={"name": "dl"})
            client.respond_decision_task_completed(
                taskToken=task["taskToken"],
                decisions=[
                    StartTimer(timer_id="now", start_to_fire_timeout=0).raw,
                    StartTimer(timer_id="soon", start_to_fire_timeout=1).raw,
                ],
            )

            first = client.poll_for_decision_task(domain="d", taskList={"name": "dl"})
            client.respond_decision_task_completed(taskToken=first["taskToken"])
            second = client.poll_for_decision_task(domain="d", taskList={"name": "dl"})

        fired = [
            event["timerFiredEventAttributes"]["timerId"]
            for event in second["events"]
            if event["eventType"] == TimerFired.__name__
        ]
        assert fired == ["now", "soon"]
        started = second["events"][4]["eventTimestamp"]
        assert second["events"][-3]["eventTimestamp"] - started >= timedelta(seconds=1)
