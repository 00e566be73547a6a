"""An engine on the machine's time, with a domain and types: actors run in threads."""

from collections.abc import Callable, Iterator

import pytest

from swf.connection import Connection
from swf.engine import Engine
from swf.models import ActivityType, Domain, WorkflowExecution, WorkflowType


@pytest.fixture
def live_engine() -> Iterator[Engine]:
    with Engine() as engine:
        yield engine


@pytest.fixture
def connection(live_engine: Engine) -> Iterator[Connection]:
    with Connection.over(live_engine) as connection:
        yield connection


@pytest.fixture
def domain(connection: Connection) -> Domain:
    domain = Domain("shop", connection=connection)
    domain.save()
    return domain


@pytest.fixture
def order(domain: Domain) -> WorkflowType:
    order = WorkflowType(domain, "Order", "1.0", task_list="orders", decision_tasks_timeout=60)
    order.save()
    return order


@pytest.fixture
def pack(domain: Domain) -> ActivityType:
    pack = ActivityType(
        domain,
        "Pack",
        "1.0",
        task_list="packing",
        task_heartbeat_timeout=60,
        task_schedule_to_close_timeout=60,
        task_schedule_to_start_timeout=60,
        task_start_to_close_timeout=60,
    )
    pack.save()
    return pack


@pytest.fixture
def start(order: WorkflowType, pack: ActivityType) -> Callable[..., WorkflowExecution]:
    return order.start_execution
