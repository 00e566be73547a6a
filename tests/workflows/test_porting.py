"""What programs for pyflow, flowser and pyworkflow relied on, beyond the examples of the guide."""

import pytest

from swf.actors import ActivityWorker, Decider
from swf.exceptions import AlreadyExistsError
from swf.models import WorkflowExecution, WorkflowType
from swf.models.decision import CompleteWorkflowExecution, RecordMarker, ScheduleActivityTask, StartTimer
from swf.workflows import (
    Activity,
    ChildWorkflow,
    Failed,
    LambdaFunction,
    WaitTimedOut,
    Workflow,
    activity,
    info,
    now,
    side_effect,
    sleep,
    start_timer,
    wait_for_all,
    wait_for_any,
)

ROLE = "arn:aws:iam::528461152743:role/swf-lambda"
SEEN = []


@activity
def shorten(text: str) -> str:
    return text[:2]


class Shout(Workflow):
    async def run(self, text: str) -> str:
        return f"{text}!"


class Transformer(Workflow):
    """In pyflow's style: descriptors on the class, futures, and blocking waits."""

    lambda_role = ROLE

    upcase = LambdaFunction("upcase", timeout=60)
    broken = LambdaFunction("broken")
    shorten = Activity("shorten", "1.0", start_to_close_timeout=60)
    shout = ChildWorkflow("Shout", "1.0", execution_timeout=60)

    def run(self, words):
        upper = [self.upcase(word) for word in words]
        finished = wait_for_all(upper)
        assert len(finished) == len(words)
        short = [self.shorten(future.result()) for future in upper]
        first = wait_for_any(short)[0].result()
        try:
            self.broken(first).result()
        except Failed as error:
            failure = error.failure.message
        loud = self.shout(first).result()
        begun = now()
        try:
            wait_for_all([start_timer(3600)], timeout=60)
        except WaitTimedOut:
            sleep(30)
        token = side_effect(lambda: SEEN.append("once") or len(SEEN))
        waited = (now() - begun).total_seconds()
        return {"loud": loud, "failure": failure, "waited": waited, "token": token, "role": info().lambda_role}


def test_a_blocking_workflow_of_lambda_functions_activities_and_children(play):
    play.activities = [shorten]
    SEEN.clear()

    execution = play(Transformer, ["first", "second"], others=[Shout])

    assert execution.result() == {
        "loud": "FI!",
        "failure": "no such letters",
        "waited": 90,
        "token": 1,
        "role": ROLE,
    }
    assert SEEN == ["once"]


def test_an_execution_that_another_client_started_with_plain_json_is_decided_alike(play, environment):
    play.activities = [shorten]
    actors = [*play.deciders(Transformer, Shout), *play.workers()]
    answer = environment.connection.call(
        "start_workflow_execution",
        domain="shop",
        workflowId="my-unique-workflow-id",
        workflowType={"name": "Transformer", "version": "1.0"},
        lambdaRole=ROLE,
        input='["hello"]',
    )

    closed = environment.run(WorkflowExecution("shop", "my-unique-workflow-id", answer["runId"]), *actors)

    assert closed.result["loud"] == "HE!"


def test_a_decider_goes_on_where_one_that_is_gone_stopped(play, environment, step):
    play.activities = [shorten]
    workers = play.workers()
    (gone,) = play.deciders(Transformer, Shout, sticky_timeout=None)
    execution = Transformer.start("shop", ["hello"])
    step(gone)

    (other,) = play.deciders(Transformer, Shout, sticky_timeout=None)

    assert environment.run(execution, other, *workers).result()["loud"] == "HE!"


class Parcel(Workflow):
    """In flowser's style: ids that follow from the input."""

    @classmethod
    def id_from_input(cls, input):
        return f"{cls.name}.{input['id']}"

    async def run(self, input):
        return input["id"]


def test_an_id_that_follows_from_the_input_keeps_an_execution_from_being_started_twice(play):
    play.deciders(Parcel)

    first = Parcel.start("shop", {"id": "p7"})

    assert first.workflow_id == "Parcel.p7"
    with pytest.raises(AlreadyExistsError):
        Parcel.start("shop", {"id": "p7"})


@pytest.fixture
def order(environment):
    """A workflow type for deciders."""
    order = WorkflowType("shop", "Order", "1.0", task_list="orders", decision_tasks_timeout=60)
    environment.register(order, shorten.registration("shop"))
    return order


def test_a_loop_over_decision_tasks_gives_them_in_their_order_until_the_decider_is_stopped(order):
    decider = Decider("shop", "orders")
    for number in range(3):
        order.start_execution(f"order-{number}")

    seen = []
    for task in decider.tasks():
        seen.append(task.execution.workflow_id)
        task.complete([RecordMarker(marker_name="seen"), CompleteWorkflowExecution(result="done")])
        if len(seen) == 3:
            decider.stop()

    assert seen == ["order-0", "order-1", "order-2"]


class Approval(Decider):
    """In pyworkflow's style: decides on what is there, asked again when something happens."""

    def decide(self, task):
        asked = task.history.activities.get("ask")
        if asked is None:
            return [ScheduleActivityTask(activity_type=shorten, activity_id="ask", input=task.history.input)]
        if asked.is_open:
            return []
        if "later" not in task.history.timers:
            return StartTimer(timer_id="later", start_to_fire_timeout=60)
        return CompleteWorkflowExecution(result=asked.result)


def test_an_activity_that_a_person_answers_later_is_completed_by_its_token(order, environment, step):
    execution = order.start_execution("order-7", input="approve?")
    decider = Approval("shop", "orders")
    step(decider)
    worker = ActivityWorker("shop", shorten.task_list)

    token = worker.poll().task_token
    ActivityWorker("shop", "anywhere").complete(token, "approved")
    closed = environment.run(execution, decider)

    assert closed.result == "approved"
    assert closed.history().timers["later"].state == "fired"
