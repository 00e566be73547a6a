"""Children that are open when their parent ends: what SWF does to them is logged, with the remedy."""

import asyncio
import inspect

import pytest

from swf.models.history import HistoryBuilder
from swf.workflows import Replayer, Workflow, activity, continue_as_new, record_marker, start_timer


class Sleeping(Workflow):
    task_list = "sleeping"

    async def run(self):
        await asyncio.sleep(3600)


class Parent(Workflow):
    task_list = "parents"

    async def run(self, way):
        await Sleeping.options(workflow_id="child").child().started
        match way:
            case "fails":
                raise ValueError("no")
            case "continues as new":
                continue_as_new("returns at once")
            case "waits":
                await asyncio.sleep(600)


class ReturningAtOnce(Parent):
    name = "Parent"

    async def run(self, way):
        if way != "returns at once":
            await super().run(way)


@pytest.fixture
def warnings(caplog):
    """Gives what was warned of at the ends of workflows."""
    return lambda: [record.getMessage() for record in caplog.records if record.name == "swf.workflows.decider"]


def run(play, step, way, **options):
    actors = play.deciders(ReturningAtOnce, Sleeping)
    execution = ReturningAtOnce.options(workflow_id="parent", **options).start(play.domain, way)
    if way == "waits":
        while step(*actors):
            pass
        execution.request_cancel()
    play.environment.run(execution, *actors)
    while step(*actors):
        pass


def status_of_child(play):
    (child,) = play.domain.executions.filter(workflow_id="child", status=None)
    return child.close_status or child.status


@pytest.mark.parametrize("way", ["returns", "fails", "continues as new", "waits"])
@pytest.mark.parametrize(
    ("policy", "sentence", "status"),
    [
        ("TERMINATE", "SWF terminates it, for the child_policy of the parent is TERMINATE.", "TERMINATED"),
        ("REQUEST_CANCEL", "SWF asks it to cancel, for the child_policy of the parent is REQUEST_CANCEL.", "CANCELED"),
    ],
)
def test_a_workflow_that_ends_over_an_open_child_says_so_once(play, step, warnings, way, policy, sentence, status):
    run(play, step, way, child_policy=policy)

    (warning,) = warnings()
    line = inspect.getsourcelines(Parent.run)[1] + 1
    assert f"child 'Sleeping' '1.0' with the workflow id 'child' of test_open_work.py:{line} is open." in warning
    assert sentence in warning
    assert warning.endswith("if it is to outlive its parent, give the parent child_policy = 'ABANDON'.")
    assert status_of_child(play) == status


@pytest.mark.parametrize("way", ["returns", "fails", "continues as new", "waits"])
def test_what_the_warning_recommends_lets_the_child_live(play, step, warnings, way):
    run(play, step, way, child_policy="ABANDON")

    assert warnings() == []
    assert status_of_child(play) == "OPEN"


class Canceling(Workflow):
    task_list = "parents"

    async def run(self, policy):
        call = Sleeping.options(workflow_id="child", cancel=policy).child()
        await call.started
        call.cancel()
        try:
            await call
        except asyncio.CancelledError:
            return "canceled it"


@pytest.mark.parametrize(
    ("cancel", "child_policy", "count"),
    [("try", "TERMINATE", 1), ("try", "REQUEST_CANCEL", 0), ("wait", "TERMINATE", 0), ("wait", "REQUEST_CANCEL", 0)],
)
def test_a_canceled_child_that_gets_no_time_to_end_is_warned_of(play, step, warnings, cancel, child_policy, count):
    parents, children = play.deciders(Canceling, Sleeping)
    execution = Canceling.options(child_policy=child_policy).start(play.domain, cancel)

    # The decider of the child is slower than that of its parent.
    while step(parents) or step(children):
        pass

    assert execution.result() == "canceled it"

    told = warnings()
    assert len(told) == count
    for warning in told:
        assert "is open, and was asked to cancel. SWF terminates it" in warning
        assert "give it options(cancel='wait'), or the parent child_policy = 'REQUEST_CANCEL'." in warning


def test_many_children_of_one_line_are_one_warning(play, warnings):
    class Starting(Workflow):
        task_list = "parents"

        async def run(self):
            for _ in range(20):
                Sleeping.options(cancel="abandon").child()
            await start_timer(5)

    play(Starting, others=[Sleeping])

    (warning,) = warnings()
    assert "is open, and 19 more of that line." in warning


def test_a_child_that_nobody_awaited_and_that_is_open_is_one_warning(play, warnings):
    class Forgetting(Workflow):
        task_list = "parents"

        async def run(self):
            Sleeping.options(workflow_id="child").child()
            await start_timer(5)

    play(Forgetting, others=[Sleeping])

    (warning,) = warnings()
    assert "ends while its child" in warning


@activity(task_list="work")
def work(number: int) -> int:
    return number


class Ending(Workflow):
    """Asks for a task and a timer in the turn in which it ends."""

    task_list = "ending"

    async def run(self, cancel):
        work.options(cancel=cancel)(1)
        asyncio.get_running_loop().create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
        record_marker("seen")
        return "ended"


@pytest.mark.parametrize("keep", [0, 1_000])
@pytest.mark.parametrize("cancel", ["abandon", "try"])
def test_an_end_is_sent_without_the_tasks_and_timers_that_swf_refuses_beside_it(play, names, warnings, keep, cancel):
    play.activities = [work]
    actors = [*play.deciders(Ending, keep=keep), *play.workers()]

    ended = play.environment.run(Ending.start(play.domain, cancel), *actors)

    assert ended.result() == "ended"
    assert names(ended) == ["WorkflowExecutionStarted", "MarkerRecorded", "WorkflowExecutionCompleted"]
    (warning,) = warnings()
    assert "ends with the answer that would ask for ScheduleActivityTask 'work' '1.0' with the id '1'" in warning
    Replayer([Ending]).replay(ended.history())


def test_an_end_that_is_decided_again_is_warned_of_once(play, step, warnings):
    class Telling(Workflow):
        task_list = "parents"

        async def run(self):
            await Sleeping.options(workflow_id="child").child().started

    (decider, others) = play.deciders(Telling, Sleeping)
    execution = Telling.start(play.domain)
    step(decider)
    for _ in range(3):
        task = decider.poll_task()
        execution.signal("meanwhile")
        decider.perform_task(task)

    closed = play.environment.run(execution, decider, others)

    names = [event.name for event in closed.events]
    assert (names.count("CompleteWorkflowExecutionFailed"), names[-1]) == (3, "WorkflowExecutionCompleted")
    assert len([each for each in warnings() if "ends while its child" in each]) == 1


def test_an_end_that_was_recorded_with_a_task_and_a_timer_is_replayed_as_it_was():
    builder = HistoryBuilder(Ending.registration("shop"), input="try")
    builder.add_decision_task()
    builder.add_activity_task_scheduled(("work", "1.0"), "1", input=[1])
    builder.add_timer_started("1", start_to_fire_timeout=60)
    builder.add_marker_recorded("seen")
    builder.add_workflow_execution_completed(result="ended")

    Replayer([Ending]).replay(builder.history)
