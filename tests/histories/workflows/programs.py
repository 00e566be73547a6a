"""Workflows whose histories are kept beside this file, and have to replay for ever.

A program here is never changed but as one under open executions may be: by `patched`, or with a new version.
"""

import asyncio

from swf.workflows import (
    ActivityCanceled,
    ActivityFailed,
    ChildWorkflowFailed,
    LambdaFunction,
    LambdaFunctionFailed,
    RetryPolicy,
    WaitTimedOut,
    Workflow,
    WorkflowFailed,
    activity,
    activity_task,
    continue_as_new,
    gather,
    info,
    now,
    patched,
    query,
    random,
    record_marker,
    side_effect,
    signal,
    signal_external,
    sleep,
    start_timer,
    uuid4,
    wait_condition,
    wait_for_all,
    wait_for_any,
    wait_for_signal,
)

DAY = 24 * 3600


@activity
def double(n: int) -> int:
    return 2 * n


@activity
def send_signals(*names: str) -> None:
    """Send signals to the execution that it is scheduled by."""
    for name in names:
        activity_task().execution.signal(name, {"said": name})


@activity
def ask_to_cancel() -> None:
    """Ask the execution that it is scheduled by to cancel itself."""
    activity_task().execution.request_cancel()


@activity(retry=RetryPolicy(attempts=3, first_delay=5, jitter=0.1))
def fail_twice(attempts: list[int]) -> str:
    raise ConnectionError("no answer")


@activity
def refuse(why: str) -> None:
    raise ValueError(why)


class Steps(Workflow):
    """One activity after another."""

    async def run(self, count: int) -> int:
        total = 0
        for number in range(count):
            total += await double(number)
        return total


class FanOut(Workflow):
    """More activities at once than one answer can have."""

    async def run(self, count: int) -> int:
        return sum(await gather(*(double(number) for number in range(count))))


class Reminders(Workflow):
    """Timers: some fire, one is stopped."""

    async def run(self, days: int) -> int:
        sent = 0
        for _ in range(days):
            await asyncio.sleep(DAY)
            sent += await double(1)
        waits = asyncio.create_task(asyncio.sleep(365 * DAY))
        done, _ = await asyncio.wait({waits, double(sent)}, return_when=asyncio.FIRST_COMPLETED)
        waits.cancel()
        async with asyncio.timeout(60):
            return await next(iter(done))


class Conversation(Workflow):
    """Signals: before it begins, at once, in coroutines, awaited and kept."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    @signal
    def hello(self, told: dict[str, str]) -> None:
        self.heard.append(told["said"])

    @signal
    async def question(self, told: dict[str, str]) -> None:
        self.heard.append(f"{told['said']} {await double(21)}")

    @query
    def so_far(self) -> int:
        return len(self.heard)

    async def run(self) -> list[str]:
        await send_signals("hello", "question", "other", "hello")
        await wait_condition(lambda: len(self.heard) == 4, timeout=DAY)
        other = await wait_for_signal("other")
        return [*self.heard, other["said"]]


class Part(Workflow):
    """A child: waits for word, or fails."""

    async def run(self, fails: bool) -> str:
        if fails:
            raise ValueError("as told")
        word: dict[str, str] = await wait_for_signal("word")
        return word["said"]


class Parent(Workflow):
    """Children, and word to them."""

    async def run(self) -> list[str]:
        good = Part.options(workflow_id="the-good-part").child(False)
        bad = Part.child(True)
        await good.started
        await signal_external("the-good-part", "word", {"said": "go"})
        said = [await good]
        try:
            await bad
        except ChildWorkflowFailed as error:
            said.append(error.failure.type)
        return said


class Spoken(Workflow):
    """Blocking style: Lambda functions, timed waits, what is done first."""

    lambda_role = "arn:aws:iam::123456789012:role/swf-lambda"

    upcase = LambdaFunction("upcase")
    broken = LambdaFunction("broken")

    def run(self, words: list[str]) -> list[str]:
        spoken = [self.upcase(word) for word in words]
        wait_for_all(spoken)
        try:
            wait_for_all(start_timer(3600), timeout=60)
        except WaitTimedOut:
            sleep(30)
        try:
            self.broken(words).result()
        except LambdaFunctionFailed as error:
            wait_for_any(double(1), start_timer(DAY))
            return [*(future.result() for future in spoken), error.failure.type]
        return []


class Stubborn(Workflow):
    """An activity that is tried again, and then given up."""

    async def run(self) -> str:
        try:
            return await fail_twice([1, 2, 3])
        except ActivityFailed as error:
            return f"{error.failure.type}: {error.failure.message}"


class Failing(Workflow):
    """Fails in words of its own."""

    async def run(self) -> None:
        try:
            await refuse("too much")
        except ActivityFailed as error:
            raise WorkflowFailed("REFUSED", error.failure.message) from error


class Canceled(Workflow):
    """Is asked to cancel itself, and cleans up before it does."""

    async def run(self) -> None:
        try:
            waiting = double.options(task_list="nobody")(1)
            await ask_to_cancel()
            await waiting
        except ActivityCanceled:
            pass
        finally:
            await double(2)


class Chances(Workflow):
    """What is the same on each replay: chance, clock, side effects, local activities, markers."""

    async def run(self) -> list[str]:
        steps = random().randrange(2, 5)
        for _ in range(steps):
            await double(random().randrange(100))
        seen = side_effect(lambda: "done once")
        local = await double.local(4)
        record_marker("noted", {"at": now().isoformat()})
        await double.options(id=f"last-{uuid4()}")(info().events)
        return [seen, str(local)]


class Changed(Workflow):
    """Has been changed under open executions."""

    async def run(self) -> int:
        total = await double(1)
        if patched("three times"):
            total += await double(2)
            total += await double(3)
        else:
            await asyncio.sleep(60)
            total += await double(10)
        return total


class Pages(Workflow):
    """Goes on in a new run."""

    async def run(self, page: int) -> int:
        await double(page)
        if page < 2:
            continue_as_new(page + 1)
        return page


class Together(Workflow):
    """Asyncio's own ways to do several things at once."""

    async def run(self, count: int) -> list[int]:
        queue: asyncio.Queue[int] = asyncio.Queue()
        ended = asyncio.Event()

        async def put(number: int) -> None:
            await asyncio.sleep(number)
            await queue.put(await double(number))

        async def take() -> list[int]:
            taken = [await queue.get() for _ in range(count)]
            ended.set()
            return taken

        async with asyncio.TaskGroup() as group:
            taken = group.create_task(take())
            for number in range(count, 0, -1):
                group.create_task(put(number))
        await ended.wait()
        try:
            await asyncio.wait_for(asyncio.shield(double(0)), timeout=DAY)
        finally:
            await asyncio.sleep(0)
        return taken.result()


WORKFLOWS = [
    Steps,
    FanOut,
    Reminders,
    Conversation,
    Part,
    Parent,
    Spoken,
    Stubborn,
    Failing,
    Canceled,
    Chances,
    Changed,
    Pages,
    Together,
]
ACTIVITIES = [double, send_signals, ask_to_cancel, fail_twice, refuse]
