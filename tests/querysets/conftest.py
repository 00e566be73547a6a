import pytest

from swf.models import DecisionTask, Domain, WorkflowType
from swf.models.decision import CompleteWorkflowExecution


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
def refund(domain):
    """Another registered workflow type."""
    refund = WorkflowType(domain, "Refund", "2.0", task_list="orders")
    refund.save()
    return refund


@pytest.fixture
def close(connection):
    """Closes an execution as completed; it must be the only one that waits for its decider."""

    def close(execution, decision=None):
        answer = connection.call("poll_for_decision_task", domain="shop", taskList={"name": "orders"})
        task = DecisionTask.from_poll("shop", "orders", answer)
        assert task.workflow_execution == (execution.workflow_id, execution.run_id)
        task.complete([decision or CompleteWorkflowExecution()])

    return close


@pytest.fixture
def requests(connection):
    """The operation and the parameters of every call, in order."""
    noted = []
    connection.client.meta.events.register(
        "provide-client-params.swf", lambda params, model, **_: noted.append((model.name, dict(params)))
    )
    return noted
