"""The program of `durable` for Temporal, and the history of an execution of it, as its server would have recorded it.

Its sandbox imports this module again for each replay, so it is small.
"""

import base64
import json
import re
from datetime import timedelta
from typing import Any

from temporalio import workflow

KINDS = re.compile("[A-Z][a-z]+")


@workflow.defn(name="Steps")
class Steps:
    @workflow.run
    async def run(self, count: int) -> int:
        total = 0
        for number in range(count):
            total += await workflow.execute_activity(
                "double", number, result_type=int, start_to_close_timeout=timedelta(seconds=60)
            )
        return total


def recorded(count: int) -> list[dict[str, Any]]:
    """Give the events of so many activities, one after another, as Temporal's JSON has them."""
    events: list[dict[str, Any]] = []

    def add(kind: str, **attributes: Any) -> str:
        number = str(len(events) + 1)
        key = f"{kind[0].lower()}{kind[1:]}EventAttributes"
        name = f"EVENT_TYPE_{'_'.join(KINDS.findall(kind)).upper()}"
        events.append({"eventId": number, "eventTime": "2030-01-01T00:00:00Z", "eventType": name, key: attributes})
        return number

    def decide() -> str:
        scheduled = add("WorkflowTaskScheduled", taskQueue={"name": "steps"})
        started = add("WorkflowTaskStarted", scheduledEventId=scheduled)
        return add("WorkflowTaskCompleted", scheduledEventId=scheduled, startedEventId=started)

    add(
        "WorkflowExecutionStarted",
        workflowType={"name": "Steps"},
        taskQueue={"name": "steps"},
        input=_payload(count),
        originalExecutionRunId="run",
        firstExecutionRunId="run",
        attempt=1,
        workflowTaskTimeout="10s",
    )
    for number in range(count):
        scheduled = add(
            "ActivityTaskScheduled",
            workflowTaskCompletedEventId=decide(),
            activityId=str(number + 1),
            activityType={"name": "double"},
            taskQueue={"name": "steps"},
            input=_payload(number),
            startToCloseTimeout="60s",
        )
        started = add("ActivityTaskStarted", scheduledEventId=scheduled, attempt=1)
        result = _payload(2 * number)
        add("ActivityTaskCompleted", scheduledEventId=scheduled, startedEventId=started, result=result)
    add("WorkflowExecutionCompleted", workflowTaskCompletedEventId=decide(), result=_payload(count * (count - 1)))
    return events


def _payload(value: Any) -> dict[str, Any]:
    def text(raw: bytes) -> str:
        return base64.b64encode(raw).decode()

    return {"payloads": [{"metadata": {"encoding": text(b"json/plain")}, "data": text(json.dumps(value).encode())}]}
