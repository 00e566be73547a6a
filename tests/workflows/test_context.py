"""What a workflow asks of its surroundings, the same on each replay."""
# ruff: noqa: PLW0108 - what is called is called inside the workflow, and not where it is written

import asyncio
import logging
import uuid
from datetime import UTC, datetime

import pytest

from swf.exceptions import OutsideWorkflowError, ValidationError
from swf.models import WorkflowType
from swf.models.event import MarkerRecorded, WorkflowExecutionContinuedAsNew
from swf.workflows import (
    ActivityFailed,
    Replayer,
    RetryPolicy,
    SideEffectFailed,
    Workflow,
    activity,
    continue_as_new,
    continue_as_new_with,
    info,
    is_replaying,
    logger,
    now,
    patched,
    random,
    record_marker,
    side_effect,
    uuid4,
    wait_condition,
    wait_for_signal,
)

calls = []


@activity(task_list="work")
def work(number: int) -> int:
    return number * 10


@pytest.fixture(autouse=True)
def forgotten_calls():
    calls.clear()


def test_the_clock_is_that_of_the_decision_task(play):
    class Clock(Workflow):
        task_list = "clock"

        async def run(self):
            first = now()
            await asyncio.sleep(60)
            return [first.isoformat(), now().isoformat()]

    assert play(Clock, keep=0).result() == ["2030-01-01T00:00:00+00:00", "2030-01-01T00:01:00+00:00"]


def test_chance_and_uuids_are_the_same_on_each_replay(play):
    class Chance(Workflow):
        task_list = "chance"

        async def run(self):
            drawn = [random().random(), random().randint(1, 6), str(uuid4())]
            await asyncio.sleep(1)
            calls.append(drawn)
            await asyncio.sleep(1)
            return [*drawn, random().random(), str(uuid4())]

    first, second = play(Chance, keep=0).result(), play(Chance, keep=0).result()

    assert len(calls) == 4
    assert calls[0] == calls[1] == first[:3]
    assert first != second
    assert uuid.UUID(first[2]).version == 4
    assert first[2] != first[4]


def test_a_workflow_knows_who_it_is(play):
    class Parent(Workflow):
        task_list = "parents"

        async def run(self):
            return await Knowing.options(workflow_id="child", tag_list=["a", "b"]).child()

    class Knowing(Workflow):
        task_list = "knowing"
        version = "3.1"

        async def run(self):
            told = info()
            return [
                told.workflow_id,
                told.workflow_type.version,
                told.tag_list,
                told.parent.workflow_id,
                told.events,
                told.events_left,
                told.is_continuing_suggested,
                told.decision_tasks_timeout,
                told.cancel_requested,
            ]

    execution = play(Parent, others=[Knowing])

    assert execution.result() == ["child", "3.1", ["a", "b"], execution.workflow_id, 3, 24_997, False, 30, False]


def test_a_side_effect_is_done_once_and_its_result_kept_in_a_marker(play):
    def look():
        calls.append("looked")
        return {"at": len(calls)}

    class Looking(Workflow):
        task_list = "looking"

        async def run(self):
            first = side_effect(look)
            await asyncio.sleep(1)
            second = side_effect(look)
            await asyncio.sleep(1)
            return [first, second]

    execution = play(Looking, keep=0, check=True)

    assert execution.result() == [{"at": 1}, {"at": 2}]
    assert calls == ["looked", "looked"]
    assert [event.marker_name for event in execution.events.filter(MarkerRecorded)] == [
        "swf.workflows.side_effect.1",
        "swf.workflows.side_effect.2",
    ]


@pytest.mark.parametrize(
    ("give", "kind"),
    [
        (lambda: {}["nothing"], "KeyError"),
        (lambda: object(), "ValidationError"),
        (lambda: "x" * 40_000, "ValidationError"),
    ],
)
def test_a_side_effect_that_fails_fails_in_the_same_way_on_each_replay(play, give, kind):
    class Looking(Workflow):
        task_list = "looking"

        async def run(self):
            try:
                side_effect(give)
            except SideEffectFailed as error:
                await asyncio.sleep(1)
                return [error.type, str(error.__cause__)[:20]]

    result = play(Looking, keep=0).result()

    assert result[0] == kind


