"""Ordinary asyncio in a workflow: on SWF's timers, in one order, and nothing foreign."""

import asyncio
import concurrent.futures

import pytest

from swf.exceptions import ForbiddenCallError
from swf.models.event import TimerCanceled, TimerStarted
from swf.workflows import Workflow, activity, as_completed, now, signal, start_timer, wait_condition

MONTH = 30 * 24 * 3600


@activity(task_list="work")
def work(number: int) -> int:
    return number * 10


@activity(task_list="nobody")
def never(number: int) -> int:
    return number


def run_of(function):
    """Give a workflow whose run is a function without self."""

    class Running(Workflow):
        task_list = "running"
        execution_timeout = 12 * MONTH

        async def run(self):
            return await function()

    return Running


async def sleeps():
    began = now()
    await asyncio.sleep(MONTH)
    return (now() - began).total_seconds()


async def sleeps_less_than_a_second():
    began = now()
    await asyncio.sleep(0.2)
    return (now() - began).total_seconds()


async def gathers():
    return await asyncio.gather(work(1), asyncio.sleep(5, "slept"), work(2))


async def waits_for_the_first():
    fast, slow = asyncio.create_task(asyncio.sleep(1, "fast")), asyncio.create_task(asyncio.sleep(60, "slow"))
    done, pending = await asyncio.wait([slow, fast], return_when=asyncio.FIRST_COMPLETED)
    slow.cancel()
    return [task.result() for task in done], len(pending)


async def waits_for_all():
    tasks = [asyncio.create_task(asyncio.sleep(seconds, seconds)) for seconds in (5, 1, 3)]
    done, _ = await asyncio.wait(tasks)
    return [task.result() for task in done]


async def gives_up_waiting():
    try:
        await asyncio.wait_for(asyncio.sleep(60), 5)
    except TimeoutError:
        return "gave up"


async def times_out():
    began = now()
    try:
        async with asyncio.timeout(5):
            await asyncio.sleep(60)
    except TimeoutError:
        return (now() - began).total_seconds()


async def is_in_time():
    async with asyncio.timeout(50):
        return await work(4)


async def groups():
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(doubled(number)) for number in (3, 1, 2)]
    return [task.result() for task in tasks]


async def doubled(number):
    await asyncio.sleep(number)
    return 2 * number


async def group_that_fails():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(60))
            group.create_task(fails())
    except ExceptionGroup as errors:
        return [str(error) for error in errors.exceptions]


async def fails():
    await asyncio.sleep(1)
    raise ValueError("no")


async def sets_an_event():
    event = asyncio.Event()
    asyncio.get_running_loop().call_later(3, event.set)
    await event.wait()
    return event.is_set()


async def queues():
    queue = asyncio.Queue(1)

    async def produce():
        for number in range(4):
            await asyncio.sleep(1)
            await queue.put(number)

    task = asyncio.create_task(produce())
    taken = [await queue.get() for _ in range(4)]
    await task
    return taken


async def shields():
    inner = asyncio.create_task(asyncio.sleep(5, "inner"))
    try:
        await asyncio.wait_for(asyncio.shield(inner), 1)
    except TimeoutError:
        return await inner


async def locks():
    lock, order = asyncio.Lock(), []

    async def enter(name):
        async with lock:
            order.append(name)
            await asyncio.sleep(1)

    await asyncio.gather(*map(enter, "abc"))
    return order


async def completes_one_by_one():
    sleeps = [asyncio.sleep(seconds, seconds) for seconds in (3, 1, 2)]
    return [await each for each in as_completed(sleeps)]


async def generates():
    async def counting():
        for number in range(3):
            await asyncio.sleep(1)
            yield number

    return [number async for number in counting()]


async def waits_for_a_condition():
    seen = []
    task = asyncio.create_task(asyncio.sleep(2))
    task.add_done_callback(seen.append)
    await wait_condition(lambda: seen)
    return len(seen)


async def waits_for_a_condition_in_vain():
    try:
        await wait_condition(lambda: False, timeout=5)
    except TimeoutError:
        return "in vain"


async def asks_for_a_timer():
    began = now()
    await start_timer(7)
    return (now() - began).total_seconds()


