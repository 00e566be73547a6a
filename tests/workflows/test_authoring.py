"""Workflows and activities as they are declared and called."""
# ruff: noqa: PLW0108 - what is called is called inside the workflow, and not where it is written

import asyncio
import json
import re

import pytest

from swf import payload
from swf.exceptions import (
    ConfigurationError,
    ExecutionNotCompletedError,
    InvalidKeywordArgumentError,
    OutsideWorkflowError,
    ValidationError,
)
from swf.models import ActivityType, WorkflowType
from swf.models.event import ActivityTaskScheduled, LambdaFunctionScheduled, StartChildWorkflowExecutionInitiated
from swf.payload import JSONCodec
from swf.testing import HistoryBuilder, decide
from swf.workflows import (
    Activity,
    ActivityRunner,
    ChildWorkflow,
    LambdaFunction,
    Workflow,
    WorkflowDecider,
    activity,
    gather,
    heartbeat,
    run,
    start_timer,
)


@activity(version="1.0", task_list="math", start_to_close_timeout=60, heartbeat_timeout=60)
def multiply(numbers: list[int]) -> int:
    """Multiply numbers."""
    product = 1
    for number in numbers:
        product *= number
    return product


@activity(task_list="math")
def divide(dividend: float, divisor: float = 2) -> float:
    return dividend / divisor


@activity(task_list="math")
async def negate(number: int) -> int:
    await asyncio.sleep(0)
    return -number


@activity(name="Sum", version="2.0", task_list="math")
class Add:
    def execute(self, *numbers: int) -> int:
        return sum(numbers)


class Kitchen:
    def __init__(self, knife: str) -> None:
        self.knife = knife

    @activity(task_list="kitchen")
    def chop(self, what: str) -> str:
        return f"{what}, chopped with a {self.knife}"


class Arithmetic(Workflow):
    """Does sums."""

    version = "1.0"
    task_list = "arithmetic"
    execution_timeout = 600

    async def run(self, operations):
        return await gather(*(multiply(numbers) for numbers in operations))


def test_a_workflow_awaits_its_activities(play):
    play.activities = [multiply]

    execution = play(Arithmetic, [[1, 2, 3], [4, 5]])

    assert execution.result() == [6, 20]


def test_an_activity_is_the_plain_function_outside_of_a_workflow():
    assert multiply([2, 3]) == 6
    assert multiply.fn([2, 3]) == 6
    assert Add(1, 2, 3) == 6
    assert Kitchen("big knife").chop("leek") == "leek, chopped with a big knife"
    assert asyncio.run(negate(4)) == -4


def test_functions_methods_and_classes_are_performed_as_activities(play):
    class All(Workflow):
        task_list = "all"

        async def run(self):
            return [
                await divide(7),
                await divide(9, divisor=3),
                await negate(5),
                await Add(1, 2),
                await Kitchen.chop("leek"),
            ]

    play.activities = [divide, negate, Add]
    kitchen = ActivityRunner(play.domain, "kitchen", activities=[Kitchen("small knife")])
    kitchen.register()

    actors = [*play.deciders(All), *play.workers(), kitchen]
    execution = play.environment.run(All.start(play.domain), *actors)

    assert execution.result() == [3.5, 3.0, -5, 3, "leek, chopped with a small knife"]


@pytest.mark.parametrize(
    ("call", "sent"),
    [
        (lambda: multiply([1, 2]), "[1,2]"),
        (lambda: divide(7), '{"dividend":7}'),
        (lambda: divide(7, divisor=3), '{"dividend":7,"divisor":3}'),
        (lambda: Add(1, 2), "[1,2]"),
        (lambda: Add(), None),
        (lambda: negate("7"), '"7"'),
        (lambda: negate("seven"), "seven"),
        (lambda: negate(None), None),
        (lambda: Activity("Sum", "2.0")(1), "1"),
        (lambda: Activity("Sum", "2.0")(1, 2), "[1,2]"),
        (lambda: Activity("Sum", "2.0")(a=1), '{"a":1}'),
        (lambda: Activity("Sum", "2.0")(), None),
    ],
)
def test_input_is_json_that_any_other_client_can_read(play, step, call, sent):
    class Calling(Workflow):
        task_list = "calling"

        async def run(self):
            call()
            await start_timer(60)

    play.activities = [multiply, divide, negate, Add]
    play.workers()

    execution, decider = _started(play, Calling)
    step(decider)

    assert execution.events.filter(ActivityTaskScheduled).first().input == sent


