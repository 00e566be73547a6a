"""A warning about children that are open when an execution of a document ends: SWF ends them as well."""

from collections.abc import Callable, Sequence

from swf.constants import REQUEST_CANCEL, TERMINATE
from swf.models import WorkflowExecution
from swf.models.event import Event, ExternalWorkflowExecutionCancelRequested, StartChildWorkflowExecutionInitiated
from swf.models.history import History
from swf.models.history.child_policy import effect

_NAMED = 5
_REMEDIES = {
    TERMINATE: (
        "If they are to end by themselves, give it the child_policy REQUEST_CANCEL, and if they are to go on, ABANDON:"
    ),
    REQUEST_CANCEL: "If they are to go on, give it the child_policy ABANDON:",
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
    policy = None if history.started is None else history.started.child_policy
    applied = effect(policy, is_cancel_requested=False)
    children = _affected(history, policy)
    if policy is None or applied is None or not children:
        return None
    named = ", ".join(_named(child, place_of(child)) for child in children[:_NAMED])
    more = f" and {len(children) - _NAMED:,} more" if len(children) > _NAMED else ""
    return (
        f"{execution!r} ends while children are open: {named}{more}. SWF {applied.format('them')}, for its "
        f"child_policy is {policy}. {_REMEDIES[policy]} in the registration of a new version, or when it is started."
    )


def _named(child: Child, place: str | None) -> str:
    return f"{child.workflow_id!r} ({child.workflow_type}{'' if place is None else f'; {place}'})"


def _affected(history: History, policy: str | None) -> list[Child]:
    """Return the open children to which a policy does something that was not asked of them already."""
    asked = {
        event.workflow_execution.run_id
        for event in history
        if isinstance(event, ExternalWorkflowExecutionCancelRequested)
    }
    return [
        child.initiated
        for child in history.state.children.values()
        if child.started is not None
        and effect(policy, is_cancel_requested=child.started.workflow_execution.run_id in asked)
    ]
