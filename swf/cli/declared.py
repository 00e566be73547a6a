"""Actors for the workflows and activities that a module declares: one for each task list."""

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from swf.actors import Actor
from swf.cli.options import the_domain
from swf.exceptions import ValidationError
from swf.models import Domain


def actors_of(module: ModuleType, domain: str | None, task_list: str | None) -> Iterator[Actor[Any]]:
    """Give deciders for the workflows that a module declares or imports, and workers for the activities.

    Args:
        module: The module.
        domain: Their domain. Left out, the one of the settings.
        task_list: Only those of this task list. Left out, all.

    Raises:
        ConfigurationError: There is no domain.
        ValidationError: Nothing is for this task list.
    """
    # Whatever declares some has imported it.
    if "swf.workflows" not in sys.modules:
        return
    from swf.workflows import ActivityRunner, WorkflowDecider
    from swf.workflows.activities import DeclaredActivity
    from swf.workflows.definition import workflows_in

    workflows = list(dict.fromkeys(workflows_in(vars(module)).values()))
    found = {id(value): value for value in vars(module).values() if isinstance(value, DeclaredActivity)}
    activities: list[DeclaredActivity[..., Any]] = list(found.values())
    if not workflows and not activities:
        return
    place = the_domain() if domain is None else Domain(domain)
    deciding = [workflow.task_list for workflow in workflows if workflow.task_list is not None]
    task_lists = dict.fromkeys([*deciding, *(activity.task_list for activity in activities)])
    if task_list is not None and task_list not in task_lists:
        raise ValidationError(
            f"{module.__name__} declares nothing for the task list {task_list!r}, but for: {', '.join(task_lists)}."
        )
    for name in task_lists if task_list is None else [task_list]:
        if name in deciding:
            yield WorkflowDecider(place, name, workflows=[each for each in workflows if each.task_list == name])
        if performing := [activity for activity in activities if activity.task_list == name]:
            yield ActivityRunner(place, name, activities=performing)
