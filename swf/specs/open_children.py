"""A warning about children that are open when an execution of a document ends: SWF ends them as well."""

from collections.abc import Callable, Sequence

from swf.constants import ABANDON, TERMINATE
from swf.models import WorkflowExecution
from swf.models.event import Event, ExternalWorkflowExecutionCancelRequested, StartChildWorkflowExecutionInitiated
from swf.models.history import History

_APPLIED = {TERMINATE: "SWF terminates", "REQUEST_CANCEL": "SWF asks to cancel"}
_NAMED = 5
_REMEDIES = {
    TERMINATE: (
        "If they are to end by themselves, give it the child_policy REQUEST_CANCEL, and if they are to go on, ABANDON:"
    ),
    "REQUEST_CANCEL": "If they are to go on, give it the child_policy ABANDON:",
}


Child = StartChildWorkflowExecutionInitiated


def warning(
    execution: WorkflowExecution, events: Sequence[Event], place_of: Callable[[Child], str | None]
) -> str | None:
    """Return which open children the ``child_policy`` of an execution ends when it closes, and what to do instead.

    Args:
        execution: The execution whose end was decided.
        events: Its events up to the decision task, from the first on.
        place_of: Says where a child stands in a document, by the event that initiated it.
    """
    history = History(events)
    children = _affected(history)
    if history.started is None or not children:
        return None
    policy = history.started.child_policy
    named = ", ".join(_named(child, place_of(child)) for child in children[:_NAMED])
    more = f" and {len(children) - _NAMED:,} more" if len(children) > _NAMED else ""
    return (
        f"{execution!r} ends while children are open: {named}{more}. {_APPLIED[policy]} them, for its child_policy is "
        f"{policy}. {_REMEDIES[policy]} in the registration of a new version, or when it is started."
    )


def _named(child: Child, place: str | None) -> str:
    return f"{child.workflow_id!r} ({child.workflow_type}{'' if place is None else f'; {place}'})"


def _affected(history: History) -> list[Child]:
    """Return the open children to which the policy does something that was not asked of them already."""
    policy = None if history.started is None else history.started.child_policy
    if policy in (None, ABANDON):
        return []
    asked = {
        event.workflow_execution.run_id
        for event in history
        if isinstance(event, ExternalWorkflowExecutionCancelRequested)
    }
    return [
        child.initiated
        for child in history.state.children.values()
        if child.started is not None and (policy == TERMINATE or child.started.workflow_execution.run_id not in asked)
    ]
