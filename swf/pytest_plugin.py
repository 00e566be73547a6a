"""Fixtures of pytest for programs that use SWF; pytest finds them by itself, and unused they load nothing.

- `swf_clock`: a `VirtualClock` that stands still until it is moved.
- `swf_engine`: an SWF in memory, on that clock.
- `swf_connection`: the way to it, the default connection while the test runs.
- `swf_domain`: a domain in it, registered, named ``test``.
- `swf_environment`: a `swf.testing.Environment` over all of them.

Each test has its own. A test module or a ``conftest.py`` that defines a fixture of one of these names changes what the
others are built on: another clock, an engine with Lambda functions, a domain of another name.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from swf.connection import Connection
    from swf.engine import Engine, VirtualClock
    from swf.models import Domain
    from swf.testing import Environment


@pytest.fixture
def swf_clock() -> "VirtualClock":
    """The time of the test's SWF: it begins at the machine's, and stands still until it is moved."""
    from swf.engine import VirtualClock

    return VirtualClock()


@pytest.fixture
def swf_engine(swf_clock: "VirtualClock") -> "Iterator[Engine]":
    """An SWF in memory; its polls answer at once, or wait when its time moves by itself."""
    from swf.engine import Engine

    poll_wait_seconds = 60 if swf_clock.auto_advance else 0
    with Engine(clock=swf_clock, poll_wait_seconds=poll_wait_seconds) as engine:
        yield engine


@pytest.fixture
def swf_connection(swf_engine: "Engine") -> "Iterator[Connection]":
    """The way to the test's SWF, and the default connection while the test runs."""
    from swf.connection import Connection, use

    with use(Connection.over(swf_engine)) as connection:
        yield connection


@pytest.fixture
def swf_domain(swf_connection: "Connection") -> "Domain":
    """A registered domain of the test's SWF."""
    from swf.models import Domain

    domain = Domain("test", connection=swf_connection)
    domain.save()
    return domain


@pytest.fixture
def swf_environment(swf_connection: "Connection", swf_domain: "Domain") -> "Iterator[Environment]":
    """Where executions are run to their end, on the test's SWF."""
    from swf.testing import Environment

    with Environment(swf_domain, connection=swf_connection) as environment:
        yield environment
