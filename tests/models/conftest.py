import pytest

from swf.models import ActivityTask, ActivityType, DecisionTask, Domain, WorkflowType


@pytest.fixture
def domain(connection):
    domain = Domain("shop")
    domain.save()
    return domain


@pytest.fixture
def order(domain):
    """A registered workflow type whose decision tasks wait in ``orders``."""
    order = WorkflowType(domain, "Order", "1.0", task_list="orders")
    order.save()
    return order


@pytest.fixture
def charge(domain):
    """A registered activity type whose tasks wait in ``payments``."""
    charge = ActivityType(
        domain,
        "Charge",
        "1.0",
        task_list="payments",
        task_heartbeat_timeout=30,
        task_schedule_to_close_timeout=60,
        task_schedule_to_start_timeout=60,
        task_start_to_close_timeout=60,
    )
    charge.save()
    return charge


@pytest.fixture
def take(connection, domain):
    """Takes the next decision task of a task list."""

    def take(task_list="orders"):
        answer = connection.call("poll_for_decision_task", domain=domain.name, taskList={"name": task_list})
        return DecisionTask.from_poll(domain, task_list, answer)

    return take


@pytest.fixture
def take_activity(connection, domain):
    """Takes the next activity task of a task list."""

    def take_activity(task_list="payments"):
        answer = connection.call("poll_for_activity_task", domain=domain.name, taskList={"name": task_list})
        return ActivityTask.from_poll(domain, task_list, answer)

    return take_activity
