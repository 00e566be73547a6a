"""What does not get worse: a decision on a long history, and the memory of a server that has done a lot."""

import functools
import http.client
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from measuring import Pair, Sample, seconds
from services import (
    ACTIVITIES,
    DECISIONS,
    WORKFLOW_TYPE,
    Service,
    ask,
    engine_alone,
    our_server,
    schedule,
    start,
    work_through,
)

from swf.engine import Engine

# 3 events of the decision task, and 3 of each activity.
ACTIVITIES_PER_DECISION = 7
EVENTS_PER_DECISION = 24
EVENTS = 24_000

EXECUTIONS = 10_000
READ_AFTER = (1_000, 5_000, EXECUTIONS)


def decisions() -> Iterator[Sample]:
    """One execution that grows to 24,000 events: the last tenth of its decisions, and the first."""
    tenth = EVENTS // EVENTS_PER_DECISION // 10

    with engine_alone() as engine:

        def decide(times: int) -> None:
            for _ in range(times):
                work_through(engine, ACTIVITIES_PER_DECISION)

        def sample() -> Pair:
            workflow_id = f"w{time.perf_counter_ns()}"
            run_id = start(engine, workflow_id)
            first = seconds(lambda: decide(tenth))
            decide(8 * tenth)
            last = seconds(lambda: decide(tenth))
            assert _last_event_id(engine, workflow_id, run_id) >= EVENTS
            ask(engine, "TerminateWorkflowExecution", domain="d", workflowId=workflow_id)
            return Pair(last, first)

        yield sample


def _last_event_id(engine: Engine, workflow_id: str, run_id: str) -> int:
    execution = {"workflowId": workflow_id, "runId": run_id}
    asked = {"domain": "d", "execution": execution, "reverseOrder": True, "maximumPageSize": 1}
    last: int = ask(engine, "GetWorkflowExecutionHistory", **asked)["events"][0]["eventId"]
    return last


def memory() -> Iterator[Sample]:
    """The memory of a server after 10,000 executions."""
    yield lambda: Pair(_readings()[EXECUTIONS], remark=_told(_readings()))


def flatness() -> Iterator[Sample]:
    """The memory of a server after 10,000 executions, and after the first 1,000."""
    yield lambda: Pair(_readings()[EXECUTIONS], _readings()[READ_AFTER[0]], _told(_readings()))


@functools.cache
def _readings() -> dict[int, float]:
    """Carry executions through a server on a file; give its resident megabytes by how many were closed."""
    with tempfile.TemporaryDirectory() as folder, our_server("--db", str(Path(folder, "swf.db"))) as service:
        swf = _Requests(service)
        read = {}
        for number in range(1, EXECUTIONS + 1):
            _carry(swf, f"w{number}")
            if number in READ_AFTER:
                read[number] = _resident_megabytes(service.pid)
        return read


def _told(readings: dict[int, float]) -> str:
    told = (f"{megabytes:.1f} MB after {executions:,}" for executions, megabytes in readings.items())
    return ", ".join(told)


def _resident_megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith("VmRSS:"))
    return int(kilobytes) / 1024


def _carry(swf: "_Requests", workflow_id: str) -> None:
    """Carry an execution of 12 events from start to close."""
    swf.ask("StartWorkflowExecution", domain="d", workflowId=workflow_id, workflowType=WORKFLOW_TYPE)
    marker = {"decisionType": "RecordMarker", "recordMarkerDecisionAttributes": {"markerName": "m"}}
    swf.decide(schedule("a", "[1, 2, 3]"), marker)
    task = swf.ask("PollForActivityTask", domain="d", taskList=ACTIVITIES)
    swf.ask("RespondActivityTaskCompleted", taskToken=task["taskToken"], result="6")
    last = swf.decide({"decisionType": "CompleteWorkflowExecution"})
    assert last == 12 - 2, "the decision's completion and the execution's are the last two events"


class _Requests:
    """Requests over one connection, without a client, whose time is not measured here."""

    def __init__(self, service: Service) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(service.url).netloc)

    def ask(self, operation: str, **request: Any) -> Any:
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"SimpleWorkflowService.{operation}"}
        self._connection.request("POST", "/", json.dumps(request), headers)
        answer = self._connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        return json.loads(body or b"{}")

    def decide(self, *decisions: dict[str, Any]) -> int:
        """Answer the next decision task, and give the id of the event that started it."""
        task = self.ask("PollForDecisionTask", domain="d", taskList=DECISIONS)
        self.ask("RespondDecisionTaskCompleted", taskToken=task["taskToken"], decisions=decisions)
        started: int = task["startedEventId"]
        return started