def _started(play, workflow, *args):
    deciders = play.deciders(workflow)
    return workflow.start(play.domain, *args), *deciders


@pytest.mark.parametrize(
    ("sent", "given"),
    [
        ('{"dividend": 8}', 4.0),
        ('{"dividend": 8, "divisor": 4}', 2.0),
        ("[8, 4]", 2.0),
        ("8", 4.0),
    ],
)
def test_input_of_other_clients_is_understood(play, sent, given):
    class Dividing(Workflow):
        task_list = "dividing"

        async def run(self, dividend, divisor=2):
            return await divide(dividend, divisor)

    play.activities = [divide]
    actors = [*play.deciders(Dividing), *play.workers()]

    execution = Dividing.registration(play.domain).start_execution(input=sent)

    assert play.environment.run(execution, *actors).result == given


@pytest.mark.parametrize("sent", ['{"nobody": 1}', "[1, 2, 3]", None])
def test_input_that_does_not_fit_fails_the_execution_with_that_sentence(play, sent):
    class Dividing(Workflow):
        task_list = "dividing"

        async def run(self, dividend, divisor=2):
            return dividend / divisor

    execution = Dividing.registration(play.domain)
    deciders = play.deciders(Dividing)

    closed = play.environment.run(execution.start_execution(input=sent), *deciders)

    failed = closed.events.last()
    assert failed.reason.startswith("ValidationError: The input ")
    assert "does not fit" in failed.reason


def test_options_of_a_call_are_sent_and_the_others_are_left_to_the_type(play, step):
    class Optioned(Workflow):
        task_list = "optioned"

        async def run(self):
            multiply.options(task_list="fast", start_to_close_timeout=5, task_priority=7, id="first", control="note")(
                [1]
            )
            multiply([2])
            await start_timer(60)

    play.activities = [multiply]
    play.workers()

    execution, decider = _started(play, Optioned)
    step(decider)

    first, second = execution.events.filter(ActivityTaskScheduled)
    assert (first.task_list, first.start_to_close_timeout, first.heartbeat_timeout) == ("fast", 5, 60)
    assert (first.activity_id, first.task_priority, first.control) == ("first", 7, "note")
    assert (second.task_list, second.start_to_close_timeout, second.activity_id) == ("math", 60, "1")


def test_ids_come_from_the_input_where_that_is_asked_for(play):
    @activity(task_list="math", id_from_input=lambda order: f"charge.{order['id']}")
    def charge(order):
        return None

    class Order(Workflow):
        task_list = "orders"

        @classmethod
        def id_from_input(cls, order):
            return f"order.{order['id']}"

        async def run(self, order):
            await charge(order)

    play.activities = [charge]

    execution = play(Order, {"id": "7"})

    assert execution.workflow_id == "order.7"
    assert execution.events.filter(ActivityTaskScheduled).first().activity_id == "charge.7"


def test_an_id_that_an_open_activity_has_is_refused_where_it_is_asked_for(play):
    class Twice(Workflow):
        task_list = "twice"

        async def run(self):
            first = multiply.options(id="same")([1])
            try:
                multiply.options(id="same")([2])
            except ValidationError as error:
                return str(error)
            return await first

    execution = play.environment.run(*_started(play, Twice))

    assert "An activity with the id 'same' is open" in execution.result()


def test_a_declared_activity_stands_for_its_type(play):
    declared = multiply.registration("shop")

    assert declared == ActivityType(
        "shop",
        "multiply",
        "1.0",
        description="Multiply numbers.",
        task_list="math",
        task_heartbeat_timeout=60,
        task_start_to_close_timeout=60,
        task_schedule_to_start_timeout="NONE",
        task_schedule_to_close_timeout="NONE",
    )


def test_a_declared_workflow_stands_for_its_type():
    assert Arithmetic.registration("shop") == WorkflowType(
        "shop",
        "Arithmetic",
        "1.0",
        description="Does sums.",
        task_list="arithmetic",
        execution_timeout=600,
        decision_tasks_timeout=30,
        child_policy="TERMINATE",
    )


