"""Signals, conditions, queries, and word to other executions."""

import asyncio

import pytest

from swf.exceptions import ForbiddenCallError, InvalidKeywordArgumentError, SWFError
from swf.models import WorkflowExecution
from swf.workflows import (
    DecisionRefused,
    Replayer,
    Workflow,
    activity,
    cancel_external,
    continue_as_new,
    query,
    signal,
    signal_external,
    wait_condition,
    wait_for_signal,
)


@activity(task_list="work")
def work(number: int) -> int:
    return number * 10


class Order(Workflow):
    task_list = "orders"
    execution_timeout = 3600

    def __init__(self):
        self.paid_amounts = []
        self.notes = []
        self.has_begun = False
        self.begun_with = None

    @signal
    def paid(self, amount: int):
        self.paid_amounts.append(amount)

    @signal(name="noted slowly")
    async def noted(self, text: str, *, times: int = 1):
        await asyncio.sleep(1)
        self.notes.extend([text] * times)

    @query
    def total(self):
        return sum(self.paid_amounts)

    @query(name="more than")
    def is_more_than(self, amount):
        return sum(self.paid_amounts) > amount

    @query
    def wrong(self):
        return work(1)

    async def run(self, count):
        self.begun_with = list(self.paid_amounts)
        await wait_condition(lambda: len(self.paid_amounts) >= count)
        return {"paid": self.paid_amounts, "begun with": self.begun_with}


def test_signals_call_methods_in_order_once_each_also_before_run_began(play, step):
    (decider,) = play.deciders(Order)
    execution = Order.start(play.domain, 5)
    for amount in (1, 2):
        execution.signal("paid", amount)
    step(decider)
    for amount in (3, 4):
        execution.signal("paid", amount)
    step(decider)
    execution.signal("paid", 5)
    step(decider)

    assert execution.result() == {"paid": [1, 2, 3, 4, 5], "begun with": [1, 2]}


def test_a_signal_may_be_handled_by_a_coroutine(play):
    class Noting(Order):
        task_list = "noting"

        async def run(self):
            await wait_condition(lambda: self.notes)
            return self.notes

    deciders = play.deciders(Noting)
    execution = Noting.start(play.domain)
    execution.signal("noted slowly", {"text": "hello", "times": 2})

    assert play.environment.run(execution, *deciders).result() == ["hello", "hello"]


def test_a_signal_that_came_while_the_execution_was_closed_is_not_lost(play, step, names):
    class Impatient(Order):
        task_list = "impatient"

        async def run(self):
            return self.paid_amounts

    (decider,) = play.deciders(Impatient)
    execution = Impatient.start(play.domain)
    task = decider.poll_task()
    decisions = decider.decide(task)
    execution.signal("paid", 7)
    task.complete(decisions)

    step(decider)

    closed = execution.upstream()
    assert names(closed) == [
        "WorkflowExecutionStarted",
        "WorkflowExecutionSignaled",
        "CompleteWorkflowExecutionFailed",
        "WorkflowExecutionCompleted",
    ]


def test_a_signal_nobody_handles_is_kept_and_logged(play, step, caplog):
    class Waiting(Workflow):
        task_list = "waiting"

        async def run(self):
            await asyncio.sleep(10)
            return [await wait_for_signal("odd"), await wait_for_signal("odd"), await wait_for_signal("odd")]

    (decider,) = play.deciders(Waiting)
    execution = Waiting.start(play.domain)
    execution.signal("odd", 1)
    execution.signal("odd", {"two": 2})
    step(decider)
    assert "Nobody handles the signal 'odd'" in caplog.text
    play.environment.clock.advance(seconds=10)
    step(decider)
    execution.signal("odd", "three")
    step(decider)

    assert execution.result() == [1, {"two": 2}, "three"]


def test_of_several_that_wait_for_signals_each_takes_one(play, step):
    class Waiting(Workflow):
        task_list = "waiting"

        async def run(self):
            return await asyncio.gather(*(wait_for_signal("word") for _ in range(3)))

    (decider,) = play.deciders(Waiting)
    execution = Waiting.start(play.domain)
    step(decider)
    for word in ("a", "b", "c"):
        execution.signal("word", word)
        step(decider)

    assert execution.result(timeout=0) == ["a", "b", "c"]


def test_a_signal_that_does_not_fit_its_method_is_logged_and_hurts_nobody(play, step, caplog):
    (decider,) = play.deciders(Order)
    execution = Order.start(play.domain, 1)
    execution.signal("noted slowly", {"nobody": "knows"})
    execution.signal("paid", 4)

    step(decider)

    assert execution.result()["paid"] == [4]
    assert "does not fit" in caplog.text


def test_an_error_of_a_signals_method_fails_the_execution(play, step):
    class Failing(Workflow):
        task_list = "failing"

        @signal
        def break_it(self):
            raise ValueError("broken")

        async def run(self):
            await asyncio.sleep(100)

    (decider,) = play.deciders(Failing)
    execution = Failing.start(play.domain)
    execution.signal("break_it")

    step(decider)

    assert execution.events.last().reason == "ValueError: broken"


def test_a_query_is_answered_by_replaying_the_history(play, step):
    (decider,) = play.deciders(Order)
    execution = Order.start(play.domain, 3)
    execution.signal("paid", 30)
    execution.signal("paid", 12)
    step(decider)

    assert execution.query("total") == 42
    assert execution.query("more than", 50) is False
    assert execution.upstream().query("total") == 42


