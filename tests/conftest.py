"""Fixtures for the whole suite: an engine in memory, on a clock that the test moves, behind a real boto3 client."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from swf.connection import Connection, use
from swf.engine import Engine, VirtualClock

if TYPE_CHECKING:
    from mypy_boto3_swf import SWFClient


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    """One session for all clients: it reads AWS's description of SWF once, and nobody's credentials."""
    return boto3.Session(aws_access_key_id="id", aws_secret_access_key="secret", region_name="us-east-1")


@pytest.fixture
def attached(session: boto3.Session) -> "Callable[[Engine], SWFClient]":
    """Makes a boto3 client that an engine answers; what the engine refuses is refused, and not tried again."""

    def attach(engine: Engine, **config: Any) -> "SWFClient":
        client = session.client("swf", config=Config(retries={"total_max_attempts": 1}, **config))
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
def connection(engine: Engine) -> Iterator[Connection]:
    """The default connection of the test, answered by the engine."""
    with use(Connection.over(engine)) as connection:
        yield connection


@pytest.fixture
def calls(connection: Connection) -> list[str]:
    """The operations that the default connection was asked for, in order."""
    noted: list[str] = []
    connection.client.meta.events.register("provide-client-params.swf", lambda model, **_: noted.append(model.name))
    return noted