def test_types_are_registered_when_they_are_missing(play):
    play.activities = [multiply]

    play.deciders(Arithmetic)
    play.workers()

    assert Arithmetic.registration(play.domain).is_synced
    assert multiply.registration(play.domain).is_synced


def test_a_type_that_is_registered_otherwise_is_not_used_silently(play):
    WorkflowType(play.domain, "Arithmetic", "1.0", task_list="elsewhere").save()

    with pytest.raises(ConfigurationError, match="task_list is 'arithmetic' here and 'elsewhere' there"):
        play.deciders(Arithmetic)


def test_a_deprecated_type_still_has_a_decider(play):
    play.deciders(Arithmetic)
    Arithmetic.registration(play.domain).delete()

    play.deciders(Arithmetic)

    assert Arithmetic.registration(play.domain).upstream().status == "DEPRECATED"


def test_two_classes_for_one_type_are_refused():
    def other():
        class Arithmetic(Workflow):
            version = "1.0"

            async def run(self):
                return None

        return Arithmetic

    with pytest.raises(ValidationError, match=r"The workflow type Arithmetic 1\.0 is declared twice"):
        WorkflowDecider("shop", "arithmetic", workflows=[Arithmetic, other()])


def test_two_functions_for_one_type_are_refused():
    same = activity(name="multiply")(lambda numbers: None)

    with pytest.raises(ValidationError, match=r"multiply 1\.0 has two handlers"):
        ActivityRunner("shop", "math", activities=[multiply, same])


def test_what_is_no_activity_is_refused():
    with pytest.raises(ValidationError, match="is no activity, and has no method that is one"):
        ActivityRunner("shop", "math", activities=["multiply"])


def test_a_workflow_without_run_is_refused():
    class Idle(Workflow):
        pass

    with pytest.raises(ConfigurationError, match="Idle does not say what to do"):
        WorkflowDecider("shop", "idle", workflows=[Idle])


def test_an_unknown_option_is_refused_by_name():
    with pytest.raises(InvalidKeywordArgumentError, match="Did you mean 'heartbeat_timeout'"):
        multiply.options(hartbeat_timeout=3)


@pytest.mark.parametrize("by_name", [Activity("Resize", "2.1"), ChildWorkflow("Bill", "1.0"), LambdaFunction("upcase")])
def test_what_is_known_by_name_cannot_be_called_outside(by_name):
    with pytest.raises(OutsideWorkflowError, match="makes sense inside a workflow only"):
        by_name("cat.png")


def test_arguments_that_are_not_those_of_the_function_are_refused_where_they_are_given(play):
    class Wrong(Workflow):
        task_list = "wrong"

        async def run(self):
            try:
                multiply([1], 2)
            except TypeError as error:
                return str(error)

    execution = play.environment.run(*_started(play, Wrong))

    assert execution.result() == "multiply(): too many positional arguments"


def test_an_activity_by_name_is_performed_by_whoever_has_it(play):
    class Calling(Workflow):
        task_list = "calling"
        add = Activity("Sum", "2.0", start_to_close_timeout=9)

        async def run(self):
            return await self.add(1, 2, 3)

    play.activities = [Add]

    execution = play(Calling)

    assert execution.result() == 6
    assert execution.events.filter(ActivityTaskScheduled).first().start_to_close_timeout == 9


class Inner(Workflow):
    task_list = "inner"

    async def run(self, word: str, *, loud: bool = False) -> str:
        return word.upper() if loud else word


def test_a_workflow_starts_children_of_declared_workflows(play):
    class Outer(Workflow):
        task_list = "outer"

        async def run(self):
            named = Inner.options(workflow_id="inner-1", tag_list=["loud"]).child("hello", loud=True)
            run_id = await named.started
            return [await named, await Inner.child("bye"), named.workflow_id, bool(run_id)]

    execution = play(Outer, others=[Inner])

    assert execution.result() == ["HELLO", "bye", "inner-1", True]
    first, second = execution.events.filter(StartChildWorkflowExecutionInitiated)
    assert (first.input, first.tag_list) == ('{"word":"hello","loud":true}', ("loud",))
    assert second.workflow_id.startswith(f"{execution.workflow_id}.")


def test_a_child_by_name_is_run_by_whoever_has_it(play):
    class Outer(Workflow):
        task_list = "outer"

        async def run(self):
            return await ChildWorkflow("Inner", "1.0", execution_timeout=60)(word="hello")

    assert play(Outer, others=[Inner]).result() == "hello"


