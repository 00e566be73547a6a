"""Fixtures for the whole suite: an engine in memory, on a clock that the test moves, behind a real boto3 client."""

import importlib.util
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from hypothesis import settings

from swf.connection import Connection, use
from swf.engine import Engine, VirtualClock
from swf.models import ActivityTask, ActivityType, DecisionTask, Domain, WorkflowExecution, WorkflowType
from swf.models.decision import CompleteWorkflowExecution, Decision

if TYPE_CHECKING:
    from mypy_boto3_swf import SWFClient


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    """One session for all clients: it reads AWS's description of SWF once, and nobody's credentials."""
    return boto3.Session(aws_access_key_id="id", aws_secret_access_key="secret", region_name="us-east-1")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the suite reach its engines in the other way too."""
    parser.addoption("--swf", choices=["inprocess", "http"], default="inprocess", help="how tests reach their engine")


def pytest_configure(config: pytest.Config) -> None:
    """Make known what a test says that cannot have a socket between itself and its engine; let examples take long."""
    settings.register_profile("swf", deadline=None)
    settings.load_profile("swf")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # In the background of a script: the programs that tests interrupt would not notice.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "inprocess: reaches its engine without a socket, also with --swf=http")


@pytest.fixture
def over_http(request: pytest.FixtureRequest) -> bool:
    """Whether clients and connections go through a socket: ``--swf=http``."""
    return request.config.getoption("--swf") == "http" and not request.node.get_closest_marker("inprocess")


@pytest.fixture
def serve() -> Iterator[Callable[[Engine], str]]:
    """Serves an engine over HTTP until the test is over, and gives the URL."""
    from swf.engine.regions import Regions
    from swf.engine.server import Server

    with ExitStack() as stack:
        yield lambda engine: stack.enter_context(Server(Regions(lambda region: engine))).url


@pytest.fixture
def attached(
    session: boto3.Session, over_http: bool, serve: Callable[[Engine], str]
) -> "Callable[[Engine], SWFClient]":
    """Makes a boto3 client that an engine answers; what the engine refuses is refused, and not tried again."""

    def attach(engine: Engine, **config: Any) -> "SWFClient":
        url = serve(engine) if over_http else None
        client = session.client("swf", endpoint_url=url, config=Config(retries={"total_max_attempts": 1}, **config))
        if not over_http:
            engine.attach(client)
        return client

    return attach


@pytest.fixture
def clock() -> VirtualClock:
    """A time that only the test moves."""
    return VirtualClock(datetime(2030, 1, 1, tzinfo=UTC))


@pytest.fixture
def engine(clock: VirtualClock) -> Iterator[Engine]:
    """An engine in memory; its polls do not wait."""
    with Engine(clock=clock, poll_wait_seconds=0) as engine:
        yield engine


@pytest.fixture
def client(engine: Engine, attached: "Callable[[Engine], SWFClient]") -> "SWFClient":
    """A real boto3 client of SWF that the engine answers."""
    return attached(engine)


@pytest.fixture
def connection(engine: Engine, over_http: bool, serve: Callable[[Engine], str]) -> Iterator[Connection]:
    """The default connection of the test, answered by the engine."""
    with use(Connection(serve(engine)) if over_http else Connection.over(engine)) as connection:
        yield connection


@pytest.fixture
def calls(connection: Connection) -> list[str]:
    """The operations that the default connection was asked for, in order."""
    noted: list[str] = []
    _on_call(connection, lambda model, **_: noted.append(model.name))
    return noted


def _on_call(connection: Connection, note: Callable[..., None]) -> None:
    for client in {connection.client, connection.poll_client}:
        client.meta.events.register("provide-client-params.swf", note)


@pytest.fixture
def domain(connection: Connection) -> Domain:
    """A registered domain, ``shop``."""
    domain = Domain("shop")
    domain.save()
    return domain


@pytest.fixture
def order(domain: Domain) -> WorkflowType:
    """A registered workflow type whose decision tasks wait in ``orders``."""
    order = WorkflowType(domain, "Order", "1.0", task_list="orders")
    order.save()
    return order


@pytest.fixture
def refund(domain: Domain) -> WorkflowType:
    """Another registered workflow type, with the same task list."""
    refund = WorkflowType(domain, "Refund", "2.0", task_list="orders")
    refund.save()
    return refund


@pytest.fixture
def charge(domain: Domain) -> ActivityType:
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
def take(connection: Connection, domain: Domain) -> Callable[..., DecisionTask]:
    """Takes the next decision task of a task list."""

    def take(task_list: str = "orders") -> DecisionTask:
        answer = connection.call("poll_for_decision_task", domain=domain.name, taskList={"name": task_list})
        return DecisionTask.from_poll(domain, task_list, answer)

    return take


@pytest.fixture
def take_activity(connection: Connection, domain: Domain) -> Callable[..., ActivityTask]:
    """Takes the next activity task of a task list."""

    def take_activity(task_list: str = "payments") -> ActivityTask:
        answer = connection.call("poll_for_activity_task", domain=domain.name, taskList={"name": task_list})
        return ActivityTask.from_poll(domain, task_list, answer)

    return take_activity


@pytest.fixture
def close(take: Callable[..., DecisionTask]) -> Callable[..., None]:
    """Closes an execution, as completed unless told otherwise; it must be the only one that waits for its decider."""

    def close(execution: WorkflowExecution, decision: Decision | None = None) -> None:
        task = take()
        assert task.workflow_execution == (execution.workflow_id, execution.run_id)
        task.complete([decision or CompleteWorkflowExecution()])

    return close


@pytest.fixture
def requests(connection: Connection) -> list[tuple[str, dict[str, Any]]]:
    """The operation and the parameters of every call, in order."""
    noted: list[tuple[str, dict[str, Any]]] = []
    _on_call(connection, lambda params, model, **_: noted.append((model.name, dict(params))))
    return noted


@pytest.fixture(scope="session")
def aws_program() -> list[str]:
    """How the AWS CLI is called."""
    if importlib.util.find_spec("awscli"):
        return [sys.executable, "-m", "awscli"]
    if found := shutil.which("aws"):
        return [found]
    pytest.skip("the AWS CLI is not installed: pip install awscli")
