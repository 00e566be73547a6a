"""Calls that nobody awaits: told, where that is a mistake."""

import asyncio

import pytest

from swf.workflows import (
    Failed,
    LambdaFunction,
    RetryPolicy,
    Workflow,
    activity,
    continue_as_new,
    gather,
    signal_external,
    start_timer,
    wait_condition,
    wait_for_all,
)

upcase = LambdaFunction("upcase")


@activity(task_list="work")
def work(number: int) -> int:
    return number * 10


@activity(task_list="work")
def broken(number: int) -> int:
    raise ValueError(number)


class Kid(Workflow):
    task_list = "kids"

    async def run(self):
        return 1


def run_of(body):
    class Running(Workflow):
        task_list = "running"

        async def run(self):
            return await body()

    return Running


@pytest.fixture
def warned(play, caplog):
    """Runs a workflow's body to its end, and gives what was warned of."""

    def warned(body, **options):
        play.activities = [work, broken]
        play(run_of(body), others=[Kid], **options)
        return [record.getMessage() for record in caplog.records if record.name == "swf.workflows.decider"]

    return warned


async def ends_before_it():
    work(1)


async def ends_after_it():
    work(1)
    await start_timer(5)


async def ends_while_it_is_open():
    call = work(1)
    await start_timer(0)
    return call.done()


async def has_a_retry_policy():
    work.options(retry=RetryPolicy())(1)
    await start_timer(5)


@pytest.mark.parametrize("keep", [0, 1_000])
@pytest.mark.parametrize("body", [ends_after_it, has_a_retry_policy])
def test_an_activity_that_nobody_awaited_is_warned_of_once(warned, body, keep):
    (sentence,) = warned(body, keep=keep)

    assert "ends, and never awaited ScheduleActivityTask 'work' '1.0' with the id '1' of test_awaiting.py:" in sentence


IN_VAIN = "ends with the answer that would ask for"


@pytest.mark.parametrize("keep", [0, 1_000])
@pytest.mark.parametrize("body", [ends_before_it, ends_while_it_is_open])
def test_an_activity_that_is_asked_for_with_the_end_is_warned_of_once(warned, body, keep):
    (sentence,) = warned(body, keep=keep)

    assert f"{IN_VAIN} ScheduleActivityTask 'work' '1.0' with the id '1' of test_awaiting.py:" in sentence
    assert sentence.endswith("so nobody does it. Await it before the end.")


async def in_the_background(awaited):
    asyncio.get_running_loop().create_task(awaited())
    await asyncio.sleep(0)


async def awaits_an_activity_elsewhere():
    async def waiting():
        await work(1)

    await in_the_background(waiting)


async def awaits_a_child_elsewhere():
    async def waiting():
        await Kid.options(workflow_id="kid").child()

    await in_the_background(waiting)


async def awaits_a_function_elsewhere():
    async def waiting():
        await upcase("hello")

    await in_the_background(waiting)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (awaits_an_activity_elsewhere, "ScheduleActivityTask 'work' '1.0' with the id '1'"),
        (awaits_a_child_elsewhere, "StartChildWorkflowExecution 'Kid' '1.0' with the workflow id 'kid'"),
        (awaits_a_function_elsewhere, "ScheduleLambdaFunction 'upcase' with the id '1'"),
    ],
)
def test_what_a_task_in_the_background_waits_for_in_vain_is_warned_of(warned, body, named):
    (sentence,) = warned(body)

    assert f"{IN_VAIN} {named}" in sentence


async def forgets_a_child():
    Kid.options(workflow_id="kid").child()


async def forgets_a_function():
    upcase("hello")


async def forgets_to_goes_on_as_new():
    work(1)
    continue_as_new()


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (forgets_a_child, "StartChildWorkflowExecution 'Kid' '1.0' with the workflow id 'kid'"),
        (forgets_a_function, "ScheduleLambdaFunction 'upcase' with the id '1'"),
        (forgets_to_goes_on_as_new, "ScheduleActivityTask 'work' '1.0' with the id '1'"),
    ],
)
def test_so_is_whatever_else_gives_a_result(warned, body, named):
    (sentence,) = warned(body)

    assert named in sentence


async def forgets_a_child_that_ends_meanwhile():
    Kid.options(workflow_id="kid").child()
    await start_timer(5)


def test_the_remedy_for_a_child_says_what_keeps_it_alive(warned):
    (sentence,) = warned(forgets_a_child_that_ends_meanwhile)

    assert sentence.endswith(
        "Await it; or, if it is to go on alone, give it options(cancel='abandon') and the parent "
        "child_policy = 'ABANDON'."
    )


async def awaits_it_later():
    call = work(1)
    await start_timer(5)
    return await call


async def gathers():
    return await gather(work(1), work(2))


async def waits_for_the_first():
    done, _ = await asyncio.wait([work(1), start_timer(60)], return_when=asyncio.FIRST_COMPLETED)
    return len(done)


async def shields_it():
    return await asyncio.shield(work(1))


async def asks_for_the_result_in_the_end():
    call = work(1)
    await wait_condition(call.done)
    return call.result()


async def catches_its_failure():
    try:
        await broken(1)
    except Failed:
        return "failed"


async def takes_it_back():
    work(1).cancel()


async def is_called_when_it_is_done():
    work(1).add_done_callback(print)
    await start_timer(5)


async def says_that_nobody_is_to_wait():
    work.options(cancel="abandon")(1)
    Kid.options(cancel="abandon", workflow_id="kid").child()
    await start_timer(5)


async def waits_until_a_child_has_started():
    await Kid.child().started
    await start_timer(5)


async def signals():
    signal_external("nobody", "hello")


async def fails_meanwhile():
    work(1)
    await broken(1)


@pytest.mark.parametrize(
    "body",
    [
        awaits_it_later,
        gathers,
        waits_for_the_first,
        shields_it,
        asks_for_the_result_in_the_end,
        catches_its_failure,
        takes_it_back,
        is_called_when_it_is_done,
        says_that_nobody_is_to_wait,
        waits_until_a_child_has_started,
        signals,
        fails_meanwhile,
    ],
)
def test_what_is_waited_for_in_any_way_or_left_on_purpose_is_not_warned_of(warned, body):
    assert warned(body) == []


def test_in_blocking_style_a_result_is_waited_for(play, caplog):
    class Blocking(Workflow):
        task_list = "blocking"

        def run(self):
            first, second, _forgotten = work(1), work(2), work(3)
            wait_for_all(first)
            return first.result() + second.result()

    play.activities = [work]

    assert play(Blocking).result() == 30
    (sentence,) = [record.getMessage() for record in caplog.records if record.name == "swf.workflows.decider"]
    assert "with the id '3'" in sentence


async def gives_the_call():
    return work(1)


async def gives_it_among_others():
    return {"charged": [1, work(1)]}


async def gives_it_to_another():
    return await work(work(1))


async def gives_a_coroutine():
    return gives_the_call()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("body", "what"),
    [
        (gives_the_call, "The result holds <ActivityCall 'work' '1.0' with the id '1' pending>"),
        (gives_it_among_others, "The result holds <ActivityCall 'work' '1.0' with the id '1' pending>"),
        (gives_it_to_another, "The input holds <ActivityCall 'work' '1.0' with the id '1' pending>"),
        (gives_a_coroutine, "The result holds the coroutine gives_the_call()"),
    ],
)
def test_a_call_in_place_of_what_it_gives_is_refused_with_the_remedy(play, body, what):
    closed = play(run_of(body)).events.last()

    assert closed.reason.startswith(f"ValidationError: {what}, and not what that gives. Await it")