def test_a_local_activity_is_performed_once_in_the_decider(play):
    @activity(retry=RetryPolicy(attempts=3, first_delay=0))
    async def look(name):
        await asyncio.sleep(0)
        calls.append(name)
        if len(calls) < 2:
            raise ValueError("not yet")
        return f"seen {name}"

    class Looking(Workflow):
        task_list = "looking"

        async def run(self):
            seen = await look.local("cat")
            await asyncio.sleep(1)
            return seen

    assert play(Looking, keep=0, check=True).result() == "seen cat"
    assert calls == ["cat", "cat"]


def test_a_local_activity_that_fails_is_an_activity_that_failed(play):
    @activity
    def look(name):
        raise ValueError(f"no {name}")

    class Looking(Workflow):
        task_list = "looking"

        async def run(self):
            try:
                await look.local("cat")
            except ActivityFailed as error:
                await asyncio.sleep(1)
                return [error.type, error.message]

    assert play(Looking, keep=0).result() == ["ValueError", "no cat"]


def test_markers_are_notes_in_the_history(play):
    class Noting(Workflow):
        task_list = "noting"

        async def run(self):
            record_marker("began", {"at": 1})
            record_marker("began")
            with pytest.raises(ValidationError):
                record_marker("too much", "x" * 40_000)
            await asyncio.sleep(1)

    execution = play(Noting, keep=0)

    assert [(event.marker_name, event.details) for event in execution.events.filter(MarkerRecorded)] == [
        ("began", '{"at":1}'),
        ("began", None),
    ]


def changing(version):
    """Give the versions of one workflow: as it began, changed, with only the new path, and without a trace of it."""

    class Changing(Workflow):
        task_list = "changing"

        async def run(self):
            before = []
            if version == "changed":
                before.append(await work(1) if patched("ask first") else "old")
            elif version != "began":
                if version == "deprecated":
                    patched("ask first")
                before.append(await work(1))
            await wait_for_signal("go")
            if version == "changed" and patched("ask first"):
                before.append("new")
            return before

    return Changing


def test_changed_code_goes_on_with_open_executions_and_new_ones(play, step):
    play.activities = [work]
    workers = play.workers()
    began, changed = changing("began"), changing("changed")
    old = began.start(play.domain) if play.deciders(began, sticky_timeout=None) else None
    while step(*play.deciders(began, sticky_timeout=None)):
        pass
    deciders = play.deciders(changed, sticky_timeout=None)
    new = changed.start(play.domain)
    while step(*deciders, *workers):
        pass
    old.signal("go")
    new.signal("go")
    while step(*play.deciders(changed, sticky_timeout=None), *workers):
        pass

    assert old.result() == ["old"]
    assert new.result() == [10, "new"]


@pytest.mark.parametrize("version", ["deprecated", "final"])
def test_the_old_path_and_then_the_patch_itself_can_be_removed(play, step, version):
    play.activities = [work]
    workers = play.workers()
    changed = changing("changed")
    deciders = play.deciders(changed, sticky_timeout=None)
    execution = changed.start(play.domain)
    while step(*deciders, *workers):
        pass
    execution.signal("go")
    while step(*play.deciders(changing(version), sticky_timeout=None), *workers):
        pass

    assert execution.result() == [10]


def test_a_workflow_goes_on_in_a_new_run_with_its_settings(play):
    class Counting(Workflow):
        task_list = "counting"
        execution_timeout = 600

        async def run(self, count, *, until=3):
            if count < until:
                continue_as_new(count + 1, until=until)
            return [count, info().continued_run_id is not None, info().tag_list]

    deciders = play.deciders(Counting)
    first = Counting.options(tag_list=["kept"]).start(play.domain, 1)

    for _ in range(3):
        play.environment.run(first, *deciders) if first.upstream().status == "OPEN" else None
        for decider in deciders:
            while True:
                try:
                    decider.perform_task(decider.poll_task())
                except Exception:
                    break

    assert first.result() == [3, True, ["kept"]]
    continued = first.events.filter(WorkflowExecutionContinuedAsNew).first()
    assert (continued.task_list, continued.execution_start_to_close_timeout) == ("counting", 600)