def test_a_closed_execution_still_answers_queries(play, step):
    (decider,) = play.deciders(Order)
    execution = Order.start(play.domain, 1)
    execution.signal("paid", 30)
    step(decider)

    assert execution.upstream().query("total") == 30


def test_a_query_asks_swf_for_nothing(play, step):
    (decider,) = play.deciders(Order)
    execution = Order.start(play.domain, 1)
    step(decider)

    with pytest.raises(ForbiddenCallError, match="A query only looks"):
        execution.query("wrong")


def test_an_unknown_query_is_refused_by_name(play):
    play.deciders(Order)
    execution = Order.start(play.domain, 1)

    with pytest.raises(InvalidKeywordArgumentError, match="Did you mean 'total'"):
        execution.query("totl")


def test_a_workflow_signals_another_and_cancels_it(play):
    class Other(Workflow):
        task_list = "other"

        async def run(self):
            try:
                word = await wait_for_signal("word")
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                return f"canceled after {word}"

    class Telling(Workflow):
        task_list = "telling"

        async def run(self, workflow_id):
            await signal_external(workflow_id, "word", "hello")
            await cancel_external(workflow_id)
            return "told"

    deciders = play.deciders(Other, Telling)
    other = Other.start(play.domain)
    telling = Telling.start(play.domain, other.workflow_id)

    assert play.environment.run(telling, *deciders).result() == "told"
    assert play.environment.run(other, *deciders).result() == "canceled after hello"


def test_word_to_an_execution_that_is_not_there_fails(play):
    class Telling(Workflow):
        task_list = "telling"

        async def run(self):
            causes = []
            for word in (signal_external("nobody", "word"), cancel_external("nobody")):
                try:
                    await word
                except DecisionRefused as refused:
                    causes.append(refused.cause)
            return causes

    assert play(Telling).result() == ["UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION"] * 2


def test_two_executions_of_one_class_share_nothing(play, step):
    (decider,) = play.deciders(Order)
    first, second = Order.start(play.domain, 1), Order.start(play.domain, 1)
    first.signal("paid", 1)
    second.signal("paid", 2)

    while step(decider):
        pass

    assert (first.result()["paid"], second.result()["paid"]) == ([1], [2])
    assert isinstance(first, WorkflowExecution)


def test_a_query_before_the_first_decision_is_told_to_wait(play):
    class Asked(Workflow):
        task_list = "asked"

        @query
        def where(self):
            return "here"

        async def run(self):
            return None

    play.deciders(Asked)
    execution = Asked.options(workflow_id="early").start(play.domain)

    with pytest.raises(SWFError, match=r"^Nothing was decided on 'early' yet, so where\(\) has nothing to look at"):
        execution.query("where")


def test_a_signal_that_comes_while_it_is_continued_as_new_goes_on_into_the_next_run(play, step):
    class Collecting(Workflow):
        task_list = "collecting"

        def __init__(self):
            self.items = []

        @signal
        def item(self, number):
            self.items.append(number)

        async def run(self, seen):
            await wait_condition(lambda: self.items)
            continue_as_new(seen + self.items)

    (decider,) = play.deciders(Collecting)
    execution = Collecting.start(play.domain, [])
    step(decider)
    execution.signal("item", 1)
    task = decider.poll_task()
    execution.signal("item", 2)
    decider.perform_task(task)

    step(decider)

    *_, last = execution.history()
    assert (last.name, last.input) == ("WorkflowExecutionContinuedAsNew", "[1,2]")


class Listening(Workflow):
    """Ends when it has heard something, which stops the timer of its patience."""

    task_list = "listening"

    def __init__(self):
        self.heard = []

    @signal
    def tell(self, word):
        self.heard.append(word)

    async def run(self, before=(), *, goes_on=False):
        await wait_condition(lambda: self.heard, timeout=3600)
        if goes_on:
            continue_as_new([*before, *self.heard])
        return [*before, *self.heard]


def end_while_a_signal_comes(play, execution, decider):
    decider.perform_task(decider.poll_task())
    execution.signal("tell", "first")
    task = decider.poll_task()
    decisions = decider.decide(task)
    execution.signal("tell", "second")
    task.complete(decisions)
    decider.perform_task(decider.poll_task())


def test_a_signal_that_comes_while_a_result_is_sent_is_in_the_result(play, names):
    (decider,) = play.deciders(Listening)
    execution = Listening.start(play.domain)

    end_while_a_signal_comes(play, execution, decider)

    assert execution.result(timeout=0) == ["first", "second"]
    assert "CompleteWorkflowExecutionFailed" in names(execution)
    Replayer([Listening]).replay(execution.history())


def test_a_signal_that_comes_while_the_next_run_is_asked_for_is_known_to_it(play):
    (decider,) = play.deciders(Listening)
    execution = Listening.start(play.domain, [], goes_on=True)

    end_while_a_signal_comes(play, execution, decider)

    assert execution.events.last().input == '{"before":["first","second"]}'


def test_a_query_that_is_a_coroutine_function_is_refused(play, step):
    class Waiting(Workflow):
        task_list = "waiting"

        @query
        async def state(self):
            return "waiting"

        async def run(self):
            await asyncio.sleep(60)

    deciders = play.deciders(Waiting)
    execution = Waiting.start(play.domain)
    step(*deciders)

    with pytest.raises(InvalidKeywordArgumentError, match="'state' of Waiting is a coroutine function"):
        execution.query("state")
