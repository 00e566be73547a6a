"""Fixtures of pytest for programs that use SWF; pytest finds them by itself, and unused they load nothing.

- `swf_clock`: a `VirtualClock` that stands still until it is moved.
- `swf_engine`: an SWF in memory, on that clock.
- `swf_connection`: the way to it, the default connection while the test runs.
- `swf_domain`: a domain in it, registered, named ``test``.
- `swf_environment`: a `swf.testing.Environment` over all of them.
- `swf_replay`: replays histories that are kept in files against workflows as they are now.

Workflows (`swf.workflows`) that make forbidden calls are caught: ``SWF_CHECK_WORKFLOWS`` is 1 unless it is set.

Each test has its own. A test module or a ``conftest.py`` that defines a fixture of one of these names changes what the
others are built on: another clock, an engine with Lambda functions, a domain of another name.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from swf.connection import Connection
    from swf.engine import Engine, VirtualClock
    from swf.models import Domain
    from swf.testing import Environment
    from swf.workflows import Workflow


def pytest_configure() -> None:
    """Have the forbidden calls of workflows caught."""
    os.environ.setdefault("SWF_CHECK_WORKFLOWS", "1")


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


@pytest.fixture
def swf_replay(
    request: pytest.FixtureRequest,
) -> "Callable[[str | os.PathLike[str], Iterable[type[Workflow]]], None]":
    """Replays histories in files: of a path, a folder or a pattern, told from the folder of the test.

    The test fails if a workflow would not do what its history records, and if there is no history of the workflows.
    """
    from swf.workflows import Replayer
    from swf.workflows.outcomes import from_files, outcomes
    from swf.workflows.recorded import paths

    def swf_replay(source: "str | os.PathLike[str]", workflows: "Iterable[type[Workflow]]") -> None:
        replayer = Replayer(workflows)
        found = paths([request.path.parent / source])
        told = [each for each in outcomes(replayer, from_files(found)) if each.state != "skipped"]
        wrong = [f"{each.name}: {each.error}" for each in told if each.error is not None]
        assert not wrong, "\n".join(wrong)
        names = ", ".join(workflow.__name__ for workflow in replayer.workflows)
        assert told, f"No history in {source} is of {names}."

    return swf_replay