async def in_a_task_that_nobody_awaits():
    async def leave():
        await work(1)
        continue_as_new("new")

    task = asyncio.create_task(leave())
    await asyncio.sleep(3600)
    return await task


async def after_a_finally_block_of_that_task():
    async def leave():
        try:
            continue_as_new("new")
        finally:
            await work(1)

    task = asyncio.create_task(leave())
    await asyncio.sleep(3600)
    return await task


async def in_a_callback():
    work(1).add_done_callback(lambda call: continue_as_new("new"))
    await asyncio.sleep(3600)


async def in_a_condition():
    await wait_condition(lambda: continue_as_new("new"))


async def in_a_group():
    async def leave():
        await work(1)
        continue_as_new("new")

    async with asyncio.TaskGroup() as group:
        group.create_task(leave())
        group.create_task(asyncio.sleep(3600))


@pytest.mark.parametrize(
    "leave",
    [
        in_a_task_that_nobody_awaits,
        after_a_finally_block_of_that_task,
        in_a_callback,
        in_a_condition,
        in_a_group,
    ],
)
def test_a_new_run_is_begun_from_wherever_it_is_asked_for(play, leave):
    class Leaving(Workflow):
        task_list = "leaving"

        async def run(self, run="first"):
            return await leave() if run == "first" else run

    play.activities = [work]

    execution = play(Leaving)

    assert execution.close_status == "CONTINUED_AS_NEW"
    assert execution.events.last().input == "new"
    assert now_of(execution) < 3600
    Replayer([Leaving]).replay(execution.history())


def now_of(execution):
    """Give the seconds from the first event to the last."""
    events = execution.history()
    return (events[-1].timestamp - events[0].timestamp).total_seconds()


def test_a_new_run_that_is_asked_for_and_caught_is_none(play):
    class Staying(Workflow):
        task_list = "staying"

        async def run(self, run="first"):
            async def leave():
                continue_as_new("new")

            (caught,) = await asyncio.gather(leave(), return_exceptions=True)
            return type(caught).__name__

    assert play(Staying).result() == "ContinueAsNew"


def test_a_new_run_may_have_other_settings(play):
    class Upgrading(Workflow):
        task_list = "upgrading"

        async def run(self):
            continue_as_new_with(workflow_type_version="2.0", execution_timeout=99, tag_list=["new"])()

    WorkflowType(play.domain, "Upgrading", "2.0", task_list="other").save()

    continued = play(Upgrading).events.last()

    assert (continued.workflow_type.version, continued.tag_list) == ("2.0", ("new",))
    assert continued.execution_start_to_close_timeout == 99


def test_a_new_run_that_swf_refuses_fails_the_execution(play):
    class Upgrading(Workflow):
        task_list = "upgrading"

        async def run(self):
            continue_as_new_with(workflow_type_version="9.9")()

    failed = play(Upgrading).events.last()

    assert "WORKFLOW_TYPE_DOES_NOT_EXIST" in failed.reason


def test_a_workflow_logs_once_and_not_on_each_replay(play, caplog):
    class Logging(Workflow):
        task_list = "logging"

        async def run(self):
            logger.info("began")
            await asyncio.sleep(1)
            logger.info("went on %s", is_replaying())
            await asyncio.sleep(1)

    caplog.set_level(logging.INFO, "swf.workflow")

    play(Logging, keep=0)

    assert [record.getMessage() for record in caplog.records if record.name == "swf.workflow"] == [
        "began",
        "went on False",
    ]


@pytest.mark.parametrize(
    "function",
    [
        info,
        now,
        random,
        uuid4,
        continue_as_new,
        lambda: side_effect(dict),
        lambda: patched("x"),
        lambda: record_marker("x"),
    ],
)
def test_outside_of_a_workflow_it_makes_no_sense(function):
    with pytest.raises(OutsideWorkflowError, match="makes sense inside a workflow only"):
        function()


def test_outside_of_a_workflow_nothing_is_replayed():
    assert is_replaying() is False
    assert datetime.now(UTC) > datetime(2020, 1, 1, tzinfo=UTC)