@pytest.mark.parametrize(
    ("function", "result"),
    [
        (sleeps, MONTH),
        (sleeps_less_than_a_second, 1),
        (gathers, [10, "slept", 20]),
        (waits_for_the_first, [["fast"], 1]),
        (waits_for_all, [5, 1, 3]),
        (gives_up_waiting, "gave up"),
        (times_out, 5),
        (is_in_time, 40),
        (groups, [6, 2, 4]),
        (group_that_fails, ["no"]),
        (sets_an_event, True),
        (queues, [0, 1, 2, 3]),
        (shields, "inner"),
        (locks, ["a", "b", "c"]),
        (completes_one_by_one, [1, 2, 3]),
        (generates, [0, 1, 2]),
        (waits_for_a_condition, 1),
        (waits_for_a_condition_in_vain, "in vain"),
        (asks_for_a_timer, 7),
    ],
)
def test_asyncio_works_as_it_always_does(play, function, result):
    play.activities = [work]

    assert play(run_of(function), check=True, keep=0).result() == result


async def tasks_of_calls():
    first = asyncio.create_task(work(1))
    async with asyncio.TaskGroup() as group:
        second, third = group.create_task(work(2)), group.create_task(start_timer(5))
    return [await first, second.result(), third.result()]


def test_a_call_may_be_given_to_what_makes_tasks(play):
    play.activities = [work]

    assert play(run_of(tasks_of_calls)).result() == [10, 20, None]


def test_a_sleep_is_a_timer_and_a_cancelled_one_cancels_it(play):
    async def run():
        task = asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.sleep(1)

    execution = play(run_of(run))

    assert [event.start_to_fire_timeout for event in execution.events.filter(TimerStarted)] == [1, 60, 1]
    assert execution.events.filter(TimerCanceled).first().timer_id == "2"


def test_a_timer_that_is_started_and_stopped_at_once_leaves_nothing(play, names):
    async def run():
        async with asyncio.timeout(60):
            await asyncio.sleep(0)
        return await work(1)

    play.activities = [work]

    execution = play(run_of(run))

    assert names(execution) == [
        "WorkflowExecutionStarted",
        "ActivityTaskScheduled",
        "ActivityTaskStarted",
        "ActivityTaskCompleted",
        "WorkflowExecutionCompleted",
    ]


def test_a_timer_that_fires_while_it_is_cancelled_hurts_nobody(play, environment):
    class Racing(Workflow):
        task_list = "racing"

        async def run(self):
            timer = asyncio.create_task(asyncio.sleep(5))
            await asyncio.sleep(3)
            timer.cancel()
            await asyncio.sleep(10)
            return "done"

    (decider,) = play.deciders(Racing)
    execution = Racing.start(play.domain)
    decider.perform_task(decider.poll_task())
    environment.clock.advance(seconds=3)
    task = decider.poll_task()
    decisions = decider.decide(task)
    environment.clock.advance(seconds=3)
    task.complete(decisions)

    closed = environment.run(execution, decider)

    assert closed.result() == "done"
    assert [event.cause for event in closed.events.filter("CancelTimerFailed")] == ["TIMER_ID_UNKNOWN"]


def test_a_month_with_a_thousand_timers_passes_at_once(play):
    class Month(Workflow):
        task_list = "month"
        execution_timeout = 2 * MONTH

        async def run(self):
            for _ in range(1000):
                await asyncio.sleep(MONTH / 1000)
            return now().isoformat()

    execution = play(Month, sticky_timeout=None, check=False)

    assert execution.result() == "2030-01-31T00:00:00+00:00"


def test_sets_of_tasks_have_the_same_order_on_each_replay(play):
    async def run():
        order = []
        for _ in range(5):
            tasks = {asyncio.create_task(doubled(number)) for number in range(1, 20)}
            await asyncio.wait(tasks)
            order.append([task.result() for task in tasks])
            await asyncio.gather(*(work(task.result()) for task in tasks))
        return order

    play.activities = [work]

    def played(keep):
        running = run_of(run)
        (decider,), (worker,) = play.deciders(running, keep=keep), play.workers()
        return play.environment.run(running.start(play.domain), decider, *([worker] * 10)).result()

    first, second = played(keep=0), played(keep=1)

    assert first == second
    assert first[0] == [2 * number for number in range(1, 20)]


async def awaits_a_thread():
    await asyncio.to_thread(print)


async def awaits_a_socket():
    await asyncio.open_connection("localhost", 1)


async def awaits_a_subprocess():
    await asyncio.create_subprocess_exec("true")


async def awaits_a_future_of_another_loop():
    loop = asyncio.SelectorEventLoop()
    try:
        await loop.create_future()
    finally:
        loop.close()


async def awaits_a_future_of_a_thread():
    await asyncio.wrap_future(concurrent.futures.Future(), loop=asyncio.get_running_loop())


