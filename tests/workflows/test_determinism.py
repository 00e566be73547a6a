"""What a replay asks for is held against what the history records."""

import asyncio
import contextlib
import json
from pathlib import Path

import pytest

from swf.exceptions import ConfigurationError, ForbiddenCallError, NonDeterminismError, ProgramError, ValidationError
from swf.workflows import (
    Activity,
    ChildWorkflow,
    LambdaFunction,
    Replayer,
    Workflow,
    WorkflowFailed,
    activity,
    cancel_external,
    continue_as_new,
    record_marker,
    side_effect,
    signal_external,
    start_timer,
)


@activity(task_list="work")
def work(number: int) -> int:
    return number * 10


@activity(task_list="work")
def other(number: int) -> int:
    return number * 10


def program(body):
    class Program(Workflow):
        task_list = "program"
        lambda_role = "arn:aws:iam::123456789012:role/swf"

        async def run(self):
            return await body()

    return Program


class Child(Workflow):
    task_list = "program"

    async def run(self):
        return "child"


async def works():
    return await work(1)


async def works_otherwise():
    return await other(1)


async def works_under_another_id():
    return await work.options(id="another")(1)


async def works_twice():
    return await asyncio.gather(work(1), work(2))


async def sleeps():
    await asyncio.sleep(60)


async def sleeps_and_works():
    await asyncio.gather(start_timer(60), work(1))


async def works_then_sleeps():
    await asyncio.gather(work(1), start_timer(60))


async def notes():
    record_marker("note")


async def notes_otherwise():
    record_marker("another note")


async def looks():
    return side_effect(lambda: 1)


async def calls():
    return await LambdaFunction("upcase")("a")


async def has_a_child():
    return await Child.options(workflow_id="child").child()


async def has_another_child():
    return await ChildWorkflow("Nobody", "1.0")()


async def tells():
    try:
        await signal_external("nobody", "word")
    except Exception:
        return "nobody there"


async def does_nothing():
    return None


async def fails():
    raise WorkflowFailed("no")


async def goes_on():
    continue_as_new()


def test_the_line_that_goes_on_in_a_new_run_is_told(play):
    execution = play(program(does_nothing))

    with pytest.raises(NonDeterminismError) as caught:
        Replayer([program(goes_on)]).replay(execution.history())

    assert caught.value.line == f"test_determinism.py:{goes_on.__code__.co_firstlineno + 1}"


@pytest.mark.parametrize(
    ("recorded", "asked", "event", "was", "wants"),
    [
        (
            works,
            works_otherwise,
            5,
            "ActivityTaskScheduled 'work' '1.0' '1'",
            "ScheduleActivityTask 'other' '1.0' with",
        ),
        (
            works,
            works_under_another_id,
            5,
            "ActivityTaskScheduled",
            "ScheduleActivityTask 'work' '1.0' with the id 'ano",
        ),
        (works, sleeps, 5, "ActivityTaskScheduled", "StartTimer '1'"),
        (works, does_nothing, 5, "ActivityTaskScheduled", "CompleteWorkflowExecution"),
        (
            works,
            works_twice,
            5,
            "the last that was recorded of this decision",
            "ScheduleActivityTask 'work' '1.0' with",
        ),
        (works_twice, works, 6, "ActivityTaskScheduled 'work' '1.0' '2'", "nothing more"),
        (sleeps, works, 5, "TimerStarted '1'", "ScheduleActivityTask"),
        (sleeps_and_works, works_then_sleeps, 5, "TimerStarted '1'", "ScheduleActivityTask"),
        (notes, notes_otherwise, 5, "MarkerRecorded 'note'", "RecordMarker 'another note'"),
        (notes, looks, 4, "a decision without the side effect", "RecordMarker 'swf.workflows.side_effect.1'"),
        (looks, does_nothing, 5, "MarkerRecorded 'swf.workflows.side_effect.1'", "CompleteWorkflowExecution"),
        (calls, works, 5, "LambdaFunctionScheduled 'upcase' '1'", "ScheduleActivityTask"),
        (has_a_child, has_another_child, 5, "StartChildWorkflowExecutionInitiated 'Child' '1.0' 'child'", "StartChild"),
        (tells, works, 5, "SignalExternalWorkflowExecutionInitiated 'nobody' 'word'", "ScheduleActivityTask"),
        (does_nothing, fails, 5, "WorkflowExecutionCompleted", "FailWorkflowExecution"),
        (does_nothing, goes_on, 5, "WorkflowExecutionCompleted", "ContinueAsNewWorkflowExecution"),
        (fails, does_nothing, 5, "WorkflowExecutionFailed", "CompleteWorkflowExecution"),
    ],
)
def test_the_first_difference_is_told(play, recorded, asked, event, was, wants):
    play.activities = [work, other]
    execution = play(program(recorded), others=[Child])
    history = execution.history()
    Replayer([program(recorded)]).replay(history, execution=execution)

    with pytest.raises(NonDeterminismError) as caught:
        Replayer([program(asked)]).replay(history, execution=execution)

    error = caught.value
    assert error.event == event
    assert error.recorded.startswith(was)
    assert error.asked.startswith(wants)


def test_the_line_that_asked_is_named(play):
    play.activities = [work]
    history = play(program(works)).history()

    with pytest.raises(NonDeterminismError) as caught:
        Replayer([program(sleeps)]).replay(history)

    file, line = caught.value.line.split(":")
    assert file == "test_determinism.py"
    source = Path(__file__).read_text(encoding="utf-8").splitlines()
    assert source[int(line) - 1].strip() == "await asyncio.sleep(60)"
    assert f"({file}:{line})" in str(caught.value)


