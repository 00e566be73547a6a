"""``swf tasks``, through the executable, on ``swf server``."""

import json

import pytest

from swf.models import ActivityType, Domain, WorkflowType
from swf.models.decision import ScheduleActivityTask


@pytest.fixture
def charging(shop):
    """An execution whose activity task somebody has taken, and that task."""
    charge = ScheduleActivityTask(activity_type=("Charge", "1.0"), activity_id="charge")
    execution = shop.start(None, charge)
    yield execution, shop.take()
    execution.terminate()


def test_tasks_that_wait_are_counted_by_task_list(here, shop):
    waiting = [shop.order.start_execution(task_list="busy") for _ in range(2)]

    done = here("tasks", "pending", "busy", "idle", "-o", "table")
    counted = json.loads(here("tasks", "pending", "busy", "--kind", "decision").out)

    for execution in waiting:
        execution.terminate()
    assert done.out == (
        "TASK LIST  KIND      WAITING\n"
        "busy       decision        2\n"
        "busy       activity        0\n"
        "idle       decision        0\n"
        "idle       activity        0\n"
    )
    assert counted == {"task_list": "busy", "kind": "decision", "count": 2, "truncated": False}


def test_task_lists_that_nobody_names_are_those_of_registered_types(here, shop):
    WorkflowType(shop.domain, "Refund", "1.0", task_list="orders").save()
    ActivityType(shop.domain, "Mail", "1.0", task_list="orders").save()
    ActivityType(shop.domain, "Silent", "1.0").save()
    old = ActivityType(shop.domain, "Old", "1.0", task_list="old")
    old.save()
    old.delete()
    execution = shop.order.start_execution()

    both = here("tasks", "pending", "-o", "table")
    activities = here("tasks", "pending", "--kind", "activity", "-o", "csv")

    execution.terminate()
    assert both.out == (
        "TASK LIST  KIND      WAITING\n"
        "orders     decision        1\n"
        "orders     activity        0\n"
        "payments   activity        0\n"
    )
    assert activities.out == "task_list,kind,waiting\norders,activity,0\npayments,activity,0\n"


def test_where_no_type_names_a_task_list_it_is_asked_for(here, connection):
    Domain("no-lists", retention_period=1, connection=connection).save()

    done = here("tasks", "pending", "--domain", "no-lists", "-o", "table")

    assert (done.code, done.out) == (0, "")
    assert done.err == "No registered type names a task list: swf tasks pending TASK_LIST\n"


@pytest.mark.parametrize(
    ("arguments", "event", "attributes", "said"),
    [
        (["complete", "--result", "[1]"], "ActivityTaskCompleted", {"result": "[1]"}, "Completed.\n"),
        (
            ["fail", "--reason", "no card", "--details", '{"a": 1}'],
            "ActivityTaskFailed",
            {"reason": "no card", "details": '{"a": 1}'},
            "Failed.\n",
        ),
        (["fail"], "ActivityTaskFailed", {"reason": None}, "Failed.\n"),
    ],
    ids=["complete", "fail", "fail without a word"],
)
def test_a_task_is_answered_by_its_token(here, charging, arguments, event, attributes, said):
    execution, task = charging

    done = here("tasks", arguments[0], task.task_token, *arguments[1:])

    (answered,) = execution.events.filter(event)
    assert (done.code, done.out, done.err) == (0, "", said)
    assert {name: getattr(answered, name) for name in attributes} == attributes


def test_a_token_may_stand_in_a_file(here, charging, tmp_path):
    execution, task = charging
    (tmp_path / "token").write_text(f"{task.task_token}\n", encoding="utf-8")

    done = here("tasks", "complete", f"@{tmp_path / 'token'}")

    assert done.err == "Completed.\n"
    assert execution.events.filter("ActivityTaskCompleted").exists()


def test_a_heartbeat_learns_whether_a_task_should_be_given_up(here, shop, charging):
    from swf.models.decision import RequestCancelActivityTask

    execution, task = charging
    before = here("tasks", "heartbeat", task.task_token, "--details", '"half"')
    execution.signal("stop")
    shop.decide(RequestCancelActivityTask(activity_id="charge"))
    after = here("tasks", "heartbeat", task.task_token)

    done = here("tasks", "cancel", task.task_token, "--details", '"left"')

    assert [json.loads(each.out) for each in (before, after)] == [
        {"cancel_requested": False},
        {"cancel_requested": True},
    ]
    assert done.err == "Canceled.\n"
    (canceled,) = execution.events.filter("ActivityTaskCanceled")
    assert canceled.details == '"left"'


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["complete", "nonsense"], 64, "Invalid token. Check what was given, and the endpoint."),
        (["complete", "@no/such/file"], 64, "no/such/file cannot be read: No such file or directory."),
        (["complete", "token", "--result", "{"], 64, "{ is no JSON:"),
        (["complete"], 64, "Missing argument 'TOKEN|@FILE'."),
        (["pending", "--kind", "lambda"], 64, "'lambda' is not one of"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_refused_is_told_with_a_remedy(here, arguments, code, said):
    done = here("tasks", *arguments)

    assert (done.code, done.out) == (code, "")
    assert said in " ".join(done.err.split())


def test_a_task_that_was_answered_already_is_told_with_another_exit_code(here, charging):
    _, task = charging
    here("tasks", "complete", task.task_token)

    done = here("tasks", "complete", task.task_token)

    assert done.code == 5
    assert "It was answered already, or timed out, or its execution has closed." in done.err
    assert "Request id: " in done.err