async def begins_coroutines_in_any_order():
    sleeps = [asyncio.sleep(1), asyncio.sleep(2)]
    try:
        for each in asyncio.as_completed(sleeps):
            await each
    finally:
        for each in sleeps:
            each.close()


async def never_waits():
    while True:
        await asyncio.sleep(0)


async def catches_it():
    try:
        await asyncio.to_thread(print)
    except Exception:
        return "caught"


def test_what_would_begin_in_any_order_is_refused_in_development(play):
    with pytest.raises(ForbiddenCallError, match=r"Use swf\.workflows\.as_completed\(\)"):
        play(run_of(begins_coroutines_in_any_order), check=True)


@pytest.mark.parametrize(
    "function",
    [
        awaits_a_thread,
        awaits_a_socket,
        awaits_a_subprocess,
        awaits_a_future_of_another_loop,
        catches_it,
    ],
)
def test_awaiting_what_is_foreign_is_refused_with_the_remedy(play, function):
    with pytest.raises(ForbiddenCallError, match="Do it in an activity, and await that"):
        play(run_of(function), check=False)


def test_the_decider_lives_on_when_a_workflow_awaits_something_foreign(play, step, caplog):
    stuck, good = run_of(awaits_a_thread), run_of(is_in_time)
    good.name = "Good"
    play.activities = [work]
    (decider,), workers = play.deciders(stuck, good), play.workers()
    first = stuck.start(play.domain)

    step(decider)
    second = good.start(play.domain)
    while step(decider, *workers):
        pass

    assert "asyncio.to_thread() and executors need it" in caplog.text
    assert second.result() == 40
    assert first.upstream().status == "OPEN"


def test_a_workflow_that_never_waits_is_given_up(play):
    with pytest.raises(ForbiddenCallError, match="did 1,000,000 steps and waited for nothing"):
        play(run_of(never_waits), check=False)


def test_a_condition_is_looked_at_again_when_what_waited_for_it_first_waits_for_another(play, step):
    class Relaying(Workflow):
        task_list = "relaying"

        def __init__(self):
            self.is_begun = self.is_handed_on = self.never = False

        @signal
        def begin(self):
            self.is_begun = True

        async def first(self):
            await wait_condition(lambda: self.is_begun)
            self.is_handed_on = True
            await wait_condition(lambda: self.never)

        async def run(self):
            first = asyncio.create_task(self.first())
            await wait_condition(lambda: self.is_handed_on)
            return first.done()

    (decider,) = play.deciders(Relaying)
    execution = Relaying.start(play.domain)
    step(decider)
    execution.signal("begin")

    step(decider)

    assert execution.result(timeout=0) is False


def add_a_broken_callback():
    future = asyncio.get_running_loop().create_future()
    future.add_done_callback(lambda future: future.exception().no_such_attribute)
    future.set_exception(ValueError("no"))


def call_a_broken_function_later():
    asyncio.get_running_loop().call_later(1, lambda: 1 / 0)


@pytest.mark.parametrize("begin", [add_a_broken_callback, call_a_broken_function_later])
def test_an_exception_out_of_a_callback_is_logged_and_the_workflow_goes_on(play, caplog, begin):
    async def goes_on():
        begin()
        await asyncio.sleep(2)
        return "went on"

    execution = play(run_of(goes_on))

    assert execution.result() == "went on"
    (record,) = [record for record in caplog.records if record.name == "swf.workflows.loop"]
    assert begin.__name__ in record.getMessage()


async def cancelled():
    task = asyncio.create_task(asyncio.sleep(100))
    asyncio.get_running_loop().call_later(5, task.cancel)
    # Another condition becomes true at the same time.
    other = asyncio.ensure_future(wait_condition(task.done))
    try:
        await wait_condition(lambda: task.done() and task.result())
    except asyncio.CancelledError:
        return "cancelled", other.done()


async def nothing_left():
    task = asyncio.create_task(asyncio.sleep(5))
    try:
        await wait_condition(lambda: task.done() and next(iter(())))
    except RuntimeError as error:
        return type(error.__cause__).__name__, True


@pytest.mark.parametrize(("body", "caught"), [(cancelled, "cancelled"), (nothing_left, "StopIteration")])
def test_whatever_a_condition_raises_is_raised_where_it_is_waited_for(play, body, caught):
    class Waiting(Workflow):
        task_list = "waiting"

        async def run(self):
            return await body()

    assert play(Waiting).result() == [caught, True]