def test_nothing_is_answered_when_a_program_differs_and_it_goes_on_when_it_is_repaired(play, step, caplog):
    play.activities = [work]
    right, wrong = program(works), program(sleeps)
    first, workers = play.deciders(right, sticky_timeout=None), play.workers()
    execution = right.start(play.domain)
    step(*first, *workers)

    step(*play.deciders(wrong, sticky_timeout=None))

    assert "on replay the workflow asked for StartTimer '1'" in caplog.text
    assert execution.upstream().status == "OPEN"
    play.environment.clock.advance(seconds=30)
    step(*play.deciders(right, sticky_timeout=None))
    assert execution.result(timeout=0) == 10


def test_a_workflow_that_catches_everything_does_not_hide_a_difference(play, step):
    async def looks_and_catches():
        with contextlib.suppress(Exception):
            side_effect(lambda: 1)
        return await work(1)

    play.activities = [work]
    history = play(program(works)).history()

    with pytest.raises(ProgramError):
        Replayer([program(looks_and_catches)]).replay(history)


def test_input_and_timeouts_may_change(play):
    async def works_with_more():
        return await work.options(start_to_close_timeout=5)(99)

    play.activities = [work]
    history = play(program(works)).history()

    Replayer([program(works_with_more)]).replay(history)
    Replayer([program(works)], strict=True).replay(history)
    with pytest.raises(
        NonDeterminismError, match=r"with startToCloseTimeout '600', but .* with startToCloseTimeout '5'"
    ):
        Replayer([program(works_with_more)], strict=True).replay(history)


def test_no_side_effect_is_done_on_replay(play):
    done = []

    async def looks_at_it():
        side_effect(lambda: done.append(1))
        return await work(1)

    play.activities = [work]
    execution = play(program(looks_at_it))
    assert done == [1]

    Replayer([program(looks_at_it)]).replay(execution.history())
    with pytest.raises(NonDeterminismError):
        Replayer([program(looks_at_it)]).replay(play(program(works)).history())

    assert done == [1]


def test_a_history_is_replayed_from_a_file(play, tmp_path):
    play.activities = [work]
    events = [event.raw for event in play(program(works)).history()]
    (tmp_path / "list.json").write_text(json.dumps(events))
    (tmp_path / "lines.json").write_text("\n".join(json.dumps(event) for event in events))
    (tmp_path / "answer.json").write_text(json.dumps({"events": events}))

    for path in tmp_path.iterdir():
        Replayer([program(works)]).replay(path)
        with pytest.raises(NonDeterminismError):
            Replayer([program(sleeps)]).replay(str(path))


def test_a_history_without_its_end_is_replayed_as_far_as_it_goes(play):
    play.activities = [work]
    events = [event.raw for event in play(program(works)).history()]

    ends = [place for place, event in enumerate(events, start=1) if event["eventType"] == "DecisionTaskStarted"]
    assert len(ends) == 2
    for end in (1, *ends):
        Replayer([program(works)]).replay(events[:end])


@pytest.mark.parametrize(
    "wrong",
    [[], [{"eventType": "TimerFired"}], [7]],
)
def test_what_is_no_history_is_refused(wrong):
    with pytest.raises(ValidationError, match="A history begins with WorkflowExecutionStarted"):
        Replayer([program(works)]).replay(wrong)


def test_a_file_that_is_no_history_is_refused(tmp_path):
    path = tmp_path / "broken.json"
    path.write_text("{broken")

    with pytest.raises(ValidationError, match="is no JSON"):
        Replayer([program(works)]).replay(path)


def test_a_history_of_another_type_is_refused(play):
    play.activities = [work]
    history = play(program(works)).history()

    with pytest.raises(ConfigurationError, match=r"of the workflow type Program 1\.0.*There are: Child 1\.0"):
        Replayer([Child]).replay(history)


def test_children_are_found_again_where_it_is_not_known_whose_history_it_is(play):
    async def has_unnamed_children():
        return await asyncio.gather(Child.child(), Child.child())

    execution = play(program(has_unnamed_children), others=[Child])

    Replayer([program(has_unnamed_children)]).replay(execution.history())
    Replayer([program(has_unnamed_children)]).replay(execution.history(), execution=execution)


def test_what_is_said_to_a_child_is_found_again_where_it_is_not_known_whose_history_it_is(play):
    async def talks_to_its_child():
        child = Child.child()
        await child.started
        await signal_external(child.workflow_id, "hello")
        await cancel_external(child.workflow_id)
        other = Child.child()
        await other.started
        other.cancel()
        return await child

    events = [event.raw for event in play(program(talks_to_its_child), others=[Child]).history()]

    Replayer([program(talks_to_its_child)]).replay(events)
    Replayer([program(talks_to_its_child)], strict=True).replay(events)


def test_an_activity_by_name_is_told_apart_by_its_version(play):
    async def newer():
        return await Activity("work", "2.0")(1)

    play.activities = [work]
    history = play(program(works)).history()

    with pytest.raises(NonDeterminismError, match=r"asked for ScheduleActivityTask 'work' '2\.0'"):
        Replayer([program(newer)]).replay(history)


def test_a_replay_catches_forbidden_calls(play):
    import time

    async def looks_at_the_clock():
        time.time()
        return await work(1)

    play.activities = [work]
    history = play(program(works)).history()

    with pytest.raises(ForbiddenCallError, match=r"time\.time\(\)"):
        Replayer([program(looks_at_the_clock)]).replay(history)
    Replayer([program(looks_at_the_clock)], check=False).replay(history)
