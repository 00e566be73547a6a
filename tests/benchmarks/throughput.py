"""How many executions or signals a service carries, beside moto: each side with the same client code."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from load import Carried, loaded
from measuring import Pair, Sample, seconds
from services import WORKFLOW_TYPE, Service, engine_alone, moto_mock, moto_server, our_engine, our_server, start

from swf.connection import Connection
from swf.models import Domain, WorkflowExecution

EXECUTIONS = 200
SIGNALS = 2_000


def over_http() -> Iterator[Sample]:
    """Executions in a server of its own process: ``swf server``, and ``moto_server``."""
    yield lambda: _carried(our_server, moto_server)


def in_process() -> Iterator[Sample]:
    """Executions in this process: an engine, and moto's mock."""
    yield lambda: _carried(our_engine, moto_mock)


def _carried(
    ours: Callable[[], AbstractContextManager[Service]], theirs: Callable[[], AbstractContextManager[Service]]
) -> Pair:
    """Carry executions through both, each as it is when it has just begun: moto gets slower with all it ever held."""
    carried, failures = _carry(ours())
    assert not failures, f"{failures} requests failed"
    assert carried.executions == EXECUTIONS, f"only {carried.executions} of {EXECUTIONS} executions were closed"
    by_moto, moto_failures = _carry(theirs())
    return Pair(
        EXECUTIONS / carried.per_second,
        EXECUTIONS / by_moto.per_second,
        f"{carried.per_second:.1f} and {by_moto.per_second:.1f} executions/s; moto failed {moto_failures} requests and "
        f"lost {EXECUTIONS - by_moto.executions} executions",
    )


def _carry(begun: AbstractContextManager[Service]) -> tuple[Carried, int]:
    with begun as service, loaded(service) as load:
        return load.run(EXECUTIONS), load.failures


def signals() -> Iterator[Sample]:
    """2,000 signals to one execution: from a model here, and from a bare client to moto."""
    with engine_alone() as engine, Connection.over(engine) as connection:

        def ours() -> None:
            workflow_id = f"w{time.perf_counter_ns()}"
            execution = WorkflowExecution(Domain("d", connection=connection), workflow_id, start(engine, workflow_id))
            for number in range(SIGNALS):
                execution.signal("tick", str(number))

        def theirs(moto: Any) -> None:
            moto.start_workflow_execution(domain="d", workflowId="w", workflowType=WORKFLOW_TYPE)
            for number in range(SIGNALS):
                moto.signal_workflow_execution(domain="d", workflowId="w", signalName="tick", input=str(number))

        def sample() -> Pair:
            took = seconds(ours)
            # While moto's mock is there, it sees the requests of every client that is made meanwhile.
            with moto_mock() as service:
                return Pair(took, seconds(lambda: theirs(service.client)))

        yield sample