def test_a_lambda_function_gets_json_and_gives_json(play):
    class Shouting(Workflow):
        task_list = "shouting"
        lambda_role = "arn:aws:iam::123456789012:role/swf"
        upcase = LambdaFunction("upcase", timeout=60)

        async def run(self):
            return await self.upcase("hello")

    assert play(Shouting).result() == "HELLO"


def test_a_lambda_function_gets_json_whatever_the_codec(play):
    class Reversed(JSONCodec):
        def encode(self, value):
            return super().encode(value)[::-1]

    class Shouting(Workflow):
        task_list = "shouting"
        lambda_role = "arn:aws:iam::123456789012:role/swf"

        async def run(self):
            await LambdaFunction("upcase")("hello")

    with payload.use(Reversed()):
        execution = play(Shouting)

    (called,) = execution.events.filter(LambdaFunctionScheduled)
    assert called.input == '"hello"'


def test_what_an_activity_gives_comes_back_as_it_was(play):
    @activity(task_list="math")
    def echo(value):
        return value

    class Echo(Workflow):
        task_list = "echo"

        async def run(self, values):
            return [await echo(value) for value in values]

    values = ["007", "7", "seven", "null", '{"a": 1}', 7, None, [], {}, True, 1.5, "é"]
    play.activities = [echo]

    assert play(Echo, values).result() == values


def test_activities_may_be_performed_in_processes_of_their_own(play):
    decider, worker = (
        play.deciders(Arithmetic)[0],
        ActivityRunner(play.domain, "math", activities=[multiply], executor="process"),
    )

    with decider, worker:
        assert Arithmetic.start(play.domain, [[2, 3]]).result(timeout=60) == [6]


def test_what_is_decided_on_a_history_can_be_asked_without_an_swf(play):
    history = HistoryBuilder(("Arithmetic", "1.0"), input="[[1,2]]")

    (decision,) = decide(WorkflowDecider("shop", "arithmetic", workflows=[Arithmetic]), history)

    assert (decision.activity_type, decision.activity_id, decision.input) == (("multiply", "1.0"), "1", "[1,2]")


def test_a_heartbeat_of_a_plain_call_does_nothing():
    assert heartbeat("half of it") is False


class Greeting(Workflow):
    async def run(self, name: str) -> str:
        return f"Hello, {name}!"


def test_a_workflow_runs_with_everything_in_this_process():
    assert run(Greeting, "Ada") == "Hello, Ada!"
    assert run(Arithmetic, [[2, 3]]) == [6]


def test_a_failure_of_a_workflow_that_is_run_here_tells_why():
    with pytest.raises(ExecutionNotCompletedError, match="TypeError: 'int' object is not iterable") as caught:
        run(Arithmetic, 7)

    assert str(caught.value.__cause__) == "TypeError: 'int' object is not iterable"
    assert json.loads(caught.value.details)["type"] == "TypeError"


@pytest.mark.parametrize(
    ("attribute", "value", "guess"),
    [
        ("versoin", "2.0", "Did you mean 'version'?"),
        ("priority", 3, "Did you mean 'task_priority'?"),
        ("decision_task_timeout", None, "Did you mean 'decision_tasks_timeout'?"),
    ],
)
def test_a_misspelt_attribute_of_a_workflow_is_warned_of_where_it_is_written(attribute, value, guess):
    told = re.escape(f"Order.{attribute} means nothing to SWF. {guess}")

    with pytest.warns(UserWarning, match=f"^{told}$") as warned:
        type("Order", (Workflow,), {attribute: value})

    assert [warning.filename for warning in warned] == [__file__]


def test_attributes_of_the_users_own_are_not_warned_of(recwarn):
    type("Order", (Workflow,), {"names": ["Ada"], "prices": 3, "_version": "2", "versions": property(id)})

    assert list(recwarn) == []


def test_an_option_among_the_arguments_is_told_where_it_belongs(play):
    play.deciders(Arithmetic)

    with pytest.raises(
        TypeError, match=r"'workflow_id'\. If .* options\(\): Arithmetic\.options\(workflow_id=\.\.\.\)\.$"
    ):
        Arithmetic.start(play.domain, [[1]], workflow_id="sums")
