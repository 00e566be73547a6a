"""More than one answer holds, and more than may be open: sent in turn, and found again on replay."""

import asyncio
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swf.engine import Limits
from swf.exceptions import NonDeterminismError
from swf.models.event import ActivityTaskScheduled, DecisionTaskCompleted, StartTimerFailed, TimerStarted
from swf.testing import Environment
from swf.workflows import (
    Replayer,
    Workflow,
    WorkflowDecider,
    activity,
    patched,
    record_marker,
    side_effect,
    start_timer,
)
from swf.workflows.commands import Marker, completing
from swf.workflows.outbox import WAKE_UP, Outbox


@activity(task_list="work")
def work(number: int) -> int:
    return number


class FanOut(Workflow):
    task_list = "fan-out"

    async def run(self, count):
        return sum(await asyncio.gather(*map(work, range(count))))


@pytest.mark.parametrize("count", [99, 100, 101, 250])
def test_more_decisions_than_one_answer_holds_are_sent_with_the_next(play, count):
    play.activities = [work]

    (decider,), (worker,) = play.deciders(FanOut, keep=0), play.workers()
    execution = FanOut.start(play.domain, count)

    # Many activities are performed between two decisions, each of which replays the whole history.
    play.environment.run(execution, decider, *([worker] * 40))

    assert execution.result(timeout=0) == sum(range(count))
    answers = {}
    for event in execution.events.filter(ActivityTaskScheduled):
        answers.setdefault(event.decision_task_completed_event_id, []).append(int(event.activity_id))
    assert [number for sent in answers.values() for number in sent] == list(range(1, count + 1))
    assert all(len(sent) <= 100 for sent in answers.values())
    wake_ups = [event.timer_id for event in execution.events.filter(TimerStarted)]
    assert wake_ups == [f"{WAKE_UP}{number}" for number in range(1, len(answers))]


def test_an_answer_of_many_megabytes_is_sent_in_parts(play):
    class Noting(Workflow):
        task_list = "noting"

        async def run(self):
            for number in range(60):
                record_marker(f"note {number}", "é" * 32_000)

    execution = play(Noting, keep=0)

    assert execution.close_status == "COMPLETED"
    assert execution.events.filter(DecisionTaskCompleted).count() > 10


def test_side_effects_that_did_not_fit_into_the_answer_are_done_once(play):
    done = []

    class Looking(Workflow):
        task_list = "looking"

        async def run(self):
            looked = [side_effect(lambda: done.append(1) or len(done)) for _ in range(150)]
            await asyncio.sleep(1)
            return looked

    execution = play(Looking)

    assert execution.result() == list(range(1, 151))
    assert len(done) == 150
    Replayer([Looking]).replay(execution.history())
    assert len(done) == 150


def test_what_was_put_off_can_be_taken_back(play):
    class Changing(Workflow):
        task_list = "changing"

        async def run(self):
            calls = [work(number) for number in range(150)]
            await calls[0]
            for call in calls[1:]:
                call.cancel()
            return "enough"

    play.activities = [work]

    assert play(Changing, keep=0).result() == "enough"


@pytest.fixture
def limited():
    with Environment("shop", limits="relaxed") as environment:
        yield environment


def test_more_than_a_thousand_open_activities_are_held_back_and_not_refused(limited):
    from swf.workflows import ActivityRunner, WorkflowDecider

    decider = WorkflowDecider(limited.domain, "fan-out", workflows=[FanOut])
    worker = ActivityRunner(limited.domain, "work", activities=[work])
    decider.register()
    worker.register()
    execution = FanOut.start(limited.domain, 1_200)

    closed = limited.run(execution, decider, worker, worker, worker)

    assert closed.result() == sum(range(1_200))
    history = closed.history()
    assert history.filter("ScheduleActivityTaskFailed").events == ()
    open_now = most = 0
    for event in history:
        open_now += {"ActivityTaskScheduled": 1, "ActivityTaskCompleted": -1}.get(event.name, 0)
        most = max(most, open_now)
    assert most == 1_000


def test_a_lower_limit_of_the_account_is_found_out(environment):
    from swf.workflows import ActivityRunner, WorkflowDecider

    with Environment("small", limits=Limits(open_activities=7)) as small:
        decider = WorkflowDecider(small.domain, "fan-out", workflows=[FanOut], keep=0)
        worker = ActivityRunner(small.domain, "work", activities=[work])
        decider.register()
        worker.register()

        closed = small.run(FanOut.start(small.domain, 30), decider, worker)

        assert closed.result() == sum(range(30))
        assert len(closed.history().filter("ScheduleActivityTaskFailed")) == 23


def test_what_closes_the_execution_comes_last_even_when_it_does_not_fit(play):
    class Leaving(Workflow):
        task_list = "leaving"

        async def run(self):
            for number in range(100):
                record_marker(str(number))

    history = play(Leaving, keep=0).history()

    assert len(history.filter("MarkerRecorded")) == 100
    assert history.last.name == "WorkflowExecutionCompleted"
    assert not history.filter("CompleteWorkflowExecutionFailed")


