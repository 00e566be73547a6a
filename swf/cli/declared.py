"""Actors for the workflows and activities that a module declares: one for each task list."""

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

from swf.actors import ActivityWorker, Actor, Decider
from swf.cli.options import the_domain
from swf.exceptions import ValidationError
from swf.models import Domain

if TYPE_CHECKING:
    from swf.workflows import Workflow
    from swf.workflows.activities import DeclaredActivity

    Declared = tuple[list[type[Workflow]], list[DeclaredActivity[..., Any]]]


def actors_of(
    module: ModuleType, kind: type[Actor[Any]], domain: str | None, task_list: str | None
) -> Iterator[Actor[Any]]:
    """Return deciders for the workflows that a module declares or imports, and workers for the activities.

    Args:
        module: The module.
        kind: What is wanted: deciders, workers, or both.
        domain: Their domain. Left out, the one of the settings.
        task_list: Only those of this task list. Left out, all.

    Raises:
        ConfigurationError: There is no domain.
        ValidationError: Nothing is for this task list.
    """
    workflows, activities = _declared(module, kind)
    if not workflows and not activities:
        return
    from swf.workflows import ActivityRunner, WorkflowDecider

    place = the_domain() if domain is None else Domain(domain)
    deciding = [workflow.task_list for workflow in workflows if workflow.task_list is not None]
    task_lists = dict.fromkeys([*deciding, *(activity.task_list for activity in activities)])
    if task_list is not None and task_list not in task_lists:
        what = {Decider: "no workflow", ActivityWorker: "no activity"}.get(kind, "nothing")
        raise ValidationError(
            f"{module.__name__} declares {what} for the task list {task_list!r}, but for: {', '.join(task_lists)}."
        )
    for name in task_lists if task_list is None else [task_list]:
        if name in deciding:
            yield WorkflowDecider(place, name, workflows=[each for each in workflows if each.task_list == name])
        if performing := [activity for activity in activities if activity.task_list == name]:
            yield ActivityRunner(place, name, activities=performing)


def declares(module: ModuleType, kind: type[Actor[Any]]) -> bool:
    """Return whether a module declares or imports something that actors of a kind are made for."""
    return any(_declared(module, kind))


def _declared(module: ModuleType, kind: type[Actor[Any]]) -> "Declared":
    """Return the workflows and the activities that are for actors of a kind."""
    # Whatever declares some has imported it.
    if "swf.workflows" not in sys.modules:
        return [], []
    from swf.workflows.activities import DeclaredActivity
    from swf.workflows.definition import workflows_in

    found = vars(module)
    workflows = dict.fromkeys(workflows_in(found).values()) if issubclass(Decider, kind) else {}
    activities = {id(value): value for value in found.values() if isinstance(value, DeclaredActivity)}
    return list(workflows), list(activities.values()) if issubclass(ActivityWorker, kind) else []
