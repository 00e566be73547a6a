"""Decision tasks: handed to deciders, answered by them.

See: https://docs.aws.amazon.com/amazonswf/latest/apireference/API_PollForDecisionTask.html
"""

from collections.abc import Iterator, Sequence
from typing import Any

from swf import wire
from swf.engine import decisions, limits
from swf.engine.operations import executions, paging
from swf.engine.operations.registry import Output, Request, operation
from swf.engine.protocol import Text, invalid, render, render_members, unknown_resource
from swf.engine.tokens import TaskToken
from swf.engine.transaction import Run, Transaction, unknown_execution
from swf.models.decision import DECISIONS, Decision, ScheduleLambdaFunction, from_raw
from swf.models.event import DecisionTaskCompleted, DecisionTaskStarted, Event

_NAME = "PollForDecisionTask"

IDLE: dict[str, Any] = {"previousStartedEventId": 0, "startedEventId": 0, "taskToken": ""}


@operation
def poll_for_decision_task(transaction: Transaction, request: Request) -> Output:
    """Hand out the first task that waits in the list, or go on with the pages of one handed out before.

    Returns:
        The task, or None when there is none now.
    """
    position = paging.position(transaction, _NAME, request)
    if position is not None:
        transaction.require_domain(request["domain"])
        *task, after = position
        token = TaskToken("decision", *task)
        return _task_page(transaction, request, _require_started(transaction, token), token, after)
    waiting = transaction.first_waiting("decision", request["domain"], request["taskList"]["name"])
    if waiting is None:
        return None
    run = transaction.run(waiting["run"])
    scheduled_event_id = waiting["scheduled_event_id"]
    # Read beforehand: a run that reaches the most events it may have is terminated right after this one.
    token = TaskToken("decision", run.number, scheduled_event_id, run.state.last_event_id + 1)
    run.record([wire.read(DecisionTaskStarted, request, scheduled_event_id=scheduled_event_id)])
    return _task_page(transaction, request, run, token, None)


def _task_page(transaction: Transaction, request: Request, run: Run, token: TaskToken, after: int | None) -> Text:
    """Give a task with a page of the history up to its start."""
    previous = run.state.previous_started_event_id
    first = previous if previous and request.get("startAtPreviousStartedEvent") else 1
    bodies, end = executions.events_page(
        transaction, request, run.number, first=first, last=token.started_event_id, after=after
    )
    task = {
        "previousStartedEventId": previous,
        "startedEventId": token.started_event_id,
        "taskToken": transaction.tokens.task(token),
        "workflowExecution": {"workflowId": run.row.workflow_id, "runId": run.row.run_id},
        "workflowType": run.started.attributes["workflowType"],
    }
    if end is not None:
        task["nextPageToken"] = paging.next_token(
            transaction, _NAME, request, run.number, token.scheduled_event_id, token.started_event_id, end
        )
    members = {name: render(value) for name, value in task.items()}
    return Text(render_members({"events": f"[{','.join(bodies)}]", **members}))


@operation
def respond_decision_task_completed(transaction: Transaction, request: Request) -> Output:
    """Record the decider's answer and carry out its decisions, all of them or none."""
    token = transaction.tokens.read_task(request["taskToken"], "decision")
    made = _decisions(request.get("decisions", []))
    run = _require_started(transaction, token)
    completed = wire.read(
        DecisionTaskCompleted,
        request,
        scheduled_event_id=token.scheduled_event_id,
        started_event_id=token.started_event_id,
    )
    run.record(_outcome(run, completed, made))
    return None


def _outcome(run: Run, completed: DecisionTaskCompleted, made: Sequence[Decision]) -> Iterator[Event]:
    yield completed
    yield from decisions.carry_out(run.state, made, run.state.last_event_id, run)


def _decisions(raw: Sequence[Request]) -> list[Decision]:
    """Read the decisions of an answer; one that cannot be carried out refuses them all."""
    made = []
    for item in raw:
        decision = from_raw(DECISIONS[item["decisionType"]], item)
        if isinstance(decision, ScheduleLambdaFunction):
            limits.require_lambda_timeout(decision.start_to_close_timeout)
        made.append(decision)
    if problem := decisions.problem_of_close(made):
        raise invalid(problem)
    return made


def _require_started(transaction: Transaction, token: TaskToken) -> Run:
    """Give the run of a task that a decider works on; a task that is closed is a fault."""
    run = transaction.run(token.run)
    if run.state.closed is not None:
        raise unknown_execution(run.row.execution)
    task = run.state.started_decision
    if task is None or task.id != token.started_event_id:
        raise unknown_resource(f"Unknown decision task, scheduledEventId = {token.scheduled_event_id}")
    return run