@given(st.lists(st.integers(0, 32_000), max_size=150), st.randoms())
def test_what_is_asked_for_is_sent_in_order_and_fits(sizes, chance):
    outbox = Outbox()
    markers = [Marker(str(place), "é" * size) for place, size in enumerate(sizes)]
    for marker in markers:
        outbox.add(marker)
        marker.is_dropped = chance.random() < 0.1
    close = completing("done")

    sent = []
    while close not in sent:
        batch = outbox.batch(close)
        assert len(batch) <= 100
        assert sum(len(str(command.attributes).encode()) for command in batch) < 1_000_000
        sent.extend(batch)

    kept = [marker for marker in markers if not marker.is_dropped]
    assert [command for command in sent if isinstance(command, Marker)] == kept
    assert sent[-1] is close


def test_a_side_effect_that_is_put_off_behind_what_was_held_back_is_found_again(play, step):
    class Noting(Workflow):
        task_list = "noting-later"

        async def run(self):
            calls = [work(number) for number in range(1_120)]
            await calls[0]
            side_effect(lambda: "noted")
            await asyncio.gather(*calls)

    play.activities = [work]
    (decider,), (worker,) = play.deciders(Noting), play.workers()
    execution = Noting.start(play.domain)
    for _ in range(11):
        step(decider)
        play.environment.clock.advance()
    for _ in range(120):
        step(worker)
    for _ in range(3):
        step(decider)
        play.environment.clock.advance()

    history = execution.history()

    assert len(history.filter("ActivityTaskScheduled")) == 1_120
    assert len(history.filter("MarkerRecorded")) == 1
    Replayer([Noting]).replay(history)


class Doubting(Workflow):
    """Takes back what it asked for, as something says that says another thing each time."""

    task_list = "doubting"
    said: ClassVar[list[bool]] = []

    async def run(self):
        calls = [work(number) for number in range(120)]
        if self.says():
            calls[5].cancel()
        return sum(await asyncio.gather(*(call for call in calls if not call.cancelled())))

    def says(self):
        return side_effect(lambda: self.said.append(not self.said) or self.said[-1])


class Patching(Doubting):
    def says(self):
        return patched("one less")


@pytest.mark.parametrize("program", [Doubting, Patching])
def test_what_was_taken_back_stays_so_where_its_reason_did_not_fit_into_the_answer(play, step, program):
    play.activities = [work]
    Doubting.said.clear()
    (decider,), (worker,) = play.deciders(program), play.workers()
    execution = program.start(play.domain)

    step(decider)
    decider.forget()
    closed = play.environment.run(execution, decider, *([worker] * 40))

    assert closed.result() == sum(range(120)) - 5
    assert Doubting.said in ([], [True])
    Replayer([program]).replay(closed.history())


def test_a_lower_limit_for_timers_leaves_room_for_the_one_that_wakes_up():
    class Crowded(Workflow):
        task_list = "crowded"

        async def run(self):
            timers = [start_timer(60) for _ in range(30)]
            await timers[0]
            for number in range(150):
                record_marker(str(number))
            for timer in timers:
                await timer

    with Environment("small", limits=Limits(open_timers=7)) as small:
        decider = WorkflowDecider(small.domain, "crowded", workflows=[Crowded])
        decider.register()
        closed = small.run(Crowded.start(small.domain), decider)
        refused = [event.timer_id for event in closed.events.filter(StartTimerFailed)]

    assert closed.close_status == "COMPLETED"
    assert len(refused) == 23
    assert not any(timer_id.startswith(WAKE_UP) for timer_id in refused)


def test_own_timers_leave_room_for_the_one_that_wakes_up():
    class Waiting(Workflow):
        task_list = "waiting"

        async def run(self):
            timers = [start_timer(3600) for _ in range(1_001)]
            for number in range(150):
                record_marker(str(number))
            for timer in timers:
                await timer

    with Environment("full", limits=Limits(open_timers=1_000)) as full:
        decider = WorkflowDecider(full.domain, "waiting", workflows=[Waiting])
        decider.register()
        closed = full.run(Waiting.start(full.domain), decider)
        refused = closed.events.filter(StartTimerFailed).count()

    assert closed.close_status == "COMPLETED"
    assert refused == 0


class Noting(Workflow):
    """Is changed between its decisions and its replay."""

    name = "Noting"
    task_list = "noting"
    is_patched = True
    text = "x" * 30_000

    async def run(self):
        if self.is_patched:
            patched("notes")
        for number in range(130):
            record_marker(f"note {number}", self.text)
        await asyncio.sleep(1)


class NotingWithoutThePatch(Noting):
    name = "Noting"
    is_patched = False


class NotingLess(Noting):
    name = "Noting"
    text = "x"


class NotingTwice(Noting):
    name = "Noting"

    async def run(self):
        await super().run()
        record_marker("once more")


@pytest.mark.parametrize("program", [NotingWithoutThePatch, NotingLess])
@pytest.mark.parametrize("made_by", [Noting, NotingLess])
def test_a_history_is_replayed_in_the_parts_in_which_it_was_sent(play, made_by, program):
    history = play(made_by).history()

    Replayer([program]).replay(history)

    assert len(history.filter("TimerStarted")) > 1


def test_one_command_more_than_in_the_parts_that_were_sent_is_a_difference(play):
    history = play(Noting).history()

    with pytest.raises(NonDeterminismError, match="once more"):
        Replayer([NotingTwice]).replay(history)
